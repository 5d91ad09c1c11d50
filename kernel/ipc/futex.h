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

#endif
