/* switch.h (riscv64): thread_switch, the inline body of arch_thread_switch, and its parts for the way of messages. */
#ifndef RISCV64_SWITCH_H
#define RISCV64_SWITCH_H

#include <csr.h>
#include <machine.h>
#include <sched/cpu.h>

/* May switch_space be used as it is? Its number is one of the generation that this CPU has flushed for, and no code of it changed. */
static inline bool switch_space_ready(const struct cpu *cpu, const struct arch_space *to)
{
    return to->asid.generation == cpu->arch.generation && to->stale_icache == 0;
}

static inline void switch_space(struct cpu *, struct arch_space *to)
{
    csr_write(satp, to->satp);
}

/* What thread_switch does when the space was seen to. */
static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to, const struct task *)
{
    to->arch.cpu = cpu;
    to->frame.status = SSTATUS_SPIE | (cpu->fpu_owner == to ? SSTATUS_FS : 0);
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
