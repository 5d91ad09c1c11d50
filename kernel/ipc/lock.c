/* lock.c: futex words as locks with an owner, who runs at least at the priority of the most urgent of those who wait. Not here: which thread
 * that makes run (sched/donate.c), who waits on a word (futex.c).
 * The program changes the word as long as nobody waits; from the moment that FUTEX_WAITERS is set, only the kernel says who the owner is.
 * Invariants: the word is compared and the waiter queued under the kernel lock, so none is forgotten by an unlock; of the waiters of a lock,
 * the first one alone lends; a lock with waiters and a known owner is on owner->locks. */
#include <futex.h>
#include <ipc/futex.h>
#include <ipc/ipc.h>
#include <ipc/lock.h>
#include <object/captable.h>
#include <sched/schedule.h>

#define LONGEST_CHAIN 64u

static enum status lock_key(struct thread *thread, uaddr_t address, uint64_t flags, struct futex_key *key)
{
    enum status status = futex_key_of(thread, address, flags, key);
    if (status == STATUS_OK)
        key->b |= 1;
    return status;
}

static void set_owner(struct futex_word *word, struct thread *owner)
{
    list_remove(&word->link);
    word->owner = owner;
    if (owner != nullptr)
        list_push_back(&owner->locks, &word->link);
}

struct thread *lock_awaited(const struct thread *thread)
{
    if (!key_is_lock(thread->wait.key))
        return nullptr;
    const struct futex_word *word = futex_word_at(thread->wait.key);
    return word != nullptr && futex_first(word) == thread ? word->owner : nullptr;
}

void lock_left(struct thread *thread)
{
    struct futex_word *word = futex_word_at(thread->wait.key);
    thread_end_loan(thread);
    if (word != nullptr)
        thread_lend(futex_first(word));
}

struct thread *lock_reorder(struct thread *thread)
{
    if (!key_is_lock(thread->wait.key))
        return nullptr;
    struct futex_word *word = futex_word_at(thread->wait.key);
    struct thread *before = futex_first(word);
    futex_reorder(thread);
    word = futex_word_at(thread->wait.key);
    struct thread *after = futex_first(word);
    return before == after ? nullptr : before == thread ? after : before;
}

/* Does the owner wait, by way of other locks, for the thread? */
static bool waits_for(const struct thread *owner, const struct thread *thread)
{
    for (unsigned links = 0; owner != nullptr && links < LONGEST_CHAIN; links++) {
        if (owner == thread)
            return true;
        if (owner->state != THREAD_FUTEX || !key_is_lock(owner->wait.key))
            return false;
        owner = futex_word_at(owner->wait.key)->owner;
    }
    return false;
}

/* The thread that a handle names. */
static enum status owner_named(struct thread *thread, cap_t handle, struct thread **owner)
{
    struct object *object;
    *owner = nullptr;
    if (handle == CAP_NULL)
        return STATUS_OK;
    enum status status = cap_lookup(thread, handle, OBJECT_THREAD, RIGHT_THREAD_SCHEDULE, &object);
    if (status != STATUS_OK)
        return status;
    struct thread *named = container_of(object, struct thread, object);
    if (named->state != THREAD_DEAD)
        *owner = named; /* its end ends that, so it needs no reference */
    else
        status = named->robust.list != 0 ? STATUS_VALUE_CHANGED : STATUS_PEER_GONE; /* it will be */
    cap_release(object);
    return status;
}

/* All that can fail. */
static enum status prepare(struct thread *thread, const struct frame *frame, struct futex_key *key, struct thread **owner)
{
    uint64_t flags = frame->FRAME_R3;
    uint32_t value;
    enum status status = lock_key(thread, frame->FRAME_R0, flags, key);
    if (status == STATUS_OK)
        status = owner_named(thread, (cap_t)frame->FRAME_R5, owner);
    if (status == STATUS_OK)
        status = copy_from_user(&thread->task->space, &value, frame->FRAME_R0, sizeof value);
    if (status != STATUS_OK)
        return status;
    const struct futex_word *word = futex_word_at(*key);
    if (word != nullptr)
        *owner = word->owner;
    thread->wait.flags = (flags & FUTEX_FLAG_INTERRUPTIBLE) != 0 ? MESSAGE_INTERRUPTIBLE : 0;
    if (value != (uint32_t)frame->FRAME_R1)
        return STATUS_VALUE_CHANGED;
    if ((value & FUTEX_WAITERS) == 0 || frame->FRAME_R4 == 0 || (frame->FRAME_R4 & ~(uint64_t)FUTEX_NUMBER_MASK) != 0)
        return STATUS_INVALID_ARGUMENT;
    if ((value & FUTEX_NUMBER_MASK) == 0)
        return STATUS_OK;
    if (waits_for(*owner, thread))
        return STATUS_DEADLOCK;
    if (thread_interruptible(thread) && thread_interrupted(thread))
        return STATUS_INTERRUPTED;
    return thread_set_deadline(thread, frame->FRAME_R2) ? STATUS_OK : STATUS_TIMED_OUT;
}

/* The lock is the first waiter's, whose word says so already. */
static void hand_over(struct futex_word *word, enum status status)
{
    struct thread *next = futex_first(word);
    thread_end_loan(next);
    set_owner(word, next);
    thread_wake(next, status);
}

/* Whatever the word holds. */
static enum status store(struct space *space, uaddr_t address, uint32_t value)
{
    for (uint32_t old = value;;) {
        uint32_t seen = old;
        enum status status = user_word_exchange(space, address, &old, value);
        if (status != STATUS_OK || seen == old)
            return status;
    }
}

/* To the first waiter, from an owner who ends. */
static enum status inherit(struct futex_word *word)
{
    struct thread *next = futex_first(word);
    enum status status = store(&next->task->space, next->futex.address, next->futex.number | FUTEX_WAITERS | FUTEX_OWNER_DIED);
    if (status == PAGE_AWAITED) /* by one who cannot wait */
        status = STATUS_BAD_ADDRESS;
    hand_over(word, status);
    return status;
}

/* Nobody has it, but somebody waited once: the caller gets it, or who waits now, and the caller is to look again. */
static enum status take_free(struct thread *thread, struct frame *frame, struct futex_word *word)
{
    if (word == nullptr)
        return store(&thread->task->space, frame->FRAME_R0, (uint32_t)frame->FRAME_R4 | (frame->FRAME_R1 & FUTEX_OWNER_DIED));
    enum status status = inherit(word);
    return status == STATUS_OK ? STATUS_VALUE_CHANGED : status;
}

void lock_wait(struct thread *thread, struct frame *frame)
{
    struct futex_key key = {};
    struct thread *owner;
    enum status status = prepare(thread, frame, &key, &owner);
    struct futex_word *word = futex_word_at(key);
    bool free = (frame->FRAME_R1 & FUTEX_NUMBER_MASK) == 0;
    if (status == STATUS_OK && free)
        status = take_free(thread, frame, word);
    if (status == PAGE_AWAITED) {
        thread_page_wait(thread);
        return;
    }
    if (status != STATUS_OK || free) {
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        return;
    }
    struct thread *first = word != nullptr ? futex_first(word) : nullptr;
    thread->wait.object = nullptr;
    thread->wait.reply = nullptr;
    thread->futex.number = (uint32_t)frame->FRAME_R4;
    thread->futex.address = frame->FRAME_R0;
    thread->state = THREAD_FUTEX;
    list_init(&thread->queue);
    word = futex_join(thread, key, thread->priority);
    if (first == nullptr)
        set_owner(word, owner);
    if (futex_first(word) == thread) {
        if (first != nullptr)
            thread_end_loan(first);
        thread_lend(thread);
    }
    cpu_leave(this_cpu());
}

/* The lock that others know at this address of the thread's memory, alone or shared with other tasks; NULL: none that is waited for. */
static struct futex_word *waited_for(struct thread *thread, uaddr_t address)
{
    for (uint64_t flags = 0; flags <= FUTEX_FLAG_SHARED; flags += FUTEX_FLAG_SHARED) {
        struct futex_key key;
        struct futex_word *word = lock_key(thread, address, flags, &key) == STATUS_OK ? futex_word_at(key) : nullptr;
        if (word != nullptr)
            return word;
    }
    return nullptr;
}

enum status lock_unlock(struct thread *thread, uaddr_t address, uint64_t flags)
{
    struct futex_key key;
    bool died = (flags & FUTEX_FLAG_OWNER_DIED) != 0;
    enum status status = lock_key(thread, address, flags & ~(uint64_t)FUTEX_FLAG_OWNER_DIED, &key);
    if (status != STATUS_OK)
        return status;
    struct futex_word *word = died ? waited_for(thread, address) : futex_word_at(key);
    if (word == nullptr)
        return store(&thread->task->space, address, died ? FUTEX_OWNER_DIED : 0);
    if (died)
        return inherit(word);
    status = store(&thread->task->space, address, futex_first(word)->futex.number | FUTEX_WAITERS);
    if (status == STATUS_OK)
        hand_over(word, STATUS_OK);
    return status;
}

void lock_abandon(struct thread *thread, uaddr_t address)
{
    struct futex_word *word = waited_for(thread, address);
    if (word != nullptr && (word->owner == nullptr || word->owner == thread))
        (void)inherit(word);
}

bool lock_leave(struct thread *thread)
{
    if (list_empty(&thread->locks))
        return false;
    (void)inherit(container_of(thread->locks.next, struct futex_word, link));
    return true;
}
