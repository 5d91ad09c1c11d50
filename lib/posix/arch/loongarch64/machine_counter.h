/* machine_counter.h (loongarch64): the counter that programs can read. */
#ifndef POSIX_MACHINE_COUNTER_H
#define POSIX_MACHINE_COUNTER_H

#include <stdint.h>

/* The stable counter, not earlier than what came before. */
static inline uint64_t machine_counter(void)
{
    uint64_t count;
    __asm__ volatile("dbar 0\n\trdtime.d %0, $zero" : "=r"(count) : : "memory");
    return count;
}

#endif
