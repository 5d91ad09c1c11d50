/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <board.h>
#include <cp0.h>
#include <lib/string.h>
#include <offsets.h>
#include <switch.h>

void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    memset(frame, 0, sizeof *frame);
    frame->pc = pc;
    frame->r[29] = sp;
    frame->r[4] = argument;
    frame->status = STATUS_OF_USER;
}

/* Any pc is harmless: user mode faults where it must not be. */
void arch_frame_sanitize(struct frame *frame)
{
    const struct thread *owner = this_cpu()->fpu_owner;
    frame->status = status_of(owner && frame == &owner->frame);
    frame->pc &= ~3ull; /* bit 0 would be a mode that the CPU does not have */
}

static_assert(THREAD_AT_RUNTIME_START == offsetof(struct thread, runtime_start));
static_assert(THREAD_AT_RUNTIME_END == offsetof(struct thread, runtime_end));
static_assert(THREAD_AT_CALL_ENTRY == offsetof(struct thread, call_entry) && THREAD_AT_PAGE == offsetof(struct thread, page));
static_assert(THREAD_AT_PAGE_ADDRESS == offsetof(struct thread, thread_page_address) && PAGE_FRAME == offsetof(struct thread_page, frame));
void arch_thread_leave(struct thread *) {} /* programs cannot write UserLocal */

void arch_tls_load(uint64_t value)
{
    cp0_write(CP0_USERLOCAL, value);
}

void arch_fpu_enable(bool on)
{
    struct thread *current = this_cpu()->current;
    if (current)
        current->frame.status = status_of(on);
}

/* The kernel's own access lasts as long as the copy. */
void arch_fpu_save(struct thread *thread)
{
    cp0_write32(CP0_STATUS, STATUS_KERNEL | STATUS_CU1);
    cp0_hazard();
    fpu_save_registers(thread->arch.fpu.f);
    cp0_write32(CP0_STATUS, STATUS_KERNEL);
    cp0_hazard();
}

void arch_fpu_restore(struct thread *thread)
{
    cp0_write32(CP0_STATUS, STATUS_KERNEL | STATUS_CU1);
    cp0_hazard();
    fpu_load_registers(thread->arch.fpu.f);
    cp0_write32(CP0_STATUS, STATUS_KERNEL);
    cp0_hazard();
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch.fpu, 0, sizeof thread->arch.fpu);
}
