/* os_thread.h: threads, their pages, and locks between threads of one task. */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <bootstrap.h>
#include <status.h>
#include <thread_page.h>
#include <types.h>

/* The first stack pointer in a block: a little below its end, so that also the frame pointer of the first function, which on some machines
 * is the stack pointer it was entered with, lies in the block. */
static inline uint64_t os_stack_top(uint64_t block)
{
    return block + NATIVE_STACK_SIZE - 64;
}

/* Returns: the calling thread's page: every stack lies in a block of NATIVE_STACK_SIZE that begins with it. */
static inline struct thread_page *os_thread_page(void)
{
    return (struct thread_page *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(NATIVE_STACK_SIZE - 1));
}

/* Start a thread at function(argument) on a stack block of its own. Returns: OK and the thread's capability in *thread.
 * stack_size: bytes, 0 for the usual, at most
 * NATIVE_STACK_MOST; a page below it is free, so that an overflow is a fault. The thread ends when the function returns; its block is used again. */
[[nodiscard]] enum status os_thread_run(void (*function)(void *argument), void *argument, size_t stack_size, cap_t *thread);

/* A lock: 0 free, 1 taken, 2 taken and waited for. Waiters sleep. Not recursive. */
struct os_lock {
    _Atomic uint32_t word;
};
void os_lock(struct os_lock *lock);
void os_unlock(struct os_lock *lock);

#endif
