/* switch.h (aarch64): thread_switch, the inline body of arch_thread_switch, and its parts for the way of messages. */
#ifndef AARCH64_SWITCH_H
#define AARCH64_SWITCH_H

#include <arch/asid/asid.h>
#include <machine.h>
#include <sched/cpu.h>
#include <sysreg.h>

#define NO_RUNTIME UINT64_MAX /* as its length: no call is foreign */

/* What entry.S looks at. */
static inline void switch_runtime(struct cpu *cpu, const struct thread *to, const struct task *task)
{
    cpu->scratch[0] = task->runtime_start;
    cpu->scratch[1] = task->foreign ? task->runtime_end - task->runtime_start : NO_RUNTIME;
    cpu->scratch[2] = task->upcall_entry + UPCALL_CALL_OFFSET;
    cpu->scratch[3] = (uint64_t)to->page;
}

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

/* For threads that run and wait for messages. */
static inline void switch_fast(struct cpu *cpu, struct thread *from, struct thread *to, const struct task *task)
{
    if (task->foreign || cpu->scratch[1] != NO_RUNTIME)
        switch_runtime(cpu, to, task);
    if (from)
        from->frame.tls = sysreg_read(tpidr_el0);
    sysreg_write(tpidr_el0, to->frame.tls);
    sysreg_write(tpidrro_el0, to->thread_page_address);
    if (cpu->fpu_owner != nullptr) [[clang::unlikely]] /* else it is off */
        switch_fpu(cpu, to);
}

/* Contract: arch_thread_switch in arch/arch.h. */
static inline void thread_switch(struct cpu *cpu, struct thread *from, struct thread *to)
{
    const struct task *task = to->task;
    switch_fast(cpu, from, to, task);
    switch_fpu(cpu, to); /* its last owner may be gone */
    if (cpu->space != &task->space) {
        struct arch_space *space = &to->task->space.arch;
        if (!switch_space_ready(cpu, space)) [[clang::unlikely]]
            space_number(space);
        switch_space(cpu, space);
    }
}

#endif
