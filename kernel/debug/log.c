/* log.c: text formatting, the log ring and the debug console. Invariant: bytes [log_end - LOG_SIZE, log_end) of all that was ever
 * written are in the ring. Has its own lock, so that it works everywhere, panics included. */
#include <arch/arch.h>
#include <lib/format.h>
#include <lib/spinlock.h>
#include <lib/string.h>

#define LOG_SIZE 32768ul

static struct spinlock log_lock;
static char ring[LOG_SIZE] GUARDED_BY(log_lock);
static unsigned long log_end GUARDED_BY(log_lock);
bool log_quiet;

struct output {
    char *to;
    size_t size, length;
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->to[out->length] = c;
    out->length++;
}

struct format {
    bool left, zero;
    int width, precision, longs;
};

static void put_padded(struct output *out, const char *text, size_t length, const struct format *format)
{
    size_t width = format->width > 0 ? (size_t)format->width : 0;
    for (size_t i = length; !format->left && i < width; i++)
        put(out, format->zero ? '0' : ' ');
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    for (size_t i = length; format->left && i < width; i++)
        put(out, ' ');
}

static void put_number(struct output *out, uint64_t value, unsigned base, bool negative, const struct format *format)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    put_padded(out, digits + at, sizeof digits - at, format);
}

static void put_text(struct output *out, const char *text, const struct format *format)
{
    size_t length = 0;
    if (text == nullptr)
        text = "(null)";
    while ((format->precision < 0 || length < (size_t)format->precision) && text[length] != 0)
        length++;
    put_padded(out, text, length, format);
}

static const char *parse(const char *at, struct format *format, va_list *arguments)
{
    *format = (struct format){.precision = -1};
    for (;; at++) {
        if (*at == '-')
            format->left = true;
        else if (*at == '0')
            format->zero = true;
        else
            break;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        format->width = format->width * 10 + (*at - '0');
    if (*at == '.') {
        at++;
        format->precision = 0;
        if (*at == '*') {
            format->precision = va_arg(*arguments, int);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            format->precision = format->precision * 10 + (*at - '0');
    }
    for (; *at == 'l' || *at == 'z'; at++)
        format->longs++;
    return at;
}

static void convert(struct output *out, char kind, const struct format *format, va_list *arguments)
{
    int64_t s;
    switch (kind) {
    case 'd':
        s = format->longs > 0 ? va_arg(*arguments, long long) : va_arg(*arguments, int);
        put_number(out, s < 0 ? -(uint64_t)s : (uint64_t)s, 10, s < 0, format);
        break;
    case 'u':
        put_number(out, format->longs > 0 ? va_arg(*arguments, unsigned long long) : va_arg(*arguments, unsigned), 10, false, format);
        break;
    case 'x':
        put_number(out, format->longs > 0 ? va_arg(*arguments, unsigned long long) : va_arg(*arguments, unsigned), 16, false, format);
        break;
    case 'p':
        put_number(out, (uintptr_t)va_arg(*arguments, void *), 16, false, format);
        break;
    case 's':
        put_text(out, va_arg(*arguments, const char *), format);
        break;
    case 'c':
        put(out, (char)va_arg(*arguments, int));
        break;
    default:
        put(out, kind);
    }
}

int format_text(char *to, size_t size, const char *format, va_list arguments)
{
    struct output out = {to, size, 0};
    va_list list;
    va_copy(list, arguments);
    for (const char *at = format; *at != 0; at++) {
        if (*at != '%') {
            put(&out, *at);
            continue;
        }
        struct format spec;
        at = parse(at + 1, &spec, &list);
        if (*at == 0)
            break;
        convert(&out, *at, &spec, &list);
    }
    va_end(list);
    if (size > 0)
        to[out.length < size ? out.length : size - 1] = 0;
    return (int)out.length;
}

void log_write(const char *text, size_t length)
{
    spin_lock(&log_lock);
    for (size_t i = 0; i < length; i++)
        ring[log_end++ % LOG_SIZE] = text[i];
    if (!log_quiet)
        arch_console_write(text, length);
    spin_unlock(&log_lock);
}

void log_print(const char *format, ...)
{
    char line[320];
    va_list arguments;
    va_start(arguments, format);
    int length = format_text(line, sizeof line, format, arguments);
    va_end(arguments);
    log_write(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

size_t log_read(unsigned long from, char *to, size_t size, unsigned long *next)
{
    spin_lock(&log_lock);
    if (from > log_end)
        from = log_end;
    if (log_end - from > LOG_SIZE)
        from = log_end - LOG_SIZE;
    size_t count = 0;
    for (; count < size && from < log_end; count++)
        to[count] = ring[from++ % LOG_SIZE];
    spin_unlock(&log_lock);
    *next = from;
    return count;
}
