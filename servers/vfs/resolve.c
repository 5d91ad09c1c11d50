/* resolve.c: paths with links and ".." to the place where an operation is carried out. In the usual case one fs call does it all. */
#include "vfs.h"
#include <format.h>
#include <protocols/fs.h>

char resolve_buffer[PATH_LIMIT];

/* The process file system's "self" is the caller. */
static enum status replace_self(struct path *path, const struct mount *mount, const struct session *session)
{
    size_t at = mount->length + 1;
    char number[64];
    if ((mount->flags & MOUNT_PROCESSES) == 0 || path->length < at + 5 || memcmp(path->text + at, "self/", 5) != 0)
        return STATUS_OK;
    int length = os_format(number, sizeof number, "%u", session->pid);
    return path_replace(path, at + 4, number, (size_t)length);
}

/* The part of a path below its mount: no slash at its front. */
static size_t inside(const struct path *path, const struct mount *mount)
{
    size_t at = mount->length;
    while (at < path->length && path->text[at] == '/')
        at++;
    return at;
}

/* Run an attempt on the first `length` bytes; *stopped: a link was met and put into the path. */
static enum status run(struct path *path, size_t length, struct attempt *attempt, unsigned *links, bool *stopped)
{
    struct path part;
    part.length = length;
    memcpy(part.text, path->text, length);
    struct mount *mount = mount_of(&part);
    enum status status = replace_self(path, mount, attempt->session);
    if (status != STATUS_OK)
        return status;
    if (path->length != part.length && length == part.length && memcmp(path->text, part.text, length) != 0) {
        *stopped = true; /* "self" was replaced: begin again */
        return STATUS_OK;
    }
    size_t at = inside(&part, mount);
    attempt->kind = attempt->consumed = attempt->length = 0;
    status = attempt->run(attempt, mount, part.text + at, part.length - at);
    *stopped = status == STATUS_OK && attempt->kind == FS_SYMLINK && attempt->consumed != 0;
    if (!*stopped)
        return status;
    if (++*links > LINK_LIMIT)
        return STATUS_TOO_MANY_LINKS;
    if (attempt->length > sizeof resolve_buffer || at + attempt->consumed > path->length)
        return STATUS_IO_ERROR;
    return path_replace(path, at + attempt->consumed, resolve_buffer, attempt->length);
}

static enum status run_stat(struct attempt *attempt, const struct mount *mount, const char *path, size_t length)
{
    return fs_stat(mount->root, attempt->session->who, 0, path, length, resolve_buffer, sizeof resolve_buffer, &attempt->kind,
                   &attempt->consumed, &attempt->length);
}

enum status resolve(struct path *path, struct attempt *attempt)
{
    unsigned links = 0;
    for (;;) {
        size_t up = path_find_up(path);
        bool stopped = false;
        enum status status;
        if (up == SIZE_MAX) {
            status = run(path, path->length, attempt, &links, &stopped);
            if (status != STATUS_OK || !stopped)
                return status;
            continue;
        }
        if (up > 1) { /* what is before ".." must be a directory without links */
            struct attempt look = {.run = run_stat, .session = attempt->session};
            status = run(path, up - 1, &look, &links, &stopped);
            if (status != STATUS_OK)
                return status;
            if (stopped)
                continue;
            if (look.kind != MODE_DIRECTORY)
                return STATUS_NOT_DIRECTORY;
        }
        path_go_up(path, up);
    }
}
