/* timer.c: timers of a server: a pairing heap (Fredman et al. 1986) and one notification. Invariant: the notification's timer is bound to
 * a time not after the first deadline. */
#include <loop.h>

static struct timers {
    struct serve_timer *first;
    uint64_t            bound_ns; /* DEADLINE_NONE: not bound */
    struct serve_watch  watch;
} timers;

/* Returns: the heap of both; a and b are single trees (next unused). */
static struct serve_timer *meld(struct serve_timer *a, struct serve_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->deadline_ns < a->deadline_ns) {
        struct serve_timer *t = a;
        a = b;
        b = t;
    }
    b->next = a->child;
    if (b->next)
        b->next->where = &b->next;
    a->child = b;
    b->where = &a->child;
    return a;
}

/* Meld a chain of siblings pairwise, then from right to left. */
static struct serve_timer *meld_chain(struct serve_timer *chain)
{
    struct serve_timer *pairs = nullptr;
    while (chain) {
        struct serve_timer *a = chain, *b = a->next;
        chain = b ? b->next : nullptr;
        a->next = nullptr;
        if (b)
            b->next = nullptr;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct serve_timer *heap = nullptr;
    while (pairs) {
        struct serve_timer *next = pairs->next;
        pairs->next = nullptr;
        heap = meld(heap, pairs);
        pairs = next;
    }
    return heap;
}

static void set_first(struct serve_timer *timer)
{
    timers.first = timer;
    if (timer) {
        timer->next = nullptr;
        timer->where = &timers.first;
    }
}

static void take_out(struct serve_timer *timer)
{
    bool is_first = timer->where == &timers.first;
    *timer->where = timer->next;
    if (timer->next)
        timer->next->where = timer->where;
    timer->where = nullptr;
    timer->next = nullptr;
    struct serve_timer *rest = meld_chain(timer->child);
    timer->child = nullptr;
    set_first(is_first ? rest : meld(timers.first, rest));
}

static void bind(void)
{
    uint64_t wanted = timers.first ? timers.first->deadline_ns : DEADLINE_NONE;
    if (wanted >= timers.bound_ns)
        return;
    if (os_notification_bind_timer(timers.watch.notification, wanted, 1) == STATUS_OK)
        timers.bound_ns = wanted;
}

static void expired(struct serve_watch *, uint64_t)
{
    timers.bound_ns = DEADLINE_NONE;
    uint64_t now_ns = os_now();
    while (timers.first && timers.first->deadline_ns <= now_ns) {
        struct serve_timer *timer = timers.first;
        take_out(timer);
        timer->expired(timer);
    }
    bind();
}

void timers_start(void)
{
    timers.bound_ns = DEADLINE_NONE;
}

void serve_timer_set(struct serve_timer *timer, uint64_t deadline_ns)
{
    if (!timers.watch.notification) {
        timers.watch.signalled = expired;
        if (serve_watch(&timers.watch) != STATUS_OK)
            os_fatal("no memory for timers");
    }
    serve_timer_cancel(timer);
    timer->deadline_ns = deadline_ns;
    set_first(meld(timers.first, timer));
    bind();
}

/* The kernel's timer may stay bound to the old time: it then goes off for nothing. */
void serve_timer_cancel(struct serve_timer *timer)
{
    if (timer->where)
        take_out(timer);
}
