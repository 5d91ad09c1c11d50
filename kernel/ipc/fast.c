/* fast.c: a call to a server that waits, and the answer of a server that waits again, from trap to trap. Not here: all else that such
 * calls can meet, which is left to the general way (message.c) before anything has changed.
 * Invariant: what these functions do to objects is what ipc_call and ipc_reply_wait do in the same state; only label and words are not
 * copied from frame to frame: the way back to user mode takes them out of the sender's.
 * Short in instructions: nothing is looked at twice, and nothing is called. */
#include <ipc/ipc.h>
#include <object/captable.h>
#include <sched/schedule.h>
#include <switch.h>
#include <syscalls_kernel.h>
#include <trap.h>

#define CALL_FLAGS ((uint64_t)(MESSAGE_HAS_WINDOWS | MESSAGE_INTERRUPTIBLE))
#define WAIT_FLAGS ((uint64_t)MESSAGE_INTERRUPTIBLE)

[[gnu::noinline]] static TRAP_CALL struct frame *general_call(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    if (cpu->alone)
        spin_lock(&kernel_lock);
    if (!thread_is_killed(thread))
        syscall_dispatch(thread, &thread->frame);
    kernel_exit(cpu, false);
    arch_return_to_user();
}

/* The only CPU goes without the lock here: interrupts are off. False: another one has it. */
[[gnu::always_inline]] static inline bool begin(struct cpu *cpu)
{
    if (cpu->alone)
        return true;
    uint64_t found = spin_begin(&kernel_lock);
    if (found == 0) [[clang::likely]]
        return true;
    cpu->lock_found = found;
    return false;
}

/* May the thread, which waits, go on at once on this CPU? */
[[gnu::always_inline]] static inline bool can_switch_to(const struct cpu *cpu, const struct thread *to)
{
    if (to->unusual != 0 || (to->runnable_on & cpu->bit) == 0) [[clang::unlikely]]
        return false;
    /* more urgent ones wait, or equals, and turns have no end yet */
    if (cpu->ready_mask != 0 && cpu->ready_mask >> to->priority > (cpu->slice_end_ns != UINT64_MAX)) [[clang::unlikely]]
        return false;
    const struct space *space = &to->task->space;
    return space->stale == 0 && switch_space_ready(cpu, &space->arch);
}

[[gnu::always_inline]] static inline void switch_to(struct cpu *cpu, struct thread *from, struct thread *to)
{
    struct space *space = &to->task->space;
    if (cpu->space != space) {
        switch_space(cpu, &space->arch);
        cpu->space = space;
        space->cpus |= cpu->bit;
    }
    account_switch(&from->time, &to->time);
    switch_fast(cpu, from, to);
    to->state = THREAD_RUNNING;
    to->cpu = (uint8_t)cpu->number;
    cpu->current = to;
}

[[gnu::always_inline]] static inline struct frame *message_call(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    struct frame *frame = &thread->frame;
    uint64_t flags = frame->FRAME_NUMBER - SYS_MESSAGE_CALL;
    const struct cap *cap = cap_near(&thread->task->caps, (cap_t)frame->FRAME_R0);
    if (cap == nullptr || (cap->rights & RIGHT_PORT_SEND) == 0 || (int64_t)frame->FRAME_R1 < 0) [[clang::unlikely]]
        goto general;
    struct port *port;
    uint64_t badge = 0;
    if (cap->object->type == OBJECT_FACET) [[clang::likely]] {
        const struct facet *facet = container_of(cap->object, struct facet, object);
        port = facet->port;
        badge = facet->badge;
    } else if (cap->object->type == OBJECT_PORT) {
        port = container_of(cap->object, struct port, object);
    } else {
        goto general;
    }
    struct list *queue = port->receiver_queue, *first = queue->next;
    if (first == queue) [[clang::unlikely]] /* also when the port is dead */
        goto general;
    struct thread *receiver = container_of(first, struct thread, queue);
    struct reply *reply = receiver->wait.reply;
    if (reply == nullptr || thread->priority > receiver->priority || thread->unusual != 0 || !can_switch_to(cpu, receiver)) [[clang::unlikely]]
        goto general;
    uint64_t in_length = 0, out_length = 0;
    if (flags != 0) {
        if ((flags & ~CALL_FLAGS) != 0) [[clang::unlikely]]
            goto general;
        if ((flags & MESSAGE_HAS_WINDOWS) != 0) {
            if (message_windows(thread) != STATUS_OK) [[clang::unlikely]]
                goto general;
            in_length = thread->window.in_length;
            out_length = thread->window.out_length;
        }
    }
    struct port *last = reply->port;
    if (last != port) [[clang::unlikely]] {
        if (last == nullptr || last->object.references < 2)
            goto general;
        last->object.references--;
        port->object.references++;
        reply->port = port;
    }
    thread->window.in_length = in_length;
    thread->window.out_length = out_length;
    thread->wait.flags = (uint32_t)flags;

    struct thread_page *page = receiver->page;
    page->received_key = port->member.key;
    page->received_in_length = in_length;
    page->received_out_length = out_length;
    page->received_cap_count = 0;
    receiver->frame.FRAME_R8 = badge;

    list_unlink(first); /* it runs now: its links mean nothing until it waits again */
    reply->state = REPLY_PENDING;
    reply->thread = thread;
    reply->badge = badge;
    list_push_back(&port->pending, &reply->port_link);
    thread->state = THREAD_AWAITING_REPLY;
    thread->wait.reply = reply;
    switch_to(cpu, thread, receiver);
    return frame;
general:
    return general_call(cpu, thread);
}

/* Where receivers wait at a port or set that has nothing for them now; NULL: it has, or is something else. */
[[gnu::always_inline]] static inline struct list *idle_queue(struct object *source, uint32_t rights)
{
    if (source->type == OBJECT_PORT) {
        struct port *port = container_of(source, struct port, object);
        bool idle = (rights & RIGHT_PORT_RECEIVE) != 0 && !port_has_something(port) && !port->dead;
        return idle ? &port->receivers : nullptr;
    }
    struct port_set *set = container_of(source, struct port_set, object);
    bool idle = source->type == OBJECT_SET && (rights & RIGHT_SET_WAIT) != 0 && list_empty(&set->ready);
    return idle ? &set->receivers : nullptr;
}

[[gnu::always_inline]] static inline struct frame *message_reply_wait(struct cpu *cpu, struct thread *thread, uint64_t number, uint64_t both) NO_THREAD_SAFETY
{
    struct frame *frame = &thread->frame;
    uint64_t flags = number - SYS_MESSAGE_REPLY_WAIT;
    cap_t handle = (cap_t)frame->FRAME_R0;
    if ((flags & ~WAIT_FLAGS) != 0 || both >> 32 != handle) [[clang::unlikely]] /* armed is to be what answers */
        goto general;
    const struct cap *cap = cap_near(&thread->task->caps, handle);
    if (cap == nullptr || (cap->rights & RIGHT_REPLY_USE) == 0 || cap->object->type != OBJECT_REPLY) [[clang::unlikely]]
        goto general;
    struct reply *reply = container_of(cap->object, struct reply, object);
    const struct cap *from = cap_near(&thread->task->caps, (cap_t)both);
    if (from == nullptr || reply->state != REPLY_PENDING || thread->unusual != 0) [[clang::unlikely]]
        goto general;
    struct list *queue = idle_queue(from->object, from->rights);
    struct thread *caller = reply->thread;
    if (queue == nullptr || thread->serving != from->object || reply->server != thread || !can_switch_to(cpu, caller)) [[clang::unlikely]]
        goto general;

    list_unlink(&reply->port_link);
    reply->state = REPLY_ARMED;
    caller->page->received_cap_count = 0;
    thread->wait.reply = reply;
    thread->wait.flags = (uint32_t)flags;
    thread->state = THREAD_RECEIVING;
    list_push_back(queue, &thread->queue);
    switch_to(cpu, thread, caller);
    return frame;
general:
    return general_call(cpu, thread);
}

/* Another CPU has the lock: this one waits its turn. Apart, because what waits calls functions, and the ways above call none. */
[[gnu::noinline]] static TRAP_CALL struct frame *call_in_line(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    spin_wait(&kernel_lock, cpu->lock_found);
    struct frame *frame = message_call(cpu, thread);
    __asm__("" : "+r"(frame)); /* whoever knew which one it is would keep it, on a stack */
    return frame;
}

[[gnu::noinline]] static TRAP_CALL struct frame *reply_wait_in_line(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    spin_wait(&kernel_lock, cpu->lock_found);
    struct frame *frame = message_reply_wait(cpu, thread, thread->frame.FRAME_NUMBER, thread->frame.FRAME_R8);
    __asm__("" : "+r"(frame)); /* whoever knew which one it is would keep it, on a stack */
    return frame;
}

TRAP_CALL struct frame *trap_message_call(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    if (!begin(cpu)) [[clang::unlikely]]
        return call_in_line(cpu, thread);
    return message_call(cpu, thread);
}

TRAP_CALL struct frame *trap_message_reply_wait(struct cpu *cpu, struct thread *thread) NO_THREAD_SAFETY
{
    uint64_t number = thread->frame.FRAME_NUMBER, both = thread->frame.FRAME_R8; /* before, so that they are read together */
    if (!begin(cpu)) [[clang::unlikely]]
        return reply_wait_in_line(cpu, thread);
    return message_reply_wait(cpu, thread, number, both);
}
