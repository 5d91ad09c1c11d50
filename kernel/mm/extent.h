/* extent.h: where the bytes of a memory object, or of an address space's private memory, are: runs {offset, physical address, length},
 * multiples of the MP. Offsets of private memory are its virtual addresses.
 * Locks: a map's own lock, later; today the kernel lock. */
#ifndef KERNEL_EXTENT_H
#define KERNEL_EXTENT_H

#include <arch/arch.h>
#include <mm/share.h>
#include <mm/span.h>

struct space;

struct extent_map {
    struct tree extents;     /* struct span, value: physical address */
    struct tree reservations; /* mm/reserve.c */
    struct cow_group *group; /* NULL: was never cloned */
    struct list members;     /* of group->members */
    struct ledger *ledger;   /* pays for frames and records; kept alive by the owner of the map. NULL: nobody */
    struct space *space;     /* whose private memory this is; NULL: a memory object's */
    uint64_t held;           /* bytes, in memory or in swap: what the ledger paid */
    uint64_t out;            /* of those, in swap */
    struct list victim;      /* of all that may go to swap (swap_out.c); empty: not on it */
    uint64_t hand;           /* how far that looked */
    uint64_t looked_ticks;   /* and the owner's CPU time when it began there */
};

/* Extents from this address on are not in memory: what they show is in swap, at the place that is left when it is taken off. */
#define EXTENT_OUT (1ull << 60)
static inline bool extent_is_out(const struct span *extent) { return extent->value >= EXTENT_OUT; }

void extents_init(struct extent_map *map, struct ledger *ledger, struct space *space);

static inline struct span *extent_at(const struct extent_map *map, uint64_t offset) { return span_at(&map->extents, offset); }
/* The same, of what is in memory. */
static inline struct span *extent_present_at(const struct extent_map *map, uint64_t offset)
{
    struct span *extent = span_at(&map->extents, offset);
    return extent && !extent_is_out(extent) ? extent : nullptr;
}
static inline uint64_t extents_present(const struct extent_map *map) { return map->held - map->out; }
static inline paddr_t extent_pa(const struct span *extent, uint64_t offset) { return extent->value + (offset - extent->start); }

/* Frames [pa, pa + size) are at the offset now, if they join a neighbour. Pages are charged by the caller. */
[[nodiscard]] bool extents_join(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size);
/* The same where they join none: takes a spare. */
void extents_insert(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size, struct spares *spares);
/* Either. Takes a spare unless they join a neighbour. */
void extents_add(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size, struct spares *spares);
/* How many spares extents_drop of the range needs (0 most times). */
unsigned extents_drop_needs(const struct extent_map *map, uint64_t start, uint64_t end);
/* Take the range out: frames that nobody else shows are freed. Returns: how many bytes, for the caller to credit. Requires: no translation
 * of them is left anywhere. */
uint64_t extents_drop(struct extent_map *map, uint64_t start, uint64_t end, struct spares *spares);
/* Take out whole extents from the lowest on, at most `steps`, and credit them; needs no memory. True when all are gone. */
bool extents_drop_some(struct extent_map *map, unsigned steps);
/* `to` shows what `from` has in [start, end) too, at start + delta and so on; both are of one group then. On failure `to` has a part. The
 * caller has taken write access from all mappings of that part of `from`. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status extents_share(struct extent_map *from, uint64_t start, uint64_t end, struct extent_map *to, uint64_t delta);
/* Move what is in [start, end) to offset start + delta and so on, where nothing is. Requires: the ranges are apart, no translation of the
 * memory is left. */
#define EXTENTS_MOVE_NEEDS 4u /* spares, at most */
void extents_move(struct extent_map *map, uint64_t start, uint64_t end, uint64_t delta, struct spares *spares);
/* Frames [pa, pa + size) that lie in one extent of the map are not its any more, but the caller's. Takes spares as extents_drop. */
void extents_take(struct extent_map *map, uint64_t start, uint64_t end, struct spares *spares);
/* What the map shows at [start, start + size), in one extent and shared throughout by the same maps or by none, is at `value` now for all that
 * show it. No translation is left of what was there. Returns NO_MEMORY, LEDGER_SPENT: nothing changed. */
[[nodiscard]] enum status extents_exchange(struct extent_map *map, uint64_t start, uint64_t size, uint64_t value);
/* Of [*low, *high), leave what lies around the offset in one extent and is shared alike. Requires: something is there. */
void extents_clip_alike(const struct extent_map *map, uint64_t offset, uint64_t *low, uint64_t *high);
/* Call `each` with all maps that show what this one does at the offset and where, while it returns true. */
bool extents_sharers(struct extent_map *map, uint64_t offset, bool (*each)(struct extent_map *map, uint64_t offset, void *context), void *context);
/* Bytes in memory in the range. */
uint64_t extents_resident(const struct extent_map *map, uint64_t start, uint64_t end);
/* The map leaves its group. Requires: it is empty. */
void extents_leave(struct extent_map *map);

#endif
