/* machine_counter.h (mips64el): the counter that programs can read. */
#ifndef POSIX_MACHINE_COUNTER_H
#define POSIX_MACHINE_COUNTER_H

#include <stdint.h>

/* There is none: the kernel gives no ratio for it. */
static inline uint64_t machine_counter(void)
{
    return 0;
}

#endif
