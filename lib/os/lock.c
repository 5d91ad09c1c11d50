/* lock.c: locks between threads of one task, on futexes. */
#include <message_call.h>
#include <os_thread.h>
#include <syscalls.h>

void os_lock(struct os_lock *lock)
{
    uint32_t free = 0;
    if (__atomic_compare_exchange_n((uint32_t *)&lock->word, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) [[clang::likely]]
        return;
    while (__atomic_exchange_n((uint32_t *)&lock->word, 2, __ATOMIC_ACQUIRE))
        (void)os_futex_wait(&lock->word, 2, DEADLINE_NONE, 0, UINT32_MAX);
}

void os_unlock(struct os_lock *lock)
{
    if (__atomic_exchange_n((uint32_t *)&lock->word, 0, __ATOMIC_RELEASE) == 2) [[clang::unlikely]] {
        uint64_t woken;
        (void)os_futex_wake((uintptr_t)&lock->word, 1, 0, UINT32_MAX, &woken);
    }
}
