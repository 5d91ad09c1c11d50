/* threads.c: futexes, stopping, priorities, turns, affinity, ends of threads. */
#include "ipc.h"
#include <futex.h>

/* --- futexes ------------------------------------------------------------------------------------------------------------------------------ */

struct sleeper {
    struct helper helper;
    uint32_t *word;
    uint64_t flags, deadline_ns;
    uint32_t mask;
    enum status status;
};

static void sleep_on_word(void *argument)
{
    struct sleeper *sleeper = argument;
    sleeper->status = os_futex_wait(sleeper->word, 0, sleeper->deadline_ns ? sleeper->deadline_ns : DEADLINE_NONE, sleeper->flags, sleeper->mask);
}

static void sleeper_start(struct sleeper *sleeper, uint32_t *word, uint32_t mask, uint64_t flags)
{
    *sleeper = (struct sleeper){.word = word, .mask = mask, .flags = flags};
    helper_start(&sleeper->helper, sleep_on_word, sleeper);
    WAIT_UNTIL(thread_waits(sleeper->helper.thread));
}

TEST(futex_wakes_in_order)
{
    static uint32_t word, other;
    struct sleeper sleepers[5];
    uint64_t count;
    for (unsigned i = 0; i < 5; i++)
        sleeper_start(&sleepers[i], &word, UINT32_MAX, 0);
    EXPECT_OK(os_futex_wake((uintptr_t)&other, 10, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(0, count);
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 0, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(0, count);
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 2, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(2, count);
    helper_wait(&sleepers[0].helper);
    helper_wait(&sleepers[1].helper);
    EXPECT(thread_waits(sleepers[2].helper.thread));
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 10, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(3, count);
    for (unsigned i = 2; i < 5; i++)
        helper_wait(&sleepers[i].helper);
}

TEST(futex_masks)
{
    static uint32_t word;
    struct sleeper sleepers[3];
    uint64_t count;
    for (unsigned i = 0; i < 3; i++)
        sleeper_start(&sleepers[i], &word, 1u << i, 0);
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 10, 0, 8, &count));
    EXPECT_EQUAL(0, count);
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 10, 0, 4 | 1, &count));
    EXPECT_EQUAL(2, count);
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 10, 0, 2, &count));
    EXPECT_EQUAL(1, count);
    for (unsigned i = 0; i < 3; i++)
        helper_wait(&sleepers[i].helper);
}

TEST(futex_requeue)
{
    static uint32_t words[2];
    struct sleeper sleepers[6];
    uint64_t from = (uintptr_t)&words[0], to = (uintptr_t)&words[1], count;
    for (unsigned i = 0; i < 6; i++)
        sleeper_start(&sleepers[i], &words[0], UINT32_MAX, 0);
    EXPECT_STATUS(STATUS_VALUE_CHANGED, os_futex_requeue(from, 1, to, 1, FUTEX_FLAG_COMPARE, 5, &count));
    EXPECT_OK(os_futex_requeue(from, 1, to, 2, FUTEX_FLAG_COMPARE, 0, &count));
    EXPECT_EQUAL(3, count);
    EXPECT_OK(os_futex_wake(to, 10, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(2, count);
    EXPECT_OK(os_futex_requeue(from, 0, from, 10, 0, 0, &count));
    EXPECT_EQUAL(0, count);
    EXPECT_OK(os_futex_wake(from, 10, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(3, count);
    for (unsigned i = 0; i < 6; i++)
        helper_wait(&sleepers[i].helper);
}

TEST(futex_ends_of_waits)
{
    static uint32_t word;
    struct sleeper sleeper;
    uint64_t count;
    sleeper_start(&sleeper, &word, 1, FUTEX_FLAG_INTERRUPTIBLE);
    EXPECT_OK(os_thread_signal(sleeper.helper.thread));
    helper_wait(&sleeper.helper);
    EXPECT_STATUS(STATUS_INTERRUPTED, sleeper.status);
    sleeper_start(&sleeper, &word, 1, 0);
    EXPECT_OK(os_thread_kill(sleeper.helper.thread));
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 10, 0, UINT32_MAX, &count));
    EXPECT_EQUAL(0, count);
    os_drop(sleeper.helper.thread);
    os_drop(sleeper.helper.done);
}

#define SHARED_ADDRESS 0x70000000ull

static int wait_on_shared(void)
{
    return (int)os_futex_wait((void *)(SHARED_ADDRESS + 2 * OS_PAGE_SIZE + 8), 0, os_now() + 2000 * MILLISECONDS, FUTEX_FLAG_SHARED, 1);
}

TEST(futex_shared_by_tasks)
{
    struct child child;
    uint64_t where = SHARED_ADDRESS, mine = 0, count = 0;
    cap_t mem;
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, 4 * OS_PAGE_SIZE, &mem));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, mem, OS_PAGE_SIZE, 0, 3 * OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &mine));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(os_mem_map(child.task, mem, 0, where, 4 * OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS, &where));
    EXPECT_OK(child_start(&child, wait_on_shared, nullptr, 0));
    uint64_t end = os_now() + 1000 * MILLISECONDS;
    while (count == 0 && os_now() < end) {
        EXPECT_OK(os_futex_wake(mine + OS_PAGE_SIZE + 8, 1, 0, 1, &count));
        EXPECT_EQUAL(0, count); /* private: another word */
        EXPECT_OK(os_futex_wake(mine + OS_PAGE_SIZE + 8, 1, FUTEX_FLAG_SHARED, 1, &count));
    }
    EXPECT_EQUAL(1, count);
    EXPECT_EQUAL(0, child_wait(&child));
    os_drop(mem);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, mine, 3 * OS_PAGE_SIZE));
}

/* --- stopping ---------------------------------------------------------------------------------------------------------------------------------- */

static _Atomic uint64_t counter[2];
static _Atomic bool stop_counting;

static void count_up(void *which)
{
    while (!stop_counting)
        counter[(uintptr_t)which]++;
}

static bool counts(unsigned which, uint64_t ns)
{
    uint64_t before = counter[which];
    test_sleep(ns);
    return counter[which] != before;
}

static bool is_stopped(cap_t thread)
{
    uint64_t state;
    return os_thread_info(thread, THREAD_STATE, &state) == STATUS_OK && (state & THREAD_IS_STOPPED) != 0 && state != (THREAD_IS_STOPPED | THREAD_RUNNING);
}

TEST(stop_and_continue)
{
    struct helper helper;
    stop_counting = false;
    counter[0] = 0;
    helper_start(&helper, count_up, (void *)0);
    WAIT_UNTIL(counter[0] > 0);
    for (int i = 0; i < 20; i++) {
        EXPECT_OK(os_thread_stop(helper.thread));
        WAIT_UNTIL(is_stopped(helper.thread));
        EXPECT(!counts(0, MILLISECONDS));
        EXPECT_OK(os_thread_stop(helper.thread));
        EXPECT_OK(os_thread_continue(helper.thread));
        WAIT_UNTIL(counts(0, MILLISECONDS));
    }
    EXPECT_OK(os_thread_continue(helper.thread));
    stop_counting = true;
    helper_wait(&helper);
}

/* Stopped and continued from another CPU at any moment, also that at which its turn ends. */
TEST(stop_and_continue_at_any_moment)
{
    struct helper helpers[2];
    stop_counting = false;
    counter[0] = counter[1] = 0;
    for (uintptr_t i = 0; i < 2; i++) {
        helper_start(&helpers[i], count_up, (void *)i);
        EXPECT_OK(os_thread_set_affinity(helpers[i].thread, 1ull << (test_cpus() - 1)));
    }
    for (uint64_t end = os_now() + 200 * MILLISECONDS; os_now() < end;) {
        for (unsigned i = 0; i < 2; i++) {
            EXPECT_OK(os_thread_stop(helpers[i].thread));
            EXPECT_OK(os_thread_continue(helpers[i].thread));
        }
    }
    for (unsigned i = 0; i < 2; i++)
        WAIT_UNTIL(counts(i, MILLISECONDS));
    stop_counting = true;
    for (unsigned i = 0; i < 2; i++)
        helper_wait(&helpers[i]);
}

TEST(stop_while_waiting)
{
    static uint32_t word;
    struct sleeper sleeper;
    uint64_t count, bits;
    sleeper_start(&sleeper, &word, 1, 0);
    EXPECT_OK(os_thread_stop(sleeper.helper.thread));
    EXPECT_OK(os_futex_wake((uintptr_t)&word, 1, 0, 1, &count));
    EXPECT_EQUAL(1, count);
    EXPECT_STATUS(STATUS_TIMED_OUT, os_notification_wait(sleeper.helper.done, 1, os_now() + 3 * MILLISECONDS, false, &bits));
    EXPECT_OK(os_thread_continue(sleeper.helper.thread));
    helper_wait(&sleeper.helper);
    EXPECT_OK(sleeper.status);
}

TEST(kill_in_any_state)
{
    struct balance before;
    static uint32_t word;
    stop_counting = false;
    for (int i = 0; i < 12; i++) {
        struct helper helper;
        struct sleeper sleeper;
        if (i == 4)
            balance_take(&before);
        helper_start(&helper, count_up, (void *)1); /* runs */
        if (i & 1)
            EXPECT_OK(os_thread_stop(helper.thread));
        EXPECT_OK(os_thread_kill(helper.thread));
        os_drop(helper.done);
        os_drop(helper.thread);
        sleeper_start(&sleeper, &word, 1, 0); /* waits */
        if (i & 1)
            EXPECT_OK(os_thread_stop(sleeper.helper.thread));
        EXPECT_OK(os_thread_kill(sleeper.helper.thread));
        EXPECT_OK(os_thread_kill(sleeper.helper.thread));
        EXPECT_STATUS(STATUS_BAD_STATE, os_thread_start(sleeper.helper.thread, 0, 0, 0));
        os_drop(sleeper.helper.done);
        os_drop(sleeper.helper.thread);
        cap_t thread; /* new */
        EXPECT_OK(os_thread_create(BOOTSTRAP_TASK, 0x71000000, &thread));
        EXPECT_STATUS(STATUS_OVERLAP, os_thread_create(BOOTSTRAP_TASK, 0x71000000, &sleeper.helper.thread));
        EXPECT_OK(os_thread_kill(thread));
        os_drop(thread);
    }
    struct balance now;
    WAIT_UNTIL((balance_take(&now), now.threads == before.threads));
}

/* Those that begin a wait again and again, in the moment in which it begins: nobody would end it. */
static int wait_and_wait(void)
{
    static uint32_t word;
    for (;;)
        (void)os_futex_wait(&word, 0, child_parameters[0] ? os_now() + child_parameters[0] : DEADLINE_NONE, 0, 1);
}

TEST(killed_on_the_way_into_a_wait)
{
    struct balance before;
    for (unsigned i = 0; i < 60; i++) {
        struct child child;
        if (i == 10)
            balance_take(&before);
        EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_start(&child, wait_and_wait, (uint64_t[]){i % 4 * 1000}, 1));
        for (unsigned j = 0; j < i % 8; j++)
            (void)os_thread_yield();
        child_kill(&child);
    }
    EXPECT_BALANCE(&before, false);
}

/* --- who runs ------------------------------------------------------------------------------------------------------------------------------------ */

static bool is_on(cap_t thread, uint64_t wanted)
{
    uint64_t cpu;
    return os_thread_info(thread, THREAD_CPU, &cpu) == STATUS_OK && cpu == wanted;
}

TEST(priorities)
{
    struct helper low;
    stop_counting = false;
    counter[0] = 0;
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, 1));
    helper_start(&low, count_up, (void *)0);
    EXPECT_OK(os_thread_set_priority(low.thread, 5));
    EXPECT_OK(os_thread_set_affinity(low.thread, 1));
    WAIT_UNTIL(is_on(low.thread, 0)); /* it may run elsewhere until that CPU has heard */
    uint64_t before = counter[0], until = os_now() + 20 * MILLISECONDS;
    while (os_now() < until) {
    }
    EXPECT_EQUAL(before, counter[0]); /* nothing while somebody more urgent runs */
    WAIT_UNTIL(counts(0, 2 * MILLISECONDS));
    stop_counting = true;
    helper_wait(&low);
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, UINT64_MAX));
}

/* Both get on, again and again. How far each depends on the machine. */
static void expect_progress(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t a = counter[0], b = counter[1];
        WAIT_UNTIL(counter[0] != a && counter[1] != b);
    }
}

TEST(turns_of_equals)
{
    struct helper helpers[2];
    stop_counting = false;
    counter[0] = counter[1] = 0;
    for (uintptr_t i = 0; i < 2; i++) {
        helper_start(&helpers[i], count_up, (void *)i);
        EXPECT_OK(os_thread_set_affinity(helpers[i].thread, 1));
    }
    expect_progress(10);
    stop_counting = true;
    for (int i = 0; i < 2; i++)
        helper_wait(&helpers[i]);
}

static void call_up(void *argument)
{
    const struct server *server = argument;
    while (!stop_counting) {
        uint64_t words[MESSAGE_WORDS] = {};
        EXPECT_OK(server_call(server->port, SERVER_ECHO, words));
        counter[1]++;
    }
}

/* Turns end in calls as well: the server is more urgent than both, and hands the CPU back to its caller. */
TEST(turns_of_a_caller_and_its_equal)
{
    struct server server;
    struct helper helpers[2];
    stop_counting = false;
    counter[0] = counter[1] = 0;
    EXPECT_OK(server_start(&server, 0));
    EXPECT_OK(os_thread_set_priority(server.child.thread, 20));
    EXPECT_OK(os_thread_set_affinity(server.child.thread, 1));
    helper_start(&helpers[0], count_up, (void *)0);
    helper_start(&helpers[1], call_up, &server);
    for (int i = 0; i < 2; i++)
        EXPECT_OK(os_thread_set_affinity(helpers[i].thread, 1));
    expect_progress(20);
    stop_counting = true;
    for (int i = 0; i < 2; i++)
        helper_wait(&helpers[i]);
    server_stop(&server);
}

TEST(affinity)
{
    struct helper helper;
    stop_counting = false;
    helper_start(&helper, count_up, (void *)0);
    for (unsigned i = 0; i < 3 * test_cpus(); i++) {
        EXPECT_OK(os_thread_set_affinity(helper.thread, 1ull << i % test_cpus()));
        WAIT_UNTIL(is_on(helper.thread, i % test_cpus()));
        WAIT_UNTIL(counts(0, MILLISECONDS));
    }
    stop_counting = true;
    helper_wait(&helper);
}

static uint64_t cpus_of(const struct helper helpers[], unsigned count)
{
    uint64_t seen = 0, cpu;
    for (unsigned i = 0; i < count; i++)
        if (os_thread_info(helpers[i].thread, THREAD_CPU, &cpu) == STATUS_OK)
            seen |= 1ull << cpu;
    return seen;
}

/* As many threads as CPUs, with this one, which never waits: each gets one for itself. */
TEST(all_cpus_are_used)
{
    struct helper helpers[8];
    unsigned cpus = test_cpus() < 8 ? test_cpus() : 8;
    uint64_t seen = 0, own = 0;
    stop_counting = false;
    for (unsigned i = 0; i + 1 < cpus; i++)
        helper_start(&helpers[i], count_up, (void *)0);
    for (uint64_t until = os_now() + 30000 * MILLISECONDS; seen != (1ull << cpus) - 1 && os_now() < until;)
        if (os_thread_info(BOOTSTRAP_THREAD, THREAD_CPU, &own) == STATUS_OK)
            seen = cpus_of(helpers, cpus - 1) | 1ull << own;
    EXPECT_EQUAL((1ull << cpus) - 1, seen);
    stop_counting = true;
    for (unsigned i = 0; i + 1 < cpus; i++)
        helper_wait(&helpers[i]);
}

static _Atomic uint64_t calls_of[8];

static void call_nothing(void *which)
{
    while (!stop_counting) {
        uint64_t r[8] = {};
        EXPECT_STATUS(STATUS_OK, os_syscall(SYS_MESSAGE_NULL, r));
        calls_of[(uintptr_t)which]++;
    }
}

static bool all_have_called(unsigned cpus, uint64_t calls)
{
    for (unsigned i = 0; i < cpus; i++)
        if (calls_of[i] < calls)
            return false;
    return true;
}

/* All CPUs are in the kernel as often as they can: each gets its turn. */
TEST(no_cpu_starves)
{
    struct helper helpers[8];
    unsigned cpus = test_cpus() < 8 ? test_cpus() : 8;
    stop_counting = false;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    for (uintptr_t i = 0; i < cpus; i++) {
        calls_of[i] = 0;
        helper_start(&helpers[i], call_nothing, (void *)i);
        EXPECT_OK(os_thread_set_affinity(helpers[i].thread, 1ull << i));
    }
    for (uint64_t calls = 100; calls <= 500; calls += 100)
        WAIT_UNTIL(all_have_called(cpus, calls));
    stop_counting = true;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    for (unsigned i = 0; i < cpus; i++)
        helper_wait(&helpers[i]);
}

/* Who is pushed aside goes on where a CPU idles. */
TEST(preempted_goes_on_elsewhere)
{
    struct helper helpers[2];
    if (test_cpus() < 3)
        return;
    stop_counting = false;
    counter[0] = counter[1] = 0;
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, 1));
    helper_start(&helpers[0], count_up, (void *)0);
    EXPECT_OK(os_thread_set_affinity(helpers[0].thread, 2));
    WAIT_UNTIL(is_on(helpers[0].thread, 1) && counts(0, MILLISECONDS));
    EXPECT_OK(os_thread_set_affinity(helpers[0].thread, UINT64_MAX));
    helper_start(&helpers[1], count_up, (void *)1);
    EXPECT_OK(os_thread_set_priority(helpers[1].thread, 18));
    EXPECT_OK(os_thread_set_affinity(helpers[1].thread, 2));
    WAIT_UNTIL(is_on(helpers[1].thread, 1) && counts(1, MILLISECONDS));
    expect_progress(5);
    stop_counting = true;
    for (int i = 0; i < 2; i++)
        helper_wait(&helpers[i]);
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, UINT64_MAX));
}

/* Not when the machine stood still in between. */
static bool slept_unaccounted(uint64_t ns)
{
    uint64_t before, after;
    EXPECT_OK(os_thread_info(BOOTSTRAP_THREAD, THREAD_CPU_NS, &before));
    test_sleep(ns);
    EXPECT_OK(os_thread_info(BOOTSTRAP_THREAD, THREAD_CPU_NS, &after));
    return after - before < ns / 2;
}

TEST(time_is_accounted)
{
    uint64_t before, after, task_before, task_after, start = os_now();
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CPU_NS, &task_before));
    EXPECT_OK(os_thread_info(BOOTSTRAP_THREAD, THREAD_CPU_NS, &before));
    uint64_t until = os_now() + 20 * MILLISECONDS;
    while (os_now() < until) {
    }
    EXPECT_OK(os_thread_info(BOOTSTRAP_THREAD, THREAD_CPU_NS, &after));
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CPU_NS, &task_after));
    EXPECT(after - before >= 19 * MILLISECONDS && after - before <= os_now() - start);
    EXPECT(task_after - task_before >= after - before);
    WAIT_UNTIL(slept_unaccounted(50 * MILLISECONDS));
}

static uint64_t thread_ns(cap_t thread)
{
    uint64_t ns = 0;
    EXPECT_OK(os_thread_info(thread, THREAD_CPU_NS, &ns));
    return ns;
}

static uint64_t task_ns(cap_t task)
{
    uint64_t ns = 0;
    EXPECT_OK(os_task_info(task, TASK_CPU_NS, &ns));
    return ns;
}

/* The caller waits: its share is what the machine may have stood still in between. */
static bool server_alone_is_charged(const struct server *server, uint64_t ns)
{
    uint64_t words[MESSAGE_WORDS] = {ns}, caller = thread_ns(BOOTSTRAP_THREAD), thread = thread_ns(server->child.thread), task = task_ns(server->child.task);
    EXPECT_OK(server_call(server->port, SERVER_COMPUTE, words));
    EXPECT(thread_ns(server->child.thread) - thread >= ns);
    EXPECT(task_ns(server->child.task) - task >= ns);
    return thread_ns(BOOTSTRAP_THREAD) - caller < ns / 4;
}

TEST(server_is_charged_for_what_it_does)
{
    struct server server;
    EXPECT_OK(server_start(&server, 0));
    for (int i = 0; i < 3; i++)
        WAIT_UNTIL(server_alone_is_charged(&server, 10 * MILLISECONDS));
    server_stop(&server);
}

/* What all threads that there are and nobody got, between two points of time. */
struct sum { uint64_t begin, ns, end; };

static struct sum add_up(const struct server *server)
{
    struct sum sum = {.begin = os_now()};
    uint64_t idle = 0;
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_IDLE_NS, &idle));
    sum.ns = task_ns(BOOTSTRAP_TASK) + task_ns(server->child.task) + idle;
    sum.end = os_now();
    return sum;
}

static void be_busy(const struct server *server)
{
    struct helper helpers[3];
    stop_counting = false;
    for (uintptr_t i = 0; i < 3; i++)
        helper_start(&helpers[i], i < 2 ? call_up : count_up, i < 2 ? (void *)server : (void *)0);
    test_sleep(30 * MILLISECONDS);
    stop_counting = true;
    for (int i = 0; i < 3; i++)
        helper_wait(&helpers[i]);
    test_sleep(10 * MILLISECONDS);
}

/* No time of a CPU is lost or counted twice: with calls, turns, ends and idling. */
TEST(accounts_add_up)
{
    struct server server;
    uint64_t slack = 100000 * test_cpus(); /* of counters that differ */
    EXPECT_OK(server_start(&server, 0));
    struct sum before = add_up(&server);
    be_busy(&server);
    struct sum after = add_up(&server);
    uint64_t ns = after.ns - before.ns;
    EXPECT(ns + slack >= test_cpus() * (after.begin - before.end));
    EXPECT(ns <= test_cpus() * (after.end - before.begin) + slack);
    server_stop(&server);
}
