/* switch.h (mips64el): thread_switch, the inline body of arch_thread_switch, and its parts for the way of messages. */
#ifndef MIPS64EL_SWITCH_H
#define MIPS64EL_SWITCH_H

#include <board.h>
#include <cp0.h>
#include <sched/cpu.h>

/* May switch_space be used as it is? Its number is one of the generation that this CPU has flushed for. */
static inline bool switch_space_ready(const struct cpu *cpu, const struct arch_space *to)
{
    return to->asid.generation == cpu->arch.generation;
}

static inline void switch_space(struct cpu *, struct arch_space *to)
{
    cp0_write(CP0_ENTRYHI, to->asid.number);
    cp0_write(CP0_KSCRATCH_ROOT, phys_to_virt(to->radix.root));
}

static inline uint64_t status_of(bool fpu)
{
    return STATUS_OF_USER | (fpu ? STATUS_CU1 : 0);
}

/* What thread_switch does when the space was seen to. */
static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to, const struct task *)
{
    cp0_write(CP0_KSCRATCH_THREAD, to);
    to->frame.status = status_of(cpu->fpu_owner == to);
    cp0_write(CP0_USERLOCAL, to->frame.tls);
}

/* Contract: arch_thread_switch in arch/arch.h. */
static inline void thread_switch(struct cpu *cpu, struct thread *from, struct thread *to)
{
    struct space *space = &to->task->space;
    switch_fast(cpu, from, to, to->task);
    if (cpu->space == space)
        return;
    if (!switch_space_ready(cpu, &space->arch)) [[clang::unlikely]]
        space_make_ready(cpu, &space->arch);
    switch_space(cpu, &space->arch);
}

#endif
