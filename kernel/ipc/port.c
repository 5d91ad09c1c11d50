/* port.c: life of ports, facets, replies and sets. Not here: how messages move (message.c).
 * Invariant: a PENDING or CANCELLED reply refers to its port; a dead port has no callers, receivers or pending replies. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <object/captable.h>
#include <sched/schedule.h>

#define QUEUE_MAX 4096u /* keeps a ring within what kernel_alloc gives in one piece per message size below */

static bool port_work(struct work *work);
static bool set_work(struct work *work);

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
    list_init(&(*port)->left_threads);
    list_init(&(*port)->left_events);
    work_init(&(*port)->work, port_work, object);
    list_init(&(*port)->receivers);
    list_init(&(*port)->servers);
    (*port)->receiver_queue = &(*port)->receivers;
    list_init(&(*port)->events);
    list_init(&(*port)->pending);
    status = ring_create(*port, ledger, (uint32_t)queue);
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
    return true;
}

static void drop_message(struct port *port)
{
    struct queued_message *message = &port->ring[port->ring_first];
    port->ring_first = (port->ring_first + 1) % port->ring_room;
    port->left_messages--;
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
    else if ((event = list_pop_front(&port->left_events)) != nullptr)
        drop_event(event);
    else if (port->left_messages > 0)
        drop_message(port);
    else
        return servers_dismiss_one(&port->servers);
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
    if (port_has_something(port) && port_deliver(port))
        work_add(&port->work);
}

void port_destroy(struct port *port)
{
    if (port->dead)
        return;
    port->dead = true;
    list_take_all(&port->left_threads, &port->callers);
    list_take_all(&port->left_threads, &port->senders);
    list_take_all(&port->left_threads, &port->receivers);
    list_take_all(&port->left_events, &port->events);
    port->left_messages = port->ring_count;
    port->ring_count = 0;
    bool left = !list_empty(&port->left_threads) || !list_empty(&port->pending) || !list_empty(&port->left_events) || port->left_messages > 0;
    if (left || !list_empty(&port->servers))
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

void reply_unreachable(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    if (reply->state == REPLY_PENDING) {
        reply_fail(reply, STATUS_PEER_GONE);
    } else if (reply->state == REPLY_ARMED) { /* that thread now waits for what needs no answer */
        reply->server->wait.reply = nullptr;
        reply->state = REPLY_FREE;
    }
}

void reply_free(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    reply_unreachable(object);
    reply_set_server(reply, nullptr);
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
    list_init(&(*set)->servers);
    work_init(&(*set)->work, set_work, object);
    return STATUS_OK;
}

enum status set_add(struct port_set *set, struct member *member, uint64_t key, bool has_something)
{
    if (member->set != nullptr && member->set->dead)
        (void)set_remove(member->set, member);
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

/* A member of a set that ends: what it has may be waited for at itself now. */
static void let_go(struct member *member)
{
    (void)set_remove(member->set, member);
    if (member->is_port)
        port_deliver_rest(container_of(member, struct port, member));
}

/* One step with what a dead set held. */
static bool set_work(struct work *work)
{
    struct port_set *set = container_of(work, struct port_set, work);
    if (!list_empty(&set->receivers))
        thread_wake(container_of(set->receivers.next, struct thread, queue), STATUS_PEER_GONE);
    else if (!list_empty(&set->members))
        let_go(container_of(set->members.next, struct member, member_link));
    else
        return servers_dismiss_one(&set->servers);
    return true;
}

/* Nobody can wait at it or change it any more. */
void set_unreachable(struct object *object)
{
    struct port_set *set = container_of(object, struct port_set, object);
    set->dead = true;
    if (!list_empty(&set->receivers) || !list_empty(&set->members) || !list_empty(&set->servers))
        work_add(&set->work);
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
        if (port->member.set != nullptr && !port_has_something(port))
            member_idle(&port->member);
    }
}
