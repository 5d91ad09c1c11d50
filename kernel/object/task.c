/* task.c: tasks: life and cloning. Invariant: no thread of a dead task goes on for long; its threads, table and space end in steps, as
 * work, then its own reference of being alive goes. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <object/captable.h>
#include <sched/schedule.h>

#define KILL_AT_ONCE 8u /* threads of a task that do not run on while it is taken apart */

static bool task_work(struct work *work);

enum status task_create(struct ledger *charge, struct task **task)
{
    struct object *object;
    enum status status = object_create(OBJECT_TASK, charge, &object);
    if (status != STATUS_OK)
        return status;
    struct task *t = container_of(object, struct task, object);
    list_init(&t->threads);
    list_init(&t->leaving);
    list_init(&t->gone);
    work_init(&t->work, task_work, object);
    cap_table_init(&t->caps);
    t->charge = charge;
    object_get(&charge->object);
    status = space_init(&t->space, charge);
    if (status != STATUS_OK) {
        t->dead = true;
        t->charge = nullptr;
        object_put(&charge->object);
        object_put(object);
        return status;
    }
    memcpy(t->name, "task", 5);
    object_get(object); /* of being alive: given back when it is reaped */
    *task = t;
    return STATUS_OK;
}

enum status task_clone(struct task *from, struct ledger *charge, struct task **task)
{
    if (from->dead)
        return STATUS_PEER_GONE;
    enum status status = task_create(charge, task);
    if (status != STATUS_OK)
        return status;
    struct task *to = *task;
    status = space_clone(&from->space, &to->space);
    if (status == STATUS_OK)
        status = cap_table_clone(from, to);
    if (status != STATUS_OK) {
        task_kill(to, 0);
        object_put(&to->object);
        return status;
    }
    to->foreign = from->foreign;
    to->upcall_entry = from->upcall_entry;
    to->runtime_start = from->runtime_start;
    to->runtime_end = from->runtime_end;
    to->critical_start = from->critical_start;
    to->critical_end = from->critical_end;
    if (from->exception_port != nullptr) {
        object_get(from->exception_port);
        to->exception_port = from->exception_port;
        to->exception_badge = from->exception_badge;
    }
    memcpy(to->name, from->name, sizeof to->name);
    return STATUS_OK;
}

/* A thread of a dead task ends: at once, or when its CPU leaves user mode. False: there is none that goes on. */
static bool kill_next(struct task *task)
{
    struct list *item = list_pop_front(&task->threads);
    if (item == nullptr)
        return false;
    list_push_back(&task->leaving, item);
    thread_kill(container_of(item, struct thread, task_link));
    return true;
}

void task_kill(struct task *task, uint64_t code)
{
    if (task->dead)
        return;
    task->dead = true;
    task->exit_code = code;
    object_get(&task->object);
    struct thread *current = this_cpu()->current;
    if (current != nullptr && current->task == task)
        thread_kill(current);
    for (unsigned i = 0; i < KILL_AT_ONCE && kill_next(task); i++) {
    }
    work_add(&task->work);
    object_put(&task->object);
}

/* All that a dead task held is gone: tell who wanted to know. */
static void finish(struct task *task)
{
    task->over = true;
    if (task->exception_port != nullptr)
        object_put(task->exception_port);
    task->exception_port = nullptr;
    if (task->death != nullptr) {
        notification_signal(task->death, task->death_bits);
        object_put(&task->death->object);
        task->death = nullptr;
    }
    object_put(&task->object);
}

/* One step with a dead task. The last of its threads to leave its CPU calls for it again. */
static bool task_work(struct work *work)
{
    struct task *task = container_of(work, struct task, work);
    if (kill_next(task))
        return true;
    if (task->thread_count > 0 || task->over)
        return false;
    struct list *item = list_pop_front(&task->gone);
    if (item != nullptr) {
        object_put(&container_of(item, struct thread, task_link)->object);
        return true;
    }
    space_unload(&task->space);
    if (!cap_table_destroy_some(task, 1) || !space_destroy_some(&task->space, 1))
        return true; /* a table that is gone has no more steps, a space must not be destroyed twice */
    finish(task);
    return false;
}

/* Nobody can name the task: it goes on while its threads live. */
void task_unreachable(struct object *object)
{
    struct task *task = container_of(object, struct task, object);
    if (task->thread_count == 0)
        task_kill(task, 0);
}

void task_free(struct object *object)
{
    struct task *task = container_of(object, struct task, object);
    if (task->charge != nullptr)
        object_put(&task->charge->object);
}
