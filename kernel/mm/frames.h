/* frames.h: user memory by the MMU page (MP): pieces of clusters beside the whole clusters of clusters.h. Addresses and sizes in bytes,
 * multiples of the MP. An MP belongs to exactly one of: a free run of clusters, the free MPs of a carved cluster, a memory object's or
 * address space's extents, the kernel.
 * Locks: kernel lock. */
#ifndef KERNEL_FRAMES_H
#define KERNEL_FRAMES_H

#include <arch/arch.h>

/* 2^order MPs, naturally aligned, not zeroed; 0: no memory. Any order: from a cluster's worth on they are whole movable clusters. */
[[nodiscard]] paddr_t frames_alloc(unsigned order);
/* These very MPs of one carved cluster, if all of them are free. Requires: inside one cluster. */
[[nodiscard]] bool frames_claim(paddr_t pa, uint64_t size);
/* Give back any MPs that the caller owns. What makes a cluster whole goes back to the free runs. Never fails, needs no memory. */
void frames_free(paddr_t pa, uint64_t size);
/* As frames_free for parts of a cluster that was taken whole: others get them when nothing else is free. */
void frames_free_rest(paddr_t pa, uint64_t size);
/* As frames_free for memory that goes to the kernel's pieces (boot: the ends of RAM ranges). */
void frames_donate(paddr_t pa, uint64_t size);

void carve_init(void);
uint64_t carve_free_bytes(void);    /* free MPs of carved clusters */
uint64_t carve_own_bytes(void);     /* MPs that hold the records of carved clusters */
uint64_t carve_kernel_bytes(void);  /* given out by mp_alloc */
uint64_t carve_user_bytes(void);    /* given out by frames_* and by clusters.c through them */
/* What clusters.c gave to the caller directly is user memory from now on. */
void frames_note(int64_t bytes);
void carve_check(void);

void heap_init(void);
void heap_check(void);
uint64_t heap_slab_bytes(void);
uint64_t heap_used_bytes(void); /* of those */

#endif
