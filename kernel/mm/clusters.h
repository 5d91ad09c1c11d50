/* clusters.h: physical memory in clusters of 1 << cluster_shift bytes. Sizes here are in clusters, addresses in bytes.
 * Locks: all under the kernel lock (later: one lock per memory zone). */
#ifndef KERNEL_CLUSTERS_H
#define KERNEL_CLUSTERS_H

#include <arch/arch.h>

extern unsigned cluster_shift;
static inline uint64_t cluster_size(void) { return 1ull << cluster_shift; }

/* Forget everything and start with no memory. Requires: MP_SHIFT <= shift <= MP_SHIFT + 6. */
void clusters_init(unsigned shift);

/* Where from: MOVABLE takes the smallest run that fits, at its bottom; UNMOVABLE the highest. */
enum cluster_use { CLUSTER_MOVABLE, CLUSTER_UNMOVABLE };

/* 2^order clusters, naturally aligned. 0: no such run is free. */
[[nodiscard]] paddr_t clusters_alloc(unsigned order, enum cluster_use use);
/* One movable cluster full of zeros, from the pool of those zeroed ahead; 0: the pool is empty. */
[[nodiscard]] paddr_t cluster_alloc_zeroed(void);
/* These very clusters, if all of them are free. */
[[nodiscard]] bool clusters_claim(paddr_t pa, uint64_t count);
/* One movable cluster whose address is `within` modulo 1 << align_shift, from a free aligned block of that size, so that its neighbours
 * can follow. 0: there is no such block. Requires: within a multiple of the cluster, below 1 << align_shift. */
[[nodiscard]] paddr_t cluster_alloc_congruent(unsigned align_shift, uint64_t within);
/* Give back (or hand over at boot) whole clusters, any number. Never fails. */
void clusters_free(paddr_t pa, uint64_t count);

uint64_t clusters_free_bytes(void); /* the pool of zeroed ones included */
uint64_t clusters_free_runs(void);
/* Largest order a clusters_alloc could get now; -1: nothing is free. */
int clusters_largest_order(void);
/* Zero one cluster for the pool: true if it did. */
bool clusters_zero_ahead(void);
/* Give the pool back to the free runs. */
void clusters_drain_pool(void);
/* Walk all runs and panic if an invariant does not hold. */
void clusters_check(void);

#endif
