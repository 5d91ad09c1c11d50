/* robust.c: the robust futex list, in the layout the C libraries share with Linux: a head {first entry, offset of the lock word from an
 * entry, entry in the making}; each entry begins with the pointer to the next, whose bit 0 says "priority inheriting". */
#include "robust.h"
#include "native.h"
#include "user.h"

#define ENTRIES_MOST 2048u
#define OWNER_MASK 0x3fffffffu
#define OWNER_DIED 0x40000000u
#define WAITERS 0x80000000u

struct robust_head {
    uint64_t next;
    int64_t  word_offset;
    uint64_t pending;
};

static void release_one(struct posix_thread *self, uint64_t entry, int64_t word_offset)
{
    _Atomic uint32_t *word = (_Atomic uint32_t *)((entry & ~1ull) + (uint64_t)word_offset);
    uint64_t woken;
    if ((uint64_t)word & 3 || !user_range(word, sizeof *word))
        return;
    uint32_t value = *word;
    while ((value & OWNER_MASK) == self->tid)
        if (atomic_compare_exchange_weak(word, &value, (value & WAITERS) | OWNER_DIED)) {
            if (value & WAITERS)
                ignore(os_futex_wake((uaddr_t)word, 1, FUTEX_FLAG_SHARED, UINT32_MAX, &woken));
            return;
        }
}

void robust_release(struct posix_thread *self)
{
    struct robust_head head;
    uint64_t entry, next;
    uint64_t list = self->robust_list;
    self->robust_list = 0;
    if (!list || USER_READ(head, (const void *)list) < 0)
        return;
    entry = head.next;
    for (unsigned i = 0; i < ENTRIES_MOST && (entry & ~1ull) != list; i++) {
        if (USER_READ(next, (const void *)(entry & ~1ull)) < 0)
            return;
        if (entry != head.pending)
            release_one(self, entry, head.word_offset);
        entry = next;
    }
    if (head.pending)
        release_one(self, head.pending, head.word_offset);
}
