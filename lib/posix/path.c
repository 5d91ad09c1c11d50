/* path.c: a path of the program, seen from its working directory or an open directory. */
#include "path.h"
#include "descriptor.h"
#include "user.h"
#include <string.h>

static long join_working_directory(struct path *path, const char *relative, size_t length)
{
    os_lock(&process.names_lock);
    long result = path_join(path->buffer, sizeof path->buffer, process.working_directory, relative, length);
    os_unlock(&process.names_lock);
    return result;
}

static long join_descriptor(struct path *path, int number, const char *relative, size_t length)
{
    os_lock(&process.descriptors_lock);
    struct descriptor *descriptor = descriptor_find(number);
    long result;
    if (!descriptor)
        result = -EBADF;
    else if (descriptor->kind != KIND_DIRECTORY || !descriptor->path)
        result = -ENOTDIR;
    else
        result = path_join(path->buffer, sizeof path->buffer, descriptor->path, relative, length);
    os_unlock(&process.descriptors_lock);
    return result;
}

static long make_absolute(struct path *path, int directory, const char *user_path, size_t length)
{
    if (user_path[0] == '/') {
        memcpy(path->buffer, user_path, length + 1);
        return (long)length;
    }
    if (directory == AT_WORKING_DIRECTORY)
        return join_working_directory(path, user_path, length);
    return join_descriptor(path, directory, user_path, length);
}

long path_get(struct path *path, int directory, const char *user_path)
{
    long length = user_string_length(user_path, PATH_LIMIT);
    if (length <= 0)
        return length ? length : -ENOENT;
    length = make_absolute(path, directory, user_path, (size_t)length);
    if (length < 0)
        return length;
    path->text = path->buffer;
    if (memcmp(path->buffer, "/proc/", 6) == 0) [[clang::unlikely]] {
        char own[PATH_LIMIT];
        long own_length = path_own_process(own, sizeof own, path->buffer, (size_t)length, PROCESS->pid);
        if (own_length < 0)
            return own_length;
        if (own_length) {
            memcpy(path->buffer, own, (size_t)own_length + 1);
            length = own_length;
        }
    }
    path->length = (size_t)length;
    return 0;
}

long path_follow_executable(struct path *path)
{
    if (path->text[1] != 'p' || !path_executable(path->text, PROCESS->pid))
        return 0;
    os_lock(&process.names_lock);
    size_t length = process.executable ? strlen(process.executable) : 0;
    if (length)
        memcpy(path->buffer, process.executable, length + 1);
    os_unlock(&process.names_lock);
    path->text = path->buffer;
    path->length = length;
    return length ? 0 : -ENOENT;
}
