/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <offsets.h>
#include <switch.h>

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

static_assert(THREAD_AT_RUNTIME_START == offsetof(struct thread, runtime_start));
static_assert(THREAD_AT_RUNTIME_END == offsetof(struct thread, runtime_end));
static_assert(THREAD_AT_CALL_ENTRY == offsetof(struct thread, call_entry) && THREAD_AT_PAGE == offsetof(struct thread, page));
static_assert(THREAD_AT_PAGE_ADDRESS == offsetof(struct thread, thread_page_address) && PAGE_FRAME == offsetof(struct thread_page, frame));
void arch_thread_leave(struct thread *) {} /* all is in the frame */

void arch_tls_load(uint64_t) {}

void arch_fpu_enable(bool on)
{
    fpu_set(this_cpu(), on);
}

void arch_fpu_save(struct thread *thread)
{
    fpu_save_registers(thread->arch.fpu.f);
}

void arch_fpu_restore(struct thread *thread)
{
    fpu_load_registers(thread->arch.fpu.f);
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch.fpu, 0, sizeof thread->arch.fpu);
}
