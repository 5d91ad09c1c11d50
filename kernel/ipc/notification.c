/* notification.c: 64 bits to signal and wait for.
 * Invariant: a thread waits only while none of the bits of its mask is set, or a search for such threads is under way. Kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <sched/schedule.h>

#define SEARCH_STEPS 32u /* waiters that are looked at in one go */

static void timer_fired(struct timer *timer)
{
    struct notification *notification = container_of(timer, struct notification, timer);
    notification_signal(notification, notification->timer_bits);
}

static bool notification_work(struct work *work);

enum status notification_create(struct ledger *ledger, struct notification **notification)
{
    struct object *object;
    enum status status = object_create(OBJECT_NOTIFICATION, ledger, &object);
    if (status != STATUS_OK)
        return status;
    struct notification *n = container_of(object, struct notification, object);
    list_init(&n->waiters);
    list_init(&n->mark);
    work_init(&n->work, notification_work, object);
    member_init(&n->member, false);
    timer_init(&n->timer, timer_fired);
    *notification = n;
    return STATUS_OK;
}

/* The bits are others now: its set, if it has one, knows. */
static void bits_changed(struct notification *notification)
{
    if (notification->member.set != nullptr)
        member_update(&notification->member);
}

/* Wake those whose mask meets the bits, from `item` on, which may be the end; at most SEARCH_STEPS are looked at. Where it stops before the end
 * a mark stays, and the search goes on as work. */
static void search(struct notification *notification, struct list *item)
{
    list_remove(&notification->mark);
    for (unsigned steps = 0; item != &notification->waiters && notification->bits != 0; steps++) {
        if (steps == SEARCH_STEPS) {
            list_insert_before(item, &notification->mark);
            work_add(&notification->work);
            break;
        }
        struct thread *thread = container_of(item, struct thread, queue);
        item = item->next;
        uint64_t taken = notification->bits & thread->wait.mask;
        if (taken == 0)
            continue;
        notification->bits &= ~taken;
        thread->frame.FRAME_R1 = taken;
        thread_wake(thread, STATUS_OK);
    }
    bits_changed(notification);
}

/* New bits: a search that is under way comes to its end first, so that whoever is behind its mark is found. */
static void wake_waiters(struct notification *notification)
{
    if (list_empty(&notification->mark))
        search(notification, notification->waiters.next);
    else
        notification->search_again = true;
}

static void search_on(struct notification *notification)
{
    if (!list_empty(&notification->mark)) {
        search(notification, notification->mark.next);
    } else if (notification->search_again) {
        notification->search_again = false;
        search(notification, notification->waiters.next);
    }
}

/* A receiver of the set takes the bits at once. */
static void deliver_to_set(struct notification *notification)
{
    struct port_set *set = notification->member.set;
    struct list *waiting = !list_empty(&set->takers) ? &set->takers : &set->receivers;
    if (list_empty(waiting))
        return;
    struct thread *thread = container_of(waiting->next, struct thread, queue);
    thread_unwait(thread);
    bool taken = set_take(set, thread, nullptr);
    ASSERT(taken, "a set with bits has something that is no call");
    thread_ready(thread);
}

void notification_signal(struct notification *notification, uint64_t bits)
{
    if (bits == 0 || notification->gone)
        return;
    notification->bits |= bits;
    bits_changed(notification);
    wake_waiters(notification);
    notification_deliver(notification);
}

struct thread *notification_wake_only(struct notification *notification, uint64_t bits)
{
    struct list *all = &notification->waiters, *first = all->next;
    if (first == all || first->next != all || first == &notification->mark || notification->member.set != nullptr)
        return nullptr;
    struct thread *thread = container_of(first, struct thread, queue);
    uint64_t set = notification->bits | bits, taken = set & thread->wait.mask;
    if (taken == 0)
        return nullptr;
    notification->bits = set & ~taken;
    list_remove(first);
    thread_cancel_deadline(thread);
    thread->wait.object = nullptr;
    thread->frame.FRAME_R1 = taken;
    thread->frame.FRAME_STATUS = STATUS_OK;
    return thread;
}

void notification_deliver(struct notification *notification)
{
    if (notification->bits != 0 && notification->member.set != nullptr)
        deliver_to_set(notification);
}

void ipc_notification_wait(struct thread *thread, struct frame *frame)
{
    struct object *object;
    enum status status = cap_lookup(thread, (cap_t)frame->FRAME_R0, OBJECT_NOTIFICATION, RIGHT_NOTIFICATION_WAIT, &object);
    if (status != STATUS_OK) {
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        return;
    }
    struct notification *notification = container_of(object, struct notification, object);
    uint64_t mask = frame->FRAME_R1, deadline_ns = frame->FRAME_R2;
    thread->wait.flags = frame->FRAME_R3 != 0 ? MESSAGE_INTERRUPTIBLE : 0;
    uint64_t taken = notification->bits & mask;
    if (mask == 0)
        status = STATUS_INVALID_ARGUMENT;
    else if (taken == 0 && thread_interruptible(thread) && thread_interrupted(thread))
        status = STATUS_INTERRUPTED;
    else if (taken == 0 && !thread_set_deadline(thread, deadline_ns))
        status = STATUS_TIMED_OUT;
    if (status != STATUS_OK || taken != 0) {
        notification->bits &= ~taken;
        bits_changed(notification);
        frame->FRAME_R1 = taken;
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        cap_release(object);
        return;
    }
    cap_release(object); /* which does not end it: its end ends this wait */
    thread->wait.object = object;
    thread->wait.reply = nullptr;
    thread->wait.mask = mask;
    thread->state = THREAD_NOTIFICATION;
    list_push_back(&notification->waiters, &thread->queue);
    cpu_leave(this_cpu());
}

void notification_bind_timer(struct notification *notification, uint64_t deadline_ns, uint64_t bits)
{
    timer_cancel(&notification->timer);
    notification->timer_bits = bits;
    if (deadline_ns == DEADLINE_NONE)
        return;
    if (deadline_ns <= arch_time_ns())
        notification_signal(notification, bits);
    else
        timer_set(&notification->timer, deadline_ns);
}

/* One step: with those who wait though it is gone, or with a search that is not at its end. */
static bool notification_work(struct work *work)
{
    struct notification *notification = container_of(work, struct notification, work);
    if (notification->gone) {
        if (list_empty(&notification->waiters))
            return false;
        thread_wake(container_of(notification->waiters.next, struct thread, queue), STATUS_PEER_GONE);
        return true;
    }
    search_on(notification);
    if (!list_empty(&notification->mark) || notification->search_again)
        return true;
    notification_deliver(notification);
    return false;
}

void notification_unreachable(struct object *object)
{
    struct notification *notification = container_of(object, struct notification, object);
    notification->gone = true;
    list_remove(&notification->mark);
    timer_cancel(&notification->timer);
    if (!list_empty(&notification->waiters))
        work_add(&notification->work);
    if (notification->member.set != nullptr)
        (void)set_remove(notification->member.set, &notification->member);
}

void notification_free(struct object *object)
{
    timer_cancel(&container_of(object, struct notification, object)->timer);
}
