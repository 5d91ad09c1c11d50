/* log.c: lines for the system's log. */
#include <format.h>
#include <syscalls.h>

void os_log(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = os_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text)
        length = sizeof text - 1;
    (void)os_system_log((uintptr_t)text, (uint64_t)length);
}
