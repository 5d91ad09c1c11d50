/* machine_counter.h (aarch64): the counter that programs can read. */
#ifndef POSIX_MACHINE_COUNTER_H
#define POSIX_MACHINE_COUNTER_H

#include <stdint.h>

/* The virtual counter, not earlier than what came before. */
static inline uint64_t machine_counter(void)
{
    uint64_t count;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
    return count;
}

#endif
