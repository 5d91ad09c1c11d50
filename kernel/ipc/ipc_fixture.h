/* ipc_fixture.h: what host tests of ports, sets and queues share: a task with threads that only wait; nothing runs them. Static: each file that
 * includes it has its own. */
#ifndef IPC_FIXTURE_H
#define IPC_FIXTURE_H

#include <host.h>
#include <ipc/ipc.h>
#include <object/captable.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>
#include <unit.h>

#define MANY 10000u

static struct ledger ledger;
static struct task *task;
static struct thread *threads[MANY];
[[maybe_unused]] static struct reply *replies[MANY];

static void begin(void)
{
    host_boot_simple(16, 512 << 20);
    host_interrupt_pending = false;
    cpu_init(&cpus[0], 0);
    cpus[0].online = true;
    cpus[0].current = nullptr;
    cpu_count = 1;
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(task_create(&ledger, &task), STATUS_OK);
}

/* Threads that no CPU runs leave it at once. */
static void stop(void)
{
    for (struct list *item = task->threads.next; item != &task->threads; item = item->next) {
        struct thread *thread = container_of(item, struct thread, task_link);
        if (thread->state == THREAD_RUNNING)
            thread->state = THREAD_NEW;
    }
}

static void end(void)
{
    host_interrupt_pending = false;
    stop();
    task_kill(task, 0);
    object_put(&task->object);
    host_work();
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        EXPECT_EQUAL(ledger.used[kind], 0);
    EXPECT_EQUAL(ledger.object.references, 1);
    mm_check();
}

[[maybe_unused]] static void make_threads(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        REQUIRE_EQUAL(thread_create(task, 0x10000000 + i * MP_SIZE, &threads[i]), STATUS_OK);
        object_put(&threads[i]->object); /* the task's list keeps it */
        threads[i]->state = THREAD_RUNNING;
    }
}

static cap_t give(struct object *object)
{
    cap_t handle;
    REQUIRE_EQUAL(cap_insert(task, object, RIGHTS_ALL, nullptr, &handle), STATUS_OK);
    object_put(object);
    return handle;
}

[[maybe_unused]] static struct port *new_port(unsigned queue, cap_t *handle)
{
    struct port *port;
    REQUIRE_EQUAL(port_create(&ledger, queue, &port), STATUS_OK);
    *handle = give(&port->object);
    return port;
}

[[maybe_unused]] static struct port_set *new_set(cap_t *handle)
{
    struct port_set *set;
    REQUIRE_EQUAL(set_create(&ledger, &set), STATUS_OK);
    *handle = give(&set->object);
    return set;
}

[[maybe_unused]] static struct notification *new_notification(cap_t *handle)
{
    struct notification *notification;
    REQUIRE_EQUAL(notification_create(&ledger, &notification), STATUS_OK);
    *handle = give(&notification->object);
    return notification;
}

[[maybe_unused]] static void drop(cap_t handle) { cap_remove(cap_slot(task, handle)); }

/* It runs; what is made ready waits in a queue for that. */
[[maybe_unused]] static void let_run(struct thread *thread)
{
    if (thread->state == THREAD_READY)
        thread_unready(thread);
    thread->state = THREAD_RUNNING;
}

[[maybe_unused]] static void call(struct thread *thread, cap_t port)
{
    let_run(thread);
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = 1};
    ipc_call(thread, &thread->frame, 0);
}

[[maybe_unused]] static void receive(struct thread *thread, cap_t from, cap_t arm)
{
    let_run(thread);
    thread->frame = (struct frame){.FRAME_R8 = from | (uint64_t)arm << 32};
    ipc_reply_wait(thread, &thread->frame, 0);
}

[[maybe_unused]] static void wait(struct thread *thread, cap_t notification, uint64_t mask)
{
    let_run(thread);
    thread->frame = (struct frame){.FRAME_R0 = notification, .FRAME_R1 = mask, .FRAME_R2 = DEADLINE_NONE};
    ipc_notification_wait(thread, &thread->frame);
}

[[maybe_unused]] static enum status send(struct thread *thread, cap_t port, uint64_t label)
{
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = label};
    ipc_send(thread, &thread->frame, MESSAGE_NO_WAIT);
    return (enum status)thread->frame.FRAME_STATUS;
}

[[maybe_unused]] static bool woken(const struct thread *thread, enum status status)
{
    return thread->state == THREAD_READY && (enum status)thread->frame.FRAME_STATUS == status;
}

[[maybe_unused]] static unsigned count_woken(unsigned count, enum status status)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += woken(threads[i], status);
    return sum;
}

#endif
