/* string.c: memory and strings a word at a time. Not here: what needs memory. Functions do not call each other by the names that the
 * compiler could put in their own place (no_builtin). */
#include <string.h>

#include <stdint.h>

#if __has_include(<arch_words.h>)
#include <arch_words.h> /* copy_words and fill_words of a machine that has instructions for them */
#else
#define NO_BUILTIN_LOOPS [[clang::no_builtin]]

/* Copy count words upwards. Requires: to is aligned; from may not be. */
NO_BUILTIN_LOOPS static inline void copy_words(void *to, const void *from, size_t count)
{
    struct [[gnu::packed]] any_word {
        uint64_t value;
    };
    uint64_t *t = to;
    if (((uintptr_t)from & 7) == 0) {
        const uint64_t *f = from;
        for (; count >= 8; count -= 8, t += 8, f += 8) {
            uint64_t a = f[0], b = f[1], c = f[2], d = f[3], e = f[4], g = f[5], h = f[6], i = f[7];
            t[0] = a, t[1] = b, t[2] = c, t[3] = d, t[4] = e, t[5] = g, t[6] = h, t[7] = i;
        }
        for (; count; count--)
            *t++ = *f++;
        return;
    }
    const struct any_word *f = from;
    for (; count; count--)
        *t++ = f++->value;
}

NO_BUILTIN_LOOPS static inline void fill_words(void *to, uint64_t value, size_t count)
{
    uint64_t *t = to;
    for (; count >= 8; count -= 8, t += 8)
        t[0] = value, t[1] = value, t[2] = value, t[3] = value, t[4] = value, t[5] = value, t[6] = value, t[7] = value;
    for (; count; count--)
        *t++ = value;
}
#endif

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

[[clang::no_builtin]] void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if (length >= 16) {
        for (; (uintptr_t)t & 7; length--)
            *t++ = *f++;
        size_t words = length / 8;
        copy_words(t, f, words);
        t += words * 8;
        f += words * 8;
        length &= 7;
    }
    for (; length; length--)
        *t++ = *f++;
    return to;
}

/* Copy downwards from the ends. */
[[clang::no_builtin]] static void copy_down(unsigned char *t, const unsigned char *f, size_t length)
{
    if ((((uintptr_t)t ^ (uintptr_t)f) & 7) == 0) {
        for (; length && (uintptr_t)t & 7; length--)
            *--t = *--f;
        for (; length >= 8; length -= 8) {
            t -= 8;
            f -= 8;
            *(uint64_t *)t = *(const uint64_t *)f;
        }
    }
    for (; length; length--)
        *--t = *--f;
}

[[clang::no_builtin]] void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length)
        return memcpy(to, from, length);
    copy_down((unsigned char *)to + length, (const unsigned char *)from + length, length);
    return to;
}

[[clang::no_builtin]] void *memset(void *to, int value, size_t length)
{
    unsigned char *t = to;
    if (length >= 16) {
        for (; (uintptr_t)t & 7; length--)
            *t++ = (unsigned char)value;
        fill_words(t, ONES * (unsigned char)value, length / 8);
        t += length & ~(size_t)7;
        length &= 7;
    }
    for (; length; length--)
        *t++ = (unsigned char)value;
    return to;
}

[[clang::no_builtin]] int memcmp(const void *a, const void *b, size_t length)
{
    const unsigned char *x = a, *y = b;
    if ((((uintptr_t)x | (uintptr_t)y) & 7) == 0)
        for (; length >= 8 && *(const uint64_t *)x == *(const uint64_t *)y; length -= 8)
            x += 8, y += 8;
    for (; length; length--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

[[clang::no_builtin]] void *memchr(const void *from, int value, size_t length)
{
    for (const unsigned char *f = from; length; length--, f++)
        if (*f == (unsigned char)value)
            return (void *)f;
    return nullptr;
}

[[clang::no_builtin, gnu::no_sanitize_address]] size_t strlen(const char *text)
{
    const char *at = text;
    for (; (uintptr_t)at & 7; at++)
        if (!*at)
            return (size_t)(at - text);
    /* An aligned word never crosses the end of a mapped page. */
    for (;; at += 8) {
        uint64_t word = *(const uint64_t *)at;
        if ((word - ONES) & ~word & HIGHS)
            break;
    }
    while (*at)
        at++;
    return (size_t)(at - text);
}

[[clang::no_builtin]] size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

[[clang::no_builtin]] int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return (unsigned char)*a - (unsigned char)*b;
}

[[clang::no_builtin]] int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit && *a && *a == *b; a++, limit--)
        b++;
    return limit ? (unsigned char)*a - (unsigned char)*b : 0;
}

[[clang::no_builtin]] char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)text;
        if (!*text)
            return nullptr;
    }
}

[[clang::no_builtin]] char *strrchr(const char *text, int c)
{
    const char *last = nullptr;
    for (;; text++) {
        if (*text == (char)c)
            last = text;
        if (!*text)
            return (char *)last;
    }
}
