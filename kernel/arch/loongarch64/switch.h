/* switch.h (loongarch64): the inline parts of a switch of threads (arch/arch.h). */
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

static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to)
{
    csr_write(CSR_SAVE4, (uint64_t)to);
    fpu_set(cpu, cpu->fpu_owner == to);
}

/* What the general way has besides. */
static inline void switch_general(struct cpu *, struct thread *) {}

#endif
