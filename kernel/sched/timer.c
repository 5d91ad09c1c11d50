/* timer.c: the pairing heaps behind timer.h. Not here: who sets the hardware timer (schedule.c).
 * Invariant: a timer is on the heap of CPU timer->cpu, or on none when that is -1. */
#include <lib/assert.h>
#include <sched/cpu.h>
#include <sched/schedule.h>
#include <sched/timer.h>

static struct timer *meld(struct timer *a, struct timer *b)
{
    if (a == nullptr)
        return b;
    if (b == nullptr)
        return a;
    if (b->when_ns < a->when_ns) {
        struct timer *swap = a;
        a = b;
        b = swap;
    }
    b->previous = a;
    b->next = a->child;
    if (a->child != nullptr)
        a->child->previous = b;
    a->child = b;
    a->next = a->previous = nullptr;
    return a;
}

/* Meld a list of siblings in pairs from the left, then the pairs from the right. */
static struct timer *meld_siblings(struct timer *first)
{
    struct timer *pairs = nullptr;
    while (first != nullptr) {
        struct timer *a = first, *b = first->next;
        first = b != nullptr ? b->next : nullptr;
        a->next = a->previous = nullptr;
        if (b != nullptr)
            b->next = b->previous = nullptr;
        struct timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct timer *root = nullptr;
    while (pairs != nullptr) {
        struct timer *pair = pairs;
        pairs = pair->next;
        pair->next = nullptr;
        root = meld(root, pair);
    }
    return root;
}

void timer_init(struct timer *timer, void (*fire)(struct timer *))
{
    *timer = (struct timer){.fire = fire, .cpu = -1};
}

void timer_cancel(struct timer *timer)
{
    if (timer->cpu < 0)
        return;
    struct cpu *cpu = &cpus[timer->cpu];
    struct timer *rest = meld_siblings(timer->child);
    timer->child = nullptr;
    if (timer == cpu->timers) {
        cpu->timers = rest;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != nullptr)
            timer->next->previous = timer->previous;
        cpu->timers = meld(cpu->timers, rest);
    }
    timer->next = timer->previous = nullptr;
    timer->cpu = -1;
}

void timer_set(struct timer *timer, uint64_t when_ns)
{
    struct cpu *cpu = this_cpu();
    timer_cancel(timer);
    timer->when_ns = when_ns;
    timer->cpu = (int)cpu->number;
    cpu->timers = meld(cpu->timers, timer);
    if (cpu->timers == timer)
        cpu_timer_update(cpu);
}

void timers_run(struct cpu *cpu, uint64_t now_ns)
{
    while (cpu->timers != nullptr && cpu->timers->when_ns <= now_ns) {
        struct timer *timer = cpu->timers;
        timer_cancel(timer);
        timer->fire(timer);
    }
}

uint64_t timers_next(const struct cpu *cpu)
{
    return cpu->timers != nullptr ? cpu->timers->when_ns : UINT64_MAX;
}
