/* poll.c: poll and select. Each object is asked once; when none is ready, those asked promised to signal the thread's notification, and
 * the thread waits for that. A promise of an earlier call that comes late only costs another round. */
#include "poll.h"
#include "descriptor.h"
#include "native.h"
#include "pool.h"
#include "signal.h"
#include "user.h"

/* The thread's notification, made when first needed. */
static enum status notification_get(struct posix_thread *self, cap_t *notification)
{
    enum status status = STATUS_OK;
    if (self->notification == CAP_NULL)
        status = os_notification_create(POSIX_CAP_LEDGER, &self->notification);
    *notification = self->notification;
    return status;
}

/* Ask one. notification CAP_NULL: no promise wanted. */
static int16_t poll_one(const struct posix_poll *poll, unsigned index, cap_t notification)
{
    cap_t object = descriptor_object(poll->number);
    uint64_t ready = 0;
    uint64_t events = (uint16_t)poll->events | POLL_ERROR | POLL_HANG_UP;
    if (object == CAP_NULL)
        return POLL_INVALID;
    enum status status = file_poll(object, events, 1ull << (index & 63), notification, &ready);
    if (status == STATUS_NOT_SUPPORTED) /* files that are always ready */
        ready = POLL_IN | POLL_OUT | POLL_READ_NORMAL | POLL_WRITE_NORMAL;
    else if (status != STATUS_OK)
        return status == STATUS_INVALID_HANDLE ? POLL_INVALID : POLL_ERROR;
    return (int16_t)(ready & events);
}

static long poll_all(struct posix_poll *polls, unsigned count, cap_t notification)
{
    long found = 0;
    for (unsigned i = 0; i < count; i++) {
        polls[i].ready = 0;
        if (polls[i].number < 0)
            continue;
        polls[i].ready = poll_one(&polls[i], i, found ? CAP_NULL : notification);
        found += polls[i].ready != 0;
    }
    return found;
}

long poll_wait(struct posix_thread *self, struct posix_poll *polls, unsigned count, uint64_t deadline_ns)
{
    cap_t notification = CAP_NULL;
    uint64_t bits;
    enum status status = deadline_ns ? notification_get(self, &notification) : STATUS_OK;
    if (status != STATUS_OK)
        return errno_of(status);
    for (;;) {
        long found = poll_all(polls, count, notification);
        if (found || !deadline_ns)
            return found;
        do
            status = os_notification_wait(notification, UINT64_MAX, deadline_ns, true, &bits);
        while (status == STATUS_INTERRUPTED && !signal_collect(self));
        if (status == STATUS_OK)
            continue;
        found = poll_all(polls, count, CAP_NULL); /* what came at the same time counts */
        return found || status == STATUS_TIMED_OUT ? found : errno_of(status);
    }
}

#define SMALL 32u

long posix_poll(struct posix_thread *self, struct posix_poll *user_polls, uint64_t count, uint64_t deadline_ns)
{
    struct posix_poll small[SMALL];
    size_t size = count * sizeof *user_polls;
    if (count > process.descriptor_limit)
        return -EINVAL;
    struct posix_poll *polls = count <= SMALL ? small : pool_allocate(size);
    if (!polls)
        return -ENOMEM;
    long result = user_read(polls, user_polls, size);
    if (result == 0)
        result = poll_wait(self, polls, (unsigned)count, deadline_ns);
    if (result >= 0 && user_write(user_polls, polls, size) < 0)
        result = -EFAULT;
    if (polls != small)
        pool_free(polls, size);
    return result;
}

/* --- select ------------------------------------------------------------------------------------------------------------------------------ */

#define READ_EVENTS (POLL_IN | POLL_READ_NORMAL | POLL_HANG_UP | POLL_ERROR)
#define WRITE_EVENTS (POLL_OUT | POLL_WRITE_NORMAL | POLL_ERROR)

static bool bit_get(const uint64_t *set, unsigned bit)
{
    return set && (set[bit / 64] >> bit % 64 & 1);
}

static long bit_put(uint64_t *set, unsigned bit)
{
    set[bit / 64] |= 1ull << bit % 64;
    return 1;
}

/* One entry for each descriptor that is in a set. Returns: how many. */
static unsigned select_collect(struct posix_poll *polls, unsigned count, const uint64_t *read, const uint64_t *write, const uint64_t *except)
{
    unsigned used = 0;
    for (unsigned i = 0; i < count; i++) {
        int events = (bit_get(read, i) ? POLL_IN | POLL_READ_NORMAL : 0) | (bit_get(write, i) ? POLL_OUT | POLL_WRITE_NORMAL : 0) |
                     (bit_get(except, i) ? POLL_PRIORITY : 0);
        if (!events)
            continue;
        if (polls)
            polls[used] = (struct posix_poll){.number = (int)i, .events = (int16_t)events};
        used++;
    }
    return used;
}

static long select_answer(const struct posix_poll *polls, unsigned used, uint64_t *sets[3], unsigned words)
{
    static const int wanted[3] = {POLL_IN | POLL_READ_NORMAL, POLL_OUT | POLL_WRITE_NORMAL, POLL_PRIORITY};
    static const int shown[3] = {READ_EVENTS, WRITE_EVENTS, POLL_PRIORITY};
    long found = 0;
    for (unsigned s = 0; s < 3; s++)
        if (sets[s])
            memset(sets[s], 0, words * sizeof(uint64_t));
    for (unsigned i = 0; i < used; i++)
        for (unsigned s = 0; s < 3; s++)
            if (sets[s] && polls[i].events & wanted[s] && polls[i].ready & shown[s])
                found += bit_put(sets[s], (unsigned)polls[i].number);
    return found;
}

static bool any_invalid(const struct posix_poll *polls, unsigned used)
{
    for (unsigned i = 0; i < used; i++)
        if (polls[i].ready & POLL_INVALID)
            return true;
    return false;
}

struct select_sets {
    uint64_t *user[3];
    uint64_t *bits[3]; /* copies, NULL: none */
    unsigned  words;   /* of each */
    uint64_t  small[3 * 16];
    uint64_t *large;   /* from the pool, when small is not enough */
};

static long sets_get(struct select_sets *sets)
{
    size_t size = sets->words * sizeof(uint64_t);
    uint64_t *room = sets->small;
    sets->large = NULL;
    if (sets->words > 16 && !(room = sets->large = pool_allocate(3 * size)))
        return -ENOMEM;
    for (unsigned s = 0; s < 3; s++, room += sets->words) {
        sets->bits[s] = sets->user[s] ? room : NULL;
        if (sets->user[s] && user_read(room, sets->user[s], size) < 0)
            return -EFAULT;
    }
    return 0;
}

static long sets_put(const struct select_sets *sets)
{
    for (unsigned s = 0; s < 3; s++)
        if (sets->user[s] && user_write(sets->user[s], sets->bits[s], sets->words * sizeof(uint64_t)) < 0)
            return -EFAULT;
    return 0;
}

static long select_wait(struct posix_thread *self, struct select_sets *sets, unsigned number, uint64_t deadline_ns)
{
    struct posix_poll small[SMALL];
    unsigned used = select_collect(NULL, number, sets->bits[0], sets->bits[1], sets->bits[2]);
    struct posix_poll *polls = used <= SMALL ? small : pool_allocate(used * sizeof *polls);
    if (!polls)
        return -ENOMEM;
    select_collect(polls, number, sets->bits[0], sets->bits[1], sets->bits[2]);
    long result = poll_wait(self, polls, used, deadline_ns);
    if (result >= 0)
        result = any_invalid(polls, used) ? -EBADF : select_answer(polls, used, sets->bits, sets->words);
    if (polls != small)
        pool_free(polls, used * sizeof *polls);
    return result;
}

long posix_select(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except, uint64_t deadline_ns)
{
    struct select_sets sets = {.user = {user_reads, user_writes, user_except}};
    if (count < 0)
        return -EINVAL;
    /* No descriptor is beyond the table, so neither is what a set can mean. */
    unsigned number = (unsigned)count > DESCRIPTORS_MOST ? DESCRIPTORS_MOST : (unsigned)count;
    sets.words = (number + 63) / 64;
    long result = sets_get(&sets);
    if (result == 0)
        result = select_wait(self, &sets, number, deadline_ns);
    if (result >= 0 && sets_put(&sets) < 0)
        result = -EFAULT;
    pool_free(sets.large, 3 * sets.words * sizeof(uint64_t));
    return result;
}
