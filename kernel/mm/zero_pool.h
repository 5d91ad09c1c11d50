/* zero_pool.h: free clusters zeroed ahead of need by idle CPUs.
 * Locks: kernel lock, but for zeroing_step. */
#ifndef KERNEL_ZERO_POOL_H
#define KERNEL_ZERO_POOL_H

#include <arch/arch.h>

void zero_pool_init(void);
/* A movable cluster full of zeros; 0: there is none. */
[[nodiscard]] paddr_t zero_pool_take_one(void);
/* 2^order clusters full of zeros, aligned; 0: there are none of that size. */
[[nodiscard]] paddr_t zero_pool_take(unsigned order);
/* All of it becomes free runs. Returns: was there something? */
bool zero_pool_drain(void);
uint64_t zero_pool_held(void);      /* clusters, with those that are being zeroed; they count as free */
uint64_t zero_pool_bytes(void);     /* that are zeros */
int zero_pool_largest_order(void);  /* of what can be taken; -1: nothing */
void zero_pool_check(void);

/* What a CPU is zeroing: at most a cluster. */
struct zeroing {
    paddr_t pa;    /* 0: nothing */
    uint64_t done; /* bytes that are zero */
};
/* Take a cluster, unless it has one: false when there are enough. What is done goes to the pool first. */
[[nodiscard]] bool zeroing_begin(struct zeroing *zeroing);
/* Zero a piece: false when all is zero, or there is nothing. */
bool zeroing_step(struct zeroing *zeroing);
/* To the pool if it is zero, else back. */
void zeroing_end(struct zeroing *zeroing);

#endif
