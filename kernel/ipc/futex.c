/* futex.c: wait and wake on a word of user memory. Not here: priority inheritance and robust lists (docs/limits.md).
 * A key is (space, address) for private words and (memory object, offset) for shared ones. Waiters hang in hash buckets.
 * Invariant: the word is compared and the waiter queued under the kernel lock, so no wake-up between the two is lost. */
#include <futex.h>
#include <ipc/futex.h>
#include <ipc/ipc.h>
#include <sched/schedule.h>

#define BUCKETS 256u

static struct list buckets[BUCKETS];

void futex_init(void)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        list_init(&buckets[i]);
}

static struct list *bucket_of(struct futex_key key)
{
    uint64_t mixed = (key.a >> 6 ^ key.b >> 2 ^ key.b >> 14) * 0x9e3779b97f4a7c15ull;
    return &buckets[mixed >> 56];
}

static enum status find_key(struct thread *thread, uaddr_t address, uint64_t flags, struct futex_key *key)
{
    if ((address & 3) != 0 || (flags & ~(uint64_t)FUTEX_FLAGS) != 0)
        return STATUS_INVALID_ARGUMENT;
    struct space *space = &thread->task->space;
    *key = (struct futex_key){(uintptr_t)space, address};
    if ((flags & FUTEX_FLAG_SHARED) == 0)
        return STATUS_OK;
    struct mem_object *mem;
    enum status status = space_locate(space, address, &mem, &key->b);
    key->a = (uintptr_t)mem;
    return status;
}

void futex_wait(struct thread *thread, struct frame *frame)
{
    uaddr_t address = frame->FRAME_R0;
    uint64_t flags = frame->FRAME_R3;
    struct futex_key key;
    uint32_t word;
    enum status status = find_key(thread, address, flags, &key);
    if (status == STATUS_OK)
        status = copy_from_user(&thread->task->space, &word, address, sizeof word);
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
    thread->wait.key = key;
    thread->state = THREAD_FUTEX;
    list_push_back(bucket_of(key), &thread->queue);
    cpu_leave(this_cpu());
}

static bool same_key(struct futex_key a, struct futex_key b)
{
    return a.a == b.a && a.b == b.b;
}

enum status futex_wake(struct thread *thread, uaddr_t address, uint64_t count, uint64_t flags, uint64_t mask, uint64_t *woken)
{
    struct futex_key key;
    enum status status = find_key(thread, address, flags, &key);
    if (status != STATUS_OK)
        return status;
    struct list *bucket = bucket_of(key);
    *woken = 0;
    for (struct list *item = bucket->next, *next; item != bucket && *woken < count; item = next) {
        next = item->next;
        struct thread *waiter = container_of(item, struct thread, queue);
        if (!same_key(waiter->wait.key, key) || (waiter->wait.mask & mask) == 0)
            continue;
        thread_wake(waiter, STATUS_OK);
        ++*woken;
    }
    return STATUS_OK;
}

enum status futex_requeue(struct thread *thread, uaddr_t address, uint64_t wake, uaddr_t target, uint64_t move, uint64_t flags,
                          uint64_t expected, uint64_t *done)
{
    struct futex_key key, target_key;
    enum status status = find_key(thread, address, flags, &key);
    if (status == STATUS_OK)
        status = find_key(thread, target, flags, &target_key);
    if (status == STATUS_OK && (flags & FUTEX_FLAG_COMPARE) != 0) {
        uint32_t word;
        status = copy_from_user(&thread->task->space, &word, address, sizeof word);
        if (status == STATUS_OK && word != (uint32_t)expected)
            status = STATUS_VALUE_CHANGED;
    }
    if (status == STATUS_OK)
        status = futex_wake(thread, address, wake, flags, UINT32_MAX, done);
    if (status != STATUS_OK)
        return status;
    struct list *bucket = bucket_of(key), *to = bucket_of(target_key);
    uint64_t moved = 0;
    for (struct list *item = bucket->next, *next; item != bucket && moved < move; item = next) {
        next = item->next;
        struct thread *waiter = container_of(item, struct thread, queue);
        if (!same_key(waiter->wait.key, key) || same_key(key, target_key))
            continue;
        list_remove(&waiter->queue);
        waiter->wait.key = target_key;
        list_push_back(to, &waiter->queue);
        moved++;
    }
    *done += moved;
    return STATUS_OK;
}
