/* port.c: life of ports, facets and replies. Not here: sets (set.c), the slots of queues (queue.c), how messages move (message.c).
 * Invariant: a PENDING or CANCELLED reply refers to its port; a dead port has no callers, receivers or pending replies. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <mm/pager.h>
#include <object/captable.h>
#include <sched/schedule.h>

#define CHUNKS_AT_ONCE 4u /* of a queue, made or freed in one go */

static bool port_work(struct work *work);

/* --- ports ------------------------------------------------------------------------------------------------------------------------ */

enum status port_grow(struct port *port)
{
    return port_complete(port) ? STATUS_OK : queue_add_chunk(&port->queue);
}

enum status port_create(struct ledger *ledger, uint64_t queue, struct port **port)
{
    struct object *object;
    enum status status = object_create(OBJECT_PORT, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *port = container_of(object, struct port, object);
    member_init(&(*port)->member, true);
    list_init(&(*port)->callers);
    list_init(&(*port)->senders);
    list_init(&(*port)->left_threads);
    list_init(&(*port)->left_events);
    work_init(&(*port)->work, port_work, object);
    list_init(&(*port)->receivers);
    list_init(&(*port)->takers);
    list_init(&(*port)->servers);
    (*port)->receiver_queue = &(*port)->receivers;
    list_init(&(*port)->events);
    list_init(&(*port)->pending);
    list_init(&(*port)->requests);
    status = queue_pay(&(*port)->queue, ledger, queue);
    for (unsigned i = 0; i < CHUNKS_AT_ONCE && status == STATUS_OK; i++)
        status = port_grow(*port);
    if (status != STATUS_OK)
        object_put(object);
    return status;
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

bool port_break_calls(struct port *port, unsigned steps)
{
    for (; !list_empty(&port->pending); steps--) {
        if (steps == 0)
            return false;
        reply_fail(container_of(port->pending.next, struct reply, port_link), STATUS_PEER_GONE);
    }
    for (; page_request_break(port, true); steps--)
        if (steps == 0)
            return false;
    return true;
}

static void drop_message(struct port *port)
{
    port->left_messages--;
    port->queue.count++; /* was taken away at its end */
    struct queued_message *message = queue_pop(&port->queue);
    facet_leave(message->facet);
    for (unsigned i = 0; i < MESSAGE_CAPS; i++)
        if (message->cap[i].object != nullptr)
            cap_remove(&message->cap[i]);
}

static void drop_event(struct list *item)
{
    struct event *event = container_of(item, struct event, link);
    if (event->label == LABEL_FACET_GONE)
        object_put(&container_of(event, struct facet, gone)->object);
    else
        object_put(&container_of(event, struct reply, cancelled)->object);
}

/* One step with what a dead port held. */
static bool port_empty(struct port *port)
{
    struct list *event;
    if (!list_empty(&port->left_threads))
        wait_fail(container_of(port->left_threads.next, struct thread, queue), STATUS_PEER_GONE);
    else if (!list_empty(&port->pending))
        (void)port_break_calls(port, 1);
    else if (page_request_break(port, false))
        return true;
    else if ((event = list_pop_front(&port->left_events)) != nullptr)
        drop_event(event);
    else if (port->left_messages > 0)
        drop_message(port);
    else
        return servers_dismiss_one(&port->servers) || queue_free_chunk(&port->queue, port->object.ledger);
    return true;
}

static bool port_work(struct work *work)
{
    struct port *port = container_of(work, struct port, work);
    if (port->dead)
        return port_empty(port);
    return port_has_something(port) && port_deliver(port);
}

void port_deliver_rest(struct port *port)
{
    object_get(&port->object); /* what is delivered may be the last capability to it */
    if (port_has_something(port) && port_deliver(port))
        work_add(&port->work);
    object_put(&port->object);
}

void port_destroy(struct port *port)
{
    if (port->dead)
        return;
    port->dead = true;
    list_take_all(&port->left_threads, &port->callers);
    list_take_all(&port->left_threads, &port->senders);
    list_take_all(&port->left_threads, &port->receivers);
    list_take_all(&port->left_threads, &port->takers);
    list_take_all(&port->left_events, &port->events);
    port->left_messages = port->queue.count;
    port->queue.count = 0;
    bool left = !list_empty(&port->left_threads) || !list_empty(&port->pending) || !list_empty(&port->requests) || !list_empty(&port->left_events) || port->left_messages > 0;
    if (left || !list_empty(&port->servers) || port->queue.chunks > CHUNKS_AT_ONCE)
        work_add(&port->work);
    if (port->member.set != nullptr)
        (void)set_remove(port->member.set, &port->member);
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
    while (queue_free_chunk(&port->queue, object->ledger)) {
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

/* The last that its port hears of it. */
static void facet_gone(struct facet *facet)
{
    if (facet->port->dead)
        return;
    object_get(&facet->object); /* the event's */
    event_post(facet->port, &facet->gone, LABEL_FACET_GONE);
}

void facet_unreachable(struct object *object)
{
    struct facet *facet = container_of(object, struct facet, object);
    if (facet->waiting == 0)
        facet_gone(facet);
}

void facet_enter(struct facet *facet)
{
    if (facet == nullptr)
        return;
    object_get(&facet->object);
    facet->waiting++;
}

void facet_leave(struct facet *facet)
{
    if (facet == nullptr)
        return;
    if (--facet->waiting == 0 && facet->object.capabilities == 0)
        facet_gone(facet);
    object_put(&facet->object);
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
    list_init(&(*reply)->server_link);
    list_init(&(*reply)->cancelled.link);
    return STATUS_OK;
}

void reply_set_server(struct reply *reply, struct thread *server)
{
    if (reply->server == server)
        return;
    list_remove(&reply->server_link);
    reply->server = server;
    if (server != nullptr)
        list_push_back(&server->replies, &reply->server_link);
}

bool ipc_leave_reply(struct thread *thread)
{
    if (list_empty(&thread->replies))
        return false;
    reply_set_server(container_of(thread->replies.next, struct reply, server_link), nullptr);
    return true;
}

void reply_withdraw(struct reply *reply)
{
    if (list_empty(&reply->cancelled.link)) [[clang::likely]]
        return;
    list_remove(&reply->cancelled.link);
    if (reply->port->member.set != nullptr)
        member_update(&reply->port->member);
    object_put(&reply->object);
}

/* Post the event, or change the one that nobody took yet. */
static void tell_port(struct reply *reply, uint64_t label)
{
    if (reply->port->dead)
        return;
    if (!list_empty(&reply->cancelled.link)) {
        reply->cancelled.label = label;
        return;
    }
    object_get(&reply->object);
    event_post(reply->port, &reply->cancelled, label);
}

void ipc_interrupt(struct thread *thread)
{
    if (thread->state == THREAD_AWAITING_REPLY && thread->wait.reply != nullptr)
        tell_port(thread->wait.reply, LABEL_CALL_INTERRUPTED);
    else
        thread_wake(thread, STATUS_INTERRUPTED);
}

/* The caller went away: the reply answers nobody. */
void reply_cancel(struct reply *reply, bool tell)
{
    list_remove(&reply->port_link);
    reply->thread->wait.reply = nullptr;
    reply->thread = nullptr;
    reply->state = REPLY_CANCELLED;
    if (tell)
        tell_port(reply, LABEL_CALL_CANCELLED);
}

void reply_fail(struct reply *reply, enum status status)
{
    struct thread *caller = reply->thread;
    reply_cancel(reply, false);
    reply_withdraw(reply);
    reply->state = REPLY_FREE;
    wait_fail(caller, status);
}

struct list *wait_queue(struct object *source, bool armed)
{
    if (source->type == OBJECT_SET) {
        struct port_set *set = container_of(source, struct port_set, object);
        return armed ? &set->receivers : &set->takers;
    }
    struct port *port = container_of(source, struct port, object);
    return armed ? &port->receivers : &port->takers;
}

/* Its thread, which armed the reply, waits on for what needs no answer. At a dead port it is among those that are woken. */
static void disarm(struct reply *reply)
{
    struct thread *server = reply->server;
    server->wait.reply = nullptr;
    reply->state = REPLY_FREE;
    if (source_dead(server->wait.object))
        return;
    list_remove(&server->queue);
    list_push_back(wait_queue(server->wait.object, false), &server->queue);
}

void reply_unreachable(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    if (reply->state == REPLY_PENDING)
        reply_fail(reply, STATUS_PEER_GONE);
    else if (reply->state == REPLY_ARMED)
        disarm(reply);
}

void reply_free(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    reply_unreachable(object);
    reply_set_server(reply, nullptr);
    if (reply->port != nullptr)
        object_put(&reply->port->object);
}

/* --- the end of a wait ---------------------------------------------------------------------------------------------------------------- */

void ipc_unwait(struct thread *thread)
{
    struct reply *reply = thread->wait.reply;
    struct object *object = thread->wait.object;
    thread_end_loan(thread);
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
        if (port->member.set != nullptr)
            member_update(&port->member);
    }
    if (thread->state == THREAD_CALLING || thread->state == THREAD_SENDING)
        facet_leave(thread->wait.facet);
}
