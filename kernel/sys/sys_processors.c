/* sys_processors.c: operations on virtual processors. */
#include <sched/processors.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

static bool is_count(uint64_t count)
{
    return count != 0 && count <= UINT32_MAX;
}

enum status sys_processors_create(struct thread *thread, struct ledger *ledger, uint64_t count, uaddr_t entry, cap_t *new)
{
    if (!is_count(count))
        return STATUS_INVALID_ARGUMENT;
    struct processors *processors;
    enum status status = processors_create(ledger, thread->task, (uint32_t)count, entry, &processors);
    return status == STATUS_OK ? cap_publish(thread, &processors->object, RIGHTS_ALL & ~RIGHT_CLONE, new) : status;
}

enum status sys_processors_set_count(struct thread *, struct processors *self, uint64_t count)
{
    if (!is_count(count))
        return STATUS_INVALID_ARGUMENT;
    processors_set_count(self, (uint32_t)count);
    return STATUS_OK;
}

enum status sys_processors_join(struct thread *thread, struct processors *self, uint64_t cookie)
{
    return processors_join(self, thread, cookie);
}

enum status sys_processors_park(struct thread *thread, struct processors *self, uint64_t deadline_ns, uint64_t *why, uint64_t *cookie)
{
    return processors_park(self, thread, deadline_ns, why, cookie);
}

enum status sys_processors_pass(struct thread *thread, struct processors *self, uint64_t *passed)
{
    return processors_pass(self, thread, passed);
}

enum status sys_processors_wake(struct thread *, struct processors *self, uint64_t count, uint64_t *woken, uint64_t *missing)
{
    processors_wake(self, count, woken, missing);
    return STATUS_OK;
}

enum status sys_processors_event(struct thread *, struct processors *self, uint64_t *what, uint64_t *cookie)
{
    processors_event(self, what, cookie);
    return STATUS_OK;
}

static bool is_member(const struct thread *thread, const struct processors *processors)
{
    return thread->is_member && thread->activation->group == processors;
}

enum status sys_processors_yield_to(struct thread *thread, struct processors *self, struct thread *target)
{
    struct cpu *cpu = this_cpu();
    bool ready = target->state == THREAD_READY && !list_empty(&target->queue) && (target->affinity & cpu->bit) != 0;
    if (!is_member(thread, self) || !is_member(target, self) || !ready)
        return STATUS_BAD_STATE;
    thread->frame.FRAME_STATUS = STATUS_OK;
    cpu_yield_to(cpu, target);
    return SYSCALL_NO_RESULT;
}

enum status sys_processors_info(struct thread *, struct processors *self, uint64_t *running, uint64_t *waiting, uint64_t *held, uint64_t *parked)
{
    *running = self->number[ACTIVATION_RUNNING];
    *waiting = self->number[ACTIVATION_WAITING];
    *held = self->number[ACTIVATION_HELD];
    *parked = self->number[ACTIVATION_PARKED];
    return STATUS_OK;
}

void sys_processors_resume(struct thread *thread, struct frame *frame)
{
    thread->page->upcall_mask = 0;
    sys_message_resume(thread, frame);
    if (thread->page->processors_pending != 0)
        thread->attention |= ATTENTION_PROCESSORS;
}
