/* locks.c: advisory locks, kept by the server of the file. */
#include "locks.h"
#include "native.h"
#include "signal.h"
#include "user.h"
#include <file.h>

enum { WHENCE_SET = 0, WHENCE_CURRENT = 1, WHENCE_END = 2 };

/* Start of the range from the file's beginning. */
static long absolute_start(cap_t object, struct posix_lock *lock)
{
    uint64_t base = 0;
    enum status status = STATUS_OK;
    struct file_stat stat;
    if (lock->whence == WHENCE_CURRENT)
        status = file_seek(object, 0, WHENCE_CURRENT, &base);
    else if (lock->whence == WHENCE_END && (status = file_stat(object, &stat, sizeof stat)) == STATUS_OK)
        base = stat.size;
    else if (lock->whence != WHENCE_SET && lock->whence != WHENCE_END)
        return -EINVAL;
    if (status != STATUS_OK)
        return errno_of(status);
    lock->start += (int64_t)base;
    if (lock->length < 0) {
        lock->start += lock->length;
        lock->length = -lock->length;
    }
    return lock->start < 0 ? -EINVAL : 0;
}

static long lock_call(struct posix_thread *self, cap_t object, unsigned operation, struct posix_lock *lock)
{
    uint64_t kind, at, size, pid;
    enum status status;
    do
        status = INTERRUPTIBLE(self, file_lock(object, operation, (uint64_t)lock->start, (uint64_t)lock->length, PROCESS->pid, &kind, &at, &size, &pid));
    while (status == STATUS_INTERRUPTED && !signal_collect(self));
    if (status == STATUS_INTERRUPTED) {
        status = file_lock(object, operation & ~FILE_LOCK_WAIT, (uint64_t)lock->start, (uint64_t)lock->length, PROCESS->pid, &kind, &at, &size, &pid);
        if (status == STATUS_WOULD_BLOCK)
            return RESULT_RESTART;
    }
    if (status != STATUS_OK || !(operation & FILE_LOCK_TEST))
        return errno_of(status);
    lock->type = (int16_t)kind;
    if (kind != FILE_LOCK_NONE)
        *lock = (struct posix_lock){.type = (int16_t)kind, .start = (int64_t)at, .length = (int64_t)size, .pid = (int32_t)pid};
    return 0;
}

long lock_fcntl(struct posix_thread *self, struct descriptor *descriptor, enum lock_command command, struct posix_lock *user_lock)
{
    struct posix_lock lock;
    cap_t object = descriptor->object;
    long result = USER_READ(lock, user_lock);
    if (result == 0 && (unsigned)lock.type > FILE_LOCK_NONE)
        result = -EINVAL;
    if (result == 0)
        result = absolute_start(object, &lock);
    if (result < 0)
        return result;
    unsigned operation = (unsigned)lock.type | (command == LOCK_SET_WAIT ? FILE_LOCK_WAIT : command == LOCK_GET ? FILE_LOCK_TEST : 0);
    if (command != LOCK_GET && (unsigned)lock.type != FILE_LOCK_NONE)
        descriptor->flags |= DESCRIPTOR_LOCKS;
    result = lock_call(self, object, operation, &lock);
    return result == 0 && command == LOCK_GET ? USER_WRITE(user_lock, lock) : result;
}

long posix_flock(struct posix_thread *self, int number, unsigned operation)
{
    enum { SHARED = 1, EXCLUSIVE = 2, NO_WAIT = 4, UNLOCK = 8 };
    struct posix_lock whole = {};
    cap_t object = descriptor_object(number);
    unsigned wait = operation & NO_WAIT ? 0 : FILE_LOCK_WAIT;
    if (object == CAP_NULL)
        return -EBADF;
    switch (operation & ~(unsigned)NO_WAIT) {
    case SHARED: return lock_call(self, object, FILE_LOCK_WHOLE | FILE_LOCK_SHARED | wait, &whole);
    case EXCLUSIVE: return lock_call(self, object, FILE_LOCK_WHOLE | FILE_LOCK_EXCLUSIVE | wait, &whole);
    case UNLOCK: return lock_call(self, object, FILE_LOCK_WHOLE | FILE_LOCK_NONE, &whole);
    default: return -EINVAL;
    }
}

void lock_release_all(cap_t object)
{
    uint64_t kind, at, size, pid;
    ignore(file_lock(object, FILE_LOCK_NONE, 0, 0, PROCESS->pid, &kind, &at, &size, &pid));
}
