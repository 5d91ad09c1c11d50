/* string.c: memory functions. Word at a time; x86-64 uses its string instructions through arch_copy and arch_fill where arch_types.h
 * defines ARCH_STRING. */
#include <arch/arch.h>
#include <lib/string.h>

typedef uint64_t word [[gnu::may_alias]];

#ifndef ARCH_STRING
/* As many loads and stores: for constants, multiples of four. */
[[gnu::always_inline]] static inline void move_words(word *t, const word *f, unsigned count)
{
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < count; i += 4) {
        word a = f[i], b = f[i + 1], c = f[i + 2], d = f[i + 3];
        t[i] = a, t[i + 1] = b, t[i + 2] = c, t[i + 3] = d;
    }
}
/* Both aligned. Returns: how many bytes, all but the last few. */
static inline size_t copy_words(word *t, const word *f, size_t length)
{
    size_t left = length % 512;
    for (const word *end = f + (length - left) / 8; f != end; t += 64, f += 64)
        move_words(t, f, 64);
    for (; left >= 32; left -= 32, t += 4, f += 4)
        move_words(t, f, 4);
    for (; left >= 8; left -= 8)
        *t++ = *f++;
    return length - left;
}
/* Only t aligned: two neighbouring words give one. No word is read that has no byte of the source. Little-endian. */
static inline size_t copy_shifted(word *t, const char *from, size_t length)
{
    unsigned shift = ((uintptr_t)from & 7) * 8;
    const word *f = (const word *)(from - shift / 8);
    size_t left = length;
    word low = *f++;
#pragma clang loop unroll_count(4)
    for (; left >= 8; left -= 8) {
        word high = *f++;
        *t++ = low >> shift | high << (64 - shift);
        low = high;
    }
    return length - left;
}
static inline void arch_copy(void *to, const void *from, size_t length)
{
    char *t = to;
    const char *f = from;
    if (length >= 16) {
        for (; ((uintptr_t)t & 7) != 0; length--)
            *t++ = *f++;
        size_t done = ((uintptr_t)f & 7) == 0 ? copy_words((word *)t, (const word *)f, length) : copy_shifted((word *)t, f, length);
        t += done, f += done, length -= done;
    }
    while (length-- > 0)
        *t++ = *f++;
}
/* As many stores: for constants. */
[[gnu::always_inline]] static inline void fill_words(word *t, word pattern, unsigned count)
{
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < count; i++)
        t[i] = pattern;
}
static inline void arch_fill(void *to, int byte, size_t length)
{
    char *t = to;
    uint64_t pattern = (unsigned char)byte * 0x0101010101010101ull;
    if (length >= 16) {
        for (; ((uintptr_t)t & 7) != 0; length--)
            *t++ = (char)byte;
        for (char *end = t + (length & ~2047ull); t != end; t += 2048)
            fill_words((word *)t, pattern, 256);
        length %= 2048;
        for (; length >= 64; length -= 64, t += 64)
            fill_words((word *)t, pattern, 8);
        for (; length >= 8; length -= 8, t += 8)
            *(word *)t = pattern;
    }
    for (; length > 0; length--) {
        *(volatile char *)t = (char)byte;
        t++;
    }
}
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    arch_copy(to, from, length);
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    arch_fill(to, byte, length);
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    char *t = to;
    const char *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= length)
        return memcpy(to, from, length);
    while (length-- > 0)
        ((volatile char *)t)[length] = f[length];
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < length; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (((const volatile char *)text)[length] != 0)
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t length)
{
    for (; length > 0; length--, a++, b++)
        if (*a != *b || *a == 0)
            return (unsigned char)*a - (unsigned char)*b;
    return 0;
}
