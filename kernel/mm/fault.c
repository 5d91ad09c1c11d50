/* fault.c: page faults: from a region and an address to entries in the page tables. Not here: where frames come from (fill.c).
 * Invariants: an entry shows what region, object and extents say of its address; it is writable only if the frame is the map's alone.
 * Read faults on absent memory allocate it: there is no page of zeros to share, since whole clusters are mapped at once.
 * Locks: the space's, then the object's (today: the kernel lock). */
#include <lib/assert.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/pager.h>
#include <mm/region.h>
#include <mm/swap.h>

#define AROUND (MP_SIZE * 64) /* what is present around a fault is mapped with it, so far */
#define GUARD_GAP 0x100000ull /* a growing region keeps this distance from the one below, if that can be touched */

/* What can be mapped at once, as addresses; pa belongs to `va`. */
struct window {
    uaddr_t low, high, va;
    paddr_t pa;
};

static void clip(struct window *window, uaddr_t low, uaddr_t high)
{
    if (window->low < low)
        window->low = low;
    if (window->high > high)
        window->high = high;
}

static paddr_t window_pa(const struct window *window) { return window->pa - (window->va - window->low); }

/* Leave what is as shared or unshared as the MP at va. Returns: is it shared? */
static bool clip_to_uniform(const struct cow_group *group, struct window *window)
{
    if (!group)
        return false;
    for (;;) {
        uint64_t run;
        bool shared = share_query(group, window_pa(window), window->high - window->low, &run);
        if (window->low + run > window->va) {
            window->high = window->low + run;
            return shared;
        }
        window->low += run;
    }
}

static bool map_window(struct region *region, const struct window *window, unsigned prot, unsigned cache)
{
    return arch_map(&region->space->arch, window->low, window_pa(window), (window->high - window->low) >> MP_SHIFT, prot, cache);
}

/* A whole leaf of this size around va lies in the window, aligned in memory: map it, in place of what is there. */
static bool map_leaf(struct region *region, const struct window *window, const struct cow_group *group, unsigned cache, uint64_t size)
{
    uaddr_t start = window->va & ~(size - 1);
    struct window whole = *window;
    if (start < window->low || start + size > window->high || ((window->va ^ window->pa) & (size - 1)))
        return false;
    clip(&whole, start, start + size);
    bool shared = clip_to_uniform(group, &whole);
    if (whole.high - whole.low != size || !arch_unmap(&region->space->arch, start, size >> MP_SHIFT))
        return false;
    space_flush(region->space, start, size >> MP_SHIFT);
    bool done = map_window(region, &whole, shared ? region->prot & ~PROT_BIT_WRITE : region->prot, cache);
    counters.promotions += done;
    return done;
}

/* The largest leaf above the cluster that fits. */
static bool map_super(struct region *region, const struct window *window, const struct cow_group *group, unsigned cache)
{
    if (region->flags & REGION_NO_HUGE)
        return false;
    for (unsigned n = ARCH_LEAVES; n--;) {
        unsigned shift = arch_leaf_shift(n);
        if (shift && (window->high - window->low) >> shift && map_leaf(region, window, group, cache, 1ull << shift))
            return true;
    }
    return false;
}

/* Map the extent of `map` that has `offset`, which the region shows at va, and what of it lies around. `writable`: entries may be, where
 * frames are not shared. fresh: the extent was made by this fault. */
static enum status map_extent(struct region *region, uaddr_t va, struct window window, const struct extent_map *map, uint64_t offset,
                              bool fresh, unsigned prot, unsigned cache)
{
    struct span *extent = extent_at(map, offset);
    ASSERT(!extent_is_out(extent), "what is mapped is in memory");
    window.va = va;
    window.pa = extent_pa(extent, offset);
    clip(&window, region->start, region->end);
    uint64_t below = offset - extent->start, above = extent->end - offset;
    clip(&window, va > below ? va - below : 0, va + above);
    if (prot == region->prot && map_super(region, &window, map->group, cache))
        return STATUS_OK;
    uint64_t around = fresh ? cluster_size() : AROUND;
    clip(&window, va & ~(around - 1), (va & ~(around - 1)) + around);
    if (clip_to_uniform(map->group, &window))
        prot &= ~PROT_BIT_WRITE;
    return map_window(region, &window, prot, cache) ? STATUS_OK : arch_refusal(&region->space->arch);
}

static const struct window everything = {.high = UINT64_MAX};

/* --- the three kinds of region ---------------------------------------------------------------------------------------------------------- */

static enum status fault_pinned(struct region *region)
{
    struct arch_space *arch = &region->space->arch;
    return arch_map(arch, region->start, region->offset, 1, region->prot, CACHE_NORMAL) ? STATUS_OK : arch_refusal(arch);
}

/* Leave what is as dirty or clean as the MP at va. Returns: the protection; what is clean is not to be written without a fault. */
static unsigned clip_to_written(const struct mem_object *mem, uaddr_t va, uint64_t offset, struct window *window, unsigned prot)
{
    uint64_t start, end;
    if (!(prot & PROT_BIT_WRITE))
        return prot;
    bool dirty = pager_is_dirty(mem, offset, &start, &end);
    uint64_t below = offset - start, above = end - offset;
    clip(window, va > below ? va - below : 0, above < UINT64_MAX - va ? va + above : UINT64_MAX);
    return dirty ? prot : prot & ~PROT_BIT_WRITE;
}

static enum status fault_object(struct region *region, uaddr_t va, bool write)
{
    struct mem_object *mem = region->mem;
    uint64_t offset = region_offset(region, va);
    bool fresh = mem->map.extents.root == nullptr || !extent_at(&mem->map, offset);
    enum status status = mem_fill(mem, offset, write);
    if (status != STATUS_OK)
        return status;
    struct window window = everything;
    unsigned prot = mem->pager ? clip_to_written(mem, va, offset, &window, region->prot) : region->prot;
    return map_extent(region, va, window, &mem->map, offset, fresh, prot, mem->cache);
}

/* Nothing was written here yet: show the backing object, read-only. */
static enum status fault_backing(struct region *region, uaddr_t va)
{
    struct mem_object *mem = region->mem;
    uint64_t offset = region_offset(region, va);
    enum status status = mem_fill(mem, offset, false);
    if (status != STATUS_OK)
        return status;
    struct window window = everything;
    struct span *before = span_before(&region->space->memory.extents, va), *after = span_at_or_after(&region->space->memory.extents, va);
    clip(&window, before ? before->end : 0, after ? after->start : UINT64_MAX);
    return map_extent(region, va, window, &mem->map, offset, false, region->prot & ~PROT_BIT_WRITE, mem->cache);
}

/* The region's end, or where its backing object ends: what was copied from there before it shrank is out of reach. */
static uaddr_t private_end(const struct region *region)
{
    uint64_t size = region_size(region);
    if (region->mem && region->mem->size - region->offset < size)
        size = region->mem->size - region->offset;
    return region->start + size;
}

/* How far a region of anonymous memory may yet grow upwards: as far as nothing is there, and not by more than it has. */
static uint64_t room_above(const struct region *region)
{
    const struct region *next = region_next(region);
    uint64_t room = (next ? next->start : USER_END) - region->end;
    return region->mem ? 0 : room < region_size(region) ? room : region_size(region);
}

[[gnu::always_inline]] static inline struct place place_around(const struct region *region, uaddr_t va)
{
    uaddr_t cluster = va & ~(cluster_size() - 1), cluster_end = cluster + cluster_size();
    struct place place = {
        .map = &region->space->memory,
        .low = region->start,
        .high = private_end(region),
        .span_end = private_end(region),
        .backing = region->mem,
        .backing_delta = region->offset - region->start,
    };
    if (!region->mem) {
        for (const struct region *r = region; place.low > cluster && (r = region_previous(r)) && r->end == place.low && region_anonymous(r);)
            place.low = r->start;
        for (const struct region *r = region; place.high < cluster_end && (r = region_next(r)) && r->start == place.high && region_anonymous(r);)
            place.high = r->end;
    }
    if (place.low < cluster)
        place.low = cluster;
    if (place.high > cluster_end)
        place.high = cluster_end;
    if (!(region->flags & REGION_NO_HUGE) && (!(region->flags & MAP_GROWS_DOWN) || region->flags & REGION_HUGE)) {
        place.span_low = region->start;
        place.span_high = place.span_end + room_above(region);
    }
    return place;
}

struct place private_place(const struct region *region, uaddr_t va) { return place_around(region, va); }

static enum status fill_backing(struct mem_object *mem, uint64_t offset)
{
    return mem->pager || extent_at(&mem->map, offset) ? mem_fill(mem, offset, false) : STATUS_OK;
}

static enum status fault_private(struct region *region, uaddr_t va, bool write)
{
    struct extent_map *map = &region->space->memory;
    if (region->mem && region_offset(region, va) >= region->mem->size)
        return STATUS_OUT_OF_RANGE;
    struct span *extent = extent_at(map, va);
    enum status status = STATUS_OK;
    uint64_t run;
    if (!extent && region->mem && !write)
        return fault_backing(region, va);
    if (!extent && region->mem && (region->mem->pager || region->mem->map.out)) /* what is to be copied has to be there */
        status = fill_backing(region->mem, region_offset(region, va));
    else if (extent && extent_is_out(extent))
        status = swap_in(map, va);
    if (status != STATUS_OK)
        return status;
    if (extent)
        extent = extent_at(map, va);
    bool fresh = !extent || (write && share_query(map->group, extent_pa(extent, va), MP_SIZE, &run));
    if (fresh) {
        struct place place = place_around(region, va);
        status = extent ? fill_copy(&place, va) : fill_absent(&place, va);
    }
    struct window window = {.high = private_end(region)};
    return status == STATUS_OK ? map_extent(region, va, window, map, va, fresh, region->prot, CACHE_NORMAL) : status;
}

/* --- finding the region ------------------------------------------------------------------------------------------------------------------- */

/* A region that grows down to va. */
static struct region *grow_down(struct space *space, uaddr_t va)
{
    struct region *region = region_at_or_after(space, va);
    if (!region || !(region->flags & MAP_GROWS_DOWN) || va < region->lowest)
        return nullptr;
    struct region *below = region_previous(region);
    uaddr_t start = va & ~(MP_SIZE - 1);
    if (below && below->prot && start - below->end < GUARD_GAP)
        return nullptr;
    region_set_bounds(region, start, region->end);
    return region;
}

enum status space_fault(struct space *space, uaddr_t va, unsigned access)
{
    if (va < USER_BASE || va >= USER_END)
        return STATUS_BAD_ADDRESS;
    struct region *region = space->faulted;
    if (!region || va < region->start || va >= region->end)
        region = region_at(space, va);
    if (!region)
        region = grow_down(space, va);
    space->faulted = region;
    if (!region || !region->prot || access & ~(unsigned)region->prot)
        return STATUS_BAD_ADDRESS;
    va &= ~(MP_SIZE - 1);
    counters.faults++;
    if (region->flags & REGION_PINNED)
        return fault_pinned(region);
    bool write = access & PROT_BIT_WRITE;
    return region_private(region) ? fault_private(region, va, write) : fault_object(region, va, write);
}
