/* sys_thread.c: operations on threads. */
#include <sched/fair.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

enum status sys_thread_create(struct thread *thread, struct task *task, uaddr_t thread_page, cap_t *new)
{
    struct thread *created;
    enum status status = thread_create(task, thread_page, &created);
    if (status != STATUS_OK)
        return status;
    status = cap_publish(thread, &created->object, RIGHTS_ALL & ~RIGHT_CLONE, new);
    if (status != STATUS_OK)
        thread_kill(created);
    return status;
}

enum status sys_thread_start(struct thread *, struct thread *self, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    if (self->state != THREAD_NEW)
        return STATUS_BAD_STATE;
    uint64_t tls = self->frame.FRAME_TLS;
    arch_frame_init(&self->frame, pc, sp, argument);
    self->frame.FRAME_TLS = tls;
    arch_frame_sanitize(&self->frame);
    thread_ready(self);
    return STATUS_OK;
}

enum status sys_thread_kill(struct thread *thread, struct thread *self)
{
    thread_kill(self);
    return self == thread ? SYSCALL_NO_RESULT : STATUS_OK;
}

enum status sys_thread_exit(struct thread *thread)
{
    thread_kill(thread);
    return SYSCALL_NO_RESULT;
}

enum status sys_thread_signal(struct thread *, struct thread *self)
{
    thread_signal(self);
    return STATUS_OK;
}

enum status sys_thread_set_priority(struct thread *, struct thread *self, uint64_t priority)
{
    if (priority >= PRIORITIES)
        return STATUS_INVALID_ARGUMENT;
    self->base_priority = (uint8_t)priority;
    thread_reprioritize(self);
    return STATUS_OK;
}

enum status sys_thread_set_weight(struct thread *, struct thread *self, uint64_t weight)
{
    if (weight == 0 || weight > WEIGHT_MOST)
        return STATUS_INVALID_ARGUMENT;
    fair_set_weight(self, (uint32_t)weight);
    return STATUS_OK;
}

enum status sys_thread_set_affinity(struct thread *, struct thread *self, uint64_t mask)
{
    uint64_t online = cpu_count == 64 ? UINT64_MAX : (1ull << cpu_count) - 1;
    if ((mask & online) == 0)
        return STATUS_INVALID_ARGUMENT;
    self->affinity = mask;
    thread_set_runnable(self);
    if (self->state == THREAD_READY && !list_empty(&self->queue) && (mask >> self->cpu & 1) == 0) {
        thread_unready(self);
        thread_ready(self);
    } else if (self->state == THREAD_RUNNING && (mask >> self->cpu & 1) == 0) {
        struct cpu *cpu = &cpus[self->cpu];
        cpu->need_schedule = true;
        if (cpu != this_cpu())
            smp_kick(cpu->number);
    }
    return STATUS_OK;
}

enum status sys_thread_info(struct thread *, struct thread *self, uint64_t what, uint64_t *value)
{
    switch (what) {
    case THREAD_STATE: *value = self->stopped ? THREAD_IS_STOPPED | self->state : self->state; break;
    case THREAD_CPU_NS: *value = account_ns(&self->time, self->state == THREAD_RUNNING); break;
    case THREAD_CPU: *value = self->cpu; break;
    case THREAD_PRIORITY: *value = self->priority; break;
    case THREAD_AFFINITY: *value = self->affinity; break;
    case THREAD_WEIGHT: *value = self->fair.weight; break;
    case THREAD_PC: *value = self->frame.FRAME_PC; break;
    default: return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_OK;
}

enum status sys_thread_yield(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (!list_empty(&cpu->run_queue[thread->priority]))
        cpu_yield(cpu);
    return STATUS_OK;
}

enum status sys_thread_set_tls(struct thread *thread, uint64_t value)
{
    thread->frame.FRAME_TLS = value;
    arch_tls_load(value);
    return STATUS_OK;
}

enum status sys_thread_stop(struct thread *, struct thread *self)
{
    if (self->stopped || self->state == THREAD_DEAD)
        return STATUS_OK;
    self->stopped = true;
    if (self->state == THREAD_READY && !list_empty(&self->queue))
        thread_unready(self);
    if (self->state == THREAD_RUNNING) {
        self->attention |= ATTENTION_STOP;
        if (self->cpu != this_cpu()->number)
            smp_kick(self->cpu);
    }
    return STATUS_OK;
}

enum status sys_thread_continue(struct thread *, struct thread *self)
{
    if (!self->stopped)
        return STATUS_OK;
    self->stopped = false;
    if (self->state == THREAD_READY)
        thread_ready(self);
    return STATUS_OK;
}
