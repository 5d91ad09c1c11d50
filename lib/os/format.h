/* format.h: text from values, numbers from text, and lines for the log. */
#ifndef OS_FORMAT_H
#define OS_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* snprintf: %d i u x X o b c s p % with - 0 + space # flags, width and precision (also *), hh h l ll z t j; %b is binary; no floats.
 * Returns: the length the text needs; writes at most size bytes, always terminated unless size is 0. */
[[gnu::format(printf, 3, 4)]] int os_format(char *to, size_t size, const char *format, ...);
int os_format_list(char *to, size_t size, const char *format, va_list arguments);

/* A line for the system's log (no newline needed; what exceeds 255 bytes is cut). */
[[gnu::format(printf, 1, 2)]] void os_log(const char *format, ...);

/* A number at *text in base 2..36, or by its prefix (0x, 0) for base 0. Returns: false when there is none or it overflows;
 * *text then stays, else it is moved behind the digits. */
[[nodiscard]] bool os_parse_number(const char **text, unsigned base, uint64_t *value);

#endif
