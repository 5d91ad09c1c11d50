/* machine_counter.h (riscv64): the counter that programs can read. */
#ifndef POSIX_MACHINE_COUNTER_H
#define POSIX_MACHINE_COUNTER_H

#include <stdint.h>

/* The time register, not earlier than what came before. */
static inline uint64_t machine_counter(void)
{
    uint64_t count;
    __asm__ volatile("fence iorw, iorw\n\trdtime %0" : "=r"(count) : : "memory");
    return count;
}

#endif
