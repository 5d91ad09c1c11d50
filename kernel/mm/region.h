/* region.h: what a part of an address space shows. Inside mm.
 *
 * A region is private or not. Private: what was written is in the space's own extent map, at offset = virtual address; what was not shows
 * `mem` if there is one (a private copy), else zeros. Not private: it shows `mem` itself, or one pinned MP of the kernel.
 * Locks: the space's; the links in mem->regions: the object's (today: the kernel lock). */
#ifndef KERNEL_REGION_H
#define KERNEL_REGION_H

#include <mm/fill.h>
#include <mm/mem_object.h>

#define REGION_PRIVATE (1u << 12) /* in flags, beside MAP_SHARED_CLONE, MAP_NO_CLONE, MAP_GROWS_DOWN */
#define REGION_PINNED (1u << 13)
#define REGION_HUGE (1u << 14)    /* ADVICE_HUGE */
#define REGION_NO_HUGE (1u << 15) /* ADVICE_NO_HUGE: neither reservations nor leaves above the cluster */

#define REGION_PART (1u << 19)    /* the capability was to this part of the object: it does not show more of it */

struct region {
    struct tree_node node;      /* of space->regions, by start */
    uaddr_t start, end;
    uint64_t gap;               /* free bytes below, down to the region there or USER_BASE */
    uint64_t max_gap;           /* in this subtree */
    struct space *space;        /* fixed */
    struct mem_object *mem;     /* NULL: zeros or pinned. Holds a reference */
    uint64_t offset;            /* of start in mem; the physical address if pinned */
    struct tree_node by_offset; /* of mem->regions */
    uint64_t max_end;           /* of offsets, in that subtree */
    uaddr_t lowest;             /* MAP_GROWS_DOWN: start may come down to here */
    uint32_t flags;
    uint8_t prot, max_prot;     /* PROT_BIT_* */
};

static inline struct region *region_of(struct tree_node *node) { return (struct region *)node; } /* node is the first member */
static inline bool region_private(const struct region *region) { return region->flags & REGION_PRIVATE; }
static inline bool region_anonymous(const struct region *region) { return region_private(region) && !region->mem; }
static inline uint64_t region_size(const struct region *region) { return region->end - region->start; }
/* The offset in mem that the region shows at va. */
static inline uint64_t region_offset(const struct region *region, uaddr_t va) { return region->offset + (va - region->start); }

/* The region at va or the first one above; NULL: none. */
struct region *region_at_or_after(const struct space *space, uaddr_t va);
/* The region at va; NULL: none. */
struct region *region_at(const struct space *space, uaddr_t va);
struct region *region_next(const struct region *region);
struct region *region_previous(const struct region *region);
/* Where a new region of this length fits best: the highest address below `limit` that equals `like` modulo a power of two up to a superpage
 * and up to the length. 0: nowhere. */
uaddr_t region_gap(const struct space *space, uint64_t length, uint64_t like, uaddr_t limit);

/* A region record, charged, in no tree. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status region_create(struct space *space, struct region **region);
/* Link it, as its fields say; takes a reference to mem. Requires: the range is free. */
void region_insert(struct region *region);
/* Unlink and free it, give back its reference. */
void region_remove(struct region *region);
/* For a region that was never linked. */
void region_free(struct region *region);
/* Change where a linked region is; order among others stays. */
void region_set_bounds(struct region *region, uaddr_t start, uaddr_t end);
/* Cut a region in two at va inside it, using a record made ahead. */
void region_split(struct region *region, uaddr_t va, struct region *upper);
/* Join the region with its neighbour below if both show the same thing on; returns what it is now. */
struct region *region_join_below(struct region *region);
/* Make [va, end) begin and end at edges of regions. Returns NO_MEMORY, LEDGER_SPENT: nothing changed. */
[[nodiscard]] enum status region_edges(struct space *space, uaddr_t va, uaddr_t end);
/* Undo region_edges where nothing was changed, join what can be joined at va and end. */
void region_join_edges(struct space *space, uaddr_t va, uaddr_t end);

/* Around va, inside its cluster: where the private memory of this region, or of anonymous ones that touch it, can be seen (fault.c). */
struct place private_place(const struct region *region, uaddr_t va);

/* The regions of all spaces that show a part of [start, end) of the object. */
struct region *region_showing(const struct mem_object *mem, uint64_t start, uint64_t end);
struct region *region_showing_next(struct region *region, uint64_t start, uint64_t end);

/* --- between the files of a space (space.c) --- */
#define SPACE_MAP_TOP 0x2f00000000ull /* where mappings without an address go: below this, downwards */
/* Not empty, MP aligned, inside [USER_BASE, USER_END)? */
bool space_range_valid(uaddr_t va, uint64_t length);
/* A free place, as region_gap; anywhere if there is none below SPACE_MAP_TOP. Returns NO_MEMORY. */
[[nodiscard]] enum status space_find_gap(const struct space *space, uint64_t length, uint64_t like, uaddr_t *where);

#endif
