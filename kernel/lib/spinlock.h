/* spinlock.h: locks that spin with interrupts off. Their order: the kernel lock, an interrupt controller's, the log's. */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__clang__)
#define CAPABILITY(x) __attribute__((capability(x)))
#define GUARDED_BY(x) __attribute__((guarded_by(x)))
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define ACQUIRES(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...) __attribute__((release_capability(__VA_ARGS__)))
#define NO_THREAD_SAFETY __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(x)
#define GUARDED_BY(x)
#define REQUIRES(...)
#define ACQUIRES(...)
#define RELEASES(...)
#define NO_THREAD_SAFETY
#endif

struct CAPABILITY("spinlock") spinlock {
    _Atomic uint32_t held;
};

void spin_wait(struct spinlock *lock); /* the slow side of spin_lock: spins, answering IPIs meanwhile (sched/smp.c) */

void spin_wait_free(struct spinlock *lock); /* spins until nobody has it, answering IPIs meanwhile */

[[nodiscard]] static inline bool spin_try_lock(struct spinlock *lock) NO_THREAD_SAFETY
{
    return atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) == 0;
}
static inline void spin_lock(struct spinlock *lock) ACQUIRES(*lock) NO_THREAD_SAFETY
{
    if (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) != 0) [[clang::unlikely]]
        spin_wait(lock);
}
static inline void spin_unlock(struct spinlock *lock) RELEASES(*lock) NO_THREAD_SAFETY
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
