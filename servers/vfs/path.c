/* path.c: paths as text. */
#include "vfs.h"

/* Append tidied text: single slashes, no "." components. Keeps one trailing slash. */
static enum status append(struct path *path, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        if (text[at] == '/') {
            if (path->length == 0 || path->text[path->length - 1] != '/')
                path->text[path->length++] = '/';
            at++;
            continue;
        }
        size_t end = at;
        while (end < length && text[end] != '/')
            end++;
        if (path->length + (end - at) + 1 >= sizeof path->text)
            return STATUS_NAME_TOO_LONG;
        if (!(end - at == 1 && text[at] == '.')) {
            memcpy(path->text + path->length, text + at, end - at);
            path->length += end - at;
        }
        at = end;
    }
    return STATUS_OK;
}

enum status path_set(struct path *path, const char *text, size_t length)
{
    path->length = 0;
    if (length == 0)
        return STATUS_NOT_FOUND;
    if (length >= PATH_LIMIT)
        return STATUS_NAME_TOO_LONG;
    if (text[0] != '/')
        return STATUS_INVALID_ARGUMENT;
    return append(path, text, length);
}

enum status path_replace(struct path *path, size_t consumed, const char *link, size_t link_length)
{
    static char rest[2 * PATH_LIMIT];
    size_t rest_length = path->length - consumed;
    memcpy(rest, path->text + consumed, rest_length);
    if (link_length > 0 && link[0] == '/') {
        path->length = 0;
    } else {
        path->length = consumed;
        while (path->length > 0 && path->text[path->length - 1] != '/')
            path->length--;
    }
    enum status status = append(path, link, link_length);
    if (status == STATUS_OK)
        status = append(path, rest, rest_length);
    return status == STATUS_OK && path->length >= PATH_LIMIT ? STATUS_NAME_TOO_LONG : status;
}

size_t path_find_up(const struct path *path)
{
    for (size_t at = 0; at + 3 <= path->length; at++)
        if (memcmp(path->text + at, "/..", 3) == 0 && (at + 3 == path->length || path->text[at + 3] == '/'))
            return at + 1;
    return SIZE_MAX;
}

void path_go_up(struct path *path, size_t up)
{
    size_t start = up - 1, end = up + 2; /* "/.." */
    while (start > 0 && path->text[start - 1] != '/')
        start--;
    if (start > 0)
        start--; /* the slash before the component that goes */
    if (end == path->length && start == 0) {
        path->length = 1;
        path->text[0] = '/';
        return;
    }
    memmove(path->text + start, path->text + end, path->length - end);
    path->length -= end - start;
    if (path->length == 0) {
        path->text[0] = '/';
        path->length = 1;
    }
}
