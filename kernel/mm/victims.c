/* victims.c: which anonymous memory goes to swap. Not here: how it goes (swap.c).
 * WSCLOCK (Carr and Hennessy 1981) without a record per page: the maps of private memory and of anonymous objects are one ring, and a hand goes
 * through each from end to end. What is in page tables was used since the hand came last: it is taken out of them, which are a cache, so that the next
 * touch shows. What is not goes, if its owner has run for long enough since the hand began there; when a round gave nothing, whoever ran.
 * Invariant: `barren` counts the maps at whose end the hand came since something went.
 * Locks: kernel lock. */
#include <mm/victims.h>
#include <mm/clusters.h>
#include <mm/region.h>
#include <mm/swap.h>

#define TAU_NS 20000000u    /* of the owner's CPU time: what it did not use for so long is not of its working set */
#define AHEAD 0x100000ull   /* what is taken out of page tables in one go */
#define ROUNDS_MOST 3u      /* take out of page tables; go, if the owner ran; go */
#define LOOKS_MOST 4096u    /* in one go */

static struct list maps;    /* the one at which the hand is comes first */
static uint64_t map_count;
static uint64_t barren;

void victims_init(void)
{
    list_init(&maps);
    map_count = barren = 0;
}

void victims_enter(struct extent_map *map)
{
    list_push_back(&maps, &map->victim);
    map_count++;
}

void victims_leave(struct extent_map *map)
{
    if (list_empty(&map->victim))
        return;
    list_remove(&map->victim);
    map_count--;
}

bool victims_may_go(const struct extent_map *map, uint64_t start, uint64_t end)
{
    if (!map->ledger || map->ledger->kept)
        return false;
    if (!map->space) {
        const struct mem_object *mem = container_of(map, struct mem_object, map);
        if (mem->kind != MEM_ANONYMOUS)
            return false;
        for (struct region *r = region_showing(mem, start, end); r; r = region_showing_next(r, start, end))
            if (r->flags & MAP_LOCKED)
                return false;
        return true;
    }
    for (const struct region *r = region_at_or_after(map->space, start); r && r->start < end; r = region_next(r))
        if (r->flags & (MAP_LOCKED | REGION_PINNED))
            return false;
    return true;
}

/* The first MP of [start, end) that is in page tables; end: none is. *size: of the leaf, as offsets go. */
static uint64_t first_used_of(struct space *space, uaddr_t start, uaddr_t end, uint64_t *size)
{
    struct arch_mapping mapping;
    for (; start < end; start += MP_SIZE)
        if (arch_query(&space->arch, start, &mapping)) {
            *size = mapping.size;
            return start;
        }
    return end;
}

static bool was_used(struct extent_map *map, uint64_t start, uint64_t end, uint64_t *leaf)
{
    if (map->space)
        return first_used_of(map->space, start, end, leaf) < end;
    const struct mem_object *mem = container_of(map, struct mem_object, map);
    for (struct region *r = region_showing(mem, start, end); r; r = region_showing_next(r, start, end)) {
        uint64_t low = r->offset > start ? r->offset : start, high = r->offset + region_size(r);
        uaddr_t va = r->start + (low - r->offset), va_end = r->start + ((high < end ? high : end) - r->offset);
        if (first_used_of(r->space, va, va_end, leaf) < va_end)
            return true;
    }
    return false;
}

/* The hand is at the end of the first map. */
static void next_map(struct extent_map *map)
{
    map->hand = 0;
    map->looked_ticks = map->space ? map->space->run_ticks : 0;
    list_remove(&map->victim);
    list_push_back(&maps, &map->victim);
    barren++;
}

/* Has the owner run for long enough to have used what it needs? Of an object nobody knows. */
static bool is_aged(const struct extent_map *map)
{
    return !map->space || arch_ticks_ns(map->space->run_ticks - map->looked_ticks) >= TAU_NS || barren > map_count;
}

/* The next piece of the first map. Returns: how many bytes of it went. */
static uint64_t look(void)
{
    struct extent_map *map = container_of(maps.next, struct extent_map, victim);
    const struct span *extent = span_at_or_after(&map->extents, map->hand);
    while (extent && extent_is_out(extent))
        extent = span_next(extent);
    if (!extent || !map->ledger || map->ledger->kept) {
        next_map(map);
        return 0;
    }
    uint64_t start = extent->start > map->hand ? extent->start : map->hand, end = (start & ~(cluster_size() - 1)) + cluster_size(), leaf;
    if (end > extent->end)
        end = extent->end;
    map->hand = end;
    if (was_used(map, start, end, &leaf)) {
        uint64_t unit = leaf > AHEAD ? leaf : AHEAD;
        end = (start & ~(unit - 1)) + unit;
        if (map_forget(map, start & ~(leaf - 1), end) == STATUS_OK)
            map->hand = end;
        return 0;
    }
    uint64_t bytes = is_aged(map) ? swap_out(map, start, end) : 0;
    if (bytes)
        map->hand = start + bytes;
    return bytes;
}

uint64_t victims_out(uint64_t wanted, bool *more)
{
    uint64_t bytes = 0;
    *more = false;
    for (unsigned i = 0; i < LOOKS_MOST && bytes < wanted && !list_empty(&maps); i++) {
        uint64_t went = look();
        bytes += went;
        if (went)
            barren = 0;
        if (barren > ROUNDS_MOST * map_count) {
            barren = 0;
            return bytes;
        }
        if (arch_interrupt_pending()) {
            *more = true;
            return bytes;
        }
    }
    *more = bytes < wanted;
    return bytes;
}
