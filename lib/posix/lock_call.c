/* lock_call.c: locks whose owner inherits the priority of those who wait: FUTEX_LOCK_PI and the like, over the kernel's locks. The word holds
 * the owner's thread id. Not here: waits without a lock (futex_call.c).
 * The owner is known to the kernel where it is a thread of this process: another process's waits, but lends nothing. */
#include "lock_call.h"
#include "native.h"
#include "process.h"
#include "signal.h"
#include "user.h"

/* The capability to the thread with this id; CAP_NULL: it is not of this process. */
static cap_t owner_of(uint32_t tid)
{
    os_lock(&process.threads_lock);
    struct posix_thread *thread = thread_find_locked(tid);
    cap_t handle = thread ? thread->handle : CAP_NULL;
    os_unlock(&process.threads_lock);
    return handle;
}

/* One look at the word. Returns: 0 taken, -EAGAIN: *value says who has it, or that only the kernel knows, -EDEADLK. */
static long try_once(struct posix_thread *self, _Atomic uint32_t *word, uint32_t *value)
{
    *value = *word;
    while ((*value & (FUTEX_NUMBER_MASK | FUTEX_WAITERS)) == 0)
        if (atomic_compare_exchange_weak(word, value, *value | self->tid))
            return 0;
    return (*value & FUTEX_NUMBER_MASK) == self->tid ? -EDEADLK : -EAGAIN;
}

long lock_try(struct posix_thread *self, uint32_t *word)
{
    uint32_t value;
    return try_once(self, (_Atomic uint32_t *)word, &value);
}

static long wait_for(struct posix_thread *self, _Atomic uint32_t *word, uint32_t value, unsigned flags, uint64_t deadline_ns)
{
    cap_t owner = value & FUTEX_NUMBER_MASK ? owner_of(value & FUTEX_NUMBER_MASK) : CAP_NULL;
    if (owner == CAP_NULL && value & FUTEX_NUMBER_MASK && !(flags & FUTEX_FLAG_SHARED))
        return *word == value ? -ESRCH : 0;
    if (!(value & FUTEX_WAITERS) && !atomic_compare_exchange_strong(word, &value, value | FUTEX_WAITERS))
        return 0;
    value |= FUTEX_WAITERS;
    enum status status = os_futex_lock((const void *)word, value, deadline_ns, flags | FUTEX_FLAG_INTERRUPTIBLE, self->tid, owner);
    switch (status) {
    case STATUS_OK: return 1;
    case STATUS_VALUE_CHANGED: return 0;
    case STATUS_INTERRUPTED: return signal_collect(self) ? RESULT_AGAIN : 0;
    case STATUS_INVALID_HANDLE: /* it ended in between */
    case STATUS_PEER_GONE: return *word == value ? -ESRCH : 0;
    default: return errno_of(status);
    }
}

long lock_take(struct posix_thread *self, uint32_t *word, unsigned flags, uint64_t deadline_ns)
{
    for (;;) {
        uint32_t value;
        long result = try_once(self, (_Atomic uint32_t *)word, &value);
        if (result != -EAGAIN)
            return result;
        result = wait_for(self, (_Atomic uint32_t *)word, value, flags, deadline_ns);
        if (result != 0)
            return result == 1 ? 0 : result;
    }
}

long lock_give_up(struct posix_thread *self, uint32_t *word, unsigned flags)
{
    uint32_t value = *(_Atomic uint32_t *)word;
    if ((value & FUTEX_NUMBER_MASK) != self->tid)
        return -EPERM;
    if (!(value & FUTEX_WAITERS) && atomic_compare_exchange_strong((_Atomic uint32_t *)word, &value, 0))
        return 0;
    return errno_of(os_futex_unlock((uaddr_t)word, flags));
}
