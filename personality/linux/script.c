/* script.c: "#! interpreter argument": one argument at most, blanks inside it kept, as Linux reads it. */
#include "script.h"
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool script_parse(const char *head, size_t length, struct script_line *line)
{
    size_t limit = length < SCRIPT_LINE_MOST ? length : SCRIPT_LINE_MOST;
    const char *newline = limit > 2 ? memchr(head + 2, '\n', limit - 2) : NULL;
    size_t end = newline ? (size_t)(newline - head) : limit, at = 2;
    if (limit <= 2)
        return false;
    while (end > at && is_blank(head[end - 1]))
        end--;
    while (at < end && is_blank(head[at]))
        at++;
    size_t start = at;
    while (at < end && !is_blank(head[at]) && head[at])
        at++;
    /* Without a newline the name may go on behind what was read. */
    if (at == start || (!newline && at == SCRIPT_LINE_MOST))
        return false;
    memcpy(line->interpreter, head + start, at - start);
    line->interpreter[at - start] = 0;
    while (at < end && is_blank(head[at]))
        at++;
    size_t argument = end - at;
    memcpy(line->argument, head + at, argument);
    line->argument[argument] = 0;
    return true;
}
