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
    frame->x[2] = sp;
    frame->x[10] = argument;
    frame->status = SSTATUS_SPIE;
}

/* The FPU stays accessible to its owner alone; elsewhere it is off, and the first use fetches it. */
void arch_frame_sanitize(struct frame *frame)
{
    const struct cpu *cpu = this_cpu();
    bool owner = cpu->fpu_owner && frame == &cpu->fpu_owner->frame;
    frame->status = SSTATUS_SPIE | (owner ? SSTATUS_FS : 0);
}

static_assert(THREAD_AT_CPU == offsetof(struct thread, arch.cpu) && THREAD_AT_RUNTIME_START == offsetof(struct thread, runtime_start));
static_assert(THREAD_AT_RUNTIME_END == offsetof(struct thread, runtime_end) && THREAD_AT_CALL_ENTRY == offsetof(struct thread, call_entry));
static_assert(THREAD_AT_PAGE == offsetof(struct thread, page) && THREAD_AT_PAGE_ADDRESS == offsetof(struct thread, thread_page_address));
static_assert(PAGE_FRAME == offsetof(struct thread_page, frame) && CALL_RETURN == UPCALL_CALL_RETURN);
void arch_fpu_enable(bool on)
{
    struct thread *current = this_cpu()->current;
    if (current)
        current->frame.status = SSTATUS_SPIE | (on ? SSTATUS_FS : 0);
}

/* The kernel's own access lasts as long as the copy: sstatus is the thread's again on return. */
void arch_fpu_save(struct thread *thread)
{
    csr_set(sstatus, SSTATUS_FS);
    fpu_save_registers(thread->arch.fpu.f);
}

void arch_fpu_restore(struct thread *thread)
{
    csr_set(sstatus, SSTATUS_FS);
    fpu_load_registers(thread->arch.fpu.f);
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch.fpu, 0, sizeof thread->arch.fpu);
}

/* tp is in the frame. */
void arch_thread_leave(struct thread *) {} /* all is in the frame */

void arch_tls_load(uint64_t)
{
}
