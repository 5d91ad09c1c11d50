/* check.c: walks over everything that mm keeps, for tests and debug kernels. Panics on the first thing that is not as it must be.
 * Not here: repairs. Locks: kernel lock. */
#include <lib/assert.h>
#include <lib/list.h>
#include <mm/clusters.h>
#include <mm/frames.h>
#include <mm/pager.h>
#include <mm/region.h>
#include <mm/reserve.h>
#include <mm/swap.h>
#include <mm/zero_pool.h>

void mm_check(void)
{
    clusters_check();
    zero_pool_check();
    carve_check();
    heap_check();
    swap_check();
    uint64_t used = carve_own_bytes() + carve_kernel_bytes() + carve_user_bytes();
    ASSERT(mm_free_bytes() + used == mm_total_bytes(), "every MP is free, the kernel's or a user's");
}

static bool is_edge(const struct cow_group *group, paddr_t pa)
{
    struct span *share = group ? span_at(&group->shares, pa) : nullptr;
    return !share || share->start == pa;
}

static void check_extents(const struct extent_map *map)
{
    uint64_t bytes = 0, out = 0;
    const struct span *last = nullptr;
    for (struct tree_node *node = tree_first(&map->extents); node; node = tree_next(node)) {
        const struct span *extent = span_of(node);
        ASSERT(!((extent->start | extent->end | extent->value) & (MP_SIZE - 1)) && extent->start < extent->end, "extents are of whole MPs");
        ASSERT(!last || last->end <= extent->start, "extents are disjoint");
        ASSERT(!last || last->end < extent->start || extent_pa(last, last->end) != extent->value, "extents are maximal");
        ASSERT(is_edge(map->group, extent->value) && is_edge(map->group, extent_pa(extent, extent->end)), "shares end where extents end");
        bytes += extent->end - extent->start;
        out += extent_is_out(extent) ? extent->end - extent->start : 0;
        last = extent;
    }
    ASSERT(bytes == map->held && out == map->out, "bytes are counted");
}

/* Bytes of [start, end) of physical memory that the map shows. */
static uint64_t shown(const struct extent_map *map, paddr_t start, paddr_t end)
{
    uint64_t bytes = 0;
    for (struct tree_node *node = tree_first(&map->extents); node; node = tree_next(node)) {
        const struct span *extent = span_of(node);
        paddr_t low = extent->value > start ? extent->value : start, high = extent_pa(extent, extent->end);
        if (high > end)
            high = end;
        bytes += high > low ? high - low : 0;
    }
    return bytes;
}

static uint64_t shown_by_all(const struct cow_group *group, paddr_t start, paddr_t end)
{
    uint64_t bytes = 0;
    for (const struct list *link = group->members.next; link != &group->members; link = link->next)
        bytes += shown(container_of(link, struct extent_map, members), start, end);
    return bytes;
}

/* Every share is counted right, and what the map shows and is in no share it shows alone. */
static void check_shares(const struct extent_map *map)
{
    const struct cow_group *group = map->group;
    if (!group)
        return;
    for (struct tree_node *node = tree_first(&group->shares); node; node = tree_next(node)) {
        const struct span *share = span_of(node);
        ASSERT(share->value >= 2, "a share has two members or more");
        ASSERT(shown_by_all(group, share->start, share->end) == share->value * (share->end - share->start), "shares are counted");
    }
    for (struct tree_node *node = tree_first(&map->extents); node; node = tree_next(node)) {
        const struct span *extent = span_of(node);
        uint64_t run;
        for (uint64_t at = extent->start; at < extent->end; at += run) {
            paddr_t pa = extent_pa(extent, at);
            if (!share_query(group, pa, extent->end - at, &run))
                ASSERT(shown_by_all(group, pa, pa + run) == run, "what is in no share is shown once");
        }
    }
}

/* What region and extents say of the address: its frame, and whether it may be written; false if nothing is present. */
static bool expected(const struct region *region, uaddr_t va, paddr_t *pa, bool *own)
{
    *pa = region->offset;
    *own = true;
    if (region->flags & REGION_PINNED)
        return true;
    const struct extent_map *map = region_private(region) ? &region->space->memory : &region->mem->map;
    uint64_t offset = region_private(region) ? va : region_offset(region, va), run;
    struct span *extent = extent_at(map, offset);
    if (extent && extent_is_out(extent))
        return false;
    if (extent) {
        *pa = extent_pa(extent, offset);
        *own = !share_query(map->group, *pa, MP_SIZE, &run);
        return true;
    }
    extent = region_private(region) && region->mem ? extent_present_at(&region->mem->map, region_offset(region, va)) : nullptr;
    *own = false;
    if (extent)
        *pa = extent_pa(extent, region_offset(region, va));
    return extent;
}

static void check_translation(const struct region *region, uaddr_t va)
{
    struct arch_mapping mapping;
    if (!arch_query(&region->space->arch, va, &mapping))
        return;
    paddr_t pa, mapped = (mapping.pa & ~(mapping.size - 1)) + (va & (mapping.size - 1));
    bool own;
    ASSERT(expected(region, va, &pa, &own), "only what is present is mapped");
    ASSERT(pa == mapped, "a translation is what region and extents say");
    ASSERT(!(mapping.prot & ~(unsigned)region->prot), "a translation grants no more than its region");
    ASSERT(own || !(mapping.prot & PROT_BIT_WRITE), "shared memory is not writable");
    uint64_t start, end;
    if (mapping.prot & PROT_BIT_WRITE && !region_private(region) && region->mem && region->mem->pager)
        ASSERT(pager_is_dirty(region->mem, region_offset(region, va), &start, &end), "clean memory is not writable");
}

static void check_edge(struct space *space, uaddr_t va)
{
    struct arch_mapping mapping;
    ASSERT(region_at(space, va) || !arch_query(&space->arch, va, &mapping), "nothing is mapped outside regions");
}

void space_check(struct space *space)
{
    uint64_t mapped = 0;
    uaddr_t last_end = USER_BASE;
    for (struct tree_node *node = tree_first(&space->regions); node; node = tree_next(node)) {
        struct region *region = region_of(node);
        ASSERT(region->start >= last_end && region->end > region->start && region->end <= USER_END, "regions are disjoint and in user space");
        ASSERT(region->gap == region->start - last_end, "gaps are known");
        for (uaddr_t va = region->start; va < region->end; va += MP_SIZE)
            check_translation(region, va);
        check_edge(space, region->start - MP_SIZE);
        check_edge(space, region->end);
        mapped += region_size(region);
        last_end = region->end;
    }
    ASSERT(mapped == space->mapped_bytes, "mapped bytes are counted");
    for (struct tree_node *node = tree_first(&space->memory.extents); node; node = tree_next(node))
        for (uaddr_t va = span_of(node)->start; va < span_of(node)->end; va += MP_SIZE)
            ASSERT(region_at(space, va) && region_private(region_at(space, va)), "private memory is seen by a region");
    check_extents(&space->memory);
    check_shares(&space->memory);
    reservations_check(&space->memory);
    arch_space_check(&space->arch);
}

void mem_check(struct mem_object *mem)
{
    if (mem->kind != MEM_PHYSICAL)
        check_extents(&mem->map);
    check_shares(&mem->map);
    reservations_check(&mem->map);
    if (mem->pager)
        pager_check(mem);
    const struct span *last = span_of(tree_last(&mem->map.extents));
    ASSERT(!last || last->end <= mem->size, "nothing is present behind the end");
}
