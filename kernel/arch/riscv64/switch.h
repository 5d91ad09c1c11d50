/* switch.h (riscv64): the inline parts of a switch of threads (arch/arch.h). */
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

static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to)
{
    to->arch.cpu = cpu;
    to->frame.status = SSTATUS_SPIE | (cpu->fpu_owner == to ? SSTATUS_FS : 0);
}

/* What the general way has besides. */
static inline void switch_general(struct cpu *, struct thread *) {}

#endif
