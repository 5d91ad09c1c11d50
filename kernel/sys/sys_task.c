/* sys_task.c: operations on tasks. */
#include <ipc/ipc.h>
#include <lib/string.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

static enum status publish_task(struct thread *thread, struct task *task, cap_t *new)
{
    enum status status = cap_publish(thread, &task->object, RIGHTS_ALL & ~RIGHT_CLONE, new);
    if (status != STATUS_OK)
        task_kill(task, 0);
    return status;
}

enum status sys_task_create(struct thread *thread, struct ledger *ledger, cap_t *new)
{
    struct task *task;
    enum status status = task_create(ledger, &task);
    return status == STATUS_OK ? publish_task(thread, task, new) : status;
}

enum status sys_task_clone(struct thread *thread, struct task *self, struct ledger *ledger, cap_t *new)
{
    struct task *task;
    enum status status = task_clone(self, ledger, &task);
    return status == STATUS_OK ? publish_task(thread, task, new) : status;
}

enum status sys_task_kill(struct thread *thread, struct task *self, uint64_t code)
{
    task_kill(self, code);
    return self == thread->task ? SYSCALL_NO_RESULT : STATUS_OK;
}

enum status sys_task_set_upcall(struct thread *, struct task *self, uaddr_t entry, uaddr_t runtime_start, uaddr_t runtime_end,
                                uaddr_t critical_start, uaddr_t critical_end)
{
    if (runtime_start > runtime_end || runtime_end > USER_END || entry < runtime_start || entry > runtime_end ||
        critical_start > critical_end)
        return STATUS_INVALID_ARGUMENT;
    self->upcall_entry = entry;
    self->runtime_start = runtime_start;
    self->runtime_end = runtime_end;
    self->critical_start = critical_start;
    self->critical_end = critical_end;
    self->foreign = entry != 0;
    for (struct list *item = self->threads.next; item != &self->threads; item = item->next)
        thread_set_runtime(container_of(item, struct thread, task_link));
    return STATUS_OK;
}

enum status sys_task_set_exception_port(struct thread *, struct task *self, struct port *exceptions, uint64_t badge)
{
    if (self->over)
        return STATUS_PEER_GONE;
    if (exceptions != nullptr)
        object_get(&exceptions->object);
    if (self->exception_port != nullptr)
        object_put(self->exception_port);
    self->exception_port = exceptions != nullptr ? &exceptions->object : nullptr;
    self->exception_badge = badge;
    return STATUS_OK;
}

enum status sys_task_bind_death(struct thread *, struct task *self, struct notification *target, uint64_t bits)
{
    if (self->death != nullptr)
        return STATUS_ALREADY_BOUND;
    if (self->over) {
        notification_signal(target, bits); /* it is over already */
        return STATUS_OK;
    }
    object_get(&target->object);
    self->death = target;
    self->death_bits = bits;
    return STATUS_OK;
}

static uint64_t threads_time(const struct list *threads)
{
    uint64_t sum = 0;
    for (struct list *item = threads->next; item != threads; item = item->next) {
        struct thread *thread = container_of(item, struct thread, task_link);
        sum += account_ticks(&thread->time, thread->state == THREAD_RUNNING);
    }
    return sum;
}

static uint64_t cpu_time(const struct task *task)
{
    return arch_ticks_ns(task->cpu_ticks + threads_time(&task->threads) + threads_time(&task->leaving));
}

enum status sys_task_info(struct thread *, struct task *self, uint64_t what, uint64_t *value)
{
    switch (what) {
    case TASK_ALIVE: *value = !self->dead; break;
    case TASK_EXIT_CODE: *value = self->exit_code; break;
    case TASK_THREADS: *value = self->thread_count; break;
    case TASK_MAPPED_BYTES: *value = self->space.mapped_bytes; break;
    case TASK_RESIDENT_BYTES: *value = self->dead ? 0 : space_resident_bytes(&self->space); break;
    case TASK_CPU_NS: *value = cpu_time(self); break;
    case TASK_CAPS: *value = self->caps.used; break;
    case TASK_PAGE_TABLE_BYTES: *value = self->dead ? 0 : arch_space_table_bytes(&self->space.arch); break;
    default: return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_OK;
}

enum status sys_task_set_name(struct thread *, struct task *self, uint64_t name0, uint64_t name1)
{
    memcpy(self->name, &name0, 8);
    memcpy(self->name + 8, &name1, 8);
    self->name[16] = 0;
    return STATUS_OK;
}

/* Between the task's space and the caller's; restarts are the caller's business: *done tells how far it came. */
static enum status copy_between(struct task *to, uaddr_t to_address, struct task *from, uaddr_t from_address, uint64_t length, uint64_t *done)
{
    if (to->dead || from->dead)
        return STATUS_PEER_GONE;
    return copy_user_to_user(&to->space, to_address, &from->space, from_address, length, done);
}

enum status sys_task_read_memory(struct thread *thread, struct task *self, uaddr_t address, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    return copy_between(thread->task, buffer, self, address, length, done);
}

enum status sys_task_write_memory(struct thread *thread, struct task *self, uaddr_t address, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    return copy_between(self, address, thread->task, buffer, length, done);
}
