/* calls.c: calls and their answers. */
#include "bench.h"
#include <protocols/echo.h>
#include <protocols/echo_server.h>
#include <serve.h>

#define ROUND_TRIPS 10000
#define SOME 1000
#define WINDOW 4096

static cap_t target, moved;
alignas(4096) static uint8_t window[WINDOW], copy[WINDOW];

static cap_t new_reply(void)
{
    cap_t reply = CAP_NULL;
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    return reply;
}

/* --- nothing -------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t null_call(uint64_t n)
{
    uint64_t r[8] = {};
    return TIME(n, (void)os_syscall(SYS_MESSAGE_NULL, r));
}

TEST(null)
{
    bench_run("null_native_call", "system call", SOME, null_call);
}

/* --- in registers ------------------------------------------------------------------------------------------------------------------------- */

static int serve_raw(void)
{
    cap_t reply = new_reply();
    enum status status = raw_reply_wait(CAP_NULL, BOOTSTRAP_PORT, reply);
    while (status == STATUS_OK)
        status = raw_reply_wait(reply, BOOTSTRAP_PORT, reply);
    return -status;
}

static uint64_t call_raw(uint64_t n)
{
    return TIME(n, (void)raw_call(target));
}

TEST(raw)
{
    struct bench_peer peer;
    bench_peer_start(&peer, serve_raw, 0, CAP_NULL);
    target = peer.port;
    EXPECT_OK(raw_call(target));
    bench_run("ipc_call_reply_roundtrip", "call + reply_wait, two tasks, registers alone", ROUND_TRIPS, call_raw);
    EXPECT_OK(os_port_badge(peer.port, 77, RIGHT_PORT_SEND, &target));
    bench_run("ipc_call_reply_facet", "the same through a facet", SOME, call_raw);
    os_drop(target);
    bench_peer_stop(&peer);
}

static void serve_raw_thread(void *port)
{
    cap_t reply = new_reply();
    enum status status = raw_reply_wait(CAP_NULL, (cap_t)(uintptr_t)port, reply);
    while (status == STATUS_OK)
        status = raw_reply_wait(reply, (cap_t)(uintptr_t)port, reply);
    os_drop(reply);
}

TEST(same_space)
{
    cap_t thread;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &target));
    EXPECT_OK(os_thread_run(serve_raw_thread, (void *)(uintptr_t)target, 0, &thread));
    test_sleep(MILLISECONDS);
    EXPECT_OK(raw_call(target));
    bench_run("ipc_call_reply_same_space", "call + reply_wait, two threads of a task", SOME, call_raw);
    EXPECT_OK(os_thread_kill(thread));
    os_drop(thread);
    os_drop(target);
}

/* What each of n ways took, summed up, as if the clock had been read just before and after all of them. */
static uint64_t less_clocks(uint64_t sum, uint64_t n)
{
    return sum - n * bench_clock_cost + bench_clock_cost;
}

static uint64_t call_one_way(uint64_t n)
{
    uint64_t r[8] = {};
    for (uint64_t i = 0; i < n; i++) {
        bench_dither(i);
        r[0] = target;
        r[1] = 1;
        r[2] = os_now();
        (void)os_syscall(SYS_MESSAGE_CALL, r);
    }
    return less_clocks(bench_one_way_sum(target), n);
}

static uint64_t reply_one_way(uint64_t n)
{
    uint64_t r[8] = {}, sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        bench_dither(i);
        r[0] = target;
        r[1] = 1;
        r[2] = 0;
        (void)os_syscall(SYS_MESSAGE_CALL, r);
        sum += os_now() - r[2];
    }
    (void)bench_one_way_sum(target);
    return less_clocks(sum, n);
}

TEST(one_way)
{
    struct bench_peer peer;
    bench_peer_start(&peer, bench_serve_one_way, 0, CAP_NULL);
    target = peer.port;
    (void)bench_one_way_sum(target);
    bench_run("ipc_call_one_way", "from before the call to after the reply_wait that takes it", SOME, call_one_way);
    bench_run("ipc_reply_one_way", "from before the reply_wait that answers to after the call", SOME, reply_one_way);
    bench_peer_stop(&peer);
}

/* --- through the libraries, as services do: the caller holds a facet of an object of the server --------------------------------------------- */

static bool dispatch_counter(void *self, struct request *rq);
static const struct serve_type counter_type = {.dispatch = dispatch_counter};

static enum status open(void *, struct request *, cap_t *counter)
{
    static uint64_t value;
    return serve_open(&counter_type, &value, counter, nullptr);
}

static enum status count(void *self, struct request *, uint64_t *value)
{
    *value = ++*(uint64_t *)self;
    return STATUS_OK;
}

static bool dispatch_counter(void *self, struct request *rq)
{
    static const struct echo_ops ops = {.open = open, .count = count};
    return echo_dispatch(&ops, self, rq);
}

static int serve_library(void)
{
    static const struct serve_type root = {.dispatch = dispatch_counter};
    return serve_run(&(struct server){.root = &root, .not_ready = true});
}

static uint64_t call_library(uint64_t n)
{
    uint64_t value;
    return TIME(n, (void)echo_count(target, &value));
}

TEST(library)
{
    struct bench_peer peer;
    uint64_t value;
    bench_peer_start(&peer, serve_library, 0, CAP_NULL);
    EXPECT_OK(echo_open(peer.port, &target));
    EXPECT_OK(echo_count(target, &value));
    bench_run("ipc_call_reply_library", "call + reply_wait through generated stub and server loop", SOME, call_library);
    os_drop(target);
    bench_peer_stop(&peer);
}

/* --- floating point --------------------------------------------------------------------------------------------------------------------------- */

static int serve_float(void)
{
    cap_t reply = new_reply();
    enum status status = raw_reply_wait(CAP_NULL, BOOTSTRAP_PORT, reply);
    while (status == STATUS_OK) {
        bench_float();
        status = raw_reply_wait(reply, BOOTSTRAP_PORT, reply);
    }
    return -status;
}

static uint64_t call_float(uint64_t n)
{
    return TIME(n, bench_float(); (void)raw_call(target));
}

TEST(floating_point)
{
    struct bench_peer peer;
    bench_peer_start(&peer, serve_float, 0, CAP_NULL);
    target = peer.port;
    EXPECT_OK(raw_call(target));
    bench_run("ipc_call_fpu_server", "round trip, the server uses the FPU each time, the caller does not", SOME, call_raw);
    bench_run("ipc_call_fpu_both", "round trip, both use the FPU each time", SOME, call_float);
    bench_peer_stop(&peer);
}

/* --- capabilities ----------------------------------------------------------------------------------------------------------------------------- */

/* Answers with what came: moved back, or a copy of it. */
static int serve_cap(void)
{
    struct message message;
    cap_t reply = new_reply(), answer = CAP_NULL, own;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &own));
    while (os_reply_wait(answer, &message, BOOTSTRAP_PORT, reply, 0, DEADLINE_NONE) == STATUS_OK) {
        answer = reply;
        if (message.label == 2) {
            os_drop(message.cap[0]);
            message.cap[0] = own;
        }
        message.cap_move = message.label == 1;
        message.label = STATUS_OK;
    }
    return 1;
}

static uint64_t call_move(uint64_t n)
{
    struct message message;
    return TIME(n, message = ((struct message){.label = 1, .cap = {moved}, .cap_count = 1, .cap_move = 1}); (void)os_call(target, &message);
                moved = message.cap[0]);
}

static uint64_t call_copy(uint64_t n)
{
    struct message message;
    return TIME(n, message = ((struct message){.label = 2, .cap = {moved}, .cap_count = 1}); (void)os_call(target, &message); os_drop(message.cap[0]));
}

TEST(capabilities)
{
    struct bench_peer peer;
    bench_peer_start(&peer, serve_cap, 0, CAP_NULL);
    target = peer.port;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &moved));
    bench_run("ipc_call_caps", "round trip, a capability moves with the call and one with the answer", SOME, call_move);
    bench_run("ipc_call_caps_copied", "the same with copies, each dropped by its receiver (two more system calls)", SOME, call_copy);
    EXPECT_OK(os_notification_signal(moved, 1));
    os_drop(moved);
    bench_peer_stop(&peer);
}

/* --- queues ----------------------------------------------------------------------------------------------------------------------------------- */

/* Answers and receives in two steps: a caller of higher priority calls again between them. */
static int serve_late(void)
{
    cap_t reply = new_reply();
    while (raw_reply_wait(CAP_NULL, BOOTSTRAP_PORT, reply) == STATUS_OK)
        (void)raw_reply_wait(reply, CAP_NULL, CAP_NULL);
    return 1;
}

TEST(no_waiter)
{
    struct bench_peer peer;
    bench_peer_start(&peer, serve_late, 8, CAP_NULL);
    target = peer.port;
    EXPECT_OK(raw_call(target));
    bench_run("ipc_call_no_waiter", "call that queues, receive, answer (3 system calls, 2 switches)", SOME, call_raw);
    bench_peer_stop(&peer);
}

static uint64_t send_and_receive(uint64_t n)
{
    uint64_t r[8] = {};
    return TIME(n, r[0] = target; r[1] = 1; (void)os_syscall(SYS_MESSAGE_SEND, r); (void)raw_reply_wait(CAP_NULL, target, CAP_NULL));
}

static uint64_t send_one_way(uint64_t n)
{
    uint64_t r[8] = {};
    for (uint64_t i = 0; i < n; i++) {
        bench_dither(i);
        r[0] = target;
        r[1] = 3;
        r[2] = os_now();
        (void)os_syscall(SYS_MESSAGE_SEND, r);
    }
    return less_clocks(bench_one_way_sum(target), n);
}

TEST(sends)
{
    struct bench_peer peer;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 4, &target));
    bench_run("ipc_send_receive_alone", "send that queues + receive, one thread (2 system calls)", SOME, send_and_receive);
    os_drop(target);
    bench_peer_start(&peer, bench_serve_one_way, 24, CAP_NULL);
    target = peer.port;
    (void)bench_one_way_sum(target);
    bench_run("ipc_send_to_waiter", "send to a task of higher priority that waits, until it has the message", SOME, send_one_way);
    bench_peer_stop(&peer);
}

/* --- windows ---------------------------------------------------------------------------------------------------------------------------------- */

/* Label 1: copies the window; 3: the same, and the time that it took adds to a sum; 2: that sum. */
static int serve_window(void)
{
    uint64_t done, sum = 0;
    cap_t reply = new_reply(), answer = CAP_NULL;
    uint64_t r[9] = {[8] = (uint64_t)reply << 32 | BOOTSTRAP_PORT};
    for (;;) {
        r[0] = answer;
        r[1] = STATUS_OK;
        os_trap(SYS_MESSAGE_REPLY_WAIT, r);
        if ((enum status)r[0] != STATUS_OK)
            return 1;
        answer = reply;
        if (r[1] == 2) {
            r[2] = sum;
            sum = 0;
        } else {
            uint64_t start = r[1] == 3 ? os_now() : 0;
            (void)os_reply_read(reply, 0, (uintptr_t)window, WINDOW, &done);
            sum += r[1] == 3 ? os_now() - start : 0;
        }
        r[8] = (uint64_t)reply << 32 | BOOTSTRAP_PORT;
    }
}

static uint64_t call_window(uint64_t n)
{
    struct message message;
    return TIME(n, message = ((struct message){.label = 1, .in = {window, WINDOW}}); (void)os_call(target, &message));
}

static uint64_t copy_window(uint64_t n)
{
    struct message message;
    for (uint64_t i = 0; i < n; i++) {
        bench_dither(i);
        message = (struct message){.label = 3, .in = {window, WINDOW}};
        (void)os_call(target, &message);
    }
    return less_clocks(bench_one_way_sum(target), n);
}

static uint64_t copy_plainly(uint64_t n)
{
    return TIME(n, memcpy(copy, window, WINDOW); __asm__ volatile("" : : "r"(copy) : "memory"));
}

TEST(windows)
{
    struct bench_peer peer;
    bench_peer_start(&peer, serve_window, 0, CAP_NULL);
    target = peer.port;
    bench_run("window_copy_4096", "round trip, the server copies a window of 4 KiB", SOME, call_window);
    bench_run("reply_read_4096", "of that the system call that copies", SOME, copy_window);
    bench_run("plain_copy_4096", "memcpy of the library", SOME, copy_plainly);
    bench_peer_stop(&peer);
}
