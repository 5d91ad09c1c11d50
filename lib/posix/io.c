/* io.c: read and write: one message each, the data by window. */
#include "io.h"
#include "descriptor.h"
#include "native.h"
#include "pool.h"
#include "signal.h"
#include "user.h"
#include <file.h>

#define LENGTH_MOST 0x7ffff000ull

/* How a message is sent: files of a file system do not let it wait for long, so a signal waits for them. */
#define HOW_STEADY MESSAGE_HAS_WINDOWS
#define HOW_INTERRUPTIBLE (MESSAGE_HAS_WINDOWS | MESSAGE_INTERRUPTIBLE)

/* One read or write message, nothing but a signal considered. Returns: the count, or a result. */
static inline enum status transfer(struct posix_thread *self, cap_t object, uint64_t operation, uint64_t offset, uint64_t flags, uint64_t how,
                                   const void *buffer, size_t length, uint64_t *count)
{
    struct thread_page *page = page_of(self);
    if (operation == FILE_READ) {
        page->in_length = 0;
        page->out_base = (uint64_t)buffer;
        page->out_length = length;
    } else {
        page->out_length = 0;
        page->in_base = (uint64_t)buffer;
        page->in_length = length;
    }
    uint64_t r[8] = {object, FILE_LABEL(operation), offset, flags | FILE_CALLER(PROCESS->group), os_any(), os_any(), os_any(), os_any()};
    enum status status = native_call(how, r);
    *count = r[2];
    return status;
}

/* What is not plain success. Returns: 0 to try again, or the result. */
[[gnu::noinline]] static long trouble(struct posix_thread *self, uint64_t operation, enum status status, uint64_t *flags)
{
    switch (status) {
    case STATUS_IO_ERROR: /* also a terminal's answer to an orphaned group in the background, which may write all the same */
        if (operation != FILE_WRITE || *flags & FILE_ANYWAY || !signal_unwanted(self, SIGTTOU))
            return -EIO;
        *flags |= FILE_ANYWAY;
        return 0;
    case STATUS_BACKGROUND:
        if (operation == FILE_WRITE && signal_unwanted(self, SIGTTOU)) {
            if (*flags & FILE_ANYWAY)
                return -EIO;
            *flags |= FILE_ANYWAY;
            return 0;
        }
        return signal_background(self, operation == FILE_READ ? SIGTTIN : SIGTTOU);
    case STATUS_PEER_GONE: /* the server died: the next instance may know the description; a write might have been done */
        if (operation != FILE_READ || *flags & FILE_AGAIN)
            return -EIO;
        *flags |= FILE_AGAIN;
        return 0;
    case STATUS_BROKEN_PIPE:
        signal_raise(self, SIGPIPE);
        return -EPIPE;
    default:
        return errno_of(status);
    }
}

/* A signal with a handler came before the server took the message: what can be done at once is done all the same, as the caller may expect
 * that only what would wait is interrupted. Returns: the count, or RESULT_RESTART. */
[[gnu::noinline]] static long transfer_at_once(struct posix_thread *self, cap_t object, uint64_t operation, uint64_t offset, uint64_t flags,
                                               const void *buffer, size_t length)
{
    uint64_t count;
    enum status status = transfer(self, object, operation, offset, flags | FILE_NO_WAIT, HOW_STEADY, buffer, length, &count);
    return status == STATUS_OK ? (long)count : RESULT_RESTART; /* other errors come again when the program tries again */
}

/* A server may take a part of a write at a time (a pipe never holds a write of which a part is gone): the rest is offered again, and what
 * went in counts when the rest fails. */
static inline long transfer_all(struct posix_thread *self, cap_t object, uint64_t operation, uint64_t offset, uint64_t flags, uint64_t how,
                                const void *buffer, size_t length)
{
    uint64_t count, done = 0;
    for (;;) {
        enum status status = transfer(self, object, operation, offset, flags, how, (const char *)buffer + done, length - done, &count);
        if (status == STATUS_OK) [[clang::likely]] {
            done += count;
            if (operation == FILE_READ || count == 0 || done >= length) [[clang::likely]]
                return (long)done;
            if (offset != FILE_POSITION)
                offset += count;
            continue;
        }
        if (status == STATUS_INTERRUPTED) {
            if (!signal_collect(self))
                continue;
            long rest = transfer_at_once(self, object, operation, offset, flags, (const char *)buffer + done, length - done);
            return rest >= 0 ? (long)done + rest : done ? (long)done : rest;
        }
        long result = trouble(self, operation, status, &flags);
        if (result)
            return done ? (long)done : result;
    }
}

static inline long descriptor_transfer(struct posix_thread *self, int number, uint64_t operation, uint64_t offset, const void *user_buffer, size_t length)
{
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor || descriptor->flags & DESCRIPTOR_PATH_ONLY) [[clang::unlikely]]
        return -EBADF;
    cap_t object = descriptor->object;
    uint64_t how = descriptor->kind == KIND_REGULAR ? HOW_STEADY : HOW_INTERRUPTIBLE;
    if (length > LENGTH_MOST)
        length = LENGTH_MOST;
    if (!user_range(user_buffer, length)) [[clang::unlikely]]
        return -EFAULT;
    return transfer_all(self, object, operation, offset, 0, how, user_buffer, length);
}

long io_transfer(struct posix_thread *self, cap_t object, bool writes, uint64_t offset, unsigned flags, const void *buffer, size_t length)
{
    return transfer_all(self, object, writes ? FILE_WRITE : FILE_READ, offset, flags, HOW_INTERRUPTIBLE, buffer, length);
}

long posix_read(struct posix_thread *self, int number, void *user_buffer, size_t length)
{
    return descriptor_transfer(self, number, FILE_READ, FILE_POSITION, user_buffer, length);
}

long posix_write(struct posix_thread *self, int number, const void *user_buffer, size_t length)
{
    return descriptor_transfer(self, number, FILE_WRITE, FILE_POSITION, user_buffer, length);
}

long posix_pread(struct posix_thread *self, int number, void *user_buffer, size_t length, int64_t offset)
{
    return offset < 0 ? -EINVAL : descriptor_transfer(self, number, FILE_READ, (uint64_t)offset, user_buffer, length);
}

long posix_pwrite(struct posix_thread *self, int number, const void *user_buffer, size_t length, int64_t offset)
{
    return offset < 0 ? -EINVAL : descriptor_transfer(self, number, FILE_WRITE, (uint64_t)offset, user_buffer, length);
}

/* --- from descriptor to descriptor ----------------------------------------------------------------------------------------------------- */

#define COPY_PIECE 0x10000u

/* Copy up to length bytes from a regular file. *from and *to: offsets, or FILE_POSITION; those that are offsets move. */
static long copy_between(struct posix_thread *self, cap_t from_object, uint64_t *from, cap_t to_object, uint64_t *to, size_t length)
{
    long done = 0, result = 0;
    char *buffer = pool_allocate(COPY_PIECE);
    if (!buffer)
        return -ENOMEM;
    while ((size_t)done < length) {
        size_t piece = length - (size_t)done < COPY_PIECE ? length - (size_t)done : COPY_PIECE;
        long got = result = io_transfer(self, from_object, false, *from, 0, buffer, piece);
        if (got <= 0)
            break;
        result = io_transfer(self, to_object, true, *to, 0, buffer, (size_t)got);
        uint64_t moved = result < 0 ? 0 : (uint64_t)result;
        uint64_t position;
        if (*from != FILE_POSITION)
            *from += moved;
        else if (moved < (uint64_t)got) /* what was read but not written is still to be read */
            ignore(file_seek(from_object, (int64_t)moved - got, 1, &position));
        if (*to != FILE_POSITION)
            *to += moved;
        if (result < 0)
            break;
        done += result;
        if (result < got)
            break;
    }
    pool_free(buffer, COPY_PIECE);
    return done ? done : result;
}

static long offset_get(int64_t *user_offset, uint64_t *offset)
{
    int64_t value;
    *offset = FILE_POSITION;
    if (!user_offset)
        return 0;
    long result = USER_READ(value, user_offset);
    if (result == 0 && value < 0)
        return -EINVAL;
    *offset = (uint64_t)value;
    return result;
}

static long offset_put(int64_t *user_offset, uint64_t offset)
{
    return user_offset ? USER_WRITE(user_offset, offset) : 0;
}

/* As on Linux not from terminals, pipes and the like: what they say once, such as an end of file, would be lost behind the bytes before it. */
long posix_sendfile(struct posix_thread *self, int to, int from, int64_t *user_offset, size_t length)
{
    cap_t from_object = descriptor_object(from), to_object = descriptor_object(to);
    uint64_t from_offset, to_offset = FILE_POSITION;
    if (from_object == CAP_NULL || to_object == CAP_NULL)
        return -EBADF;
    if (descriptor_find(from)->kind != KIND_REGULAR)
        return -EINVAL;
    long result = offset_get(user_offset, &from_offset);
    if (result < 0)
        return result;
    if (length > LENGTH_MOST)
        length = LENGTH_MOST;
    result = copy_between(self, from_object, &from_offset, to_object, &to_offset, length);
    return result < 0 ? result : offset_put(user_offset, from_offset) < 0 ? -EFAULT : result;
}

long posix_copy_range(struct posix_thread *self, int from, int64_t *user_from, int to, int64_t *user_to, size_t length, unsigned flags)
{
    cap_t from_object = descriptor_object(from), to_object = descriptor_object(to);
    uint64_t from_offset, to_offset;
    if (from_object == CAP_NULL || to_object == CAP_NULL)
        return -EBADF;
    if (flags || descriptor_find(from)->kind != KIND_REGULAR || descriptor_find(to)->kind != KIND_REGULAR)
        return -EINVAL;
    long result = offset_get(user_from, &from_offset);
    if (result == 0)
        result = offset_get(user_to, &to_offset);
    if (result != 0)
        return result;
    result = copy_between(self, from_object, &from_offset, to_object, &to_offset, length > LENGTH_MOST ? LENGTH_MOST : length);
    if (result >= 0 && (offset_put(user_from, from_offset) < 0 || offset_put(user_to, to_offset) < 0))
        return -EFAULT;
    return result;
}

/* --- the rest ---------------------------------------------------------------------------------------------------------------------------- */

long posix_seek(int number, int64_t offset, unsigned whence)
{
    uint64_t position;
    cap_t object = descriptor_object(number);
    if (object == CAP_NULL)
        return -EBADF;
    enum status status = file_seek(object, offset, whence, &position);
    return status == STATUS_OK ? (long)position : errno_of(status);
}

long posix_truncate_descriptor(int number, int64_t size)
{
    cap_t object = descriptor_object(number);
    if (object == CAP_NULL)
        return -EBADF;
    return size < 0 ? -EINVAL : errno_of(file_truncate(object, (uint64_t)size));
}

long posix_allocate(int number, unsigned mode, int64_t offset, int64_t length)
{
    cap_t object = descriptor_object(number);
    if (object == CAP_NULL)
        return -EBADF;
    if (offset < 0 || length <= 0)
        return -EINVAL;
    enum status status = file_allocate(object, mode, (uint64_t)offset, (uint64_t)length);
    return status == STATUS_NOT_SUPPORTED ? -EOPNOTSUPP : errno_of(status);
}

long posix_sync(int number)
{
    cap_t object = descriptor_object(number);
    if (object == CAP_NULL)
        return -EBADF;
    enum status status = file_sync(object);
    return status == STATUS_NOT_SUPPORTED ? -EINVAL : errno_of(status);
}
