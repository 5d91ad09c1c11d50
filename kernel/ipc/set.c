/* set.c: port sets: one wait for many ports and notifications. Not here: how a message goes into the receiver's registers (message.c).
 * Invariants: a member is on `ready` while it has anything, on `messages` while it has something that is not a call; so the next one is at the
 * head, however many there are. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <sched/schedule.h>

static bool set_work(struct work *work);

void member_init(struct member *member, bool is_port)
{
    list_init(&member->member_link);
    list_init(&member->ready_link);
    list_init(&member->messages_link);
    member->is_port = is_port;
}

enum status set_create(struct ledger *ledger, struct port_set **set)
{
    struct object *object;
    enum status status = object_create(OBJECT_SET, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *set = container_of(object, struct port_set, object);
    list_init(&(*set)->members);
    list_init(&(*set)->ready);
    list_init(&(*set)->messages);
    list_init(&(*set)->receivers);
    list_init(&(*set)->takers);
    list_init(&(*set)->servers);
    work_init(&(*set)->work, set_work, object);
    return STATUS_OK;
}

enum status set_add(struct port_set *set, struct member *member, uint64_t key)
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
    member_update(member);
    return STATUS_OK;
}

enum status set_remove(struct port_set *set, struct member *member)
{
    if (member->set != set)
        return STATUS_BAD_STATE;
    list_remove(&member->member_link);
    list_remove(&member->ready_link);
    list_remove(&member->messages_link);
    member->set = nullptr;
    if (member->is_port) {
        struct port *port = container_of(member, struct port, member);
        port->receiver_queue = &port->receivers;
    }
    object_put(&set->object);
    return STATUS_OK;
}

static void list_as(struct list *link, struct list *list, bool wanted)
{
    if (!wanted)
        list_remove(link);
    else if (list_empty(link))
        list_push_back(list, link);
}

void member_update(struct member *member)
{
    bool messages, calls = false;
    if (member->is_port) {
        const struct port *port = container_of(member, struct port, member);
        messages = !list_empty(&port->events) || port->queue.count > 0;
        calls = !list_empty(&port->callers);
    } else {
        messages = container_of(member, struct notification, member)->bits != 0;
    }
    list_as(&member->ready_link, &member->set->ready, messages || calls);
    list_as(&member->messages_link, &member->set->messages, messages);
}

static void take_bits(struct notification *notification, struct thread *receiver)
{
    struct frame *frame = &receiver->frame;
    frame->FRAME_STATUS = STATUS_OK;
    frame->FRAME_R1 = LABEL_NOTIFICATION;
    frame->FRAME_R2 = notification->bits;
    frame->FRAME_R3 = frame->FRAME_R4 = frame->FRAME_R5 = frame->FRAME_R6 = frame->FRAME_R7 = frame->FRAME_R8 = 0;
    receiver->page->received_key = notification->member.key;
    receiver->page->received_cap_count = 0;
    notification->bits = 0;
}

bool set_take(struct port_set *set, struct thread *receiver, struct reply *armed)
{
    struct list *list = armed != nullptr ? &set->ready : &set->messages;
    if (list_empty(list))
        return false;
    struct member *member = armed != nullptr ? container_of(list->next, struct member, ready_link) : container_of(list->next, struct member, messages_link);
    list_remove(&member->ready_link); /* the others first next time */
    list_remove(&member->messages_link);
    if (!member->is_port) {
        take_bits(container_of(member, struct notification, member), receiver);
        member_update(member);
        return true;
    }
    struct port *port = container_of(member, struct port, member);
    object_get(&port->object); /* what it held last may have been its own capability */
    bool taken = port_take(port, receiver, armed, member->key);
    ASSERT(taken, "a member that is ready has something");
    if (member->set != nullptr)
        member_update(member);
    object_put(&port->object);
    return true;
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
    struct list *waiting = !list_empty(&set->receivers) ? &set->receivers : &set->takers;
    if (!list_empty(waiting))
        thread_wake(container_of(waiting->next, struct thread, queue), STATUS_PEER_GONE);
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
    bool waited_at = !list_empty(&set->receivers) || !list_empty(&set->takers);
    if (waited_at || !list_empty(&set->members) || !list_empty(&set->servers))
        work_add(&set->work);
}
