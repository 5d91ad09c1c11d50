/* format.h: text output of the kernel: the log ring and the debug console. */
#ifndef KERNEL_FORMAT_H
#define KERNEL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* %d %u %x %lu %lx %llu %llx %zu %s %.*s %c %p with width, zero fill and '-'. Returns the length it would need; always terminates. */
int format_text(char *to, size_t size, const char *format, va_list arguments);
/* To the log; and to the debug console unless the log is quiet. */
[[gnu::format(printf, 1, 2)]] void log_print(const char *format, ...);
void log_write(const char *text, size_t length);
extern bool log_quiet; /* the console shows only panics */
/* Copy out of the log from absolute position `from`; returns bytes, sets *next. */
size_t log_read(unsigned long from, char *to, size_t size, unsigned long *next);

#endif
