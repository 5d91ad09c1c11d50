/* robust.c: the list of robust locks of a thread that ends by itself. The kernel does the same for one that is killed; the layout, which is also
 * Linux's, is in abi/futex.h. */
#include "robust.h"
#include "native.h"
#include "user.h"

static void release_one(struct posix_thread *self, uint64_t entry, int64_t word_offset)
{
    _Atomic uint32_t *word = (_Atomic uint32_t *)((entry & ~1ull) + (uint64_t)word_offset);
    uint64_t woken;
    if ((uint64_t)word & 3 || !user_range(word, sizeof *word))
        return;
    uint32_t value = *word;
    if ((value & FUTEX_NUMBER_MASK) == self->tid && value & FUTEX_WAITERS && entry & 1) {
        ignore(os_futex_unlock((uaddr_t)word, FUTEX_FLAG_OWNER_DIED));
        return;
    }
    while ((value & FUTEX_NUMBER_MASK) == self->tid)
        if (atomic_compare_exchange_weak(word, &value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED)) {
            if (value & FUTEX_WAITERS)
                ignore(os_futex_wake((uaddr_t)word, 1, FUTEX_FLAG_SHARED, UINT32_MAX, &woken));
            return;
        }
}

void robust_set(struct posix_thread *self, uint64_t list)
{
    page_of(self)->lock_number = self->tid;
    page_of(self)->robust_list = list;
}

void robust_release(struct posix_thread *self)
{
    struct futex_robust_head head;
    uint64_t entry, next;
    uint64_t list = page_of(self)->robust_list;
    page_of(self)->robust_list = 0;
    if (!list || USER_READ(head, (const void *)list) < 0)
        return;
    entry = head.next;
    for (unsigned i = 0; i < FUTEX_ROBUST_MOST && (entry & ~1ull) != list; i++) {
        if (USER_READ(next, (const void *)(entry & ~1ull)) < 0)
            return;
        if ((entry & ~1ull) != (head.pending & ~1ull))
            release_one(self, entry, head.word_offset);
        entry = next;
    }
    if (head.pending)
        release_one(self, head.pending, head.word_offset);
}
