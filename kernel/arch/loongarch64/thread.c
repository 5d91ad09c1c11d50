/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <sched/cpu.h>

void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    memset(frame, 0, sizeof *frame);
    frame->pc = pc;
    frame->r[3] = sp;
    frame->r[4] = argument;
    frame->prmd = PRMD_USER;
}

/* PRMD is never loaded from a frame, and any pc is harmless. */
void arch_frame_sanitize(struct frame *frame)
{
    frame->prmd = PRMD_USER;
}

static void fpu_set(struct cpu *cpu, bool on)
{
    if (cpu->arch.fpu_on == on)
        return;
    cpu->arch.fpu_on = on;
    csr_write(CSR_EUEN, on ? EUEN_FPE : 0);
}

void arch_thread_switch(struct thread *, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    struct space *space = &to->task->space;
    fpu_set(cpu, cpu->fpu_owner == to);
    if (cpu->space != space)
        space_load(cpu, &space->arch);
}

void arch_thread_leave(struct thread *) {} /* all is in the frame */

void arch_tls_load(uint64_t) {}

void arch_fpu_enable(bool on)
{
    fpu_set(this_cpu(), on);
}

void arch_fpu_save(struct thread *thread)
{
    fpu_save_registers(thread->arch.f);
}

void arch_fpu_restore(struct thread *thread)
{
    fpu_load_registers(thread->arch.f);
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch, 0, sizeof thread->arch);
}
