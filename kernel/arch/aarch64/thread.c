/* thread.c: frames, and what a switch of threads changes besides the frame. */
#include <lib/string.h>
#include <machine.h>
#include <offsets.h>
#include <sched/cpu.h>
#include <sysreg.h>

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

static_assert(CPU_RUNTIME_START == offsetof(struct cpu, scratch[0]) && CPU_THREAD_PAGE == offsetof(struct cpu, scratch[3]));
static_assert(PAGE_FRAME == offsetof(struct thread_page, frame) && PAGE_PENDING == offsetof(struct thread_page, upcall_pending));
#define NO_RUNTIME UINT64_MAX /* as its length: no call is foreign */

/* What entry.S looks at. */
static void set_runtime(struct cpu *cpu, const struct thread *to)
{
    const struct task *task = to->task;
    cpu->scratch[0] = task->runtime_start;
    cpu->scratch[1] = task->foreign ? task->runtime_end - task->runtime_start : NO_RUNTIME;
    cpu->scratch[2] = task->upcall_entry + UPCALL_CALL_OFFSET;
    cpu->scratch[3] = (uint64_t)to->page;
}

void thread_init_cpu(struct cpu *cpu)
{
    cpu->scratch[1] = NO_RUNTIME;
}

void arch_thread_leave(struct thread *from)
{
    from->frame.tls = sysreg_read(tpidr_el0);
}

void arch_thread_switch(struct thread *from, struct thread *to)
{
    struct cpu *cpu = this_cpu();
    struct space *space = &to->task->space;
    if (to->task->foreign || cpu->scratch[1] != NO_RUNTIME)
        set_runtime(cpu, to);
    if (from)
        arch_thread_leave(from);
    sysreg_write(tpidr_el0, to->frame.tls);
    sysreg_write(tpidrro_el0, to->thread_page_address);
    sysreg_write(cpacr_el1, cpu->fpu_owner == to ? CPACR_FPU : 0); /* returning to user mode synchronizes */
    if (cpu->space != space)
        space_load(&space->arch);
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
