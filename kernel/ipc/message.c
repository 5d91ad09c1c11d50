/* message.c: call, send, reply_wait and the way of a message from registers to registers. Not here: the objects (port.c, set.c), capabilities in
 * messages (caps.c).
 * Invariant: a thread AWAITING_REPLY is the caller of exactly one PENDING reply; a thread RECEIVING has at most one ARMED reply. */
#include <ipc/ipc.h>
#include <ipc/words.h>
#include <lib/assert.h>
#include <mm/pager.h>
#include <object/captable.h>
#include <sched/schedule.h>

/* The receiver has the call: bind the caller to the reply. */
static void bind_reply(struct reply *reply, struct thread *receiver, struct thread *caller, struct port *port, uint64_t badge)
{
    reply_set_server(reply, receiver);
    reply->state = REPLY_PENDING;
    reply->thread = caller;
    reply->badge = badge;
    if (reply->port != port) {
        object_get(&port->object);
        if (reply->port != nullptr)
            object_put(&reply->port->object);
        reply->port = port;
    }
    list_push_back(&port->pending, &reply->port_link);
    caller->state = THREAD_AWAITING_REPLY;
    caller->wait.reply = reply;
    if (caller->donates || caller->priority > receiver->base_priority) [[clang::unlikely]]
        thread_lend(caller);
}

/* The content of a call into the receiver's registers and page. */
static void deliver_call(struct thread *caller, uint32_t flags, uint64_t badge, struct thread *receiver, uint64_t key)
{
    struct frame *to = &receiver->frame;
    struct thread_page *page = receiver->page;
    if (caller->exception_call) [[clang::unlikely]] {
        uint64_t word[MESSAGE_WORDS] = {caller->fault.exception, caller->fault.address, caller->fault.code, caller->frame.FRAME_PC, caller->frame.FRAME_SP};
        set_words(to, LABEL_EXCEPTION, word);
    } else {
        copy_words(to, &caller->frame);
    }
    to->FRAME_R8 = badge;
    to->FRAME_STATUS = STATUS_OK;
    page->received_key = key;
    page->received_in_length = caller->window.in_length;
    page->received_out_length = caller->window.out_length;
    page->received_cap_count = 0;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_transfer(caller, receiver);
}

/* The receiver's wait is over: off the queue and timer. */
static struct reply *end_receive(struct thread *receiver)
{
    struct reply *reply = receiver->wait.reply;
    list_remove(&receiver->queue);
    thread_cancel_deadline(receiver);
    receiver->wait.object = nullptr;
    receiver->wait.reply = nullptr;
    return reply;
}

/* The first thread that waits at the port, directly or through its set, for what is no call. */
static struct thread *waiting_taker(const struct port *port)
{
    const struct list *takers = port->member.set != nullptr ? &port->member.set->takers : &port->takers;
    const struct list *first = !list_empty(takers) ? takers->next : port->receiver_queue->next;
    return first != port->receiver_queue ? container_of(first, struct thread, queue) : nullptr;
}

/* The same for a call: it armed a reply. */
static struct thread *waiting_receiver(const struct port *port)
{
    return !list_empty(port->receiver_queue) ? container_of(port->receiver_queue->next, struct thread, queue) : nullptr;
}

/* What a handle to send to names. */
struct target {
    struct port *port;
    struct facet *facet; /* NULL: the port itself */
    uint64_t badge;
};

static enum status find_target(struct thread *thread, cap_t handle, struct target *target)
{
    struct cap *cap = cap_find(&thread->task->caps, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    if ((cap->rights & RIGHT_PORT_SEND) == 0)
        return cap->object->type == OBJECT_FACET || cap->object->type == OBJECT_PORT ? STATUS_NO_RIGHTS : STATUS_WRONG_TYPE;
    if (cap->object->type == OBJECT_FACET) [[clang::likely]] {
        struct facet *facet = container_of(cap->object, struct facet, object);
        *target = (struct target){facet->port, facet, facet->badge};
    } else if (cap->object->type == OBJECT_PORT) {
        *target = (struct target){container_of(cap->object, struct port, object), nullptr, 0};
    } else {
        return STATUS_WRONG_TYPE;
    }
    return target->port->dead ? STATUS_PEER_GONE : STATUS_OK;
}

/* The extras that the flags of a call announce. */
static enum status read_extras(struct thread *thread, uint32_t flags, uint64_t *deadline_ns)
{
    thread->window.in_length = thread->window.out_length = 0;
    *deadline_ns = DEADLINE_NONE;
    if ((flags & (MESSAGE_HAS_CAPS | MESSAGE_HAS_WINDOWS | MESSAGE_HAS_DEADLINE)) == 0)
        return STATUS_OK;
    enum status status = (flags & MESSAGE_HAS_CAPS) != 0 ? caps_check(thread) : STATUS_OK;
    if (status == STATUS_OK && (flags & MESSAGE_HAS_WINDOWS) != 0)
        status = message_windows(thread);
    if ((flags & MESSAGE_HAS_DEADLINE) != 0)
        *deadline_ns = thread->page->deadline_ns;
    return status;
}

/* Block the thread on one of the port's queues. */
static void wait_at_port(struct thread *thread, const struct target *target, uint32_t flags, enum thread_state state, struct list *queue)
{
    thread->wait.object = &target->port->object;
    thread->wait.reply = nullptr;
    thread->wait.badge = target->badge;
    thread->wait.facet = target->facet;
    facet_enter(target->facet);
    thread->wait.flags = flags;
    thread->state = state;
    list_push_back(queue, &thread->queue);
}

static enum status queue_call(struct thread *thread, const struct target *target, uint32_t flags)
{
    struct port *port = target->port;
    if ((flags & MESSAGE_NO_WAIT) != 0)
        return STATUS_WOULD_BLOCK;
    wait_at_port(thread, target, flags, THREAD_CALLING, &port->callers);
    thread_lend(thread);
    if (port->member.set != nullptr)
        member_update(&port->member);
    return STATUS_OK;
}

/* Start the call of `thread`, whose message (or exception) is ready. */
static enum status start_call(struct cpu *cpu, struct thread *thread, const struct target *target, uint32_t flags)
{
    struct port *port = target->port;
    struct thread *receiver = waiting_receiver(port);
    if (receiver == nullptr) {
        enum status status = queue_call(thread, target, flags);
        if (status == STATUS_OK)
            cpu_leave(cpu);
        return status;
    }
    uint64_t key = port->member.key;
    struct reply *reply = end_receive(receiver);
    bind_reply(reply, receiver, thread, port, target->badge);
    thread->wait.flags = flags;
    deliver_call(thread, flags, target->badge, receiver, key);
    cpu_hand_over(cpu, receiver);
    return STATUS_OK;
}

void ipc_call(struct thread *thread, struct frame *frame, uint32_t flags)
{
    struct target target = {};
    uint64_t deadline_ns;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_help_revokes(thread);
    enum status status = find_target(thread, (cap_t)frame->FRAME_R0, &target);
    if (status == STATUS_OK)
        status = read_extras(thread, flags, &deadline_ns);
    if ((frame->FRAME_R1 >> 63) != 0 && status == STATUS_OK)
        status = STATUS_INVALID_ARGUMENT; /* the kernel's own labels */
    thread->wait.flags = flags;
    if (status == STATUS_OK && thread_interruptible(thread) && thread_interrupted(thread))
        status = STATUS_INTERRUPTED;
    if (status == STATUS_OK && (flags & MESSAGE_HAS_DEADLINE) != 0 && !thread_set_deadline(thread, deadline_ns))
        status = STATUS_TIMED_OUT;
    if (status == STATUS_OK)
        status = start_call(this_cpu(), thread, &target, flags);
    if (status != STATUS_OK) {
        thread_cancel_deadline(thread);
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
    }
}

bool ipc_exception_call(struct thread *thread)
{
    struct object *target = thread->task->exception_port;
    if (target == nullptr)
        return false;
    struct port *port = container_of(target, struct port, object);
    if (port->dead)
        return false;
    thread->exception_call = true;
    thread->wait.flags = 0;
    thread->window.in_length = thread->window.out_length = 0;
    return start_call(this_cpu(), thread, &(struct target){port, nullptr, thread->task->exception_badge}, 0) == STATUS_OK;
}

/* --- taking messages --------------------------------------------------------------------------------------------------------------- */

static void take_event(struct port *port, struct thread *receiver, uint64_t key)
{
    struct event *event = container_of(list_pop_front(&port->events), struct event, link);
    uint64_t word[MESSAGE_WORDS] = {}, badge;
    if (event->label == LABEL_FACET_GONE) {
        struct facet *facet = container_of(event, struct facet, gone);
        badge = facet->badge;
        set_words(&receiver->frame, event->label, word);
        object_put(&facet->object); /* the event's reference */
    } else if (event->label == LABEL_PAGE_IN || event->label == LABEL_PAGE_OUT) {
        badge = page_request_take(event, word);
        set_words(&receiver->frame, event->label, word);
    } else {
        struct reply *reply = container_of(event, struct reply, cancelled);
        badge = reply->badge;
        word[0] = reply->cookie;
        set_words(&receiver->frame, event->label, word);
        object_put(&reply->object);
    }
    receiver->frame.FRAME_R8 = badge;
    receiver->page->received_key = key;
}

/* The message that the thread's registers and page hold, into the queue. Requires: there is room. */
static void enqueue_message(struct thread *thread, const struct target *target, uint32_t flags)
{
    struct frame *frame = &thread->frame;
    struct queued_message *message = queue_push(&target->port->queue);
    message->label = frame->FRAME_R1;
    message->badge = target->badge;
    message->facet = target->facet;
    facet_enter(target->facet);
    uint64_t word[MESSAGE_WORDS] = {frame->FRAME_R2, frame->FRAME_R3, frame->FRAME_R4, frame->FRAME_R5, frame->FRAME_R6, frame->FRAME_R7};
    for (uint32_t i = 0; i < MESSAGE_WORDS; i++)
        message->word[i] = word[i];
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_enqueue(thread, message);
}

static void take_sent(struct port *port, struct thread *receiver, uint64_t key)
{
    struct queued_message *message = queue_pop(&port->queue);
    struct facet *facet = message->facet; /* the next push may be into this slot */
    set_words(&receiver->frame, message->label, message->word);
    receiver->frame.FRAME_R8 = message->badge;
    receiver->page->received_key = key;
    caps_take(message, receiver);
    if (!list_empty(&port->senders)) { /* there is room for the next one's */
        struct thread *sender = container_of(port->senders.next, struct thread, queue);
        enqueue_message(sender, &(struct target){port, sender->wait.facet, sender->wait.badge}, sender->wait.flags);
        thread_wake(sender, STATUS_OK);
    }
    facet_leave(facet);
}

static void take_call(struct port *port, struct thread *receiver, struct reply *armed, uint64_t key)
{
    struct thread *caller = container_of(port->callers.next, struct thread, queue);
    list_remove(&caller->queue);
    caller->wait.object = nullptr;
    bind_reply(armed, receiver, caller, port, caller->wait.badge);
    deliver_call(caller, caller->wait.flags, caller->wait.badge, receiver, key);
    facet_leave(caller->wait.facet);
}

bool port_take(struct port *port, struct thread *receiver, struct reply *armed, uint64_t key)
{
    receiver->frame.FRAME_STATUS = STATUS_OK;
    receiver->page->received_in_length = receiver->page->received_out_length = 0;
    receiver->page->received_cap_count = 0;
    if (!list_empty(&port->events))
        take_event(port, receiver, key);
    else if (port->queue.count > 0)
        take_sent(port, receiver, key);
    else if (armed != nullptr && !list_empty(&port->callers))
        take_call(port, receiver, armed, key);
    else
        return false;
    return true;
}

/* Something that is not a call arrived, or a call that queued: does a receiver wait? Its wait ends first: what it can't take is dropped, and
 * what tells of that is not for it. */
bool port_deliver(struct port *port)
{
    bool for_call = list_empty(&port->events) && port->queue.count == 0;
    struct thread *receiver = for_call ? waiting_receiver(port) : waiting_taker(port);
    if (receiver == nullptr || !port_has_something(port)) {
        if (port->member.set != nullptr)
            member_update(&port->member);
        return false;
    }
    struct reply *armed = end_receive(receiver);
    if (armed != nullptr)
        armed->state = REPLY_FREE;
    object_get(&port->object);
    bool taken = port_take(port, receiver, armed, port->member.key);
    ASSERT(taken, "a port that has something gives it");
    if (port->member.set != nullptr)
        member_update(&port->member);
    object_put(&port->object);
    thread_ready(receiver);
    return true;
}

/* --- reply and wait ----------------------------------------------------------------------------------------------------------------- */

/* Answer the call behind `reply` with the registers of `server`. Returns: the caller, blocked but answered, for the caller of this to run;
 * NULL when the answer ended it. */
static struct thread *answer(struct thread *server, struct reply *reply, uint32_t flags)
{
    struct thread *caller = reply->thread;
    list_remove(&reply->port_link);
    reply_withdraw(reply);
    if (caller->donates) [[clang::unlikely]]
        thread_end_loan(caller);
    reply->thread = nullptr;
    reply->state = REPLY_FREE;
    caller->wait.reply = nullptr;
    thread_cancel_deadline(caller);
    if (caller->exception_call) [[clang::unlikely]] {
        caller->exception_call = false;
        if (server->frame.FRAME_R1 == STATUS_OK)
            return caller;
        thread_kill(caller);
        return nullptr;
    }
    copy_words(&caller->frame, &server->frame);
    caller->frame.FRAME_STATUS = STATUS_OK;
    caller->page->received_cap_count = 0;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_transfer(server, caller);
    return caller;
}

static enum status find_reply(struct thread *thread, cap_t handle, struct reply **reply)
{
    struct cap *cap = cap_find(&thread->task->caps, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    if (cap->object->type != OBJECT_REPLY)
        return STATUS_WRONG_TYPE;
    if ((cap->rights & RIGHT_REPLY_USE) == 0)
        return STATUS_NO_RIGHTS;
    *reply = container_of(cap->object, struct reply, object);
    return STATUS_OK;
}

/* The capability to wait at: a set or a port. */
static enum status find_source(struct thread *thread, cap_t handle, struct object **source)
{
    struct cap *cap = cap_find(&thread->task->caps, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    uint32_t right;
    if (cap->object->type == OBJECT_SET)
        right = RIGHT_SET_WAIT;
    else if (cap->object->type == OBJECT_PORT)
        right = RIGHT_PORT_RECEIVE;
    else
        return STATUS_WRONG_TYPE;
    *source = cap->object;
    return (cap->rights & right) != 0 ? STATUS_OK : STATUS_NO_RIGHTS;
}

static bool take_any(struct object *source, struct thread *thread, struct reply *armed)
{
    if (source->type == OBJECT_SET)
        return set_take(container_of(source, struct port_set, object), thread, armed);
    struct port *port = container_of(source, struct port, object);
    if (!port_has_something(port))
        return false;
    object_get(source); /* what is taken may be the last capability to it */
    bool taken = port_take(port, thread, armed, port->member.key);
    if (taken && port->member.set != nullptr)
        member_update(&port->member);
    object_put(source);
    return taken;
}

static enum status begin_wait(struct thread *thread, struct object *source, struct reply *armed, uint32_t flags)
{
    if (source_dead(source))
        return STATUS_PEER_GONE;
    if ((flags & MESSAGE_NO_WAIT) != 0)
        return STATUS_WOULD_BLOCK;
    thread->wait.flags = flags;
    if (thread_interruptible(thread) && thread_interrupted(thread))
        return STATUS_INTERRUPTED;
    if ((flags & MESSAGE_HAS_DEADLINE) != 0 && !thread_set_deadline(thread, thread->page->deadline_ns))
        return STATUS_TIMED_OUT;
    thread->wait.object = source;
    thread->wait.reply = armed;
    thread->state = THREAD_RECEIVING;
    if (armed != nullptr) {
        armed->state = REPLY_ARMED;
        reply_set_server(armed, thread);
    }
    list_push_back(wait_queue(source, armed != nullptr), &thread->queue);
    return STATUS_OK;
}

void ipc_reply_wait(struct thread *thread, struct frame *frame, uint32_t flags)
{
    struct cpu *cpu = this_cpu();
    struct reply *reply = nullptr, *armed = nullptr;
    struct object *source = nullptr;
    struct thread *caller = nullptr;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_help_revokes(thread);
    cap_t reply_handle = (cap_t)frame->FRAME_R0, source_handle = (cap_t)frame->FRAME_R8, arm_handle = (cap_t)(frame->FRAME_R8 >> 32);
    enum status status = STATUS_OK;
    if (reply_handle != CAP_NULL)
        status = find_reply(thread, reply_handle, &reply);
    if (status == STATUS_OK && source_handle != CAP_NULL)
        status = find_source(thread, source_handle, &source);
    if (status == STATUS_OK && arm_handle != CAP_NULL) {
        if (arm_handle == reply_handle)
            armed = reply;
        else
            status = find_reply(thread, arm_handle, &armed);
    }
    if (status == STATUS_OK && reply != nullptr && reply->state != REPLY_PENDING)
        status = reply->state == REPLY_CANCELLED ? STATUS_PEER_GONE : STATUS_BAD_STATE;
    if (status == STATUS_OK && armed != nullptr && armed != reply && !reply_can_arm(armed))
        status = STATUS_BAD_STATE;
    if (status == STATUS_OK && reply != nullptr && (flags & MESSAGE_HAS_CAPS) != 0)
        status = caps_check(thread);
    if (status != STATUS_OK) {
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        return;
    }
    if (reply != nullptr)
        caller = answer(thread, reply, flags);
    if (source == nullptr) { /* only to answer */
        frame->FRAME_STATUS = STATUS_OK;
        if (caller != nullptr)
            thread_ready(caller);
        return;
    }
    if (!source_dead(source))
        thread_serve(thread, source);
    if (take_any(source, thread, armed)) {
        if (caller != nullptr)
            thread_ready(caller);
        return;
    }
    status = begin_wait(thread, source, armed, flags);
    if (status != STATUS_OK) {
        thread_cancel_deadline(thread);
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        if (caller != nullptr)
            thread_ready(caller);
        return;
    }
    if (caller != nullptr)
        cpu_hand_over(cpu, caller);
    else
        cpu_leave(cpu);
}

/* --- send ------------------------------------------------------------------------------------------------------------------------------ */

/* Into the registers of a thread that waits for it. */
static void send_at_once(struct thread *thread, const struct target *target, uint32_t flags, struct thread *receiver)
{
    struct reply *armed = end_receive(receiver);
    if (armed != nullptr)
        armed->state = REPLY_FREE;
    struct thread_page *page = receiver->page;
    copy_words(&receiver->frame, &thread->frame);
    receiver->frame.FRAME_R8 = target->badge;
    receiver->frame.FRAME_STATUS = STATUS_OK;
    page->received_key = target->port->member.key;
    page->received_in_length = page->received_out_length = 0;
    page->received_cap_count = 0;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_transfer(thread, receiver);
    cpu_wake(this_cpu(), receiver);
}

void ipc_send(struct thread *thread, struct frame *frame, uint32_t flags)
{
    struct target target = {};
    uint64_t deadline_ns;
    if ((flags & MESSAGE_HAS_CAPS) != 0)
        caps_help_revokes(thread);
    enum status status = find_target(thread, (cap_t)frame->FRAME_R0, &target);
    if (status == STATUS_OK)
        status = read_extras(thread, flags & ~MESSAGE_HAS_WINDOWS, &deadline_ns);
    struct port *port = target.port;
    if (status == STATUS_OK && port->queue.room == 0)
        status = STATUS_NOT_SUPPORTED;
    if (status == STATUS_OK && (frame->FRAME_R1 >> 63) != 0)
        status = STATUS_INVALID_ARGUMENT;
    if (status == STATUS_OK && port->queue.count == port->queue.room) {
        thread->wait.flags = flags;
        if ((flags & MESSAGE_NO_WAIT) != 0)
            status = STATUS_WOULD_BLOCK;
        else if (thread_interruptible(thread) && thread_interrupted(thread))
            status = STATUS_INTERRUPTED;
        else if (!thread_set_deadline(thread, deadline_ns))
            status = STATUS_TIMED_OUT;
        if (status == STATUS_OK) {
            wait_at_port(thread, &target, flags, THREAD_SENDING, &port->senders);
            cpu_leave(this_cpu());
            return;
        }
    }
    frame->FRAME_STATUS = (uint64_t)(int64_t)status;
    if (status != STATUS_OK)
        return;
    struct thread *receiver = waiting_taker(port);
    if (receiver != nullptr && port->queue.count == 0 && list_empty(&port->events)) {
        send_at_once(thread, &target, flags, receiver);
        return;
    }
    enqueue_message(thread, &target, flags);
    if (receiver != nullptr)
        (void)port_deliver(port);
    else if (port->member.set != nullptr)
        member_update(&port->member);
}
