/* names.c: making, linking, renaming and removing names. */
#include "names.h"
#include "session.h"
#include "user.h"

/* Two paths for one message: the first, NUL, the second. */
struct two_paths {
    size_t length;
    char   text[2 * PATH_LIMIT];
};

static long put_first(struct two_paths *paths, int directory, const char *user_path)
{
    struct path path;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    memcpy(paths->text, path.text, path.length + 1);
    paths->length = path.length + 1;
    return 0;
}

static void put_second(struct two_paths *paths, const char *text, size_t length)
{
    memcpy(paths->text + paths->length, text, length);
    paths->length += length;
}

static long get_two(struct two_paths *paths, int from_directory, const char *user_from, int to_directory, const char *user_to)
{
    struct path path;
    long result = put_first(paths, from_directory, user_from);
    if (result == 0)
        result = path_get(&path, to_directory, user_to);
    if (result == 0)
        put_second(paths, path.text, path.length);
    return result;
}

long posix_make_directory(int directory, const char *user_path, unsigned mode)
{
    struct path path;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_make_directory(session, mode & ~process.umask & 07777u, path.text, path.length)));
}

long posix_make_node(int directory, const char *user_path, unsigned mode, uint64_t device)
{
    struct path path;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_make_node(session, mode & ~(process.umask & 0777u), device, path.text, path.length)));
}

long posix_make_link(const char *user_text, int directory, const char *user_path)
{
    struct two_paths paths;
    long length = user_string_length(user_text, PATH_LIMIT);
    if (length <= 0)
        return length ? length : -ENOENT;
    long result = put_first(&paths, directory, user_path);
    if (result < 0)
        return result;
    put_second(&paths, user_text, (size_t)length);
    return errno_of(WITH_SESSION(vfs_make_link(session, paths.text, paths.length)));
}

long posix_link(int from_directory, const char *user_from, int to_directory, const char *user_to, unsigned flags)
{
    struct two_paths paths;
    if (flags & ~(AT_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long result = get_two(&paths, from_directory, user_from, to_directory, user_to);
    if (result < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_link(session, flags & AT_FOLLOW ? 0 : FS_NO_FOLLOW, paths.text, paths.length)));
}

long posix_rename(int from_directory, const char *user_from, int to_directory, const char *user_to, unsigned flags)
{
    struct two_paths paths;
    if (flags & ~3u || flags == 3)
        return -EINVAL;
    long result = get_two(&paths, from_directory, user_from, to_directory, user_to);
    return result < 0 ? result : errno_of(WITH_SESSION(vfs_rename(session, flags, paths.text, paths.length)));
}

long posix_unlink(int directory, const char *user_path, unsigned flags)
{
    struct path path;
    if (flags & ~AT_REMOVE_DIRECTORY)
        return -EINVAL;
    long result = path_get(&path, directory, user_path);
    if (result < 0)
        return result;
    return errno_of(WITH_SESSION(vfs_remove(session, flags ? FS_REMOVE_DIRECTORY : 0, path.text, path.length)));
}
