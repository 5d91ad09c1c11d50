/* futex.h: flags of the futex calls, and the words of locks. */
#ifndef ABI_FUTEX_H
#define ABI_FUTEX_H
#include <stdint.h>
#define FUTEX_FLAG_SHARED 1u        /* the word is known by (memory object, offset), not by address */
#define FUTEX_FLAG_INTERRUPTIBLE 2u /* a posted interrupt ends the wait */
#define FUTEX_FLAG_COMPARE 4u       /* requeue: check the expected value first */
#define FUTEX_FLAG_OWNER_DIED 8u    /* unlock, whether shared or not: the owner ends; the word gets FUTEX_OWNER_DIED */
#define FUTEX_FLAGS 7u                /* those of all calls: others are INVALID_ARGUMENT */

/* The word of a lock: its owner's number, or 0 when it is free, and flags. Programs take a free lock and give up one that nobody waits for by
 * themselves; futex_lock and futex_unlock are for the rest. The same layout as on Linux, for C libraries. */
#define FUTEX_NUMBER_MASK 0x3fffffffu
#define FUTEX_OWNER_DIED 0x40000000u /* its last owner ended without giving it up */
#define FUTEX_WAITERS 0x80000000u    /* somebody waits: only futex_unlock may change the owner */

/* thread_page.robust_list: what the kernel gives up for a thread that is killed. Each entry begins with the address of the next, whose bit 0 says
 * that its lock is one of futex_lock; the last one leads back to the head. */
#define FUTEX_ROBUST_MOST 2048u      /* further entries are not looked at */
struct futex_robust_head {
    uint64_t next;
    int64_t word_offset;             /* of the lock's word, from the entry */
    uint64_t pending;                /* an entry that is being put on the list or taken from it; 0: none */
};
#endif
