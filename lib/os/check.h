/* check.h: assertions: for this program's own bugs, never for what a client did. */
#ifndef OS_CHECK_H
#define OS_CHECK_H

/* Log and end the task. */
[[noreturn]] void os_check_failed(const char *file, int line, const char *text);

#define ASSERT(condition)                                      \
    do {                                                       \
        if (!(condition)) [[clang::unlikely]]                  \
            os_check_failed(__FILE__, __LINE__, #condition);   \
    } while (0)

/* End the task with a line in the log. For what leaves a program nothing to do, such as no memory while it starts. */
[[noreturn, gnu::format(printf, 1, 2)]] void os_fatal(const char *format, ...);

#endif
