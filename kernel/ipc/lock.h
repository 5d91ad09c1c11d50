/* lock.h: futex words as locks with an owner. See abi/futex.h for what the words hold. */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <sched/thread.h>

/* Locks have keys of their own, so that waiting for a lock and on a word are never mixed: addresses are multiples of 4. */
static inline bool key_is_lock(struct futex_key key) { return (key.b & 1) != 0; }

void lock_wait(struct thread *thread, struct frame *frame);
[[nodiscard]] enum status lock_unlock(struct thread *thread, uaddr_t address, uint64_t flags);
/* The thread was the first of a lock's waiters, and is gone from there. */
void lock_left(struct thread *thread);
/* Whom the thread, which waits on a word, lends its priority: the owner of the lock whose first waiter it is; NULL: nobody. */
struct thread *lock_awaited(const struct thread *thread);
/* The priority of a thread that waits for a lock is another now. Returns: who lends its own, or no longer does, because of that; or NULL. */
struct thread *lock_reorder(struct thread *thread);
/* The thread is dead: one of the locks it owned goes to who waits for it. False: there is none. */
bool lock_leave(struct thread *thread);

/* The dead thread had the lock at this address of its memory, if anybody knows of a lock there: it goes to who waits. */
void lock_abandon(struct thread *thread, uaddr_t address);

/* robust.c: a thread is dead. Does it have a list of robust locks? */
bool robust_begin(struct thread *thread);
/* Give up one of them. False: that was all. */
bool robust_step(struct thread *thread);
/* The word at an address of the space becomes `next` if it is *old; else *old is what it is. BAD_ADDRESS, NO_MEMORY. */
[[nodiscard]] enum status user_word_exchange(struct space *space, uaddr_t address, uint32_t *old, uint32_t next);

#endif
