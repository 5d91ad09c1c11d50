/* thread.c: frames, and the registers that are not in the trap path. */
#include <lib/string.h>
#include <offsets.h>
#include <switch.h>

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

void arch_tls_load(uint64_t value)
{
    if (value >= CANONICAL_END)
        value = 0;
    if (x86_features.fsgsbase)
        __asm__ volatile("wrfsbase %0" : : "r"(value));
    else
        wrmsr(MSR_FS_BASE, value);
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
    if (cpu->space != space) {
        if ((space->stale & cpu->bit) != 0) [[clang::unlikely]]
            x86_space_load_clean(&space->arch);
        else
            switch_space(cpu, &space->arch);
    }
    fpu_set(cpu, cpu->fpu_owner == to);
}
