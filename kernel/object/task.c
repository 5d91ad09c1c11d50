/* task.c: tasks: life and cloning. Invariant: a dead task has no thread that runs; its space and table are taken apart in steps by
 * task_reap_some, then its own reference of being alive goes. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <object/captable.h>
#include <sched/schedule.h>

static struct list dying = {&dying, &dying};
bool task_reap_wanted;

enum status task_create(struct ledger *charge, struct task **task)
{
    struct object *object;
    enum status status = object_create(OBJECT_TASK, charge, &object);
    if (status != STATUS_OK)
        return status;
    struct task *t = container_of(object, struct task, object);
    list_init(&t->threads);
    list_init(&t->reap_link);
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

void task_kill(struct task *task, uint64_t code)
{
    if (task->dead)
        return;
    task->dead = true;
    task->exit_code = code;
    object_get(&task->object);
    for (struct list *item = task->threads.next, *next; item != &task->threads; item = next) {
        next = item->next;
        thread_kill(container_of(item, struct thread, task_link));
    }
    list_push_back(&dying, &task->reap_link);
    task_reap_wanted = true;
    object_put(&task->object);
}

/* All that a dead task held is gone: tell who wanted to know. */
static void finish(struct task *task)
{
    list_remove(&task->reap_link);
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

/* One step with a dying task; true when it is finished. */
static bool reap_step(struct task *task, unsigned steps)
{
    if (task->thread_count > 0)
        return false; /* a CPU is still leaving it */
    space_unload(&task->space);
    if (!cap_table_destroy_some(task, steps) || !space_destroy_some(&task->space, steps))
        return false; /* a table that is gone has no more steps, a space must not be destroyed twice */
    finish(task);
    return true;
}

bool task_reap_some(unsigned steps)
{
    bool ports = port_reap_some(steps), more = ports;
    for (struct list *item = dying.next, *next; item != &dying; item = next) {
        next = item->next;
        struct task *task = container_of(item, struct task, reap_link);
        bool waits = task->thread_count > 0;
        if (!reap_step(task, steps)) {
            more |= !waits;
            break;
        }
        next = dying.next;
    }
    task_reap_wanted = ports || !list_empty(&dying);
    return more;
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
