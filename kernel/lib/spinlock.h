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

/* Free: the first half is 0. Who takes it puts a 1 in the place of the whole and looks at what was there; who gives it up clears the first half
 * alone. So the way of one who does not wait is one exchange and one store (which entry.S also makes). Others wait in line, first come, first
 * served; the first one claims the lock when it has waited for long, and from then on nobody overtakes it. */
struct CAPABILITY("spinlock") spinlock {
    union {
        _Atomic uint64_t whole;
        struct {
            _Atomic uint32_t held;   /* not 0: somebody has it */
            _Atomic uint32_t claims; /* 1: claimed; 0 for a moment where somebody puts back what it took away */
        };
    };
    _Atomic uint32_t next, served;   /* numbers in line: the next one's to come, and the first one's */
};

/* The slow side: the exchange found `found`. Answers IPIs meanwhile (sched/smp.c). */
void spin_wait(struct spinlock *lock, uint64_t found);

/* Returns what was there: 0, and the lock is the caller's; else spin_wait has to follow. */
[[nodiscard]] static inline uint64_t spin_begin(struct spinlock *lock) NO_THREAD_SAFETY
{
    return atomic_exchange_explicit(&lock->whole, 1, memory_order_acquire);
}
static inline void spin_lock(struct spinlock *lock) ACQUIRES(*lock) NO_THREAD_SAFETY
{
    uint64_t found = spin_begin(lock);
    if (found != 0) [[clang::unlikely]]
        spin_wait(lock, found);
}
static inline void spin_unlock(struct spinlock *lock) RELEASES(*lock) NO_THREAD_SAFETY
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
