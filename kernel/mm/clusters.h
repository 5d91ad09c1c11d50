/* clusters.h: physical memory in clusters of 1 << cluster_shift bytes. Sizes here are in clusters, addresses in bytes.
 * Locks: all under the kernel lock (later: one lock per memory zone). */
#ifndef KERNEL_CLUSTERS_H
#define KERNEL_CLUSTERS_H

#include <arch/arch.h>
#include <lib/list.h>
#include <lib/tree.h>

extern unsigned cluster_shift;
static inline uint64_t cluster_size(void) { return 1ull << cluster_shift; }

/* Forget everything and start with no memory. Requires: MP_SHIFT <= shift <= MP_SHIFT + 6. */
void clusters_init(unsigned shift);

/* Where from: MOVABLE takes the smallest run that fits, at its bottom; UNMOVABLE the highest. */
enum cluster_use { CLUSTER_MOVABLE, CLUSTER_UNMOVABLE };

/* 2^order clusters, naturally aligned. 0: no such run is free. */
[[nodiscard]] paddr_t clusters_alloc(unsigned order, enum cluster_use use);
/* The same for zero_pool.c, from runs alone: at the bottom or at the end of one of the smallest. Nothing is broken or drained for it. */
[[nodiscard]] paddr_t clusters_spare(unsigned order, bool at_end);
/* These very clusters, if all of them are free and in no block. */
[[nodiscard]] bool clusters_claim(paddr_t pa, uint64_t count);
/* Give back (or hand over at boot) whole clusters, any number. Never fails. */
void clusters_free(paddr_t pa, uint64_t count);

/* A naturally aligned block of clusters that is kept for somebody (reserve.c, repair.c). What is free of it counts as free, and is taken by others
 * when nothing else is left, from the block first that was used last the longest ago. It ends when all of it is in use, when all of it is free,
 * or when it is broken. */
struct block {
    struct tree_node node;
    struct list link;     /* coldest first */
    paddr_t pa;
    uint64_t count, free; /* clusters */
    paddr_t next;         /* behind the one that was claimed last */
    uint64_t ahead;       /* clusters from there on that are free and in no run: for claims that go on one by one */
    bool zeroed;          /* what is free of it is full of zeros, but for the nodes of runs */
    void (*ended)(struct block *block); /* its owner's: may not allocate or free. Set before it is kept */
};
/* Keep 2^order free clusters: zeroed ones if they are wanted, those at `preferred`, or others. false: there is no such block. */
[[nodiscard]] bool block_keep(struct block *block, unsigned order, paddr_t preferred, bool zeroed);
/* Take a cluster of the block, which may end it. Requires: inside the block. false: it is in use. *zeroed: it is full of zeros. */
[[nodiscard]] bool block_claim(struct block *block, paddr_t pa, bool *zeroed);
/* Is that cluster of it free? */
bool block_has(const struct block *block, paddr_t pa);
/* End it: what is free of it is everybody's. */
void block_break(struct block *block);
/* Keep what is free of the 2^order clusters at pa; what is used of them becomes part of the block as it is freed. false: nothing is free, or
 * some of it is in another block. */
[[nodiscard]] bool block_surround(struct block *block, unsigned order, paddr_t pa);
/* Looking for the block of 2^order clusters of which most is free, the lowest of these, some runs at a time. */
struct block_search {
    paddr_t tried;       /* with tried_free: the one that comes after this in that order; 0: any */
    uint64_t tried_free;
    paddr_t at;          /* how far; starts as 0 */
    paddr_t block, best; /* the one at hand; the result, 0: none */
    uint64_t free, best_free;
};
/* True when it has come to the end. */
bool block_search_some(struct block_search *search, unsigned order, unsigned steps);
uint64_t blocks_count(void);
uint64_t blocks_free_bytes(void); /* free in blocks */

uint64_t clusters_free_bytes(void); /* those zeroed ahead and blocks included */
uint64_t clusters_free_runs(void);
/* Runs, outside of blocks, whose largest aligned block inside is of this order. */
uint64_t clusters_runs_of_order(unsigned order);
#define CLUSTER_ORDERS 32u
/* Largest order a clusters_alloc could get now without breaking a block; -1: nothing is free. */
int clusters_largest_order(void);
/* Walk all runs and panic if an invariant does not hold. */
void clusters_check(void);

#endif
