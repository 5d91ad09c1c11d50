/* path_text.c: what a path says. Text alone: nothing here asks anybody. */
#include "path.h"
#include <string.h>

long path_join(char *to, size_t room, const char *base, const char *relative, size_t relative_length)
{
    size_t length = strlen(base);
    size_t slash = length && base[length - 1] == '/' ? 0 : 1;
    if (length + slash + relative_length >= room)
        return -ENAMETOOLONG;
    memcpy(to, base, length);
    to[length] = '/';
    memcpy(to + length + slash, relative, relative_length);
    to[length + slash + relative_length] = 0;
    return (long)(length + slash + relative_length);
}

/* Returns: what follows the prefix, or NULL when the text does not begin with it. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static size_t put_number(char *to, uint32_t number)
{
    char digits[10];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    for (size_t i = 0; i < count; i++)
        to[i] = digits[count - 1 - i];
    return count;
}

/* Returns: what follows the decimal number, or NULL when there is none or it is too large. */
static const char *get_number(const char *text, uint32_t *number)
{
    uint64_t value = 0;
    const char *start = text;
    for (; *text >= '0' && *text <= '9'; text++)
        if ((value = value * 10 + (uint64_t)(*text - '0')) > INT32_MAX)
            return NULL;
    *number = (uint32_t)value;
    return text == start ? NULL : text;
}

long path_own_process(char *to, size_t room, const char *path, size_t length, uint32_t pid)
{
    const char *rest = after(path, "/proc/self");
    if (!rest || (*rest && *rest != '/')) {
        rest = after(path, "/proc/thread-self");
        if (!rest || (*rest && *rest != '/'))
            return 0;
    }
    size_t rest_length = length - (size_t)(rest - path);
    if (rest_length + sizeof "/proc/4294967295" > room)
        return -ENAMETOOLONG;
    memcpy(to, "/proc/", 6);
    size_t head = 6 + put_number(to + 6, pid);
    memcpy(to + head, rest, rest_length);
    to[head + rest_length] = 0;
    return (long)(head + rest_length);
}

/* Returns: what follows "/proc/<pid>/", or NULL. */
static const char *own_entry(const char *path, uint32_t pid)
{
    uint32_t number;
    const char *rest = after(path, "/proc/");
    if (!rest || !(rest = get_number(rest, &number)) || number != pid || *rest != '/')
        return NULL;
    return rest + 1;
}

int path_descriptor(const char *path, uint32_t pid)
{
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    uint32_t number;
    for (int i = 0; i < 3; i++)
        if (strcmp(path, names[i]) == 0)
            return i;
    const char *digits = after(path, "/dev/fd/");
    if (!digits) {
        const char *entry = own_entry(path, pid);
        digits = entry ? after(entry, "fd/") : NULL;
    }
    if (!digits || !(digits = get_number(digits, &number)) || *digits)
        return -1;
    return (int)number;
}

bool path_executable(const char *path, uint32_t pid)
{
    const char *entry = own_entry(path, pid);
    return entry && strcmp(entry, "exe") == 0;
}
