/* open.c: open, close, dup, pipe. */
#include "open.h"
#include "descriptor.h"
#include "locks.h"
#include "pool.h"
#include "session.h"
#include "signal.h"
#include "user.h"

/* A path that names a descriptor of this process: another description of the same object, or the program's own file. */
static long open_special(struct path *path, struct opened *opened)
{
    int number = path_descriptor(path->text, PROCESS->pid);
    if (number >= 0) {
        struct descriptor *descriptor = descriptor_find(number);
        if (!descriptor)
            return -ENOENT;
        opened->kind = descriptor->kind;
        enum status status = file_duplicate(descriptor->object, &opened->object);
        if (status == STATUS_NOT_SUPPORTED) /* pipes and terminals have no other description to give: share this one */
            status = os_cap_duplicate(descriptor->object, &opened->object);
        return status == STATUS_OK ? 1 : errno_of(status);
    }
    return path_follow_executable(path);
}

/* No file's opening waits for long, so a signal waits for it. */
static long open_named(struct path *path, unsigned flags, unsigned mode, struct opened *opened)
{
    char resolved[PATH_LIMIT];
    uint64_t kind = 0, device = 0, inode = 0, length = 0;
    mode &= ~process.umask & 07777u;
    enum status status = WITH_SESSION(vfs_open(session, flags & ~OPEN_CLOSE_ON_EXEC, mode, path->text, path->length, resolved, sizeof resolved,
                                               &kind, &device, &inode, &length, &opened->object));
    if (status != STATUS_OK)
        return errno_of(status);
    opened->kind = (unsigned)kind >> 12;
    opened->inode = inode;
    if (length && length < sizeof resolved) {
        memcpy(path->buffer, resolved, length);
        path->buffer[length] = 0;
        path->text = path->buffer;
        path->length = opened->resolved_length = length;
    }
    return 0;
}

long open_path(struct path *path, unsigned flags, unsigned mode, struct opened *opened)
{
    *opened = (struct opened){};
    if (path->text[1] == 'd' || path->text[1] == 'p') { /* /dev/fd, /proc/<pid>/fd */
        long special = open_special(path, opened);
        if (special)
            return special < 0 ? special : 0;
    }
    return open_named(path, flags, mode, opened);
}

static unsigned descriptor_flags(unsigned open_flags)
{
    return (open_flags & OPEN_CLOSE_ON_EXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0u) | (open_flags & OPEN_PATH ? DESCRIPTOR_PATH_ONLY : 0u);
}

/* Give the object a descriptor, or drop it. */
static long install(cap_t object, unsigned kind, unsigned flags, char *path, unsigned from)
{
    long number = descriptor_add(object, kind, flags, path, from);
    if (number < 0) {
        ignore(os_cap_drop(object));
        pool_string_free(path);
    }
    return number;
}

long posix_open(int directory, const char *user_path, unsigned flags, unsigned mode)
{
    struct path path;
    struct opened opened;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    result = open_path(&path, flags, mode, &opened);
    if (result < 0)
        return result;
    char *kept = NULL;
    if (opened.kind == KIND_DIRECTORY || flags & OPEN_PATH) {
        kept = pool_string(path.text, path.length);
        if (!kept) {
            ignore(os_cap_drop(opened.object));
            return -ENOMEM;
        }
    }
    return install(opened.object, opened.kind, descriptor_flags(flags), kept, 0);
}

long posix_close(int number)
{
    return descriptor_close((unsigned)number);
}

long posix_close_range(unsigned first, unsigned last, unsigned flags)
{
    if (first > last || flags & ~6u)
        return -EINVAL;
    if (last >= descriptors.highest)
        last = descriptors.highest;
    for (unsigned number = first; number <= last; number++) {
        if (!(flags & 4u)) {
            (void)descriptor_close(number);
            continue;
        }
        os_lock(&process.descriptors_lock);
        struct descriptor *descriptor = descriptor_find((int)number);
        if (descriptor)
            descriptor->flags |= DESCRIPTOR_CLOSE_ON_EXEC;
        os_unlock(&process.descriptors_lock);
    }
    return 0;
}

/* A second capability for what the descriptor holds. */
static long copy_of(int number, struct descriptor *copy)
{
    long result = 0;
    os_lock(&process.descriptors_lock);
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor) {
        os_unlock(&process.descriptors_lock);
        return -EBADF;
    }
    *copy = *descriptor;
    copy->flags &= DESCRIPTOR_PATH_ONLY;
    if (copy->path && !(copy->path = pool_string(copy->path, strlen(copy->path))))
        result = -ENOMEM;
    cap_t object = CAP_NULL;
    if (result == 0)
        result = errno_of(os_cap_duplicate(descriptor->object, &object));
    copy->object = object;
    os_unlock(&process.descriptors_lock);
    if (result < 0)
        pool_string_free(copy->path);
    return result;
}

static long duplicate(int number, unsigned flags, unsigned from)
{
    struct descriptor copy;
    long result = copy_of(number, &copy);
    return result < 0 ? result : install(copy.object, copy.kind, copy.flags | flags, copy.path, from);
}

long posix_dup(int number)
{
    return duplicate(number, 0, 0);
}

long posix_dup_to(int number, int target, unsigned flags, bool same_is_error)
{
    struct descriptor copy;
    if (flags & ~OPEN_CLOSE_ON_EXEC)
        return -EINVAL;
    if (number == target)
        return same_is_error ? -EINVAL : descriptor_find(number) ? number : -EBADF;
    long result = copy_of(number, &copy);
    if (result < 0)
        return result;
    result = descriptor_replace((unsigned)target, copy.object, copy.kind, copy.flags | descriptor_flags(flags), copy.path);
    if (result < 0) {
        ignore(os_cap_drop(copy.object));
        pool_string_free(copy.path);
    }
    return result;
}

long open_pipe(int pair[2], unsigned flags)
{
    cap_t reader, writer;
    if (flags & ~(OPEN_CLOSE_ON_EXEC | OPEN_NONBLOCK))
        return -EINVAL;
    enum status status = pipe_create(POSIX_CAP_PIPE, flags & OPEN_NONBLOCK, &reader, &writer);
    if (status != STATUS_OK)
        return errno_of(status);
    long first = install(reader, KIND_FIFO, descriptor_flags(flags), NULL, 0);
    if (first < 0) {
        ignore(os_cap_drop(writer));
        return first;
    }
    long second = install(writer, KIND_FIFO, descriptor_flags(flags), NULL, 0);
    if (second < 0) {
        (void)descriptor_close((unsigned)first);
        return second;
    }
    pair[0] = (int)first;
    pair[1] = (int)second;
    return 0;
}

long posix_pipe(int *user_pair, unsigned flags)
{
    int pair[2];
    if (!user_range(user_pair, sizeof pair))
        return -EFAULT;
    long result = open_pipe(pair, flags);
    return result < 0 ? result : USER_WRITE(user_pair, pair);
}

enum { DUPLICATE = 0, GET_FLAGS = 1, SET_FLAGS = 2, GET_STATUS = 3, SET_STATUS = 4, GET_LOCK = 5, SET_LOCK = 6, SET_LOCK_WAIT = 7,
       DUPLICATE_CLOEXEC = 1030, GET_PIPE_SIZE = 1032 };

static long set_descriptor_flags(int number, uint64_t flags)
{
    os_lock(&process.descriptors_lock);
    struct descriptor *descriptor = descriptor_find(number);
    if (descriptor)
        descriptor->flags = (uint8_t)((descriptor->flags & ~DESCRIPTOR_CLOSE_ON_EXEC) | (flags & 1 ? DESCRIPTOR_CLOSE_ON_EXEC : 0));
    os_unlock(&process.descriptors_lock);
    return descriptor ? 0 : -EBADF;
}

static long status_flags(cap_t object, uint64_t flags)
{
    uint64_t now;
    enum status status = file_set_flags(object, flags, &now);
    if (status != STATUS_OK)
        return errno_of(status);
    return flags == UINT64_MAX ? (long)now : 0;
}

long posix_fcntl(struct posix_thread *self, int number, unsigned command, uint64_t argument)
{
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor)
        return -EBADF;
    switch (command) {
    case DUPLICATE:
        return argument >= DESCRIPTORS_MOST ? -EINVAL : duplicate(number, 0, (unsigned)argument);
    case DUPLICATE_CLOEXEC:
        return argument >= DESCRIPTORS_MOST ? -EINVAL : duplicate(number, DESCRIPTOR_CLOSE_ON_EXEC, (unsigned)argument);
    case GET_FLAGS:
        return descriptor->flags & DESCRIPTOR_CLOSE_ON_EXEC ? 1 : 0;
    case SET_FLAGS:
        return set_descriptor_flags(number, argument);
    case GET_STATUS:
        return descriptor->flags & DESCRIPTOR_PATH_ONLY ? OPEN_PATH : status_flags(descriptor->object, UINT64_MAX);
    case SET_STATUS:
        return status_flags(descriptor->object, argument & (OPEN_APPEND | OPEN_NONBLOCK));
    case GET_LOCK:
    case SET_LOCK:
    case SET_LOCK_WAIT:
        return lock_fcntl(self, descriptor, command - GET_LOCK, (struct posix_lock *)argument);
    case GET_PIPE_SIZE:
        return 65536;
    default:
        return -EINVAL;
    }
}
