/* futex.c: wait and wake on a word of user memory. Not here: locks (lock.c), robust lists (robust.c).
 * A key is (space, address) for private words and (memory object's serial number, offset) for shared ones, so that no other word has it when
 * memory goes while threads wait. A word that is waited on is described by a record that one of its waiters lends; it is found through a tree
 * a bucket, so those who wait on other words are not in the way.
 * Invariants: the word is compared and the waiter queued under the kernel lock, so no wake-up between the two is lost; a record with waiters
 * is in its tree, and its lender is one of them. */
#include <futex.h>
#include <ipc/futex.h>
#include <ipc/ipc.h>
#include <ipc/lock.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

#define BUCKETS 256u
#define STEPS 16u /* waiters between two looks for interrupts */

static struct tree buckets[BUCKETS]; /* struct futex_word.node */
static uint64_t last_sequence;

/* --- words and their waiters ------------------------------------------------------------------------------------------------------------ */

static struct tree *bucket_of(struct futex_key key)
{
    uint64_t mixed = (key.a ^ key.b >> 2 ^ key.b >> 14) * 0x9e3779b97f4a7c15ull;
    return &buckets[mixed >> 56];
}

static struct futex_word *word_of(struct tree_node *node) { return container_of(node, struct futex_word, node); }
static struct thread *waiter_of(struct tree_node *node) { return container_of(node, struct thread, futex.node); }

static int compare(struct futex_key left, struct futex_key right)
{
    if (left.a != right.a)
        return left.a < right.a ? -1 : 1;
    return left.b == right.b ? 0 : left.b < right.b ? -1 : 1;
}

/* The word with this key, or the place where it would be. */
static struct futex_word *word_find(struct futex_key key, struct tree_node **parent, struct tree_node ***link)
{
    *parent = nullptr;
    *link = &bucket_of(key)->root;
    while (**link != nullptr) {
        int order = compare(key, word_of(**link)->key);
        if (order == 0)
            return word_of(**link);
        *parent = **link;
        *link = order < 0 ? &(*parent)->left : &(*parent)->right;
    }
    return nullptr;
}

struct futex_word *futex_word_at(struct futex_key key)
{
    struct tree_node *parent, **link;
    return word_find(key, &parent, &link);
}

static bool comes_before(const struct thread *left, const struct thread *right)
{
    if (left->futex.urgency != right->futex.urgency)
        return left->futex.urgency > right->futex.urgency;
    return left->futex.sequence < right->futex.sequence;
}

static void waiter_insert(struct futex_word *word, struct thread *thread)
{
    struct tree_node *parent = nullptr, **link = &word->waiters.root;
    while (*link != nullptr) {
        parent = *link;
        link = comes_before(thread, waiter_of(parent)) ? &parent->left : &parent->right;
    }
    tree_insert(&word->waiters, &thread->futex.node, parent, link, nullptr);
}

struct thread *futex_first(const struct futex_word *word) { return waiter_of(tree_first(&word->waiters)); }

/* The waiter that came first, from this sequence number on. Not of a lock. */
static struct thread *waiter_from(const struct futex_word *word, uint64_t sequence)
{
    struct thread *best = nullptr;
    for (struct tree_node *node = word->waiters.root; node != nullptr;) {
        struct thread *thread = waiter_of(node);
        if (thread->futex.sequence >= sequence) {
            best = thread;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

struct futex_word *futex_join(struct thread *thread, struct futex_key key, uint8_t urgency)
{
    struct tree_node *parent, **link;
    struct futex_word *word = word_find(key, &parent, &link);
    if (word == nullptr) {
        word = &thread->futex.word;
        word->key = key;
        word->waiters.root = nullptr;
        word->owner = nullptr;
        list_init(&word->link);
        tree_insert(bucket_of(key), &word->node, parent, link, nullptr);
    }
    thread->wait.key = key;
    thread->futex.sequence = ++last_sequence;
    thread->futex.urgency = urgency;
    waiter_insert(word, thread);
    return word;
}

/* The lender of the record goes: another one lends. */
static void word_pass_on(struct futex_word *word)
{
    struct futex_word *next = &waiter_of(word->waiters.root)->futex.word;
    struct tree_node *parent, **link;
    next->key = word->key;
    next->waiters = word->waiters;
    next->owner = word->owner;
    list_init(&next->link);
    if (word->owner != nullptr)
        list_push_back(&word->owner->locks, &next->link);
    (void)word_find(next->key, &parent, &link);
    tree_insert(bucket_of(next->key), &next->node, parent, link, nullptr);
}

void futex_leave(struct thread *thread)
{
    struct futex_key key = thread->wait.key;
    struct futex_word *word = futex_word_at(key);
    bool first = futex_first(word) == thread;
    tree_remove(&word->waiters, &thread->futex.node, nullptr);
    if (word == &thread->futex.word) {
        tree_remove(bucket_of(key), &word->node, nullptr);
        list_remove(&word->link);
        if (word->waiters.root != nullptr)
            word_pass_on(word);
        word->waiters.root = nullptr;
    }
    if (first && key_is_lock(key))
        lock_left(thread);
}

void futex_reorder(struct thread *thread)
{
    struct futex_word *word = futex_word_at(thread->wait.key);
    tree_remove(&word->waiters, &thread->futex.node, nullptr);
    thread->futex.urgency = thread->priority;
    waiter_insert(word, thread);
}

/* --- calls -------------------------------------------------------------------------------------------------------------------------------- */

enum status futex_key_of(struct thread *thread, uaddr_t address, uint64_t flags, struct futex_key *key)
{
    if ((address & 3) != 0 || (flags & ~(uint64_t)FUTEX_FLAGS) != 0)
        return STATUS_INVALID_ARGUMENT;
    struct space *space = &thread->task->space;
    *key = (struct futex_key){(uintptr_t)space, address};
    if ((flags & FUTEX_FLAG_SHARED) == 0)
        return STATUS_OK;
    return space_locate(space, address, &key->a, &key->b);
}

void futex_wait(struct thread *thread, struct frame *frame)
{
    uaddr_t address = frame->FRAME_R0;
    uint64_t flags = frame->FRAME_R3;
    struct futex_key key;
    uint32_t word;
    enum status status = futex_key_of(thread, address, flags, &key);
    if (status == STATUS_OK)
        status = copy_from_user(&thread->task->space, &word, address, sizeof word);
    if (status == PAGE_AWAITED) {
        thread_page_wait(thread);
        return;
    }
    thread->wait.flags = (flags & FUTEX_FLAG_INTERRUPTIBLE) != 0 ? MESSAGE_INTERRUPTIBLE : 0;
    if (status == STATUS_OK && word != (uint32_t)frame->FRAME_R1)
        status = STATUS_VALUE_CHANGED;
    else if (status == STATUS_OK && (uint32_t)frame->FRAME_R4 == 0)
        status = STATUS_INVALID_ARGUMENT;
    else if (status == STATUS_OK && thread_interruptible(thread) && thread_interrupted(thread))
        status = STATUS_INTERRUPTED;
    else if (status == STATUS_OK && !thread_set_deadline(thread, frame->FRAME_R2))
        status = STATUS_TIMED_OUT;
    if (status != STATUS_OK) {
        frame->FRAME_STATUS = (uint64_t)(int64_t)status;
        return;
    }
    thread->wait.object = nullptr;
    thread->wait.reply = nullptr;
    thread->wait.mask = (uint32_t)frame->FRAME_R4;
    thread->state = THREAD_FUTEX;
    list_init(&thread->queue);
    (void)futex_join(thread, key, 0);
    cpu_leave(this_cpu());
}

/* Up to `count` in all that came before `until` and whose mask meets the mask. Returns SYSCALL_RESTART when an interrupt waits. */
static enum status wake(struct futex_key key, uint64_t count, uint64_t mask, struct restart *restart)
{
    if (restart->until == 0)
        restart->until = last_sequence + 1;
    for (unsigned steps = 1; restart->done < count; steps++) {
        struct futex_word *word = futex_word_at(key);
        struct thread *waiter = word != nullptr ? waiter_from(word, restart->from) : nullptr;
        if (waiter == nullptr || waiter->futex.sequence >= restart->until)
            break;
        restart->from = waiter->futex.sequence + 1;
        if ((waiter->wait.mask & mask) != 0) {
            thread_wake(waiter, STATUS_OK);
            restart->done++;
        }
        if (steps % STEPS == 0 && arch_interrupt_pending())
            return SYSCALL_RESTART;
    }
    return STATUS_OK;
}

enum status futex_wake(struct thread *thread, uaddr_t address, uint64_t count, uint64_t flags, uint64_t mask, uint64_t *restart, uint64_t *woken)
{
    struct futex_key key;
    enum status status = futex_key_of(thread, address, flags, &key);
    if (status != STATUS_OK)
        return status;
    struct restart *state = thread_restart(thread, restart);
    status = wake(key, count, mask, state);
    if (status == SYSCALL_RESTART)
        thread_interrupt_call(thread, restart);
    *woken = state->done;
    return status;
}

void futex_wake_one(struct futex_key key)
{
    struct futex_word *word = futex_word_at(key);
    if (word != nullptr)
        thread_wake(futex_first(word), STATUS_OK);
}

static enum status compare_word(struct thread *thread, uaddr_t address, uint64_t expected)
{
    uint32_t word;
    enum status status = copy_from_user(&thread->task->space, &word, address, sizeof word);
    return status == STATUS_OK && word != (uint32_t)expected ? STATUS_VALUE_CHANGED : status;
}

/* Up to `count` from the first on; they become the last ones there. Returns SYSCALL_RESTART when an interrupt waits. */
static enum status move(struct futex_key from, struct futex_key to, uint64_t count, struct restart *restart)
{
    for (uint64_t moved = 0; moved < count;) {
        struct futex_word *word = futex_word_at(from);
        struct thread *waiter = word != nullptr ? waiter_from(word, 0) : nullptr;
        if (waiter == nullptr || waiter->futex.sequence >= restart->until)
            break;
        futex_leave(waiter);
        (void)futex_join(waiter, to, 0);
        restart->done++;
        if (++moved % STEPS == 0 && arch_interrupt_pending())
            return SYSCALL_RESTART;
    }
    return STATUS_OK;
}

enum status futex_requeue(struct thread *thread, uaddr_t address, uint64_t count, uaddr_t target, uint64_t most, uint64_t flags, uint64_t expected,
                          uint64_t *restart, uint64_t *done)
{
    struct futex_key key, target_key;
    enum status status = futex_key_of(thread, address, flags, &key);
    if (status == STATUS_OK)
        status = futex_key_of(thread, target, flags, &target_key);
    struct restart *state = thread_restart(thread, restart);
    if (status == STATUS_OK && (flags & FUTEX_FLAG_COMPARE) != 0 && state->until == 0)
        status = compare_word(thread, address, expected);
    if (status == STATUS_OK && (state->done < count || state->until == 0))
        status = wake(key, count, UINT32_MAX, state);
    uint64_t limit = most > UINT64_MAX - count ? UINT64_MAX : count + most;
    if (status == STATUS_OK && compare(key, target_key) != 0 && state->done < limit)
        status = move(key, target_key, limit - state->done, state);
    if (status == SYSCALL_RESTART)
        thread_interrupt_call(thread, restart);
    *done = state->done;
    return status;
}
