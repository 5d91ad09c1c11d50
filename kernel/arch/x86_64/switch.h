/* switch.h (x86-64): the inline parts of a switch of threads (arch/arch.h). */
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
    write_cr3(to->cr3);
}

/* That way is taken with the FSGSBASE instructions alone, and sets GS base in entry.S. */
static inline void switch_fast(struct cpu *cpu, struct thread *from, struct thread *to)
{
    __asm__ volatile("rdfsbase %0" : "=r"(from->frame.fs_base));
    __asm__ volatile("wrfsbase %0" : : "r"(to->frame.fs_base));
    if (cpu->fpu_owner != nullptr) [[clang::unlikely]] /* else it is off */
        fpu_set(cpu, cpu->fpu_owner == to);
}

#endif
