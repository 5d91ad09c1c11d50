/* futex.h: see abi/syscalls.idl. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <sched/thread.h>

void futex_init(void);
void futex_wait(struct thread *thread, struct frame *frame);
[[nodiscard]] enum status futex_wake(struct thread *thread, uaddr_t address, uint64_t count, uint64_t flags, uint64_t mask, uint64_t *woken);
[[nodiscard]] enum status futex_requeue(struct thread *thread, uaddr_t address, uint64_t wake, uaddr_t target, uint64_t move, uint64_t flags,
                                        uint64_t expected, uint64_t *done);

#endif
