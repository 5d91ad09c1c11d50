/* trap.c: what ports call. Each takes the kernel lock, does its work and leaves through kernel_exit. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

/* A system call instruction of a program whose runtime answers it. Needs no lock: it touches the thread's own frame and page. */
static inline bool is_foreign(const struct task *task, const struct frame *frame)
{
    return task->foreign && frame->FRAME_PC - task->runtime_start > task->runtime_end - task->runtime_start;
}

[[gnu::noinline]] static void foreign_call(struct cpu *cpu, struct thread *thread)
{
    thread_upcall(thread, UPCALL_SYSCALL, 0, 0, 0);
    if (thread->attention != 0) [[clang::unlikely]] {
        spin_lock(&kernel_lock);
        kernel_exit(cpu, false);
    }
}

void trap_syscall(void)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    if (is_foreign(thread->task, &thread->frame)) {
        foreign_call(cpu, thread);
        return;
    }
    spin_lock(&kernel_lock);
    if (!thread_is_killed(thread))
        syscall_dispatch(thread, &thread->frame);
    kernel_exit(cpu, false);
}

[[gnu::noinline]] static void fault_fails(struct thread *thread, uaddr_t va, unsigned access, enum status status)
{
    if (status == PAGE_AWAITED) {
        thread_page_fault_wait(thread, va, access);
    } else if (!thread_retries(thread, status)) {
        enum exception exception = status == STATUS_BAD_ADDRESS ? EXCEPTION_PAGE_FAULT : EXCEPTION_BUS_ERROR;
        thread->page->upcall_access = access;
        thread_exception(thread, exception, va, access);
    }
}

void trap_page_fault(uaddr_t va, unsigned access)
{
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    enum status status = va < USER_END ? space_fault(&thread->task->space, va, access) : STATUS_BAD_ADDRESS;
    if (status != STATUS_OK)
        fault_fails(thread, va, access, status);
    kernel_exit(cpu, false);
}

void trap_exception(enum exception exception, uint64_t address, uint64_t code)
{
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    thread_exception(cpu->current, exception, address, code);
    kernel_exit(cpu, false);
}

void trap_timer(void)
{
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    bool was_idle = cpu->current == nullptr;
    uint64_t now_ns = arch_time_ns();
    cpu->timer_ns = UINT64_MAX;
    cpu_account(cpu);
    timers_run(cpu, now_ns);
    if (now_ns >= cpu->slice_end_ns)
        cpu->need_schedule = true;
    cpu_timer_update(cpu);
    kernel_exit(cpu, was_idle);
}

void trap_ipi(void)
{
    smp_poll();
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    cpu_timer_update(cpu);
    kernel_exit(cpu, cpu->current == nullptr);
}
