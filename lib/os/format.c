/* format.c: text from values and numbers from text. */
#include <format.h>

#include <string.h>

struct output {
    char  *to;
    size_t size;   /* of the buffer */
    size_t length; /* of the text so far, what did not fit included */
};

struct field {
    bool     left, plus, zero, space, alternate;
    int      width;
    int      precision; /* -1: none */
    unsigned bytes;     /* size of the argument */
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->to[out->length] = c;
    out->length++;
}

static void put_many(struct output *out, char c, int count)
{
    for (; count > 0; count--)
        put(out, c);
}

static void put_text(struct output *out, const struct field *field, const char *text, size_t length)
{
    int fill = field->width - (int)length;
    if (!field->left)
        put_many(out, ' ', fill);
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    if (field->left)
        put_many(out, ' ', fill);
}

static void put_number(struct output *out, const struct field *field, uint64_t value, unsigned base, bool upper, const char *prefix)
{
    char digits[64];
    int count = 0;
    for (; value; value /= base)
        digits[count++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    int zeros = (field->precision < 0 ? 1 : field->precision) - count;
    int length = count + (zeros > 0 ? zeros : 0) + (int)strlen(prefix);
    if (field->zero && !field->left && field->precision < 0 && length < field->width) {
        zeros = (zeros > 0 ? zeros : 0) + field->width - length;
        length = field->width;
    }
    if (!field->left)
        put_many(out, ' ', field->width - length);
    while (*prefix)
        put(out, *prefix++);
    put_many(out, '0', zeros);
    while (count)
        put(out, digits[--count]);
    if (field->left)
        put_many(out, ' ', field->width - length);
}

static const char *parse_flags(const char *at, struct field *field)
{
    for (;; at++) {
        if (*at == '-')
            field->left = true;
        else if (*at == '+')
            field->plus = true;
        else if (*at == '0')
            field->zero = true;
        else if (*at == ' ')
            field->space = true;
        else if (*at == '#')
            field->alternate = true;
        else
            return at;
    }
}

static const char *parse_length(const char *at, struct field *field)
{
    field->bytes = sizeof(int);
    if (*at == 'l' || *at == 'z' || *at == 't' || *at == 'j') {
        field->bytes = 8;
        return at[0] == 'l' && at[1] == 'l' ? at + 2 : at + 1;
    }
    if (*at == 'h') {
        field->bytes = at[1] == 'h' ? 1 : 2;
        return at + (at[1] == 'h' ? 2 : 1);
    }
    return at;
}

static int parse_int(const char **at)
{
    int value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (value < 1 << 20)
            value = value * 10 + (**at - '0');
    return value;
}

static uint64_t narrow(uint64_t value, unsigned bytes)
{
    return bytes == 8 ? value : value & ((1ull << bytes * 8) - 1);
}

static int64_t narrow_signed(int64_t value, unsigned bytes)
{
    unsigned shift = 64 - bytes * 8;
    return (int64_t)((uint64_t)value << shift) >> shift;
}

static void put_signed(struct output *out, const struct field *field, int64_t value)
{
    const char *sign = value < 0 ? "-" : field->plus ? "+" : field->space ? " " : "";
    put_number(out, field, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, false, sign);
}

struct arguments {
    va_list list;
};

static void put_string(struct output *out, const struct field *field, const char *text)
{
    if (!text)
        text = "(null)";
    put_text(out, field, text, field->precision >= 0 ? strnlen(text, (size_t)field->precision) : strlen(text));
}

static void convert(struct output *out, struct field *field, char conversion, struct arguments *arguments)
{
    uint64_t value = 0;
    if (conversion && strchr("diuxXob", conversion))
        value = field->bytes == 8 ? va_arg(arguments->list, uint64_t) : va_arg(arguments->list, unsigned);
    switch (conversion) {
    case 'd':
    case 'i':
        return put_signed(out, field, narrow_signed((int64_t)value, field->bytes));
    case 'u':
        return put_number(out, field, narrow(value, field->bytes), 10, false, "");
    case 'x':
    case 'X':
        return put_number(out, field, narrow(value, field->bytes), 16, conversion == 'X', field->alternate && value ? "0x" : "");
    case 'o':
        return put_number(out, field, narrow(value, field->bytes), 8, false, field->alternate ? "0" : "");
    case 'b':
        return put_number(out, field, narrow(value, field->bytes), 2, false, "");
    case 'p':
        return put_number(out, field, (uintptr_t)va_arg(arguments->list, void *), 16, false, "0x");
    case 's':
        return put_string(out, field, va_arg(arguments->list, const char *));
    case 'c': {
        char c = (char)va_arg(arguments->list, int);
        return put_text(out, field, &c, 1);
    }
    default:
        return put(out, conversion);
    }
}

static const char *parse_width(const char *at, struct field *field, struct arguments *arguments)
{
    if (*at == '*') {
        field->width = va_arg(arguments->list, int);
        if (field->width < 0) {
            field->left = true;
            field->width = -field->width;
        }
        at++;
    } else {
        field->width = parse_int(&at);
    }
    if (*at != '.')
        return at;
    at++;
    if (*at == '*') {
        field->precision = va_arg(arguments->list, int);
        return at + 1;
    }
    field->precision = parse_int(&at);
    return at;
}

int os_format_list(char *to, size_t size, const char *format, va_list list)
{
    struct output out = {to, size, 0};
    struct arguments arguments;
    va_copy(arguments.list, list);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            put(&out, *at);
            continue;
        }
        struct field field = {.precision = -1};
        at = parse_flags(at + 1, &field);
        at = parse_width(at, &field, &arguments);
        at = parse_length(at, &field);
        if (!*at)
            break;
        convert(&out, &field, *at, &arguments);
    }
    va_end(arguments.list);
    if (size)
        to[out.length < size ? out.length : size - 1] = 0;
    return (int)out.length;
}

int os_format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = os_format_list(to, size, format, arguments);
    va_end(arguments);
    return length;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A' + 10);
    return 99;
}

static unsigned base_of(const char **at)
{
    if (**at != '0')
        return 10;
    if (((*at)[1] == 'x' || (*at)[1] == 'X') && digit_value((*at)[2]) < 16) {
        *at += 2;
        return 16;
    }
    return 8;
}

bool os_parse_number(const char **text, unsigned base, uint64_t *value)
{
    const char *at = *text;
    if (!base)
        base = base_of(&at);
    uint64_t sum = 0;
    const char *first = at;
    for (unsigned digit; (digit = digit_value(*at)) < base; at++)
        if (__builtin_mul_overflow(sum, base, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    if (at == first)
        return false;
    *text = at;
    *value = sum;
    return true;
}
