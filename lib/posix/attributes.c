/* attributes.c: what is known about a file: stat, access, link text; and changing it: mode, owner, times, size. */
#include "descriptor.h"
#include "names.h"
#include "session.h"
#include "user.h"

#define TIME_NOW 0x3fffffff
#define TIME_OMIT 0x3ffffffe
#define OWNER(uid, gid) ((uint64_t)(uid) | (uint64_t)(gid) << 32)

/* Is it the empty path that AT_EMPTY_PATH allows? */
static bool names_descriptor(const char *user_path, unsigned flags)
{
    char first;
    return flags & AT_EMPTY_PATH && (!user_path || (USER_READ(first, user_path) == 0 && !first));
}

long posix_stat_descriptor(int number, struct file_stat *stat)
{
    struct descriptor *descriptor = descriptor_find(number);
    return descriptor ? errno_of(file_stat(descriptor->object, stat, sizeof *stat)) : -EBADF;
}

long posix_stat(int directory, const char *user_path, unsigned flags, struct file_stat *stat)
{
    struct path path;
    if (names_descriptor(user_path, flags)) {
        if (directory != AT_WORKING_DIRECTORY)
            return posix_stat_descriptor(directory, stat);
        user_path = NULL;
    }
    long result = user_path ? path_get(&path, directory, user_path) : -ENOENT;
    if (result < 0)
        return result;
    int number = flags & AT_NO_FOLLOW ? -1 : path_descriptor(path.text, PROCESS->pid);
    if (number >= 0)
        return posix_stat_descriptor(number, stat);
    if (!(flags & AT_NO_FOLLOW) && (result = path_follow_executable(&path)) < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_stat(session, flags & AT_NO_FOLLOW ? FS_NO_FOLLOW : 0, path.text, path.length, stat, sizeof *stat)));
}

long posix_file_system(const char *user_path, struct fs_status *status)
{
    struct path path;
    long result = path_get(&path, AT_WORKING_DIRECTORY, user_path);
    return result < 0 ? result : errno_of(WITH_SESSION(vfs_status(session, path.text, path.length, status, sizeof *status)));
}

/* The path by which the descriptor's object is known. */
static long descriptor_path(int number, char *to, size_t room)
{
    struct descriptor *descriptor = descriptor_find(number);
    uint64_t length = 0;
    if (!descriptor)
        return -EBADF;
    enum status status = file_path(descriptor->object, to, room, &length);
    return status == STATUS_OK ? (long)(length < room ? length : room) : errno_of(status);
}

long posix_file_system_descriptor(int number, struct fs_status *fs)
{
    char path[PATH_LIMIT];
    long length = descriptor_path(number, path, sizeof path);
    if (length == -EBADF)
        return length;
    if (length <= 0)
        length = 1, path[0] = '/';
    return errno_of(WITH_SESSION(vfs_status(session, path, (size_t)length, fs, sizeof *fs)));
}

long posix_access(int directory, const char *user_path, unsigned mode, unsigned flags)
{
    struct path path;
    struct file_stat stat;
    if (mode & ~7u)
        return -EINVAL;
    if (names_descriptor(user_path, flags))
        return posix_stat_descriptor(directory, &stat);
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    int number = path_descriptor(path.text, PROCESS->pid);
    if (number >= 0)
        return posix_stat_descriptor(number, &stat);
    if (!(flags & AT_NO_FOLLOW) && (result = path_follow_executable(&path)) < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_access(session, mode, flags & AT_NO_FOLLOW ? FS_NO_FOLLOW : 0, path.text, path.length)));
}

/* The text of /proc/<own pid>/fd/N, exe and cwd, which only the runtime knows. Returns: the length, or 0: it is none of these. */
static long own_link(const char *path, char *text)
{
    uint32_t pid = PROCESS->pid;
    struct file_stat stat;
    int number = memcmp(path, "/proc/", 6) == 0 ? path_descriptor(path, pid) : -1;
    if (number >= 0) {
        long length = descriptor_path(number, text, PATH_LIMIT);
        if (length > 0 || length == -EBADF)
            return length > 0 ? length : -ENOENT;
        if (posix_stat_descriptor(number, &stat) < 0)
            return -ENOENT;
        return os_format(text, PATH_LIMIT, "%s:[%llu]", (stat.mode & 0170000) == 0010000 ? "pipe" : "object", (unsigned long long)stat.inode);
    }
    if (!path_executable(path, pid))
        return 0;
    os_lock(&process.names_lock);
    size_t length = process.executable ? strlen(process.executable) : 0;
    memcpy(text, process.executable, length);
    os_unlock(&process.names_lock);
    return length ? (long)length : -ENOENT;
}

long posix_read_link(int directory, const char *user_path, char *user_buffer, size_t length)
{
    struct path path;
    char text[PATH_LIMIT];
    uint64_t answer = 0;
    if ((int64_t)length <= 0)
        return -EINVAL;
    if (!user_range(user_buffer, length))
        return -EFAULT;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    result = own_link(path.text, text);
    if (result == 0) {
        enum status status = WITH_SESSION(vfs_read_link(session, path.text, path.length, text, sizeof text, &answer));
        result = status == STATUS_OK ? (long)(answer < sizeof text ? answer : sizeof text) : errno_of(status);
    }
    if (result < 0)
        return result;
    if ((size_t)result > length)
        result = (long)length;
    return user_write(user_buffer, text, (size_t)result) < 0 ? -EFAULT : result;
}

/* --- changing ------------------------------------------------------------------------------------------------------------------------- */

struct change {
    unsigned mask; /* FILE_SET_* */
    unsigned mode;
    uint64_t owner, accessed_ns, modified_ns;
};

static long change_descriptor(int number, const struct change *change)
{
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor)
        return -EBADF;
    return errno_of(file_set_attributes(descriptor->object, change->mask, change->mode, change->owner, change->accessed_ns, change->modified_ns));
}

static long change_path(int directory, const char *user_path, unsigned flags, const struct change *change)
{
    struct path path;
    if (names_descriptor(user_path, flags))
        return change_descriptor(directory, change);
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    int number = path_descriptor(path.text, PROCESS->pid);
    if (number >= 0)
        return change_descriptor(number, change);
    uint64_t mask = change->mask | (flags & AT_NO_FOLLOW ? (uint64_t)FS_NO_FOLLOW << 32 : 0);
    return errno_of(WITH_SESSION(vfs_set_attributes(session, mask, change->mode, change->owner, change->accessed_ns, change->modified_ns, path.text, path.length)));
}

long posix_change_mode(int directory, const char *user_path, unsigned mode, unsigned flags)
{
    return change_path(directory, user_path, flags, &(struct change){.mask = FILE_SET_MODE, .mode = mode & 07777});
}

long posix_change_mode_descriptor(int number, unsigned mode)
{
    return change_descriptor(number, &(struct change){.mask = FILE_SET_MODE, .mode = mode & 07777});
}

static struct change owner_change(uint32_t uid, uint32_t gid)
{
    return (struct change){.mask = (uid == UINT32_MAX ? 0 : FILE_SET_UID) | (gid == UINT32_MAX ? 0 : FILE_SET_GID), .owner = OWNER(uid, gid)};
}

long posix_change_owner(int directory, const char *user_path, uint32_t uid, uint32_t gid, unsigned flags)
{
    struct change change = owner_change(uid, gid);
    return change_path(directory, user_path, flags, &change);
}

long posix_change_owner_descriptor(int number, uint32_t uid, uint32_t gid)
{
    struct change change = owner_change(uid, gid);
    return change_descriptor(number, &change);
}

static long time_change(const struct posix_time *time, unsigned bit, unsigned *mask, uint64_t *ns)
{
    if (time->nanoseconds == TIME_OMIT)
        return 0;
    *mask |= bit;
    if (time->nanoseconds == TIME_NOW) {
        *ns = FILE_TIME_NOW;
        return 0;
    }
    if ((uint64_t)time->nanoseconds >= 1000000000)
        return -EINVAL;
    *ns = time->seconds < 0 ? 0 : (uint64_t)time->seconds * 1000000000 + (uint64_t)time->nanoseconds;
    return 0;
}

long posix_set_times_to(int directory, const char *user_path, const struct posix_time times[2], unsigned flags)
{
    struct change change = {};
    long result = time_change(&times[0], FILE_SET_ATIME, &change.mask, &change.accessed_ns);
    if (result == 0)
        result = time_change(&times[1], FILE_SET_MTIME, &change.mask, &change.modified_ns);
    if (result < 0)
        return result;
    return user_path ? change_path(directory, user_path, flags, &change) : change_descriptor(directory, &change);
}

long posix_set_times(int directory, const char *user_path, const struct posix_time *user_times, unsigned flags)
{
    struct posix_time times[2] = {{0, TIME_NOW}, {0, TIME_NOW}};
    if (user_times && user_read(times, user_times, sizeof times) < 0)
        return -EFAULT;
    return posix_set_times_to(directory, user_path, times, flags);
}

long posix_truncate(const char *user_path, int64_t size)
{
    struct path path;
    if (size < 0)
        return -EINVAL;
    long result = path_get(&path, AT_WORKING_DIRECTORY, user_path);
    return result < 0 ? result : errno_of(WITH_SESSION(vfs_truncate(session, (uint64_t)size, path.text, path.length)));
}
