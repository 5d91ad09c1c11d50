/* fair.h: the fair class: ready threads of PRIORITY_DEFAULT share the CPUs in proportion to their weights. Kernel lock. */
#ifndef KERNEL_FAIR_H
#define KERNEL_FAIR_H

#include <sched/cpu.h>
#include <weights.h>

static inline bool is_fair(const struct thread *thread) { return thread->priority == PRIORITY_DEFAULT; }

void fair_init(struct thread *thread, uint32_t weight);
/* It counts from now on, and what the old one could not use is not owed. */
void fair_set_weight(struct thread *thread, uint32_t weight);
/* The thread, of the class, is on the CPU's run queue from now on, or no longer. */
void fair_insert(struct cpu *cpu, struct thread *thread);
void fair_remove(struct cpu *cpu, struct thread *thread);
/* fair_remove of one, fair_insert of the other. */
void fair_replace(struct cpu *cpu, struct thread *out, struct thread *in);
/* Who got least. Requires: somebody is on the queue. */
struct thread *fair_first(const struct cpu *cpu);
/* The thread, of the class and on no queue, had its CPU for so long. */
void fair_charge(struct thread *thread, uint64_t ns);
/* It comes to the CPU after a wait, which does not count as time that it is owed. */
void fair_arrive(struct cpu *cpu, struct thread *thread);
/* It comes from another CPU. */
void fair_move(struct cpu *cpu, struct thread *thread);
/* How long the thread's turns are. */
uint64_t fair_turn_ns(const struct thread *thread);
/* Of those on the CPU's queue, and the thread itself: would it run next? */
bool fair_is_next(const struct cpu *cpu, const struct thread *thread);
/* Who is first on another CPU's queue, may run on this one, and got clearly less than the thread; NULL: nobody. */
struct thread *fair_behind(const struct cpu *cpu, const struct thread *than);
/* It got less than the other. */
bool fair_is_behind(const struct thread *thread, const struct thread *than);
/* Those of the one CPU got more than those of the other. */
bool fair_is_ahead(const struct cpu *cpu, const struct cpu *than);
/* The thread gives way on its own CPU: another one where all got clearly more than it did; NULL: there is none. */
struct cpu *fair_elsewhere(const struct thread *thread);

#endif
