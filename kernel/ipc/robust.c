/* robust.c: the locks of threads that end without giving them up: a list in the thread's own memory (abi/futex.h), of which nothing is trusted.
 * Not here: ends that the program knows of, where its runtime walks the list. */
#include <futex.h>
#include <stdatomic.h>
#include <ipc/futex.h>
#include <ipc/lock.h>

enum status user_word_exchange(struct space *space, uaddr_t address, uint32_t *old, uint32_t next)
{
    void *pointer;
    uint64_t piece;
    enum status status = (address & 3) != 0 ? STATUS_INVALID_ARGUMENT : space_touch(space, address, sizeof *old, PROT_BIT_READ | PROT_BIT_WRITE, &pointer, &piece);
    if (status == STATUS_OK)
        atomic_compare_exchange_strong((_Atomic uint32_t *)pointer, old, next);
    return status;
}

bool robust_begin(struct thread *thread)
{
    struct futex_robust_head head;
    uint64_t list = thread->page->robust_list, number = thread->page->lock_number;
    if (list == 0 || number == 0 || (number & ~(uint64_t)FUTEX_NUMBER_MASK) != 0 || copy_from_user(&thread->task->space, &head, list, sizeof head) != STATUS_OK)
        return false;
    thread->robust.list = list;
    thread->robust.next = head.next;
    thread->robust.pending = head.pending;
    thread->robust.word_offset = head.word_offset;
    thread->robust.number = (uint32_t)number;
    thread->robust.count = 0;
    return true;
}

/* Those who wait for it may do so as threads of this task alone, or of any that has the memory. */
static void wake_waiter(struct thread *thread, uaddr_t address)
{
    for (uint64_t flags = 0; flags <= FUTEX_FLAG_SHARED; flags += FUTEX_FLAG_SHARED) {
        struct futex_key key;
        if (futex_key_of(thread, address, flags, &key) == STATUS_OK)
            futex_wake_one(key);
    }
}

static void give_up(struct thread *thread, uint64_t entry)
{
    uaddr_t address = (entry & ~1ull) + (uint64_t)thread->robust.word_offset;
    uint32_t value = thread->robust.number;
    for (;;) {
        uint32_t seen = value;
        if (user_word_exchange(&thread->task->space, address, &value, (seen & FUTEX_WAITERS) | FUTEX_OWNER_DIED) != STATUS_OK)
            return;
        if (value == seen)
            break;
        if ((value & FUTEX_NUMBER_MASK) != thread->robust.number)
            return;
    }
    if ((value & FUTEX_WAITERS) != 0 && (entry & 1) != 0)
        lock_abandon(thread, address);
    else if ((value & FUTEX_WAITERS) != 0)
        wake_waiter(thread, address);
}

bool robust_step(struct thread *thread)
{
    typeof(thread->robust) *walk = &thread->robust;
    uint64_t entry = walk->next;
    if ((entry & ~1ull) != walk->list && walk->count++ < FUTEX_ROBUST_MOST &&
        copy_from_user(&thread->task->space, &walk->next, entry & ~1ull, sizeof walk->next) == STATUS_OK) {
        if ((entry & ~1ull) != (walk->pending & ~1ull))
            give_up(thread, entry);
        return true;
    }
    if (walk->pending != 0)
        give_up(thread, walk->pending);
    walk->list = 0;
    return false;
}
