/* script.h: the first line of a script. */
#ifndef LINUX_SCRIPT_H
#define LINUX_SCRIPT_H

#include <stddef.h>

#define SCRIPT_LINE_MOST 256u

struct script_line {
    char interpreter[SCRIPT_LINE_MOST];
    char argument[SCRIPT_LINE_MOST]; /* "": none */
};

/* head: the first bytes of a file that begins with "#!". Returns: false when no interpreter is named or its name is cut off. */
[[nodiscard]] bool script_parse(const char *head, size_t length, struct script_line *line);

#endif
