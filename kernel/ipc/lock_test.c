/* lock_test.c: locks with an owner against a model of who owns what at which priority, 10,000 waiters, ends of owners, robust lists. */
#include <futex.h>
#include <ipc/futex.h>
#include <ipc/ipc_fixture.h>
#include <ipc/lock.h>

#define LOCKS 6u
#define BASE 0x20000000ull

static struct thread *caller;
static cap_t handles[MANY]; /* of the threads, in the task's table */

static uaddr_t lock_address(unsigned lock) { return BASE + lock * MP_SIZE / 2; }

static void begin_with(unsigned count)
{
    begin();
    uaddr_t where = BASE;
    REQUIRE_EQUAL(space_map(&task->space, nullptr, 0, 0, 4 * MP_SIZE, 3 | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &caller), STATUS_OK);
    object_put(&caller->object);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE_EQUAL(thread_create(task, 0x100000000 + i * MP_SIZE, &threads[i]), STATUS_OK);
        REQUIRE_EQUAL(cap_publish(caller, &threads[i]->object, RIGHTS_ALL, &handles[i]), STATUS_OK);
        threads[i]->state = THREAD_RECEIVING; /* none of what locks look at */
        list_init(&threads[i]->queue);
    }
}

static uint32_t word_at(uaddr_t address)
{
    uint32_t word = 0;
    REQUIRE_EQUAL(copy_from_user(&task->space, &word, address, sizeof word), STATUS_OK);
    return word;
}

static void set_word(uaddr_t address, uint32_t word)
{
    REQUIRE_EQUAL(copy_to_user(&task->space, address, &word, sizeof word), STATUS_OK);
}

static uint32_t number_of(unsigned thread) { return thread + 1; }

static enum status wait_for(unsigned thread, unsigned lock, uint32_t expected, cap_t owner)
{
    struct thread *t = threads[thread];
    t->state = THREAD_RUNNING;
    t->frame = (struct frame){.FRAME_R0 = lock_address(lock), .FRAME_R1 = expected, .FRAME_R2 = DEADLINE_NONE, .FRAME_R4 = number_of(thread), .FRAME_R5 = owner};
    lock_wait(t, &t->frame);
    if (t->state == THREAD_FUTEX)
        return STATUS_OK;
    t->state = THREAD_RECEIVING;
    return (enum status)t->frame.FRAME_STATUS;
}

/* As a program does: take it if it is free, else wait for its owner. */
static enum status take(unsigned thread, unsigned lock)
{
    uint32_t word = word_at(lock_address(lock));
    if ((word & FUTEX_NUMBER_MASK) == 0) {
        set_word(lock_address(lock), word | number_of(thread));
        return STATUS_OK;
    }
    set_word(lock_address(lock), word | FUTEX_WAITERS);
    return wait_for(thread, lock, word | FUTEX_WAITERS, handles[(word & FUTEX_NUMBER_MASK) - 1]);
}

static void set_priority(unsigned thread, uint8_t priority)
{
    threads[thread]->base_priority = priority;
    thread_reprioritize(threads[thread]);
}

/* Those that were woken are where locks do not look. */
static void settle_down(unsigned thread)
{
    if (threads[thread]->state == THREAD_READY) {
        thread_unready(threads[thread]);
        list_init(&threads[thread]->queue);
        threads[thread]->state = THREAD_RECEIVING;
    }
}

/* --- the model ---------------------------------------------------------------------------------------------------------------------------- */

#define THREADS 40u

static struct { int owner; unsigned count, waiter[THREADS]; } locks[LOCKS]; /* waiters in the order in which they came */
static int waits_on[THREADS];                                               /* a lock, or -1 */

static uint8_t effective(unsigned thread, unsigned depth)
{
    uint8_t priority = threads[thread]->base_priority;
    for (unsigned lock = 0; lock < LOCKS && depth < THREADS; lock++)
        for (unsigned i = 0; locks[lock].owner == (int)thread && i < locks[lock].count; i++) {
            uint8_t lent = effective(locks[lock].waiter[i], depth + 1);
            priority = lent > priority ? lent : priority;
        }
    return priority;
}

static unsigned first_of(unsigned lock)
{
    unsigned best = 0;
    for (unsigned i = 1; i < locks[lock].count; i++)
        if (effective(locks[lock].waiter[i], 0) > effective(locks[lock].waiter[best], 0))
            best = i;
    return best;
}

static void model_remove(unsigned lock, unsigned at)
{
    waits_on[locks[lock].waiter[at]] = -1;
    for (unsigned i = at; i + 1 < locks[lock].count; i++)
        locks[lock].waiter[i] = locks[lock].waiter[i + 1];
    locks[lock].count--;
}

static bool model_waits_for(int owner, int thread)
{
    for (; owner >= 0; owner = waits_on[owner] < 0 ? -1 : locks[waits_on[owner]].owner)
        if (owner == thread)
            return true;
    return false;
}

static void model_take(unsigned thread, unsigned lock)
{
    int owner = locks[lock].owner;
    if (owner == (int)thread)
        return;
    enum status status = take(thread, lock);
    if (owner < 0) {
        EXPECT_EQUAL(status, STATUS_OK);
        locks[lock].owner = (int)thread;
    } else if (model_waits_for(owner, (int)thread)) {
        EXPECT_EQUAL(status, STATUS_DEADLOCK);
    } else {
        EXPECT_EQUAL(status, STATUS_OK);
        locks[lock].waiter[locks[lock].count++] = thread;
        waits_on[thread] = (int)lock;
    }
}

static void model_unlock(unsigned lock)
{
    int owner = locks[lock].owner;
    if (owner < 0 || waits_on[owner] >= 0)
        return;
    EXPECT_EQUAL(lock_unlock(threads[owner], lock_address(lock), 0), STATUS_OK);
    if (locks[lock].count == 0) {
        locks[lock].owner = -1;
        EXPECT_EQUAL(word_at(lock_address(lock)), 0);
        return;
    }
    unsigned at = first_of(lock), next = locks[lock].waiter[at];
    model_remove(lock, at);
    locks[lock].owner = (int)next;
    EXPECT_EQUAL(word_at(lock_address(lock)), number_of(next) | FUTEX_WAITERS);
    EXPECT_EQUAL(threads[next]->state, THREAD_READY);
    settle_down(next);
}

static void model_give_up(unsigned thread)
{
    if (waits_on[thread] < 0)
        return;
    unsigned lock = (unsigned)waits_on[thread], at = 0;
    while (locks[lock].waiter[at] != thread)
        at++;
    model_remove(lock, at);
    thread_wake(threads[thread], STATUS_TIMED_OUT);
    settle_down(thread);
}

static bool owns_something(unsigned thread)
{
    for (unsigned lock = 0; lock < LOCKS; lock++)
        if (locks[lock].owner == (int)thread)
            return true;
    return false;
}

TEST(locks_match_the_model)
{
    begin_with(THREADS);
    for (unsigned lock = 0; lock < LOCKS; lock++)
        locks[lock] = (typeof(locks[0])){.owner = -1};
    for (unsigned i = 0; i < THREADS; i++)
        waits_on[i] = -1;
    for (unsigned i = 0; i < 30000; i++) {
        unsigned thread = (unsigned)unit_random_below(THREADS), lock = (unsigned)unit_random_below(LOCKS), what = (unsigned)unit_random_below(100);
        if (what < 50 && waits_on[thread] < 0)
            model_take(thread, lock);
        else if (what < 75)
            model_unlock(lock);
        else if (what < 85)
            model_give_up(thread);
        else if (!owns_something(thread) && waits_on[thread] < 0)
            set_priority(thread, (uint8_t)unit_random_below(PRIORITIES));
        for (unsigned t = 0; t < THREADS; t++) {
            EXPECT_EQUAL(threads[t]->priority, effective(t, 0));
            EXPECT_EQUAL(threads[t]->state == THREAD_FUTEX, waits_on[t] >= 0);
        }
    }
    end();
}

/* --- many, and ends ------------------------------------------------------------------------------------------------------------------------- */

TEST(ten_thousand_wait_for_a_lock)
{
    begin_with(MANY);
    set_priority(0, 1);
    EXPECT_EQUAL(take(0, 0), STATUS_OK);
    for (unsigned i = 1; i < MANY; i++) {
        set_priority(i, (uint8_t)unit_random_below(PRIORITIES));
        EXPECT_EQUAL(take(i, 0), STATUS_OK);
    }
    uint8_t last = PRIORITIES;
    for (unsigned i = 1, owner = 0; i < MANY; i++) {
        EXPECT_EQUAL(lock_unlock(threads[owner], lock_address(0), 0), STATUS_OK);
        EXPECT_EQUAL(threads[owner]->priority, threads[owner]->base_priority);
        owner = (word_at(lock_address(0)) & FUTEX_NUMBER_MASK) - 1;
        REQUIRE_EQUAL(threads[owner]->state, THREAD_READY);
        EXPECT(threads[owner]->base_priority <= last);
        last = threads[owner]->base_priority;
        settle_down(owner);
    }
    EXPECT_EQUAL(lock_unlock(caller, lock_address(0), 0), STATUS_OK);
    EXPECT_EQUAL(word_at(lock_address(0)), 0);
    end();
}

TEST(owners_that_end)
{
    begin_with(MANY);
    for (unsigned i = 0; i < 1000; i++)
        EXPECT_EQUAL(take(i, 0), STATUS_OK);
    set_priority(500, 40);
    EXPECT_EQUAL(threads[0]->priority, 40);
    thread_kill(threads[0]);
    host_work();
    EXPECT_EQUAL(word_at(lock_address(0)), number_of(500) | FUTEX_WAITERS | FUTEX_OWNER_DIED);
    EXPECT_EQUAL(threads[500]->frame.FRAME_STATUS, STATUS_OK);
    EXPECT_EQUAL(wait_for(2000, 0, number_of(500) | FUTEX_WAITERS | FUTEX_OWNER_DIED, CAP_NULL), STATUS_OK); /* the kernel knows whose it is */
    set_priority(2000, 50);
    EXPECT_EQUAL(threads[500]->priority, 50);
    set_word(lock_address(1), number_of(0) | FUTEX_WAITERS);
    EXPECT_EQUAL(wait_for(2001, 1, number_of(0) | FUTEX_WAITERS, handles[0]), STATUS_PEER_GONE);
    thread_kill(threads[2000]);
    EXPECT_EQUAL(threads[500]->priority, 40);
    end();
}

TEST(arguments_of_locks)
{
    begin_with(3);
    uint32_t held = number_of(1) | FUTEX_WAITERS;
    set_word(lock_address(0), held);
    EXPECT_EQUAL(wait_for(0, 0, held + 1, CAP_NULL), STATUS_VALUE_CHANGED);
    EXPECT_EQUAL(wait_for(0, 0, held, handles[0]), STATUS_DEADLOCK);
    EXPECT_EQUAL(wait_for(0, 0, held, handles[1] + (1u << 24)), STATUS_INVALID_HANDLE);
    set_word(lock_address(0), number_of(1));
    EXPECT_EQUAL(wait_for(0, 0, number_of(1), handles[1]), STATUS_INVALID_ARGUMENT); /* nobody would wake it */
    EXPECT_EQUAL(lock_unlock(caller, lock_address(0) + 1, 0), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(lock_unlock(caller, 0x40000000, 0), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(lock_unlock(caller, lock_address(0), 64), STATUS_INVALID_ARGUMENT);
    end();
}

/* --- robust lists ----------------------------------------------------------------------------------------------------------------------------- */

#define LIST (BASE + 2 * MP_SIZE)
static uaddr_t entry_address(unsigned entry) { return LIST + 64 + 16 * entry; }

static void put(uaddr_t address, uint64_t value)
{
    REQUIRE_EQUAL(copy_to_user(&task->space, address, &value, sizeof value), STATUS_OK);
}

/* Entries of 16 bytes with the word at offset 8; the list is closed, or goes round among its entries. */
static void make_list(unsigned thread, unsigned entries, bool closed)
{
    put(LIST, entry_address(0));
    put(LIST + 8, 8);
    put(LIST + 16, 0);
    for (unsigned i = 0; i < entries; i++) {
        put(entry_address(i), i + 1 < entries ? entry_address(i + 1) : closed ? LIST : entry_address(0));
        set_word(entry_address(i) + 8, number_of(thread) | (i % 2 ? FUTEX_WAITERS : 0));
    }
    threads[thread]->page->robust_list = LIST;
    threads[thread]->page->lock_number = number_of(thread);
}

TEST(robust_locks_of_a_killed_thread)
{
    begin_with(4);
    make_list(0, 100, true);
    set_word(entry_address(7) + 8, number_of(1)); /* not its own any more */
    put(LIST + 16, entry_address(100) | 1);       /* on its way to the list */
    set_word(entry_address(100) + 8, number_of(0) | FUTEX_WAITERS);
    threads[1]->state = THREAD_RUNNING;
    threads[1]->frame = (struct frame){.FRAME_R0 = entry_address(9) + 8, .FRAME_R1 = number_of(0) | FUTEX_WAITERS, .FRAME_R2 = DEADLINE_NONE, .FRAME_R4 = 1};
    futex_wait(threads[1], &threads[1]->frame);
    REQUIRE_EQUAL(threads[1]->state, THREAD_FUTEX);
    thread_kill(threads[0]);
    host_work();
    EXPECT_EQUAL(threads[1]->state, THREAD_READY);
    for (unsigned i = 0; i < 100; i++)
        EXPECT_EQUAL(word_at(entry_address(i) + 8), i == 7 ? number_of(1) : FUTEX_OWNER_DIED | (i % 2 ? FUTEX_WAITERS : 0));
    EXPECT_EQUAL(word_at(entry_address(100) + 8), FUTEX_OWNER_DIED | FUTEX_WAITERS);
    end();
}

/* Lists that do not end, or lead nowhere, end all the same; the task's memory stays until then. */
TEST(robust_lists_that_are_wrong)
{
    begin_with(6);
    make_list(0, 10, false);
    thread_kill(threads[0]);
    host_work();
    EXPECT_EQUAL(word_at(entry_address(9) + 8), FUTEX_OWNER_DIED | FUTEX_WAITERS);
    make_list(1, 1, true);
    put(LIST + 8, 0x7777777777777777); /* a word that is nowhere */
    thread_kill(threads[1]);
    make_list(2, 1, true);
    put(entry_address(0), 0xffffffff80000000);
    thread_kill(threads[2]);
    threads[3]->page->robust_list = 0xffffffff80000000;
    threads[3]->page->lock_number = UINT64_MAX;
    thread_kill(threads[3]);
    make_list(4, 100, true); /* its task ends */
    end();
}
