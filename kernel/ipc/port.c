/* port.c: life of ports, facets, replies and sets. Not here: how messages move (message.c).
 * Invariant: a PENDING or CANCELLED reply refers to its port; a dead port has no callers, receivers or pending replies. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <object/captable.h>
#include <sched/schedule.h>

#define QUEUE_MAX 4096u /* keeps a ring within what kernel_alloc gives in one piece per message size below */

/* --- ports ------------------------------------------------------------------------------------------------------------------------ */

static void member_init(struct member *member, bool is_port)
{
    list_init(&member->member_link);
    list_init(&member->ready_link);
    member->is_port = is_port;
}

static enum status ring_create(struct port *port, struct ledger *ledger, uint32_t queue)
{
    if (queue == 0)
        return STATUS_OK;
    size_t bytes = queue * sizeof(struct queued_message);
    enum status status = ledger_charge(ledger, LEDGER_KERNEL, bytes);
    if (status != STATUS_OK)
        return status;
    port->ring = kernel_alloc(bytes);
    if (port->ring == nullptr) {
        ledger_credit(ledger, LEDGER_KERNEL, bytes);
        return STATUS_NO_MEMORY;
    }
    port->ring_room = queue;
    return STATUS_OK;
}

enum status port_create(struct ledger *ledger, uint64_t queue, struct port **port)
{
    if (queue > QUEUE_MAX || queue * sizeof(struct queued_message) > MP_SIZE * 4)
        return STATUS_TOO_BIG;
    struct object *object;
    enum status status = object_create(OBJECT_PORT, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *port = container_of(object, struct port, object);
    member_init(&(*port)->member, true);
    list_init(&(*port)->callers);
    list_init(&(*port)->senders);
    list_init(&(*port)->doomed_link);
    list_init(&(*port)->receivers);
    (*port)->receiver_queue = &(*port)->receivers;
    list_init(&(*port)->events);
    list_init(&(*port)->pending);
    status = ring_create(*port, ledger, (uint32_t)queue);
    if (status != STATUS_OK)
        object_put(object);
    return status;
}

void port_break_calls(struct port *port)
{
    while (!list_empty(&port->pending))
        reply_fail(container_of(port->pending.next, struct reply, port_link), STATUS_PEER_GONE);
}

static struct list doomed = {&doomed, &doomed};

static void drop_message(struct port *port)
{
    struct queued_message *message = &port->ring[port->ring_first];
    port->ring_first = (port->ring_first + 1) % port->ring_room;
    port->ring_count--;
    for (unsigned i = 0; i < MESSAGE_CAPS; i++)
        if (message->cap[i].object != nullptr)
            cap_remove(&message->cap[i]);
}

bool port_reap_some(unsigned steps)
{
    for (; steps > 0 && !list_empty(&doomed); steps--) {
        struct port *port = container_of(doomed.next, struct port, doomed_link);
        if (port->ring_count > 0) {
            drop_message(port);
            continue;
        }
        list_remove(&port->doomed_link);
        object_put(&port->object);
    }
    return !list_empty(&doomed);
}

static void drop_ring_later(struct port *port)
{
    if (port->ring_count == 0)
        return;
    object_get(&port->object);
    list_push_back(&doomed, &port->doomed_link);
    task_reap_wanted = true;
}

/* A call, or a message that waits to be sent, has no answer. */
static void wait_fail(struct thread *thread, enum status status)
{
    if (!thread->exception_call) {
        thread_wake(thread, status);
        return;
    }
    thread->exception_call = false;
    thread_kill(thread);
}

static void drop_events(struct port *port)
{
    struct list *item;
    while ((item = list_pop_front(&port->events)) != nullptr) {
        struct event *event = container_of(item, struct event, link);
        if (event->label == LABEL_FACET_GONE)
            object_put(&container_of(event, struct facet, gone)->object);
        else
            object_put(&container_of(event, struct reply, cancelled)->object);
    }
}

void port_destroy(struct port *port)
{
    if (port->dead)
        return;
    port->dead = true;
    object_get(&port->object);
    while (!list_empty(&port->callers))
        wait_fail(container_of(port->callers.next, struct thread, queue), STATUS_PEER_GONE);
    while (!list_empty(&port->senders))
        wait_fail(container_of(port->senders.next, struct thread, queue), STATUS_PEER_GONE);
    while (!list_empty(&port->receivers))
        wait_fail(container_of(port->receivers.next, struct thread, queue), STATUS_PEER_GONE);
    port_break_calls(port);
    drop_ring_later(port);
    drop_events(port);
    if (port->member.set != nullptr)
        (void)set_remove(port->member.set, &port->member);
    object_put(&port->object);
}

/* Nobody holds the port itself; facets cannot be answered any more. */
void port_unreachable(struct object *object)
{
    port_destroy(container_of(object, struct port, object));
}

void port_free(struct object *object)
{
    struct port *port = container_of(object, struct port, object);
    port_destroy(port);
    if (port->ring != nullptr) {
        kernel_free(port->ring, port->ring_room * sizeof(struct queued_message));
        ledger_credit(object->ledger, LEDGER_KERNEL, port->ring_room * sizeof(struct queued_message));
    }
}

void event_post(struct port *port, struct event *event, uint64_t label)
{
    event->label = label;
    list_push_back(&port->events, &event->link);
    (void)port_deliver(port);
}

/* --- facets ----------------------------------------------------------------------------------------------------------------------- */

enum status facet_create(struct ledger *ledger, struct port *port, uint64_t badge, struct facet **facet)
{
    struct object *object;
    enum status status = object_create(OBJECT_FACET, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *facet = container_of(object, struct facet, object);
    (*facet)->port = port;
    (*facet)->badge = badge;
    list_init(&(*facet)->gone.link);
    object_get(&port->object);
    return STATUS_OK;
}

struct object *facet_port(struct object *facet)
{
    return &container_of(facet, struct facet, object)->port->object;
}

void facet_unreachable(struct object *object)
{
    struct facet *facet = container_of(object, struct facet, object);
    if (facet->port->dead)
        return;
    object_get(object); /* the event's */
    event_post(facet->port, &facet->gone, LABEL_FACET_GONE);
}

void facet_free(struct object *object)
{
    object_put(&container_of(object, struct facet, object)->port->object);
}

/* --- replies ---------------------------------------------------------------------------------------------------------------------- */

enum status reply_create(struct ledger *ledger, uint64_t cookie, struct reply **reply)
{
    struct object *object;
    enum status status = object_create(OBJECT_REPLY, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *reply = container_of(object, struct reply, object);
    (*reply)->cookie = cookie;
    list_init(&(*reply)->port_link);
    list_init(&(*reply)->cancelled.link);
    return STATUS_OK;
}

/* The caller went away: the reply answers nobody. */
void reply_cancel(struct reply *reply, bool tell_port)
{
    list_remove(&reply->port_link);
    reply->thread->wait.reply = nullptr;
    reply->thread = nullptr;
    reply->state = REPLY_CANCELLED;
    if (tell_port && !reply->port->dead) {
        object_get(&reply->object);
        event_post(reply->port, &reply->cancelled, LABEL_CALL_CANCELLED);
    }
}

void reply_fail(struct reply *reply, enum status status)
{
    struct thread *caller = reply->thread;
    reply_cancel(reply, false);
    reply->state = REPLY_FREE;
    wait_fail(caller, status);
}

void reply_unreachable(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    if (reply->state == REPLY_PENDING) {
        reply_fail(reply, STATUS_PEER_GONE);
    } else if (reply->state == REPLY_ARMED) { /* that thread now waits for what needs no answer */
        reply->thread->wait.reply = nullptr;
        reply->thread = nullptr;
        reply->state = REPLY_FREE;
    }
}

void reply_free(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    reply_unreachable(object);
    if (reply->port != nullptr)
        object_put(&reply->port->object);
}

/* --- sets -------------------------------------------------------------------------------------------------------------------------- */

enum status set_create(struct ledger *ledger, struct port_set **set)
{
    struct object *object;
    enum status status = object_create(OBJECT_SET, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *set = container_of(object, struct port_set, object);
    list_init(&(*set)->members);
    list_init(&(*set)->ready);
    list_init(&(*set)->receivers);
    return STATUS_OK;
}

enum status set_add(struct port_set *set, struct member *member, uint64_t key, bool has_something)
{
    if (member->set != nullptr)
        return STATUS_ALREADY_BOUND;
    object_get(&set->object);
    member->set = set;
    if (member->is_port)
        container_of(member, struct port, member)->receiver_queue = &set->receivers;
    member->key = key;
    list_push_back(&set->members, &member->member_link);
    if (has_something)
        member_ready(member);
    return STATUS_OK;
}

enum status set_remove(struct port_set *set, struct member *member)
{
    if (member->set != set)
        return STATUS_BAD_STATE;
    list_remove(&member->member_link);
    list_remove(&member->ready_link);
    member->set = nullptr;
    if (member->is_port) {
        struct port *port = container_of(member, struct port, member);
        port->receiver_queue = &port->receivers;
    }
    object_put(&set->object);
    return STATUS_OK;
}

void member_ready(struct member *member)
{
    if (list_empty(&member->ready_link))
        list_push_back(&member->set->ready, &member->ready_link);
}

void member_idle(struct member *member)
{
    list_remove(&member->ready_link);
}

void set_unreachable(struct object *object)
{
    struct port_set *set = container_of(object, struct port_set, object);
    object_get(object);
    while (!list_empty(&set->receivers))
        thread_wake(container_of(set->receivers.next, struct thread, queue), STATUS_PEER_GONE);
    while (!list_empty(&set->members))
        (void)set_remove(set, container_of(set->members.next, struct member, member_link));
    object_put(object);
}

void set_free(struct object *object)
{
    set_unreachable(object);
}

/* --- the end of a wait ---------------------------------------------------------------------------------------------------------------- */

void ipc_unwait(struct thread *thread)
{
    struct reply *reply = thread->wait.reply;
    struct object *object = thread->wait.object;
    thread->wait.reply = nullptr;
    thread->wait.object = nullptr;
    if (thread->state == THREAD_AWAITING_REPLY) { /* on no queue */
        if (reply != nullptr)
            reply_cancel(reply, true);
        return;
    }
    list_remove(&thread->queue);
    if (thread->state == THREAD_RECEIVING && reply != nullptr && reply->state == REPLY_ARMED)
        reply->state = REPLY_FREE;
    if (thread->state == THREAD_CALLING) {
        struct port *port = container_of(object, struct port, object);
        if (port->member.set != nullptr && !port_has_something(port))
            member_idle(&port->member);
    }
}
