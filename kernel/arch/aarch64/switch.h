/* switch.h (aarch64): the inline parts of a switch of threads (arch/arch.h). */
#ifndef AARCH64_SWITCH_H
#define AARCH64_SWITCH_H

#include <arch/asid/asid.h>
#include <machine.h>
#include <sched/cpu.h>
#include <sysreg.h>

/* May switch_space be used as it is? */
static inline bool switch_space_ready(const struct cpu *, const struct arch_space *to) { return asid_is_present(&to->asid); }

static inline void switch_space(struct cpu *, struct arch_space *to)
{
    sysreg_write(ttbr0_el1, to->ttbr); /* returning to user mode synchronizes */
}

static inline void switch_fpu(struct cpu *cpu, const struct thread *to)
{
    sysreg_write(cpacr_el1, cpu->fpu_owner == to ? CPACR_FPU : 0); /* returning to user mode synchronizes */
}

static inline void switch_fast(struct cpu *cpu, struct thread *from, struct thread *to)
{
    if (from)
        from->frame.tls = sysreg_read(tpidr_el0);
    sysreg_write(tpidr_el0, to->frame.tls);
    sysreg_write(tpidrro_el0, to->thread_page_address);
    if (cpu->fpu_owner != nullptr) [[clang::unlikely]] /* else it is off */
        switch_fpu(cpu, to);
}

/* What the general way has besides: the last owner may be gone. */
static inline void switch_general(struct cpu *cpu, struct thread *to)
{
    switch_fpu(cpu, to);
}

#endif
