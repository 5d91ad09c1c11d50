/* switch.h (mips64el): the inline parts of a switch of threads (arch/arch.h). */
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

static inline void switch_fast(struct cpu *cpu, struct thread *, struct thread *to)
{
    cp0_write(CP0_KSCRATCH_THREAD, to);
    to->frame.status = status_of(cpu->fpu_owner == to);
    cp0_write(CP0_USERLOCAL, to->frame.tls);
}

/* What the general way has besides. */
static inline void switch_general(struct cpu *, struct thread *) {}

#endif
