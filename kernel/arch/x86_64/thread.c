/* thread.c: frames, and the registers that are not in the trap path. */
#include <lib/string.h>
#include <offsets.h>
#include <x86.h>

#define CANONICAL_END 0x0000800000000000ull

void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    *frame = (struct frame){.rip = pc, .rsp = sp, .rdi = argument, .rflags = FLAG_ONE | FLAG_INTERRUPTS};
}

/* The way back needs iret unless the frame looks as a system call leaves it. */
void arch_frame_sanitize(struct frame *frame)
{
    frame->rflags = (frame->rflags & FLAGS_OF_USER) | FLAG_ONE | FLAG_INTERRUPTS;
    if (frame->rip >= CANONICAL_END)
        frame->rip = CANONICAL_END - 16;
    if (frame->fs_base >= CANONICAL_END)
        frame->fs_base = 0;
    bool as_syscall = frame->rcx == frame->rip && frame->r11 == frame->rflags && (frame->rflags & (FLAG_STEP | FLAG_RESUME)) == 0;
    frame->error = as_syscall ? 0 : FRAME_BY_INTERRUPT;
}

/* FS base from and to the frame; GS base of user mode = the thread page. */
static void switch_bases(struct thread *from, struct thread *to)
{
    uint64_t fs = to->frame.fs_base;
    if (fs >= CANONICAL_END) [[clang::unlikely]]
        fs = 0;
    if (x86_features.fsgsbase) [[clang::likely]] {
        if (from != nullptr)
            __asm__ volatile("rdfsbase %0" : "=r"(from->frame.fs_base));
        __asm__ volatile("wrfsbase %0\n\t"
                         "swapgs\n\t"
                         "wrgsbase %1\n\t"
                         "swapgs"
                         : : "r"(fs), "r"(to->thread_page_address));
        return;
    }
    if (from != nullptr)
        from->frame.fs_base = rdmsr(MSR_FS_BASE);
    wrmsr(MSR_FS_BASE, fs);
    wrmsr(MSR_KERNEL_GS_BASE, to->thread_page_address);
}

void arch_tls_load(uint64_t value)
{
    if (value >= CANONICAL_END)
        value = 0;
    if (x86_features.fsgsbase)
        __asm__ volatile("wrfsbase %0" : : "r"(value));
    else
        wrmsr(MSR_FS_BASE, value);
}

/* What syscall_entry looks at: tasks without a runtime have none of their calls taken away. */
static void set_runtime(struct cpu *cpu, const struct thread *to)
{
    const struct task *task = to->task;
    cpu->scratch[2] = task->runtime_start;
    cpu->scratch[3] = task->foreign ? task->runtime_end : UINT64_MAX;
    cpu->scratch[4] = task->upcall_entry + UPCALL_CALL_OFFSET;
    cpu->scratch[5] = (uint64_t)to->page;
}

void arch_thread_leave(struct thread *from)
{
    if (x86_features.fsgsbase)
        __asm__ volatile("rdfsbase %0" : "=r"(from->frame.fs_base));
    else
        from->frame.fs_base = rdmsr(MSR_FS_BASE);
}

void arch_thread_switch(struct thread *from, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    struct space *space = &to->task->space;
    switch_bases(from, to);
    if (to->task->foreign || cpu->scratch[3] != UINT64_MAX)
        set_runtime(cpu, to);
    if (cpu->space != space)
        write_cr3(space->arch.radix.root);
    arch_fpu_enable(cpu->fpu_owner == to);
}
