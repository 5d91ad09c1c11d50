/* bench.h: what the kernel's operations cost, in the form of tests/bench/linux/bench.c: a row is a function that carries an operation out
 * n times and returns the nanoseconds that this took; under QEMU's -icount a nanosecond is an instruction. Rows are grouped in TESTs, which
 * set up what they need. */
#ifndef BENCH_H
#define BENCH_H

#include <test.h>

/* Prints RESULT name median M min m max X batches B ops N unit TEXT. What reading the clock costs is taken off. */
void bench_run(const char *name, const char *unit, uint64_t ops, uint64_t (*row)(uint64_t n));

/* The body of a row: nanoseconds of `body`, carried out `n` times. */
#define TIME(n, body)                                        \
    ({                                                       \
        uint64_t time_start = os_now();                      \
        for (uint64_t time_i = 0; time_i < (n); time_i++) { \
            body;                                            \
        }                                                    \
        os_now() - time_start;                               \
    })

/* Nanoseconds from one reading of the clock to the next with nothing between them. */
extern uint64_t bench_clock_cost;

/* A task that serves the port, with the port at BOOTSTRAP_PORT and a reply object made by `run` itself. */
struct bench_peer {
    struct child child;
    cap_t port;
};
/* priority: 0 leaves the usual one. other: one more capability, at BOOTSTRAP_IMPORTS, or CAP_NULL. */
void bench_peer_start(struct bench_peer *peer, int (*run)(void), uint64_t priority, cap_t other);
void bench_peer_stop(struct bench_peer *peer);

/* --- raw messages: label and words stay in registers ---------------------------------------------------------------------------------- */
static inline enum status raw_call(cap_t port)
{
    uint64_t r[8] = {port, 1, os_any(), os_any(), os_any(), os_any(), os_any(), os_any()};
    return os_syscall(SYS_MESSAGE_CALL, r);
}

/* Answer (CAP_NULL: nothing) with STATUS_OK and take the next message, with `arm` for its reply. */
static inline enum status raw_reply_wait(cap_t answer, cap_t port, cap_t arm)
{
    uint64_t r[9] = {answer, STATUS_OK, os_any(), os_any(), os_any(), os_any(), os_any(), os_any(), (uint64_t)arm << 32 | port};
    os_trap(SYS_MESSAGE_REPLY_WAIT, r);
    return (enum status)r[0];
}

/* One way: the sender puts its time into the message (or the signal), the receiver sums up what it took. Label 1: a call, answered with the
 * receiver's time; 2: a call for the sum since the last one; 3: not a call. */
int bench_serve_one_way(void);
/* Spend a time that differs from round to round, so that the ticks of a coarse clock are met everywhere alike. */
static inline void bench_dither(uint64_t round)
{
    for (uint64_t i = round * 37 % 101; i; i--)
        __asm__ volatile("" : "+r"(i));
}
/* Ask for the sum. */
uint64_t bench_one_way_sum(cap_t port);

/* Use a floating-point register (<isa>.S). */
void bench_float(void);

#endif
