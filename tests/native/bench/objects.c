/* objects.c: everything but calls: notifications, the scheduler, memory, capabilities, threads, port sets. */
#include "bench.h"

#define SOME 1000
#define PAGES 1024
#define MEMBERS 10000

static cap_t signalled, times;

/* --- notifications ---------------------------------------------------------------------------------------------------------------------------- */

static uint64_t signal_only(uint64_t n)
{
    return TIME(n, (void)os_notification_signal(signalled, 1));
}

static uint64_t signal_and_wait(uint64_t n)
{
    uint64_t bits;
    return TIME(n, (void)os_notification_signal(signalled, 1); (void)os_notification_wait(signalled, 1, DEADLINE_NONE, false, &bits));
}

/* The signals' bits are their senders' times; ~0 asks for the sum. */
static int wait_for_times(void)
{
    uint64_t time, sum = 0;
    while (os_notification_wait(BOOTSTRAP_IMPORTS, UINT64_MAX, DEADLINE_NONE, false, &time) == STATUS_OK) {
        if (time != UINT64_MAX) {
            sum += os_now() - time;
            continue;
        }
        (void)os_send(BOOTSTRAP_PORT, &(struct message){.word = {sum}}, 0, DEADLINE_NONE);
        sum = 0;
    }
    return 1;
}

static uint64_t signal_times(uint64_t n)
{
    struct message message = {};
    for (uint64_t i = 0; i < n; i++) {
        bench_dither(i);
        (void)os_notification_signal(signalled, os_now());
    }
    (void)os_notification_signal(signalled, UINT64_MAX);
    (void)os_reply_wait(CAP_NULL, &message, times, CAP_NULL, 0, DEADLINE_NONE);
    return message.word[0] - (n - 1) * bench_clock_cost;
}

static int wait_and_signal(void)
{
    uint64_t bits;
    while (os_notification_wait(BOOTSTRAP_IMPORTS, 1, DEADLINE_NONE, false, &bits) == STATUS_OK)
        (void)os_notification_signal(BOOTSTRAP_IMPORTS, 2);
    return 1;
}

static uint64_t signal_and_wait_same(uint64_t n)
{
    uint64_t bits;
    return TIME(n, (void)os_notification_signal(signalled, 1); (void)os_notification_wait(signalled, 2, DEADLINE_NONE, false, &bits));
}

TEST(notifications)
{
    struct bench_peer peer;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &signalled));
    bench_run("notification_signal_no_switch", "signal, nobody waits", SOME, signal_only);
    bench_run("notification_signal_wait_alone", "signal + wait, one thread (2 system calls)", SOME, signal_and_wait);
    bench_peer_start(&peer, wait_for_times, 24, signalled);
    times = peer.port;
    bench_run("notification_signal_to_waiter", "signal to a task of higher priority that waits, until it has the bits", SOME, signal_times);
    bench_peer_stop(&peer);
    bench_peer_start(&peer, wait_and_signal, 0, signalled);
    bench_run("notification_roundtrip", "2 signals + 2 waits, two tasks of one priority", SOME, signal_and_wait_same);
    bench_peer_stop(&peer);
    os_drop(signalled);
}

/* --- the scheduler ---------------------------------------------------------------------------------------------------------------------------- */

static uint64_t yield(uint64_t n)
{
    return TIME(n, (void)os_thread_yield());
}

static uint64_t yield_by_turns(uint64_t n)
{
    return TIME(n / 2, (void)os_thread_yield());
}

static int yield_for_ever(void)
{
    for (;;)
        (void)os_thread_yield();
}

TEST(yields)
{
    struct bench_peer peer;
    bench_run("yield_alone", "system call", SOME, yield);
    bench_peer_start(&peer, yield_for_ever, 0, CAP_NULL);
    bench_run("yield_to_other_task", "yield and switch, one way", 2 * SOME, yield_by_turns);
    bench_peer_stop(&peer);
}

/* --- memory ------------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t map_pages(uint64_t pages)
{
    uint64_t where = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, pages * OS_PAGE_SIZE, MAP_ANONYMOUS | PROT_BIT_READ | PROT_BIT_WRITE, &where));
    return where;
}

static uint64_t touch(uint64_t n)
{
    uint64_t where = map_pages(n), at = where;
    uint64_t time = TIME(n, *(volatile uint8_t *)at = 1; at += OS_PAGE_SIZE);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, where, n * OS_PAGE_SIZE));
    return time;
}

static uint64_t map_and_unmap(uint64_t n)
{
    return TIME(n, uint64_t where = map_pages(1); (void)os_mem_unmap(BOOTSTRAP_TASK, where, OS_PAGE_SIZE));
}

static uint64_t map_touch_unmap(uint64_t n)
{
    return TIME(n, uint64_t where = map_pages(1); *(volatile uint8_t *)where = 1; (void)os_mem_unmap(BOOTSTRAP_TASK, where, OS_PAGE_SIZE));
}

TEST(memory)
{
    bench_run("fault_anon", "fault of one MMU page of new memory", PAGES, touch);
    bench_run("map_unmap_page", "map + unmap of a page, untouched (2 system calls)", SOME, map_and_unmap);
    bench_run("map_touch_unmap_page", "map + fault + unmap of a page", SOME, map_touch_unmap);
}

/* --- capabilities, threads ----------------------------------------------------------------------------------------------------------------- */

static uint64_t derive_and_drop(uint64_t n)
{
    cap_t new;
    return TIME(n, (void)os_cap_derive(BOOTSTRAP_LEDGER, RIGHT_LEDGER_INFO, &new); os_drop(new));
}

static void thread_body(void *)
{
    (void)os_notification_signal(signalled, 1);
}

static void thread_once(void)
{
    cap_t thread;
    uint64_t bits;
    EXPECT_OK(os_thread_run(thread_body, nullptr, 0, &thread));
    EXPECT_OK(os_notification_wait(signalled, 1, DEADLINE_NONE, false, &bits));
    os_drop(thread);
}

static uint64_t create_threads(uint64_t n)
{
    return TIME(n, thread_once());
}

TEST(objects)
{
    bench_run("cap_derive_delete", "derive + drop (2 system calls)", SOME, derive_and_drop);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &signalled));
    bench_run("thread_create_exit", "create, map a stack, start, signal its creator, exit", 100, create_threads);
    os_drop(signalled);
}

/* --- port sets ------------------------------------------------------------------------------------------------------------------------------------ */

static cap_t set, member[MEMBERS];
static uint64_t members;

static void set_grow(uint64_t count)
{
    for (; members < count && !test_failures; members++) {
        EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 1, &member[members]));
        EXPECT_OK(os_set_add_port(set, member[members], members));
    }
}

static uint64_t send_and_receive(uint64_t n)
{
    uint64_t r[8] = {}, turn = 0;
    return TIME(n, turn += 7919; turn %= members; r[0] = member[turn]; r[1] = 1; (void)os_syscall(SYS_MESSAGE_SEND, r);
                (void)raw_reply_wait(CAP_NULL, set, CAP_NULL));
}

TEST(sets)
{
    EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &set));
    set_grow(1);
    bench_run("port_set_receive_1", "send that queues + receive from a set of one port (2 system calls)", SOME, send_and_receive);
    set_grow(MEMBERS);
    bench_run("port_set_receive_10000", "the same, a set of 10,000 ports", SOME, send_and_receive);
}
