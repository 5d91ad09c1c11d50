/* timer.h: one-shot timers in a pairing heap per CPU. All under the kernel lock. */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

struct timer {
    struct timer *child, *next, *previous; /* previous: the left sibling, or the parent of a first child */
    uint64_t when_ns;
    void (*fire)(struct timer *timer);     /* called with the timer already off the heap */
    int cpu;                               /* whose heap it is on, -1: none */
};

void timer_init(struct timer *timer, void (*fire)(struct timer *));
/* Set or move; when_ns absolute. Fires on the calling CPU. */
void timer_set(struct timer *timer, uint64_t when_ns);
void timer_cancel(struct timer *timer);
/* Fire what is due on this CPU. */
void timers_run(struct cpu *cpu, uint64_t now_ns);
/* When the CPU's first timer is due, UINT64_MAX: never. */
uint64_t timers_next(const struct cpu *cpu);

#endif
