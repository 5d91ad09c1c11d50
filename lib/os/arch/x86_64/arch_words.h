/* arch_words.h (x86-64): copying and filling words by string instructions. */
#ifndef OS_ARCH_WORDS_H
#define OS_ARCH_WORDS_H

#include <stddef.h>
#include <stdint.h>

static inline void copy_words(void *to, const void *from, size_t count)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static inline void fill_words(void *to, uint64_t value, size_t count)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

#endif
