/* figures.c: mm in numbers. Not here: who may ask (sys/). Locks: kernel lock. */
#include <info.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/frames.h>
#include <mm/region.h>
#include <mm/reserve.h>
#include <mm/swap.h>
#include <mm/zero_pool.h>

struct counters counters;
struct metadata metadata;

static uint64_t held(enum memory_figure what)
{
    switch (what) {
    case MEMORY_PAGE_TABLES: return metadata.table_bytes;
    case MEMORY_REGIONS: return metadata.regions * sizeof(struct region);
    case MEMORY_EXTENTS: return metadata.spans * sizeof(struct span);
    case MEMORY_RESERVATION_RECORDS: return metadata.reservations * reservation_record_size();
    case MEMORY_OBJECT_RECORDS: return metadata.objects;
    case MEMORY_PIECE_RECORDS: return carve_own_bytes();
    case MEMORY_HEAP: return heap_slab_bytes();
    case MEMORY_HEAP_FREE: return heap_slab_bytes() - heap_used_bytes();
    case MEMORY_KERNEL: return carve_kernel_bytes();
    case MEMORY_USER: return carve_user_bytes();
    default: return 0;
    }
}

static uint64_t done(enum memory_figure what)
{
    switch (what) {
    case MEMORY_FAULTS: return counters.faults;
    case MEMORY_RESERVATIONS_MADE: return counters.reservations_made;
    case MEMORY_RESERVATIONS_FILLED: return counters.reservations_filled;
    case MEMORY_RESERVATIONS_BROKEN: return counters.reservations_broken;
    case MEMORY_PROMOTIONS: return counters.promotions;
    case MEMORY_DEMOTIONS: return counters.demotions;
    case MEMORY_COPIED_COW: return counters.copied_cow_bytes;
    case MEMORY_COPIED_GATHER: return counters.copied_gather_bytes;
    case MEMORY_COPIED_REPAIR: return counters.copied_repair_bytes;
    case MEMORY_REPAIRS: return counters.repairs;
    case MEMORY_ZEROED_AHEAD: return counters.zeroed_ahead_bytes;
    case MEMORY_FLUSHES: return counters.flushes;
    case MEMORY_FLUSH_IPIS: return counters.flush_ipis;
    case MEMORY_SWAPPED_OUT: return counters.swapped_out_bytes;
    case MEMORY_SWAPPED_IN: return counters.swapped_in_bytes;
    default: return 0;
    }
}

static uint64_t is_free(enum memory_figure what)
{
    switch (what) {
    case MEMORY_FREE_CLUSTERS: return clusters_free_bytes();
    case MEMORY_FREE_PIECES: return carve_free_bytes();
    case MEMORY_FREE_ZEROED: return zero_pool_bytes();
    case MEMORY_FREE_RESERVED: return blocks_free_bytes();
    case MEMORY_RESERVATIONS: return blocks_count();
    case MEMORY_FREE_RUNS: return clusters_free_runs();
    case MEMORY_SWAP_TOTAL: return swap_total_bytes();
    case MEMORY_SWAP_USED: return swap_used_bytes();
    default: return 0;
    }
}

bool memory_figure(uint64_t what, uint64_t *value)
{
    if (what >= MEMORY_RUNS_OF_ORDER && what < MEMORY_RUNS_OF_ORDER + CLUSTER_ORDERS)
        *value = clusters_runs_of_order((unsigned)(what - MEMORY_RUNS_OF_ORDER));
    else if (what < MEMORY_HELD_END)
        *value = held((enum memory_figure)what);
    else if (what >= MEMORY_FREE_CLUSTERS && what < MEMORY_FREE_END)
        *value = is_free((enum memory_figure)what);
    else if (what >= MEMORY_FAULTS && what < MEMORY_DONE_END)
        *value = done((enum memory_figure)what);
    else
        return false;
    return true;
}
