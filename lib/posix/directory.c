/* directory.c: the working directory and the file mode mask. */
#include "descriptor.h"
#include "names.h"
#include "open.h"
#include "pool.h"
#include "session.h"
#include "user.h"

static long set_directory(const char *text, size_t length)
{
    char *copy = pool_string(text, length);
    if (!copy)
        return -ENOMEM;
    os_lock(&process.names_lock);
    char *old = process.working_directory;
    process.working_directory = copy;
    os_unlock(&process.names_lock);
    pool_string_free(old);
    ignore(process_set_working_directory(POSIX_CAP_PROCESS, text, length));
    return 0;
}

long posix_change_directory(const char *user_path)
{
    struct path path;
    struct opened opened;
    long result = path_get(&path, AT_WORKING_DIRECTORY, user_path);
    if (result == 0)
        result = errno_of(WITH_SESSION(vfs_access(session, 1, 0, path.text, path.length)));
    if (result == 0)
        result = open_path(&path, OPEN_PATH | OPEN_DIRECTORY, 0, &opened);
    if (result != 0)
        return result;
    ignore(os_cap_drop(opened.object));
    return opened.kind == KIND_DIRECTORY ? set_directory(path.text, path.length) : -ENOTDIR;
}

long posix_change_directory_descriptor(int number)
{
    struct path path;
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor)
        return -EBADF;
    os_lock(&process.descriptors_lock);
    long result = descriptor->kind == KIND_DIRECTORY && descriptor->path ? (long)strlen(descriptor->path) : -ENOTDIR;
    if (result > 0)
        memcpy(path.buffer, descriptor->path, (size_t)result + 1);
    os_unlock(&process.descriptors_lock);
    if (result < 0)
        return result;
    long allowed = errno_of(WITH_SESSION(vfs_access(session, 1, 0, path.buffer, (size_t)result)));
    return allowed < 0 ? allowed : set_directory(path.buffer, (size_t)result);
}

long posix_get_directory(char *user_buffer, size_t length)
{
    os_lock(&process.names_lock);
    size_t needed = strlen(process.working_directory) + 1;
    long result = needed > length ? -ERANGE : user_write(user_buffer, process.working_directory, needed);
    os_unlock(&process.names_lock);
    return result < 0 ? result : (long)needed;
}

long posix_umask(unsigned mask)
{
    uint64_t old_known;
    uint32_t old = atomic_exchange(&process.umask, mask & 0777);
    if (old != (mask & 0777))
        ignore(process_umask(POSIX_CAP_PROCESS, 1, mask & 0777, &old_known));
    return old;
}
