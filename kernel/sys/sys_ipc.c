/* sys_ipc.c: operations on ports, sets, replies, notifications, interrupts, I/O ports, futexes. */
#include <ipc/futex.h>
#include <ipc/ipc.h>
#include <ipc/lock.h>
#include <object/captable.h>
#include <object/device.h>
#include <sched/schedule.h>
#include <sys/copy.h>
#include <syscalls_kernel.h>

#define BREAK_STEPS 16u /* calls between two looks for interrupts */
#define GROW_STEPS 4u   /* parts of a queue between two looks */

/* The port whose queue the interrupted call with this cookie was making; NULL: others dropped it, whatever the handle names now. */
static struct port *unfinished_port(struct thread *thread, cap_t handle, uint64_t cookie)
{
    struct cap *cap = cap_slot(thread->task, handle);
    if (cap == nullptr || cap->object->type != OBJECT_PORT)
        return nullptr;
    struct port *port = container_of(cap->object, struct port, object);
    return port->maker == cookie ? port : nullptr;
}

/* One step towards a port with its whole queue, or, when that fails, back. state->until: minus the status of the failure. Returns: done. */
static bool make_queue(struct port *port, struct restart *state)
{
    if (state->until != 0)
        return !queue_free_chunk(&port->queue, port->object.ledger);
    if (port_complete(port))
        return true;
    enum status status = port_grow(port);
    if (status != STATUS_OK)
        state->until = (uint64_t)-status;
    return false;
}

enum status sys_port_create(struct thread *thread, struct ledger *ledger, uint64_t queue, uint64_t *restart, cap_t *new)
{
    struct restart *state = thread_restart(thread, restart);
    struct port *port = nullptr;
    enum status status = STATUS_OK;
    if (state->done != CAP_NULL) {
        port = unfinished_port(thread, (cap_t)state->done, *restart);
        status = port != nullptr ? STATUS_OK : STATUS_BAD_STATE;
    } else {
        status = port_create(ledger, queue, &port);
        if (status == STATUS_OK)
            status = cap_publish(thread, &port->object, RIGHTS_ALL & ~RIGHT_CLONE, new);
        state->done = *new;
    }
    *restart = 0;
    if (status != STATUS_OK)
        return status;
    for (unsigned steps = 1; !make_queue(port, state); steps++)
        if (steps % GROW_STEPS == 0 && arch_interrupt_pending()) {
            thread_interrupt_call(thread, restart);
            port->maker = *restart;
            return SYSCALL_RESTART;
        }
    port->maker = 0;
    *new = (cap_t)state->done;
    if (state->until == 0)
        return STATUS_OK;
    cap_remove(cap_slot(thread->task, *new));
    *new = CAP_NULL;
    return -(enum status)state->until;
}

enum status sys_port_badge(struct thread *thread, struct port *self, uint64_t badge, uint32_t rights, cap_t *new)
{
    uint32_t allowed = RIGHT_PORT_SEND | RIGHT_COMMON;
    if ((rights & ~allowed) != 0)
        return STATUS_INVALID_ARGUMENT;
    struct cap *cap = cap_source(thread->task, (cap_t)thread->frame.FRAME_R0);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    struct facet *facet;
    enum status status = facet_create(thread->task->charge, self, badge, &facet);
    if (status != STATUS_OK)
        return status;
    status = cap_insert(thread->task, &facet->object, rights, cap, new);
    object_put(&facet->object);
    return status;
}

enum status sys_port_destroy(struct thread *, struct port *self)
{
    port_destroy(self);
    return STATUS_OK;
}

enum status sys_port_break_calls(struct thread *, struct port *self)
{
    while (!port_break_calls(self, BREAK_STEPS))
        if (arch_interrupt_pending())
            return SYSCALL_RESTART;
    return STATUS_OK;
}

enum status sys_port_same(struct thread *, struct port *self, struct port *other, uint64_t *same)
{
    *same = self == other;
    return STATUS_OK;
}

enum status sys_set_create(struct thread *thread, struct ledger *ledger, cap_t *new)
{
    struct port_set *set;
    enum status status = set_create(ledger, &set);
    return status == STATUS_OK ? cap_publish(thread, &set->object, RIGHTS_ALL & ~RIGHT_CLONE, new) : status;
}

enum status sys_set_add_port(struct thread *, struct port_set *self, struct port *member, uint64_t key)
{
    if (!list_empty(&member->receivers) || !list_empty(&member->takers))
        return STATUS_BUSY;
    if (member->dead)
        return STATUS_PEER_GONE;
    enum status status = set_add(self, &member->member, key);
    if (status == STATUS_OK)
        port_deliver_rest(member);
    return status;
}

enum status sys_set_add_notification(struct thread *, struct port_set *self, struct notification *member, uint64_t key)
{
    enum status status = set_add(self, &member->member, key);
    if (status == STATUS_OK)
        notification_deliver(member);
    return status;
}

enum status sys_set_remove_port(struct thread *, struct port_set *self, struct port *member)
{
    return set_remove(self, &member->member);
}

enum status sys_set_remove_notification(struct thread *, struct port_set *self, struct notification *member)
{
    return set_remove(self, &member->member);
}

enum status sys_reply_create(struct thread *thread, struct ledger *ledger, uint64_t cookie, cap_t *new)
{
    struct reply *reply;
    enum status status = reply_create(ledger, cookie, &reply);
    return status == STATUS_OK ? cap_publish(thread, &reply->object, RIGHTS_ALL & ~RIGHT_CLONE, new) : status;
}

/* The part [offset, offset + length) of a window of the caller behind the reply. */
static enum status window_part(const struct reply *reply, bool in, uint64_t offset, uint64_t length, uaddr_t *address)
{
    if (reply->state != REPLY_PENDING)
        return reply->state == REPLY_CANCELLED ? STATUS_PEER_GONE : STATUS_BAD_STATE;
    const struct thread *caller = reply->thread;
    uint64_t size = in ? caller->window.in_length : caller->window.out_length;
    if (offset > size || length > size - offset)
        return STATUS_OUT_OF_RANGE;
    *address = (in ? caller->window.in_base : caller->window.out_base) + offset;
    return STATUS_OK;
}

enum status sys_reply_read(struct thread *thread, struct reply *self, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    uaddr_t address;
    enum status status = window_part(self, true, offset, length, &address);
    if (status != STATUS_OK)
        return status;
    return copy_user_to_user(&thread->task->space, buffer, &self->thread->task->space, address, length, done);
}

enum status sys_reply_write(struct thread *thread, struct reply *self, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    uaddr_t address;
    enum status status = window_part(self, false, offset, length, &address);
    if (status != STATUS_OK)
        return status;
    return copy_user_to_user(&self->thread->task->space, address, &thread->task->space, buffer, length, done);
}

enum status sys_reply_copy(struct thread *, struct reply *self, struct mem_object *from, uint64_t from_offset, uint64_t offset,
                           uint64_t length, uint64_t *done)
{
    uaddr_t address;
    enum status status = window_part(self, false, offset, length, &address);
    return status == STATUS_OK ? copy_mem_user(from, from_offset, &self->thread->task->space, address, length, false, done) : status;
}

enum status sys_reply_copy_in(struct thread *, struct reply *self, struct mem_object *to, uint64_t to_offset, uint64_t offset,
                              uint64_t length, uint64_t *done)
{
    uaddr_t address;
    enum status status = window_part(self, true, offset, length, &address);
    return status == STATUS_OK ? copy_mem_user(to, to_offset, &self->thread->task->space, address, length, true, done) : status;
}

enum status sys_notification_create(struct thread *thread, struct ledger *ledger, cap_t *new)
{
    struct notification *notification;
    enum status status = notification_create(ledger, &notification);
    return status == STATUS_OK ? cap_publish(thread, &notification->object, RIGHTS_ALL & ~RIGHT_CLONE, new) : status;
}

enum status sys_notification_signal(struct thread *, struct notification *self, uint64_t bits)
{
    struct thread *woken = !list_empty(&self->waiters) ? notification_wake_only(self, bits) : nullptr;
    if (woken != nullptr)
        cpu_wake(this_cpu(), woken);
    else
        notification_signal(self, bits);
    return STATUS_OK;
}

enum status sys_notification_bind_timer(struct thread *, struct notification *self, uint64_t deadline_ns, uint64_t bits)
{
    notification_bind_timer(self, deadline_ns, bits);
    return STATUS_OK;
}

enum status sys_irq_create(struct thread *thread, struct control *, uint64_t number, cap_t *new)
{
    struct irq_object *irq;
    enum status status = irq_create(thread->task->charge, number, &irq);
    return status == STATUS_OK ? cap_publish(thread, &irq->object, RIGHTS_ALL & ~RIGHT_CLONE, new) : status;
}

enum status sys_irq_create_message(struct thread *thread, struct control *, cap_t *new, uint64_t *address, uint64_t *data)
{
    struct irq_object *irq;
    struct arch_message message;
    enum status status = irq_create_message(thread->task->charge, &irq, &message);
    if (status != STATUS_OK)
        return status;
    *address = message.address;
    *data = message.data;
    return cap_publish(thread, &irq->object, RIGHTS_ALL & ~RIGHT_CLONE, new);
}

enum status sys_irq_bind(struct thread *, struct irq_object *self, struct notification *target, uint64_t bits)
{
    irq_bind(self, target, bits);
    return STATUS_OK;
}

enum status sys_irq_ack(struct thread *, struct irq_object *self)
{
    arch_irq_unmask(self->number);
    return STATUS_OK;
}

enum status sys_ioport_create(struct thread *thread, struct control *, uint64_t first, uint64_t count, cap_t *new)
{
    if (!ARCH_HAS_IOPORTS)
        return STATUS_NOT_SUPPORTED;
    if (count == 0 || first > 0xffff || count > 0x10000 - first)
        return STATUS_OUT_OF_RANGE;
    struct object *object;
    enum status status = object_create(OBJECT_IOPORT, thread->task->charge, &object);
    if (status != STATUS_OK)
        return status;
    struct ioport_object *ports = container_of(object, struct ioport_object, object);
    ports->first = (unsigned)first;
    ports->count = (unsigned)count;
    return cap_publish(thread, object, RIGHTS_ALL & ~RIGHT_CLONE, new);
}

static enum status check_port(const struct ioport_object *ports, uint64_t port, uint64_t width)
{
    if (width != 1 && width != 2 && width != 4)
        return STATUS_INVALID_ARGUMENT;
    return port >= ports->count || width > ports->count - port ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

enum status sys_ioport_read(struct thread *, struct ioport_object *self, uint64_t port, uint64_t width, uint64_t *value)
{
    enum status status = check_port(self, port, width);
    if (status == STATUS_OK && !arch_ioport_read(self->first + (unsigned)port, (unsigned)width, value))
        status = STATUS_NOT_SUPPORTED;
    return status;
}

enum status sys_ioport_write(struct thread *, struct ioport_object *self, uint64_t port, uint64_t width, uint64_t value)
{
    enum status status = check_port(self, port, width);
    if (status == STATUS_OK && !arch_ioport_write(self->first + (unsigned)port, (unsigned)width, value))
        status = STATUS_NOT_SUPPORTED;
    return status;
}

void sys_futex_wait(struct thread *thread, struct frame *frame)
{
    futex_wait(thread, frame);
}

void sys_futex_lock(struct thread *thread, struct frame *frame)
{
    lock_wait(thread, frame);
}

enum status sys_futex_unlock(struct thread *thread, uaddr_t address, uint64_t flags)
{
    return lock_unlock(thread, address, flags);
}

enum status sys_futex_wake(struct thread *thread, uaddr_t address, uint64_t count, uint64_t flags, uint64_t mask, uint64_t *restart, uint64_t *woken)
{
    return futex_wake(thread, address, count, flags, mask, restart, woken);
}

enum status sys_futex_requeue(struct thread *thread, uaddr_t address, uint64_t wake, uaddr_t target, uint64_t move, uint64_t flags,
                              uint64_t expected, uint64_t *restart, uint64_t *done)
{
    return futex_requeue(thread, address, wake, target, move, flags, expected, restart, done);
}
