/* string.c: memory functions. Word at a time; x86-64 uses its string instructions through arch_copy and arch_fill where arch_types.h
 * defines ARCH_STRING. */
#include <arch/arch.h>
#include <lib/string.h>

typedef uint64_t word [[gnu::may_alias]];

#ifndef ARCH_STRING
/* Both aligned. Returns: how many bytes, all but the last few. */
static inline size_t copy_words(word *t, const word *f, size_t length)
{
    size_t left = length;
    for (; left >= 128; left -= 128, t += 16, f += 16) {
        word a = f[0], b = f[1], c = f[2], d = f[3], e = f[4], g = f[5], h = f[6], i = f[7];
        t[0] = a, t[1] = b, t[2] = c, t[3] = d, t[4] = e, t[5] = g, t[6] = h, t[7] = i;
        a = f[8], b = f[9], c = f[10], d = f[11], e = f[12], g = f[13], h = f[14], i = f[15];
        t[8] = a, t[9] = b, t[10] = c, t[11] = d, t[12] = e, t[13] = g, t[14] = h, t[15] = i;
    }
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
static inline void arch_fill(void *to, int byte, size_t length)
{
    char *t = to;
    uint64_t pattern = (unsigned char)byte * 0x0101010101010101ull;
    if (length >= 16) {
        for (; ((uintptr_t)t & 7) != 0; length--)
            *t++ = (char)byte;
        for (; length >= 128; length -= 128, t += 128) {
            word *tw = (word *)t;
            tw[0] = pattern, tw[1] = pattern, tw[2] = pattern, tw[3] = pattern, tw[4] = pattern, tw[5] = pattern, tw[6] = pattern;
            tw[7] = pattern, tw[8] = pattern, tw[9] = pattern, tw[10] = pattern, tw[11] = pattern, tw[12] = pattern, tw[13] = pattern;
            tw[14] = pattern, tw[15] = pattern;
        }
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
