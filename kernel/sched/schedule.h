/* schedule.h: run queues, the choice of the next thread, the kernel lock, other CPUs. */
#ifndef KERNEL_SCHEDULE_H
#define KERNEL_SCHEDULE_H

#include <lib/spinlock.h>
#include <sched/cpu.h>

#define TIME_SLICE_NS 5000000ull

extern struct spinlock kernel_lock; /* guards all kernel state but per-CPU mailboxes, the log and what boot fixed */

void cpu_init(struct cpu *cpu, unsigned number);
/* Put a thread that can run on its CPU's queue; IPI if that CPU should look. */
void thread_ready(struct thread *thread);
/* Take it off its run queue. */
void thread_unready(struct thread *thread);
/* Make `next` current on this CPU; the thread that was current is blocked, ready or dead by now. */
void cpu_switch(struct cpu *cpu, struct thread *next);
/* The present thread no longer runs: nothing is current until kernel_exit chooses. */
void cpu_leave(struct cpu *cpu);
/* Stop waiting `to`'s wait is over and it should run at once instead of current (which has blocked): direct switch when it may run here
 * and nothing more urgent is ready; else it is made ready. */
void cpu_hand_over(struct cpu *cpu, struct thread *to);
/* thread_ready as the last thing that is done for current, which can go on: a more urgent thread gets the CPU at once. */
void cpu_wake(struct cpu *cpu, struct thread *thread);
/* The ready thread, which may run here, takes the place of current, which is ready then. */
void cpu_yield_to(struct cpu *cpu, struct thread *next);
/* Current's turn is over, as the last thing that is done for it. Requires: others of its priority are ready here. */
void cpu_yield(struct cpu *cpu);
/* Last thing of every trap: choose a thread if needed, attend to it, give up the kernel lock. Returns to the port, or idles. */
void kernel_exit(struct cpu *cpu, bool was_idle) RELEASES(kernel_lock);
[[noreturn]] void cpu_idle_loop(void); /* entered with the kernel lock held */
void cpu_timer_update(struct cpu *cpu);
/* The FPU registers of the thread are on this CPU: bring them to memory. */
void fpu_flush(struct cpu *cpu);
/* Take the CPU out of use, or back. Out: no thread is put there any more, and those that are ready there go elsewhere; the one that runs there leaves
 * at once, but after this returns. A thread that may run on no other CPU runs on the first one, which stays in use.
 * False: an interrupt waits, and threads are left to move; to be called again. */
[[nodiscard]] bool cpu_set_off(struct cpu *cpu, bool off);
/* Bring the account that is open on the CPU up to now. */
void cpu_account(struct cpu *cpu);
/* This CPU, whose current is off every queue or dead, runs nobody's work now. */
void cpu_forget_current(struct cpu *cpu);
/* The time that the thread, which is on no queue, got goes to its space and its virtual time, as far as its account is up to date. */
void thread_charge(struct thread *thread);

/* smp.c */
#define SMP_FLUSH 1u
#define SMP_LEAVE 2u
#define SMP_STOP  4u
#define SMP_FPU   8u
void smp_start(unsigned wanted);
void smp_poll(void);        /* answer this CPU's mailbox */
void smp_kick(unsigned cpu);/* make it look at its run queue and attention bits */
void smp_stop_others(void); /* for panic */
/* No CPU has the space loaded any more. */
void space_unload(struct space *space);
/* Bring the FPU registers of the thread to memory, wherever they are. */
void fpu_fetch(struct thread *thread);

#endif
