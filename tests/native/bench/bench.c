/* bench.c: measuring. Not here: what is measured. */
#include "bench.h"

#define BATCHES 5u
#define CLOCK_READINGS 1000u

uint64_t bench_clock_cost;

static void sort(uint64_t *value, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && value[j] < value[j - 1]; j--) {
            uint64_t other = value[j];
            value[j] = value[j - 1];
            value[j - 1] = other;
        }
}

static uint64_t measure_clock(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < CLOCK_READINGS; i++) {
        bench_dither(i);
        uint64_t start = os_now();
        sum += os_now() - start;
    }
    return sum / CLOCK_READINGS;
}

#define DECIMAL(milli) (unsigned long long)((milli) / 1000), (unsigned)((milli) % 1000)

void bench_run(const char *name, const char *unit, uint64_t ops, uint64_t (*row)(uint64_t n))
{
    uint64_t value[BATCHES];
    if (!bench_clock_cost)
        bench_clock_cost = measure_clock();
    (void)row(ops > 8 ? ops / 4 : ops); /* warm up */
    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t time = row(ops);
        value[i] = (time > bench_clock_cost ? time - bench_clock_cost : 0) * 1000 / ops;
    }
    sort(value, BATCHES);
    test_say("RESULT %s median %llu.%03u min %llu.%03u max %llu.%03u batches %u ops %llu unit instructions %s", name, DECIMAL(value[BATCHES / 2]),
             DECIMAL(value[0]), DECIMAL(value[BATCHES - 1]), BATCHES, (unsigned long long)ops, unit);
}

void bench_peer_start(struct bench_peer *peer, int (*run)(void), uint64_t priority, cap_t other)
{
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 4, &peer->port));
    EXPECT_OK(child_create(&peer->child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&peer->child, peer->port, RIGHTS_ALL, BOOTSTRAP_PORT));
    if (other)
        EXPECT_OK(child_give(&peer->child, other, RIGHTS_ALL, BOOTSTRAP_IMPORTS));
    if (priority)
        EXPECT_OK(os_thread_set_priority(peer->child.thread, priority));
    EXPECT_OK(child_start(&peer->child, run, nullptr, 0));
    test_sleep(MILLISECONDS); /* it waits for the first message */
}

void bench_peer_stop(struct bench_peer *peer)
{
    child_kill(&peer->child);
    os_drop(peer->port);
}

/* --- one way ------------------------------------------------------------------------------------------------------------------------------- */

int bench_serve_one_way(void)
{
    cap_t reply;
    uint64_t sum = 0;
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    uint64_t r[9] = {CAP_NULL, STATUS_OK, [8] = (uint64_t)reply << 32 | BOOTSTRAP_PORT};
    for (;;) {
        os_trap(SYS_MESSAGE_REPLY_WAIT, r);
        uint64_t now = os_now(), label = r[1];
        if ((enum status)r[0] != STATUS_OK)
            return 1;
        if (label != 2)
            sum += now - r[2];
        r[0] = label == 3 ? CAP_NULL : reply;
        r[1] = STATUS_OK;
        r[8] = (uint64_t)reply << 32 | BOOTSTRAP_PORT;
        r[2] = label == 2 ? sum : 0;
        if (label == 2)
            sum = 0;
        else if (label == 1)
            r[2] = os_now();
    }
}

uint64_t bench_one_way_sum(cap_t port)
{
    uint64_t r[8] = {port, 2};
    EXPECT_OK(os_syscall(SYS_MESSAGE_CALL, r));
    return r[2];
}

/* --- is a nanosecond an instruction? ------------------------------------------------------------------------------------------------------ */

static uint64_t loop_of_two(uint64_t n)
{
    uint64_t start = os_now();
#pragma clang loop unroll(disable)
    do
        __asm__ volatile("" : "+r"(n));
    while (--n);
    return os_now() - start;
}

TEST(calibration)
{
    bench_run("calib_loop", "of an empty loop: 2, on mips64el 3", 100000, loop_of_two);
}
