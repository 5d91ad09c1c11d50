/* counters.h: what mm has done since boot, and what it holds of its own, for those who want to see it. Locks: kernel lock. */
#ifndef KERNEL_COUNTERS_H
#define KERNEL_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct counters {
    uint64_t faults;               /* that reached mm */
    uint64_t reservations_made;
    uint64_t reservations_filled;  /* all of it was populated */
    uint64_t reservations_broken;  /* part of it was */
    uint64_t promotions;           /* mappings that became a leaf above the cluster */
    uint64_t demotions;            /* such leaves that were split */
    uint64_t copied_cow_bytes;     /* copies of what was shared */
    uint64_t copied_gather_bytes;  /* parts of clusters moved together by faults */
    uint64_t copied_repair_bytes;  /* moved in the background to make superpages */
    uint64_t repairs;              /* superpages made so */
    uint64_t zeroed_ahead_bytes;   /* fresh memory that idle CPUs had zeroed */
    uint64_t flushes;              /* of ranges of a space from the TLBs that may hold them */
    uint64_t flush_ipis;           /* other CPUs that were interrupted for them */
    uint64_t swapped_out_bytes;
    uint64_t swapped_in_bytes;
};
extern struct counters counters;

/* Records that are in use. */
struct metadata {
    uint64_t table_bytes;  /* page tables, the kernel's own included */
    uint64_t regions;
    uint64_t spans;        /* extents and shares */
    uint64_t reservations; /* those kept for reuse included */
    uint64_t objects;      /* memory objects and groups of clones, bytes */
};
extern struct metadata metadata;

/* enum memory_figure of abi/info.h; false: there is no such figure. */
bool memory_figure(uint64_t what, uint64_t *value);

#endif
