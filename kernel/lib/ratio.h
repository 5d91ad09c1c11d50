/* ratio.h: multiplication by a fixed fraction without division, for counters and time. */
#ifndef KERNEL_RATIO_H
#define KERNEL_RATIO_H

#include <stdint.h>

struct ratio {
    uint64_t whole, fraction; /* the number is whole + fraction / 2^64 */
};

static inline struct ratio ratio_make(uint64_t numerator, uint64_t denominator)
{
    struct ratio ratio = {numerator / denominator, 0};
    unsigned __int128 rest = numerator % denominator;
    for (int i = 0; i < 64; i++) {
        rest <<= 1;
        ratio.fraction = ratio.fraction << 1 | (rest >= denominator);
        if (rest >= denominator)
            rest -= denominator;
    }
    return ratio;
}

/* x * ratio, rounded down, off by less than one more. */
static inline uint64_t ratio_apply(struct ratio ratio, uint64_t x)
{
    return x * ratio.whole + (uint64_t)((unsigned __int128)x * ratio.fraction >> 64);
}

#endif
