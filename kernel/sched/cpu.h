/* cpu.h: what belongs to one CPU. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stdatomic.h>
#include <sched/thread.h>

enum : uint8_t { CPU_EXPECTED, CPU_ARRIVED, CPU_GIVEN_UP };

struct cpu {
    struct thread *current;       /* first: ports read it in assembly (asserted). NULL while idle */
    uintptr_t stack_top;          /* second: of the CPU's kernel stack (asserted) */
    uint64_t scratch[2];          /* third: the port's trap entry */
    unsigned number;
    uint64_t bit;                 /* 1 << number */
    bool online;
    _Atomic uint8_t arrival;      /* CPU_EXPECTED, or what the CPU or who started it made of that, whoever was first */
    bool off;                     /* runs no threads until cpu_set_off(cpu, false) */
    bool alone;                   /* no other CPU is or will be online */
    uint64_t lock_found;          /* what fast.c found in place of the kernel lock */
    bool need_schedule;           /* pick again before leaving the kernel */
    bool turn_over;               /* it ended while somebody more urgent had the CPU: not to be handed to one who has equals waiting */
    struct thread *fpu_owner;     /* whose registers the FPU holds */
    struct space *space;          /* whose address space is loaded; NULL: kernel only. Set by cpu_switch after arch_thread_switch */
    uint64_t ready_mask;          /* bit p: run_queue[p] is not empty */
    struct list run_queue[PRIORITIES];
    struct tree fair;             /* those of run_queue[PRIORITY_DEFAULT], by virtual time (fair.c) */
    uint64_t fair_ns;             /* its clock of virtual time */
    struct timer *timers;         /* pairing heap */
    uint64_t slice_end_ns;        /* when current's turn ends if another of its priority is ready; UINT64_MAX: no limit set */
    uint64_t timer_ns;            /* what the hardware timer is set to */
    struct time_account nobody;   /* open while there is no current */
    uint64_t switches;
    struct {                      /* mailbox of shootdowns, see smp.c */
        _Atomic uint32_t pending; /* bits: SMP_* */
        struct space *space;
        uaddr_t va;
        size_t count;
    } mail;
    struct arch_cpu arch;         /* the port's own (arch_types.h) */
};

extern struct cpu cpus[ARCH_MAX_CPUS];
extern unsigned cpu_count; /* CPUs that are online */

static_assert(offsetof(struct cpu, current) == 0 && offsetof(struct cpu, stack_top) == 8 && offsetof(struct cpu, scratch) == 16);

#endif
