/* machine_counter.h (x86-64): the counter that programs can read. */
#ifndef POSIX_MACHINE_COUNTER_H
#define POSIX_MACHINE_COUNTER_H

#include <stdint.h>

/* The time stamp counter, not earlier than what came before. */
static inline uint64_t machine_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

#endif
