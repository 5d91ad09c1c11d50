/* futex.h: see abi/syscalls.idl. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <sched/thread.h>

void futex_wait(struct thread *thread, struct frame *frame);
/* May return SYSCALL_RESTART. */
[[nodiscard]] enum status futex_wake(struct thread *thread, uaddr_t address, uint64_t count, uint64_t flags, uint64_t mask, uint64_t *restart,
                                     uint64_t *woken);
[[nodiscard]] enum status futex_requeue(struct thread *thread, uaddr_t address, uint64_t wake, uaddr_t target, uint64_t move, uint64_t flags,
                                        uint64_t expected, uint64_t *restart, uint64_t *done);
/* The thread, which waits on a word, no longer does. */
void futex_leave(struct thread *thread);

/* --- for lock.c and robust.c -------------------------------------------------------------------------------------------------------------- */
/* INVALID_ARGUMENT, BAD_ADDRESS. */
[[nodiscard]] enum status futex_key_of(struct thread *thread, uaddr_t address, uint64_t flags, struct futex_key *key);
/* NULL: nobody waits on it. */
struct futex_word *futex_word_at(struct futex_key key);
struct thread *futex_first(const struct futex_word *word);
/* The thread waits on the word from now on: at its end among those of the same urgency. Returns the word. */
struct futex_word *futex_join(struct thread *thread, struct futex_key key, uint8_t urgency);
/* Its priority is another now, while it waits for a lock. */
void futex_reorder(struct thread *thread);
/* One who waits on it without a lock goes on. */
void futex_wake_one(struct futex_key key);

#endif
