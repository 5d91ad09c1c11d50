/* futex_test.c: waiting on words against a model, and 10,000 waiters in steps that an interrupt cuts short. */
#include <futex.h>
#include <ipc/futex.h>
#include <ipc/ipc_fixture.h>
#include <mm/mem_object.h>

#define WORDS 4u
#define BASE 0x20000000ull

static struct thread *caller;

static uaddr_t word_address(unsigned word) { return BASE + word * 4096 / 2; }

static void begin_with(unsigned count)
{
    begin();
    uaddr_t where = BASE;
    REQUIRE_EQUAL(space_map(&task->space, nullptr, 0, 0, 4 * MP_SIZE, 3 | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    make_threads(count);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &caller), STATUS_OK);
    object_put(&caller->object);
}

static enum status wait_on(struct thread *thread, unsigned word, uint32_t mask)
{
    let_run(thread);
    thread->frame = (struct frame){.FRAME_R0 = word_address(word), .FRAME_R2 = DEADLINE_NONE, .FRAME_R4 = mask};
    futex_wait(thread, &thread->frame);
    return thread->state == THREAD_FUTEX ? STATUS_OK : (enum status)thread->frame.FRAME_STATUS;
}

/* As often as it restarts; *rounds counts. */
static uint64_t wake(unsigned word, uint64_t count, uint32_t mask, unsigned *rounds)
{
    uint64_t cookie = 0, woken = 0;
    enum status status;
    do {
        status = futex_wake(caller, word_address(word), count, 0, mask, &cookie, &woken);
        ++*rounds;
    } while (status == SYSCALL_RESTART);
    REQUIRE_EQUAL(status, STATUS_OK);
    return woken;
}

static uint64_t requeue(unsigned word, uint64_t count, unsigned target, uint64_t most, unsigned *rounds)
{
    uint64_t cookie = 0, done = 0;
    enum status status;
    do {
        status = futex_requeue(caller, word_address(word), count, word_address(target), most, FUTEX_FLAG_COMPARE, 0, &cookie, &done);
        ++*rounds;
    } while (status == SYSCALL_RESTART);
    REQUIRE_EQUAL(status, STATUS_OK);
    return done;
}

/* --- the model: per word, threads in the order in which they wait ------------------------------------------------------------------------ */

#define THREADS 80u

static struct { unsigned count, thread[THREADS]; } queues[WORDS];
static uint32_t masks[THREADS];
static bool waiting[THREADS];

static void queue_remove(unsigned word, unsigned at)
{
    for (unsigned i = at; i + 1 < queues[word].count; i++)
        queues[word].thread[i] = queues[word].thread[i + 1];
    queues[word].count--;
}

static void model_wait(unsigned thread, unsigned word)
{
    masks[thread] = unit_random_below(3) ? UINT32_MAX : 1u << unit_random_below(4);
    REQUIRE_EQUAL(wait_on(threads[thread], word, masks[thread]), STATUS_OK);
    queues[word].thread[queues[word].count++] = thread;
    waiting[thread] = true;
}

static void model_wake(unsigned word, uint64_t count, uint32_t mask)
{
    unsigned rounds = 0;
    uint64_t woken = wake(word, count, mask, &rounds), expected = 0;
    for (unsigned i = 0; i < queues[word].count && expected < count;) {
        unsigned thread = queues[word].thread[i];
        if ((masks[thread] & mask) == 0) {
            i++;
            continue;
        }
        queue_remove(word, i);
        waiting[thread] = false;
        expected++;
    }
    EXPECT_EQUAL(woken, expected);
}

static void model_requeue(unsigned word, uint64_t count, unsigned target, uint64_t most)
{
    unsigned rounds = 0, before = queues[word].count;
    uint64_t done = requeue(word, count, target, most, &rounds), woken = count < before ? count : before;
    uint64_t moved = word == target ? 0 : most < before - woken ? most : before - woken;
    EXPECT_EQUAL(done, woken + moved);
    for (uint64_t i = 0; i < woken; i++) {
        waiting[queues[word].thread[0]] = false;
        queue_remove(word, 0);
    }
    for (uint64_t i = 0; i < moved; i++) {
        queues[target].thread[queues[target].count++] = queues[word].thread[0];
        queue_remove(word, 0);
    }
}

static void model_give_up(unsigned word)
{
    if (queues[word].count == 0)
        return;
    unsigned at = (unsigned)unit_random_below(queues[word].count), thread = queues[word].thread[at];
    thread_wake(threads[thread], STATUS_TIMED_OUT);
    waiting[thread] = false;
    queue_remove(word, at);
}

TEST(futexes_match_the_model)
{
    begin_with(THREADS);
    for (unsigned word = 0; word < WORDS; word++)
        queues[word].count = 0;
    for (unsigned i = 0; i < THREADS; i++)
        waiting[i] = false;
    for (unsigned i = 0; i < 100000; i++) {
        unsigned thread = (unsigned)unit_random_below(THREADS), word = (unsigned)unit_random_below(WORDS), what = (unsigned)unit_random_below(100);
        host_interrupt_pending = unit_random_below(4) == 0;
        if (what < 70 && !waiting[thread])
            model_wait(thread, word);
        else if (what < 85)
            model_wake(word, unit_random_below(6), unit_random_below(2) ? UINT32_MAX : (uint32_t)unit_random_below(16));
        else if (what < 90)
            model_requeue(word, unit_random_below(3), (unsigned)unit_random_below(WORDS), unit_random_below(9));
        else if (what < 92)
            model_wake(word, UINT64_MAX, UINT32_MAX);
        else
            model_give_up(word);
        for (unsigned t = 0; t < THREADS; t++)
            EXPECT_EQUAL(threads[t]->state == THREAD_FUTEX, waiting[t]);
    }
    end();
}

/* --- many ------------------------------------------------------------------------------------------------------------------------------------ */

static unsigned still_waiting(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < MANY; i++)
        sum += threads[i]->state == THREAD_FUTEX;
    return sum;
}

TEST(ten_thousand_are_woken_in_steps)
{
    begin_with(MANY);
    unsigned rounds = 0;
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQUAL(wait_on(threads[i], 0, UINT32_MAX), STATUS_OK);
    host_interrupt_pending = true;
    uint64_t cookie = 0, woken;
    EXPECT_EQUAL(futex_wake(caller, word_address(0), 5000, 0, UINT32_MAX, &cookie, &woken), SYSCALL_RESTART);
    EXPECT(still_waiting() >= MANY - 20);
    EXPECT(cookie != 0);
    EXPECT_EQUAL(wait_on(threads[0], 0, UINT32_MAX), STATUS_OK); /* it comes again, and too late */
    while (futex_wake(caller, word_address(0), MANY, 0, UINT32_MAX, &cookie, &woken) == SYSCALL_RESTART)
        rounds++;
    EXPECT_EQUAL(woken, MANY);
    EXPECT(rounds > MANY / 20);
    EXPECT_EQUAL(still_waiting(), 1);
    end();
}

/* A search for few among many goes on where it was. */
TEST(masks_are_searched_in_steps)
{
    begin_with(MANY);
    unsigned rounds = 0;
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQUAL(wait_on(threads[i], 1, i % 1000 == 999 ? 2 : 1), STATUS_OK);
    host_interrupt_pending = true;
    EXPECT_EQUAL(wake(1, 8, 2, &rounds), 8);
    EXPECT(rounds > 8000 / 20 && rounds < 8000 / 10);
    EXPECT_EQUAL(still_waiting(), MANY - 8);
    EXPECT_EQUAL(wake(1, 100, 2, &rounds), 2);
    end();
}

TEST(ten_thousand_are_moved_in_steps)
{
    begin_with(MANY);
    unsigned rounds = 0;
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_EQUAL(wait_on(threads[i], 2, UINT32_MAX), STATUS_OK);
    host_interrupt_pending = true;
    EXPECT_EQUAL(requeue(2, 100, 3, 7000, &rounds), 7100);
    EXPECT(rounds > 7000 / 20);
    EXPECT_EQUAL(wake(2, UINT64_MAX, UINT32_MAX, &rounds), MANY - 7100);
    EXPECT_EQUAL(still_waiting(), 7000);
    EXPECT_EQUAL(wake(3, 1, UINT32_MAX, &rounds), 1);
    EXPECT(threads[100]->state != THREAD_FUTEX && threads[101]->state == THREAD_FUTEX); /* in order */
    EXPECT_EQUAL(wake(3, UINT64_MAX, UINT32_MAX, &rounds), 6999);
    end();
}

/* A call that another one of the same thread came between is made as if for the first time. */
TEST(cookie_of_another_call)
{
    begin_with(100);
    for (unsigned i = 0; i < 100; i++)
        EXPECT_EQUAL(wait_on(threads[i], i & 1, UINT32_MAX), STATUS_OK);
    host_interrupt_pending = true;
    uint64_t first = 0, second = 0, woken;
    EXPECT_EQUAL(futex_wake(caller, word_address(0), 50, 0, UINT32_MAX, &first, &woken), SYSCALL_RESTART);
    EXPECT_EQUAL(futex_wake(caller, word_address(1), 50, 0, UINT32_MAX, &second, &woken), SYSCALL_RESTART);
    host_interrupt_pending = false;
    EXPECT_EQUAL(futex_wake(caller, word_address(0), 50, 0, UINT32_MAX, &first, &woken), STATUS_OK);
    EXPECT_EQUAL(woken, 34);
    EXPECT_EQUAL(futex_wake(caller, word_address(1), 50, 0, UINT32_MAX, &second, &woken), STATUS_OK);
    EXPECT_EQUAL(woken, 34);
    end();
}

static void map_shared(struct mem_object **mem)
{
    uaddr_t where = 0x30000000;
    REQUIRE_EQUAL(mem_create(&ledger, MP_SIZE, mem), STATUS_OK);
    REQUIRE_EQUAL(space_map(&task->space, *mem, RIGHTS_ALL, 0, MP_SIZE, 3 | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    object_put(&(*mem)->object);
}

/* The memory of a shared word goes while threads wait: what comes to its place, in the kernel's memory too, is not theirs. */
TEST(memory_goes_under_waiters)
{
    begin_with(10);
    for (unsigned i = 0; i < 10; i++) {
        struct mem_object *mem, *other;
        uint64_t cookie = 0, woken;
        map_shared(&mem);
        threads[i]->frame = (struct frame){.FRAME_R0 = 0x30000000, .FRAME_R2 = DEADLINE_NONE, .FRAME_R3 = FUTEX_FLAG_SHARED, .FRAME_R4 = 1};
        futex_wait(threads[i], &threads[i]->frame);
        EXPECT_EQUAL(threads[i]->state, THREAD_FUTEX);
        REQUIRE_EQUAL(space_unmap(&task->space, 0x30000000, MP_SIZE), STATUS_OK);
        map_shared(&other);
        EXPECT(other == mem); /* else this shows less */
        EXPECT_EQUAL(futex_wake(caller, 0x30000000, 10, FUTEX_FLAG_SHARED, UINT32_MAX, &cookie, &woken), STATUS_OK);
        EXPECT_EQUAL(woken, 0);
        REQUIRE_EQUAL(space_unmap(&task->space, 0x30000000, MP_SIZE), STATUS_OK);
    }
    end();
}

TEST(arguments_of_futexes)
{
    begin_with(1);
    uint64_t cookie = 0, count;
    EXPECT_EQUAL(futex_wake(caller, word_address(0) + 1, 1, 0, 1, &cookie, &count), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(futex_wake(caller, word_address(0), 1, 8, 1, &cookie, &count), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(futex_wake(caller, 0x40000000, 1, FUTEX_FLAG_SHARED, 1, &cookie, &count), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(futex_requeue(caller, word_address(0), 1, word_address(1) + 2, 1, 0, 0, &cookie, &count), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(futex_requeue(caller, word_address(0), 1, word_address(1), 1, FUTEX_FLAG_COMPARE, 7, &cookie, &count), STATUS_VALUE_CHANGED);
    cookie = 12345; /* a program may put anything there */
    EXPECT_EQUAL(futex_wake(caller, word_address(0), 1, 0, 1, &cookie, &count), STATUS_OK);
    EXPECT_EQUAL(count, 0);
    end();
}
