/* swap.c: anonymous memory that is not in memory. Not here: which memory goes (victims.c), when (reclaim.c), who keeps it (the swap object's pager).
 * What goes out gets a place in the swap object, its frames become that object's, as if written there, and leave with write-back; what is touched is
 * asked for as of any object with a pager, and its frames become the map's. So a frame moves, and nothing is copied but by the pager.
 * Places are multiples of the MP, one bit each, and lie in their clusters as what is there does in its own, where there is room for that.
 * Invariants: the bit of a place is set exactly while some map shows it; what the swap object has at other places is of no use; nobody maps the swap
 * object for writing, and what it has in memory is charged to those who show it.
 * Locks: kernel lock. */
#include <mm/swap.h>
#include <lib/assert.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/reclaim.h>
#include <mm/region.h>
#include <mm/victims.h>
#include <mm/write_back.h>
#include <sched/cpu.h>
#include <sched/thread.h>

#define AT_ONCE 0x40000ull                         /* bytes that are written in one go */
#define LEAF_BITS (MP_SIZE * 8)                    /* places that one MP of bits tells of */
#define SIZE_MOST (1ull << 40)
#define RESERVE_LEAST 0x80000ull                   /* bytes kept for those who make memory free */
#define RESERVE_MOST 0x200000ull
#define EVICT_AT_ONCE 0x40000ull

struct mem_object *swap_mem;                       /* NULL: there is no swap */
static uint64_t **leaves;                          /* of bits; NULL: none is set */
static uint64_t next_lane;                         /* where the search for a place begins, in clusters */
static uint64_t used_bytes;

void swap_init(void)
{
    swap_mem = nullptr;
    leaves = nullptr;
    next_lane = used_bytes = 0;
}

uint64_t swap_total_bytes(void) { return swap_mem ? swap_mem->size : 0; }
uint64_t swap_used_bytes(void) { return used_bytes; }

bool memory_is_short(void)
{
    if (!swap_mem)
        return false;
    uint64_t reserve = mm_total_bytes() / 64;
    reserve = reserve < RESERVE_LEAST ? RESERVE_LEAST : reserve > RESERVE_MOST ? RESERVE_MOST : reserve;
    if (mm_free_bytes() >= reserve)
        return false;
    const struct thread *thread = this_cpu()->current;
    return !thread || !thread->task->charge->kept;
}

/* --- places ------------------------------------------------------------------------------------------------------------------------------ */

/* The word of bits of the MP number, and where in it that is. */
static uint64_t *bits_at(uint64_t mp, unsigned *shift)
{
    *shift = mp % 64;
    return &leaves[mp / LEAF_BITS][mp % LEAF_BITS / 64];
}

static void set_bits(uint64_t place, uint64_t size, bool used)
{
    for (uint64_t mp = place >> MP_SHIFT, end = (place + size) >> MP_SHIFT; mp < end; mp++) {
        unsigned shift;
        uint64_t *word = bits_at(mp, &shift);
        ASSERT((*word >> shift & 1) != used, "a place is given out once");
        *word ^= 1ull << shift;
    }
    used_bytes += used ? size : -size;
}

/* What the swap object has of [place, place + size) and is not being written leaves it; nobody shows it. Returns: nothing is left. */
static bool discard(uint64_t place, uint64_t size)
{
    struct pager *pager = swap_mem->pager;
    const struct span *out = &pager->out.range;
    struct span *extent;
    bool all = true;
    for (uint64_t at = place, end = place + size; at < end && (extent = span_at_or_after(&swap_mem->map.extents, at)) && extent->start < end;) {
        uint64_t low = extent->start > at ? extent->start : at, high = extent->end < end ? extent->end : end;
        at = high;
        if (page_request_is_busy(&pager->out) && low < out->end && high > out->start) {
            all = false;
            continue;
        }
        struct spares spares;
        if (spares_get(&spares, nullptr, 2) != STATUS_OK)
            return false;
        if (mem_unmap_all(swap_mem, low, high) == STATUS_OK) {
            pager_forget_dirty(pager, low, high, &spares);
            (void)extents_drop(&swap_mem->map, low, high, &spares);
        } else {
            all = false;
        }
        spares_put(&spares);
    }
    return all;
}

static bool leaf_is_there(uint64_t mp)
{
    void *memory;
    uint64_t **leaf = &leaves[mp / LEAF_BITS];
    if (!*leaf && ledger_alloc(swap_mem->object.ledger, MP_SIZE, &memory) == STATUS_OK)
        *leaf = memory;
    return *leaf != nullptr;
}

/* The lane (a cluster of places) has these MPs free, and nothing that was there before. */
static bool lane_has(uint64_t lane, uint64_t mask)
{
    unsigned shift;
    uint64_t mps = cluster_size() >> MP_SHIFT, place = lane << cluster_shift;
    if (!leaf_is_there(lane * mps))
        return false;
    const uint64_t *word = bits_at(lane * mps, &shift);
    if (*word >> shift & mask)
        return false;
    unsigned first = (unsigned)__builtin_ctzll(mask), count = (unsigned)__builtin_popcountll(mask);
    return discard(place + ((uint64_t)first << MP_SHIFT), (uint64_t)count << MP_SHIFT);
}

static uint64_t mask_of(uint64_t first, uint64_t count) { return (count < 64 ? (1ull << count) - 1 : ~0ull) << first; }

/* Room for these MPs of a cluster, in the first lane from where the last was that has it. */
static bool find_lane(uint64_t mask, uint64_t *lane)
{
    uint64_t lanes = swap_mem->size >> cluster_shift;
    for (uint64_t i = 0; i < lanes; i++) {
        *lane = (next_lane + i) % lanes;
        if (lane_has(*lane, mask)) {
            next_lane = *lane;
            return true;
        }
    }
    return false;
}

/* A place for what lies at the offset, for *size bytes or fewer. */
static bool place_alloc(uint64_t offset, uint64_t *size, uint64_t *place)
{
    uint64_t lane, mps = cluster_size() >> MP_SHIFT, within = (offset & (cluster_size() - 1)) >> MP_SHIFT;
    if (find_lane(mask_of(within, *size >> MP_SHIFT), &lane)) {
        *place = (lane << cluster_shift) + (within << MP_SHIFT);
    } else {
        *size = MP_SIZE;
        bool found = false;
        for (uint64_t i = 0; i < mps && !found; i++) {
            found = find_lane(1ull << (within + i) % mps, &lane);
            *place = (lane << cluster_shift) + ((within + i) % mps << MP_SHIFT);
        }
        if (!found)
            return false;
    }
    set_bits(*place, *size, true);
    return true;
}

void swap_free(uint64_t place, uint64_t size)
{
    set_bits(place, size, false);
    pager_answer(swap_mem->pager, place, place + size, STATUS_OK); /* who waited looks again */
    (void)discard(place, size); /* if not now, when the place is used again */
}

/* --- the object ------------------------------------------------------------------------------------------------------------------------------ */

static void leaves_free(struct ledger *ledger, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (leaves[i])
            ledger_free(ledger, leaves[i], MP_SIZE);
    ledger_free(ledger, leaves, count * sizeof *leaves);
    leaves = nullptr;
}

enum status swap_off(void)
{
    struct mem_object *mem = swap_mem;
    if (used_bytes)
        return STATUS_BUSY;
    if (!mem)
        return STATUS_OK;
    leaves_free(mem->object.ledger, (mem->size >> MP_SHIFT) / LEAF_BITS + 1);
    swap_mem = nullptr;
    next_lane = 0;
    object_put(&mem->object);
    return STATUS_OK;
}

enum status swap_on(struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, struct mem_object **mem)
{
    uint64_t count = (size >> MP_SHIFT) / LEAF_BITS + 1;
    if (!size || size & (cluster_size() - 1))
        return STATUS_INVALID_ARGUMENT;
    if (size > SIZE_MOST)
        return STATUS_TOO_BIG;
    if (swap_mem && swap_mem->pager->port == port && swap_mem->pager->key == key && swap_mem->size <= size) {
        object_get(&swap_mem->object);
        *mem = swap_mem;
        return STATUS_OK;
    }
    if (swap_off() != STATUS_OK)
        return STATUS_ALREADY_BOUND;
    void *memory;
    enum status status = ledger_alloc(ledger, count * sizeof *leaves, &memory);
    if (status != STATUS_OK)
        return status;
    leaves = memory;
    status = pager_create(ledger, port, size, key, 0, mem);
    if (status != STATUS_OK) {
        leaves_free(ledger, count);
        return status;
    }
    swap_mem = *mem;
    swap_mem->map.ledger = nullptr;
    reclaim_leave(swap_mem->pager); /* swap_clean looks after it */
    swap_mem->pager->out_most = AT_ONCE;
    swap_mem->pager->ahead_most = cluster_size();
    object_get(&swap_mem->object);
    return STATUS_OK;
}

/* --- in --------------------------------------------------------------------------------------------------------------------------------------- */

/* What the swap object has there becomes the map's, in its own place. */
static enum status take_in(struct extent_map *map, uint64_t low, uint64_t high, uint64_t place, paddr_t pa)
{
    struct spares spares;
    enum status status = spares_get(&spares, nullptr, 2);
    if (status != STATUS_OK)
        return status;
    status = mem_unmap_all(swap_mem, place, place + (high - low));
    if (status == STATUS_OK)
        status = extents_exchange(map, low, high - low, pa);
    if (status == STATUS_OK) {
        pager_forget_dirty(swap_mem->pager, place, place + (high - low), &spares);
        extents_take(&swap_mem->map, place, place + (high - low), &spares);
        set_bits(place, high - low, false);
        counters.swapped_in_bytes += high - low;
    }
    spares_put(&spares);
    return status;
}

enum status swap_in(struct extent_map *map, uint64_t offset)
{
    struct pager *pager = swap_mem->pager;
    const struct span *out = &pager->out.range;
    offset &= ~(MP_SIZE - 1);
    uint64_t place = extent_pa(extent_at(map, offset), offset) - EXTENT_OUT;
    const struct span *here = extent_at(&swap_mem->map, place);
    if (!here)
        return memory_is_short() ? STATUS_NO_MEMORY : pager_ask(swap_mem, place);
    bool writing = page_request_is_busy(&pager->out);
    if (writing && place >= out->start && place < out->end)
        return page_await(&pager->out, place);
    uint64_t low = offset & ~(cluster_size() - 1), high = low + cluster_size();
    extents_clip_alike(map, offset, &low, &high);
    uint64_t least = here->start, most = here->end;
    if (writing && out->end <= place && out->end > least)
        least = out->end;
    if (writing && out->start > place && out->start < most)
        most = out->start;
    if (offset - low > place - least)
        low = offset - (place - least);
    if (high - offset > most - place)
        high = offset + (most - place);
    place -= offset - low;
    return take_in(map, low, high, place, extent_pa(here, place));
}

/* --- out -------------------------------------------------------------------------------------------------------------------------------------- */

static bool may_go(struct extent_map *map, uint64_t offset, void *context)
{
    return victims_may_go(map, offset, offset + *(const uint64_t *)context);
}

static bool hide(struct extent_map *map, uint64_t offset, void *context)
{
    return map_forget(map, offset, offset + *(const uint64_t *)context) == STATUS_OK;
}

uint64_t swap_out(struct extent_map *map, uint64_t start, uint64_t end)
{
    struct spares spares;
    uint64_t low = start, high = (start & ~(cluster_size() - 1)) + cluster_size(), place;
    if (!extent_present_at(map, start))
        return 0;
    if (high > end)
        high = end;
    extents_clip_alike(map, start, &low, &high);
    uint64_t size = high - start;
    paddr_t pa = extent_pa(extent_at(map, start), start);
    if (spares_get(&spares, nullptr, 2) != STATUS_OK)
        return 0;
    if (!extents_sharers(map, start, may_go, &size) || !place_alloc(start, &size, &place))
        goto put_spares;
    if (!extents_sharers(map, start, hide, &size) || extents_exchange(map, start, size, EXTENT_OUT + place) != STATUS_OK) {
        set_bits(place, size, false);
        goto put_spares;
    }
    extents_add(&swap_mem->map, place, pa, size, &spares);
    pager_add_dirty(swap_mem->pager, place, place + size, &spares);
    pager_answer(swap_mem->pager, place, place + size, STATUS_OK);
    spares_put(&spares);
    counters.swapped_out_bytes += size;
    return size;

put_spares:
    spares_put(&spares);
    return 0;
}

void swap_written(uint64_t place, uint64_t size)
{
    struct spares spares;
    const struct span *extent;
    for (uint64_t at = place, high; (extent = span_at_or_after(&swap_mem->map.extents, at)) && extent->start < place + size; at = high) {
        uint64_t low = extent->start > at ? extent->start : at;
        high = extent->end < place + size ? extent->end : place + size;
        if (spares_get(&spares, nullptr, 1) != STATUS_OK)
            return; /* swap_clean finds it */
        if (mem_unmap_all(swap_mem, low, high) == STATUS_OK)
            (void)extents_drop(&swap_mem->map, low, high, &spares);
        spares_put(&spares);
    }
}

uint64_t swap_dirty_bytes(void) { return swap_mem ? extents_present(&swap_mem->map) : 0; }

struct page_request *swap_clean(bool all, uint64_t *bytes)
{
    enum status status;
    struct pager *pager = swap_mem->pager;
    if (!page_request_is_busy(&pager->out) && !pager_write_back(swap_mem, pager->hand, UINT64_MAX, &status))
        (void)pager_write_back(swap_mem, 0, UINT64_MAX, &status);
    if (page_request_is_busy(&pager->out))
        pager->hand = pager->out.range.end;
    *bytes = 0;
    const struct span *extent = all ? span_of(tree_first(&swap_mem->map.extents)) : nullptr;
    for (uint64_t at = 0; extent && *bytes < EVICT_AT_ONCE; extent = span_at_or_after(&swap_mem->map.extents, at)) {
        uint64_t start = extent->start, gone;
        at = extent->end;
        (void)pager_evict(swap_mem, start, at, &gone);
        *bytes += gone;
    }
    return page_request_is_busy(&pager->out) ? &pager->out : nullptr;
}

/* --- checks ------------------------------------------------------------------------------------------------------------------------------------- */

void swap_check(void)
{
    uint64_t bytes = 0;
    if (!swap_mem)
        return;
    for (uint64_t mp = 0; mp < swap_mem->size >> MP_SHIFT; mp++) {
        unsigned shift;
        const uint64_t *word = leaves[mp / LEAF_BITS] ? bits_at(mp, &shift) : nullptr;
        bytes += word && *word >> shift & 1 ? MP_SIZE : 0;
    }
    ASSERT(bytes == used_bytes, "places are counted");
    mem_check(swap_mem);
}
