/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <lib/string.h>
#include <machine.h>
#include <offsets.h>
#include <switch.h>

void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    memset(frame, 0, sizeof *frame); /* pstate 0: EL0, interrupts on */
    frame->pc = pc;
    frame->sp = sp;
    frame->x[0] = argument;
}

void arch_frame_sanitize(struct frame *frame)
{
    frame->pstate &= PSTATE_OF_USER;
}

static_assert(THREAD_AT_RUNTIME_START == offsetof(struct thread, runtime_start) && THREAD_AT_RUNTIME_START + 8 == offsetof(struct thread, runtime_end));
static_assert(THREAD_AT_CALL_ENTRY == offsetof(struct thread, call_entry) && THREAD_AT_PAGE == offsetof(struct thread, page));
static_assert(PAGE_FRAME == offsetof(struct thread_page, frame) && PAGE_PENDING == offsetof(struct thread_page, upcall_pending));
void arch_thread_leave(struct thread *from)
{
    from->frame.tls = sysreg_read(tpidr_el0);
}

void arch_tls_load(uint64_t value)
{
    sysreg_write(tpidr_el0, value);
}

void arch_fpu_enable(bool on)
{
    sysreg_write(cpacr_el1, on ? CPACR_FPU : 0);
    isb();
}

void arch_fpu_save(struct thread *thread)
{
    fpu_save_registers(thread->arch.v);
}

void arch_fpu_restore(struct thread *thread)
{
    fpu_load_registers(thread->arch.v);
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch, 0, sizeof thread->arch);
}
