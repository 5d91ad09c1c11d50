/* poll.c: who waits for events of an object. Invariant: an owner has at most OWNER_LIMIT waiters, each for another notification. */
#include <loop.h>

#define ALWAYS (POLL_ERR | POLL_HUP | POLL_NVAL)
#define OWNER_LIMIT 64u

struct poll_waiter {
    struct list link;
    void    *owner;
    cap_t    notification;
    uint64_t bits, events;
};

void poll_list_init(struct poll_list *list)
{
    list_init(&list->waiters);
}

static void waiter_free(struct poll_waiter *waiter)
{
    list_remove(&waiter->link);
    os_drop(waiter->notification);
    os_free(waiter);
}

static void waiter_wake(struct poll_waiter *waiter)
{
    (void)os_notification_signal(waiter->notification, waiter->bits);
    waiter_free(waiter);
}

/* Returns: the waiter of this owner for the same notification, or NULL. Wakes the owner's oldest when it has too many. */
static struct poll_waiter *find(struct poll_list *list, void *owner, cap_t notification)
{
    struct poll_waiter *oldest = nullptr;
    unsigned count = 0;
    LIST_FOR(waiter, &list->waiters, struct poll_waiter, link) {
        if (waiter->owner != owner)
            continue;
        uint64_t same = 0;
        if (os_cap_same(waiter->notification, notification, &same) == STATUS_OK && same)
            return waiter;
        if (!oldest)
            oldest = waiter;
        count++;
    }
    if (count >= OWNER_LIMIT)
        waiter_wake(oldest);
    return nullptr;
}

/* Owner: takes the notification. */
static enum status wait_for(struct poll_list *list, void *owner, uint64_t events, uint64_t bits, cap_t notification)
{
    struct poll_waiter *waiter = find(list, owner, notification);
    if (waiter) {
        os_drop(notification);
        waiter->events |= events;
        waiter->bits |= bits;
        return STATUS_OK;
    }
    waiter = NEW(struct poll_waiter);
    if (!waiter) {
        os_drop(notification);
        return STATUS_NO_MEMORY;
    }
    *waiter = (struct poll_waiter){.owner = owner, .notification = notification, .bits = bits, .events = events};
    list_push_back(&list->waiters, &waiter->link);
    return STATUS_OK;
}

enum status poll_ask(struct poll_list *list, void *owner, uint64_t ready, uint64_t events, uint64_t bits, cap_t notification, uint64_t *result)
{
    events |= ALWAYS;
    *result = ready & events;
    if (!notification)
        return STATUS_OK;
    if (*result) {
        os_drop(notification);
        return STATUS_OK;
    }
    return wait_for(list, owner, events, bits, notification);
}

void poll_wake(struct poll_list *list, uint64_t events)
{
    LIST_FOR(waiter, &list->waiters, struct poll_waiter, link)
        if (waiter->events & events)
            waiter_wake(waiter);
}

void poll_forget(struct poll_list *list, void *owner)
{
    LIST_FOR(waiter, &list->waiters, struct poll_waiter, link)
        if (waiter->owner == owner)
            waiter_free(waiter);
}
