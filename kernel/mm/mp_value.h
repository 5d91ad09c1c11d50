/* mp_value.h: what random tests write into an MP and expect to read: a value at its start, middle and end, and zeros beside them. */
#ifndef KERNEL_MP_VALUE_H
#define KERNEL_MP_VALUE_H

#include <arch/arch.h>
#include <unit.h>

static const unsigned last_word = MP_SIZE / 8 - 1;

static void write_value(void *mp, uint64_t value)
{
    uint64_t *words = mp;
    words[0] = words[last_word / 2] = words[last_word] = value;
}

static uint64_t read_value(const void *mp)
{
    const uint64_t *words = mp;
    REQUIRE(words[0] == words[last_word / 2] && words[0] == words[last_word]);
    REQUIRE(words[1] == 0 && words[last_word - 1] == 0);
    return words[0];
}

#endif
