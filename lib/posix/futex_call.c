/* futex_call.c: the futex call over the kernel's futexes. Not here: what it does with locks (lock_call.c). */
#include "clock.h"
#include "futex_call.h"
#include "lock_call.h"
#include "native.h"
#include "signal.h"
#include "user.h"

enum futex_operation : unsigned { WAIT = 0, WAKE = 1, REQUEUE = 3, COMPARE_REQUEUE = 4, WAKE_OPERATION = 5, LOCK = 6, UNLOCK = 7, TRY_LOCK = 8, WAIT_BITS = 9, WAKE_BITS = 10,
                               WAIT_REQUEUE_LOCK = 11, COMPARE_REQUEUE_LOCK = 12, LOCK_2 = 13 };
#define OPERATION_PRIVATE 128u
#define OPERATION_REALTIME 256u

static long futex_wait_until(struct posix_thread *self, const uint32_t *word, uint32_t value, uint64_t deadline_ns, unsigned flags, uint32_t bits, bool relative)
{
    for (;;) {
        enum status status = os_futex_wait(word, value, deadline_ns, flags | FUTEX_FLAG_INTERRUPTIBLE, bits);
        if (status != STATUS_INTERRUPTED)
            return errno_of(status);
        if (signal_collect(self))
            return relative && deadline_ns != DEADLINE_NONE ? -EINTR : RESULT_RESTART;
    }
}

static long futex_wait(struct posix_thread *self, const uint32_t *word, unsigned operation, uint32_t value, const struct posix_time *user_timeout, unsigned flags, uint32_t bits)
{
    uint64_t deadline_ns = DEADLINE_NONE;
    struct posix_time timeout;
    bool relative = (operation & 127) == WAIT;
    if (!bits)
        return -EINVAL;
    if (user_timeout) {
        if (USER_READ(timeout, user_timeout) < 0)
            return -EFAULT;
        long result = clock_deadline(relative ? CLOCK_MONOTONIC : operation & OPERATION_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, &timeout, !relative, &deadline_ns);
        if (result < 0)
            return result;
    }
    return futex_wait_until(self, word, value, deadline_ns, flags, bits, relative);
}

static long wake(const uint32_t *word, uint64_t count, unsigned flags, uint32_t bits)
{
    uint64_t woken;
    enum status status = os_futex_wake((uaddr_t)word, count, flags, bits, &woken);
    return status == STATUS_OK ? (long)woken : errno_of(status);
}

/* The arithmetic of FUTEX_WAKE_OP: change the word, tell whether the old value meets the comparison; -EINVAL. */
static long change_word(uint32_t *word, uint32_t encoded)
{
    _Atomic uint32_t *atomic = (_Atomic uint32_t *)word;
    uint32_t operand = encoded >> 12 & 0xfff, against = encoded & 0xfff, old;
    if (encoded >> 31)
        operand = 1u << (operand & 31);
    switch (encoded >> 28 & 7) {
    case 0: old = atomic_exchange(atomic, operand); break;
    case 1: old = atomic_fetch_add(atomic, operand); break;
    case 2: old = atomic_fetch_or(atomic, operand); break;
    case 3: old = atomic_fetch_and(atomic, ~operand); break;
    case 4: old = atomic_fetch_xor(atomic, operand); break;
    default: return -EINVAL;
    }
    int32_t signed_old = (int32_t)old, signed_against = (int32_t)(against << 20) >> 20;
    switch (encoded >> 24 & 15) {
    case 0: return signed_old == signed_against;
    case 1: return signed_old != signed_against;
    case 2: return signed_old < signed_against;
    case 3: return signed_old <= signed_against;
    case 4: return signed_old > signed_against;
    case 5: return signed_old >= signed_against;
    default: return -EINVAL;
    }
}

static long wake_operation(const uint32_t *word, uint32_t count, uint64_t other_count, uint32_t *other, uint32_t encoded, unsigned flags)
{
    if (!user_range(other, sizeof *other))
        return -EFAULT;
    long met = change_word(other, encoded);
    if (met < 0)
        return met;
    long woken = wake(word, count, flags, UINT32_MAX);
    if (woken >= 0 && met) {
        long more = wake(other, other_count, flags, UINT32_MAX);
        woken = more < 0 ? more : woken + more;
    }
    return woken;
}

static long requeue(const uint32_t *word, uint32_t count, const uint32_t *other, uint64_t move, unsigned flags, uint32_t expected)
{
    uint64_t done;
    if (!user_range(other, sizeof *other))
        return -EFAULT;
    enum status status = os_futex_requeue((uaddr_t)word, count, (uaddr_t)other, move, flags, expected, &done);
    return status == STATUS_OK ? (long)done : errno_of(status);
}

static long lock(struct posix_thread *self, uint32_t *word, unsigned operation, const struct posix_time *user_timeout, unsigned flags)
{
    uint64_t deadline_ns = DEADLINE_NONE;
    struct posix_time timeout;
    bool realtime = (operation & 127) == LOCK || operation & OPERATION_REALTIME;
    if (user_timeout) {
        if (USER_READ(timeout, user_timeout) < 0)
            return -EFAULT;
        long result = clock_deadline(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, &timeout, true, &deadline_ns);
        if (result < 0)
            return result;
    }
    return lock_take(self, word, flags, deadline_ns);
}

/* Wait on the word, to be sent on to the lock: each of those who are woken takes it by itself, the most urgent first. */
static long wait_requeue(struct posix_thread *self, uint32_t *word, unsigned operation, uint32_t value, const struct posix_time *user_timeout, uint32_t *lock_word, unsigned flags)
{
    if (!user_range(lock_word, sizeof *lock_word))
        return -EFAULT;
    if (word == lock_word || (uint64_t)lock_word & 3)
        return -EINVAL;
    long result = futex_wait(self, word, WAIT_BITS | (operation & ~127u), value, user_timeout, flags, UINT32_MAX);
    return result != 0 ? result : lock(self, lock_word, LOCK_2 | (operation & ~127u), user_timeout, flags);
}

static long compare_requeue(const uint32_t *word, uint32_t count, const uint32_t *other, uint64_t move, unsigned flags, uint32_t expected)
{
    if (count != 1 || word == other)
        return -EINVAL;
    if (!user_range(other, sizeof *other))
        return -EFAULT;
    uint64_t done, most = move < INT32_MAX ? 1 + move : INT32_MAX;
    enum status status = os_futex_requeue((uaddr_t)word, most, (uaddr_t)word, 0, flags | FUTEX_FLAG_COMPARE, expected, &done);
    return status == STATUS_OK ? (long)done : errno_of(status);
}

/* What is common to the operations on locks. */
static long lock_operation(struct posix_thread *self, uint32_t *word, unsigned operation, uint32_t value, uint64_t timeout_or_count, uint32_t *other, uint32_t value3, unsigned flags)
{
    uint32_t seen;
    if (USER_READ(seen, word) < 0)
        return -EFAULT;
    switch (operation & 127) {
    case LOCK:
    case LOCK_2: return lock(self, word, operation, (const struct posix_time *)timeout_or_count, flags);
    case TRY_LOCK: return lock_try(self, word);
    case UNLOCK: return lock_give_up(self, word, flags);
    case WAIT_REQUEUE_LOCK: return wait_requeue(self, word, operation, value, (const struct posix_time *)timeout_or_count, other, flags);
    default: return compare_requeue(word, value, other, timeout_or_count, flags, value3);
    }
}

long posix_futex(struct posix_thread *self, uint32_t *user_word, unsigned operation, uint32_t value, uint64_t timeout_or_count, uint32_t *user_other, uint32_t value3)
{
    unsigned flags = operation & OPERATION_PRIVATE ? 0 : FUTEX_FLAG_SHARED;
    if ((uint64_t)user_word & 3)
        return -EINVAL;
    if (!user_range(user_word, sizeof *user_word))
        return -EFAULT;
    switch (operation & 127) {
    case WAIT: return futex_wait(self, user_word, operation, value, (const struct posix_time *)timeout_or_count, flags, UINT32_MAX);
    case WAIT_BITS: return futex_wait(self, user_word, operation, value, (const struct posix_time *)timeout_or_count, flags, value3);
    case WAKE: return wake(user_word, value, flags, UINT32_MAX);
    case WAKE_BITS: return value3 ? wake(user_word, value, flags, value3) : -EINVAL;
    case REQUEUE: return requeue(user_word, value, user_other, timeout_or_count, flags, 0);
    case COMPARE_REQUEUE: return requeue(user_word, value, user_other, timeout_or_count, flags | FUTEX_FLAG_COMPARE, value3);
    case WAKE_OPERATION: return wake_operation(user_word, value, timeout_or_count, user_other, value3, flags);
    case LOCK:
    case LOCK_2:
    case TRY_LOCK:
    case UNLOCK:
    case WAIT_REQUEUE_LOCK:
    case COMPARE_REQUEUE_LOCK: return lock_operation(self, user_word, operation, value, timeout_or_count, user_other, value3, flags);
    default: return -ENOSYS;
    }
}
