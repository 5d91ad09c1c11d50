/* errno.c: status to errno, once for all. */
#include "errno.h"

static const unsigned char number_of_status[] = {
    [-STATUS_OK] = 0,
    [-STATUS_INVALID_HANDLE] = EBADF,
    [-STATUS_WRONG_TYPE] = EINVAL,
    [-STATUS_NO_RIGHTS] = EACCES,
    [-STATUS_INVALID_ARGUMENT] = EINVAL,
    [-STATUS_NO_MEMORY] = ENOMEM,
    [-STATUS_LEDGER_SPENT] = ENOMEM,
    [-STATUS_BAD_ADDRESS] = EFAULT,
    [-STATUS_WOULD_BLOCK] = EAGAIN,
    [-STATUS_TIMED_OUT] = ETIMEDOUT,
    [-STATUS_INTERRUPTED] = EINTR,
    [-STATUS_PEER_GONE] = EIO,
    [-STATUS_NOT_SUPPORTED] = ENOSYS,
    [-STATUS_OVERLAP] = EEXIST,
    [-STATUS_OUT_OF_RANGE] = EINVAL,
    [-STATUS_BAD_STATE] = EINVAL,
    [-STATUS_TABLE_FULL] = ENFILE,
    [-STATUS_ALREADY_BOUND] = EBUSY,
    [-STATUS_VALUE_CHANGED] = EAGAIN,
    [-STATUS_DEFERRED] = EIO,
    [-STATUS_NOT_FOUND] = ENOENT,
    [-STATUS_EXISTS] = EEXIST,
    [-STATUS_NOT_DIRECTORY] = ENOTDIR,
    [-STATUS_IS_DIRECTORY] = EISDIR,
    [-STATUS_NOT_EMPTY] = ENOTEMPTY,
    [-STATUS_ACCESS_DENIED] = EACCES,
    [-STATUS_NOT_PERMITTED] = EPERM,
    [-STATUS_NAME_TOO_LONG] = ENAMETOOLONG,
    [-STATUS_TOO_MANY_LINKS] = ELOOP,
    [-STATUS_NO_SPACE] = ENOSPC,
    [-STATUS_READ_ONLY] = EROFS,
    [-STATUS_BROKEN_PIPE] = EPIPE,
    [-STATUS_NOT_SEEKABLE] = ESPIPE,
    [-STATUS_CROSS_DEVICE] = EXDEV,
    [-STATUS_NO_CHILD] = ECHILD,
    [-STATUS_NO_PROCESS] = ESRCH,
    [-STATUS_NOT_TERMINAL] = ENOTTY,
    [-STATUS_BAD_FORMAT] = ENOEXEC,
    [-STATUS_IO_ERROR] = EIO,
    [-STATUS_BUSY] = EBUSY,
    [-STATUS_NO_DEVICE] = ENODEV,
    [-STATUS_TOO_BIG] = E2BIG,
    [-STATUS_UNKNOWN_SESSION] = EIO,
    [-STATUS_STOPPED] = EINTR,
    [-STATUS_BACKGROUND] = EIO,
    [-STATUS_DEADLOCK] = EDEADLK,
};

long errno_of(enum status status)
{
    unsigned index = -(unsigned)status;
    if (status == STATUS_OK)
        return 0;
    return index < sizeof number_of_status && number_of_status[index] ? -(long)number_of_status[index] : -EIO;
}
