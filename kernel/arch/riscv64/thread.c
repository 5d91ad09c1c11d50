/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <offsets.h>
#include <sched/cpu.h>

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

static_assert(CPU_RUNTIME_START == offsetof(struct cpu, scratch[1]) && CPU_THREAD_PAGE_ADDRESS == offsetof(struct cpu, scratch[5]));
static_assert(PAGE_FRAME == offsetof(struct thread_page, frame) && PAGE_PENDING == offsetof(struct thread_page, upcall_pending));
static_assert(CALL_RETURN == UPCALL_CALL_RETURN);
#define NO_RUNTIME UINT64_MAX /* as its length: no call is foreign */

/* What entry.S looks at. */
static void set_runtime(struct cpu *cpu, const struct thread *to)
{
    const struct task *task = to->task;
    cpu->scratch[1] = task->runtime_start;
    cpu->scratch[2] = task->foreign ? task->runtime_end - task->runtime_start : NO_RUNTIME;
    cpu->scratch[3] = task->upcall_entry + UPCALL_CALL_OFFSET;
    cpu->scratch[4] = (uint64_t)to->page;
    cpu->scratch[5] = to->thread_page_address;
}

void thread_init_cpu(struct cpu *cpu)
{
    cpu->scratch[2] = NO_RUNTIME;
}

void arch_thread_switch(struct thread *, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    if (to->task->foreign || cpu->scratch[2] != NO_RUNTIME)
        set_runtime(cpu, to);
    struct space *space = &to->task->space;
    to->frame.status = SSTATUS_SPIE | (cpu->fpu_owner == to ? SSTATUS_FS : 0);
    if (cpu->space != space)
        space_load(cpu, &space->arch);
}

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
    fpu_save_registers(thread->arch.f);
}

void arch_fpu_restore(struct thread *thread)
{
    csr_set(sstatus, SSTATUS_FS);
    fpu_load_registers(thread->arch.f);
}

void arch_fpu_init(struct thread *thread)
{
    memset(&thread->arch, 0, sizeof thread->arch);
}

/* tp is in the frame. */
void arch_thread_leave(struct thread *) {} /* all is in the frame */

void arch_tls_load(uint64_t)
{
}
