/* switch.h (x86-64): thread_switch, the inline body of arch_thread_switch. */
#ifndef X86_64_SWITCH_H
#define X86_64_SWITCH_H

#include <sched/cpu.h>
#include <x86.h>

/* FS base from and to the frame, where it is canonical; GS base of user mode = the thread page. */
static inline void switch_bases(struct thread *from, struct thread *to)
{
    if (x86_features.fsgsbase) [[clang::likely]] {
        if (from != nullptr)
            __asm__ volatile("rdfsbase %0" : "=r"(from->frame.fs_base));
        __asm__ volatile("wrfsbase %0\n\t"
                         "swapgs\n\t"
                         "wrgsbase %1\n\t"
                         "swapgs"
                         : : "r"(to->frame.fs_base), "r"(to->thread_page_address));
        return;
    }
    if (from != nullptr)
        from->frame.fs_base = rdmsr(MSR_FS_BASE);
    wrmsr(MSR_FS_BASE, to->frame.fs_base);
    wrmsr(MSR_KERNEL_GS_BASE, to->thread_page_address);
}

#define NO_RUNTIME UINT64_MAX /* as its end: no call is foreign */

/* What syscall_entry looks at: tasks without a runtime have none of their calls taken away. */
static inline void switch_runtime(struct cpu *cpu, const struct thread *to)
{
    const struct task *task = to->task;
    cpu->scratch[2] = task->runtime_start;
    cpu->scratch[3] = task->foreign ? task->runtime_end : NO_RUNTIME;
    cpu->scratch[4] = task->upcall_entry + UPCALL_CALL_OFFSET;
    cpu->scratch[5] = (uint64_t)to->page;
}

static inline void fpu_set(struct cpu *cpu, bool on)
{
    if (cpu->arch.fpu_on == on) [[clang::likely]]
        return;
    cpu->arch.fpu_on = on;
    if (on)
        __asm__ volatile("clts");
    else
        write_cr0(read_cr0() | CR0_TS);
}

/* May switch_space be used as it is? */
static inline bool switch_space_ready(const struct cpu *, const struct arch_space *) { return true; }

static inline void switch_space(struct cpu *, struct arch_space *to)
{
    write_cr3(to->radix.root);
}


/* Contract: arch_thread_switch in arch/arch.h. */
static inline void thread_switch(struct cpu *cpu, struct thread *from, struct thread *to)
{
    struct task *task = to->task;
    switch_bases(from, to);
    if (cpu->space != &task->space)
        switch_space(cpu, &task->space.arch);
    if (task->foreign || cpu->scratch[3] != NO_RUNTIME)
        switch_runtime(cpu, to);
    fpu_set(cpu, cpu->fpu_owner == to);
}

/* What is left of it when the space was seen to, on the way of messages, where both threads came in by system calls. That way is taken
 * with the FSGSBASE instructions alone, and sets GS base in entry.S. */
static inline void switch_fast(struct cpu *cpu, struct thread *from, struct thread *to, struct task *task)
{
    __asm__ volatile("rdfsbase %0" : "=r"(from->frame.fs_base));
    __asm__ volatile("wrfsbase %0" : : "r"(to->frame.fs_base));
    if (task->foreign || cpu->scratch[3] != NO_RUNTIME)
        switch_runtime(cpu, to);
    if (cpu->fpu_owner != nullptr) [[clang::unlikely]] /* else it is off */
        fpu_set(cpu, cpu->fpu_owner == to);
}

#endif
