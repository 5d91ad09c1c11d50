/* switch.h (loongarch64): thread_switch, the inline body of arch_thread_switch, and its parts for the way of messages. */
#ifndef LOONGARCH64_SWITCH_H
#define LOONGARCH64_SWITCH_H

#include <csr.h>
#include <machine.h>
#include <sched/cpu.h>

/* May switch_space be used as it is? Its number is one of the generation that this CPU has flushed for. */
static inline bool switch_space_ready(const struct cpu *cpu, const struct arch_space *to)
{
    return to->asid.generation == cpu->arch.generation;
}

static inline void switch_space(struct cpu *, struct arch_space *to)
{
    csr_write(CSR_ASID, to->asid.number);
    csr_write(CSR_PGDL, to->radix.root);
}

static inline void fpu_set(struct cpu *cpu, bool on)
{
    if (cpu->arch.fpu_on == on)
        return;
    cpu->arch.fpu_on = on;
    csr_write(CSR_EUEN, on ? EUEN_FPE : 0);
}

/* What thread_switch does when the space was seen to. */
static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to, const struct task *)
{
    csr_write(CSR_SAVE4, (uint64_t)to);
    fpu_set(cpu, cpu->fpu_owner == to);
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
