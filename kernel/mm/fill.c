/* fill.c: which frames back an offset, and what is in them. Not here: who may touch what (fault.c), translations.
 * Policy: where more than half of a cluster can be seen, it comes from one cluster, at the same place within it as within the offset's;
 * the rest of that cluster stays free for others, but is taken first when more of it becomes visible or is copied. Less than half comes
 * in naturally aligned pieces. Clusters follow their neighbours in memory where that is free, and start where a superpage could.
 * A copy on write takes COPY_UNIT, not the whole cluster.
 * Invariants: frames are filled before they become extents; old frames are given up after all translations to them are gone.
 * Locks: the map's (today: the kernel lock). */
#include <mm/fill.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/clusters.h>
#include <mm/frames.h>

#define COPY_UNIT (MP_SIZE > 0x4000 ? MP_SIZE : 0x4000ull)

/* Part of a place that gets new frames. */
struct block {
    uint64_t start, end;
    paddr_t pa;
    bool zeroed; /* pa is full of zeros already */
};

static uint64_t cluster_start(uint64_t offset) { return offset & ~(cluster_size() - 1); }
static bool wants_cluster(const struct place *place) { return place->high - place->low > cluster_size() / 2; }

/* --- frames ----------------------------------------------------------------------------------------------------------------------------- */

/* The free rest of a cluster that already backs a neighbour, at the same place within. */
static bool claim_beside(const struct place *place, struct block *block)
{
    uint64_t cluster = cluster_start(block->start);
    struct span *extent = span_at_or_after(&place->map->extents, cluster);
    for (; extent && extent->start < cluster + cluster_size(); extent = span_next(extent)) {
        uint64_t inside = extent->start > cluster ? extent->start : cluster;
        paddr_t base = extent_pa(extent, inside) - (inside - cluster);
        if (base & (cluster_size() - 1))
            continue;
        block->pa = base + (block->start - cluster);
        if (frames_claim(block->pa, block->end - block->start))
            return true;
    }
    return false;
}

/* A cluster that goes on where a neighbouring cluster of the map ends or starts in memory. */
static paddr_t cluster_next_to(const struct extent_map *map, uint64_t cluster)
{
    struct span *before = cluster ? extent_at(map, cluster - 1) : nullptr, *after = extent_at(map, cluster + cluster_size());
    if (before) {
        paddr_t pa = extent_pa(before, cluster - 1) + 1;
        if (!(pa & (cluster_size() - 1)) && clusters_claim(pa, 1))
            return pa;
    }
    if (after) {
        paddr_t pa = extent_pa(after, cluster + cluster_size());
        if (pa > cluster_size() && !(pa & (cluster_size() - 1)) && clusters_claim(pa - cluster_size(), 1))
            return pa - cluster_size();
    }
    return 0;
}

static paddr_t choose_cluster(const struct place *place, uint64_t cluster, bool *zeroed)
{
    *zeroed = false;
    paddr_t pa = cluster_next_to(place->map, cluster);
    uint64_t super = cluster & ~(SUPER_SIZE - 1);
    bool stack_like = cluster - super >= SUPER_SIZE / 2; /* filled from the top, if it is filled at all */
    if (!pa && !stack_like && super >= place->span_low && super + SUPER_SIZE <= place->span_high)
        pa = cluster_alloc_congruent(SUPER_SHIFT, cluster - super);
    if (pa)
        return pa;
    pa = cluster_alloc_zeroed();
    *zeroed = pa != 0;
    return pa ? pa : clusters_alloc(0, CLUSTER_MOVABLE);
}

/* A cluster for the block; what the block leaves of it is free at once. */
static bool take_cluster(const struct place *place, struct block *block)
{
    uint64_t cluster = cluster_start(block->start);
    paddr_t pa = choose_cluster(place, cluster, &block->zeroed);
    if (!pa)
        return false;
    frames_note((int64_t)cluster_size());
    block->pa = pa + (block->start - cluster);
    if (block->start > cluster)
        frames_free(pa, block->start - cluster);
    if (block->end < cluster + cluster_size())
        frames_free(block->pa + (block->end - block->start), cluster + cluster_size() - block->end);
    return true;
}

/* The largest aligned power of two of MPs around the offset that lies in the block and can be had; the block shrinks to it. */
static bool take_piece(struct block *block, uint64_t offset)
{
    unsigned order = 0;
    while ((MP_SIZE << (order + 1)) < cluster_size()) {
        uint64_t size = MP_SIZE << (order + 1), start = offset & ~(size - 1);
        if (start < block->start || start + size > block->end)
            break;
        order++;
    }
    for (;; order--) {
        block->pa = frames_alloc(order);
        if (block->pa || !order)
            break;
    }
    block->start = offset & ~((MP_SIZE << order) - 1);
    block->end = block->start + (MP_SIZE << order);
    block->zeroed = false;
    return block->pa != 0;
}

/* Frames for the block, which may shrink around the offset. */
static bool take_frames(const struct place *place, struct block *block, uint64_t offset)
{
    return (wants_cluster(place) && take_cluster(place, block)) || take_piece(block, offset);
}

/* --- content ----------------------------------------------------------------------------------------------------------------------------- */

static void copy_extents(const struct extent_map *from, uint64_t offset, char *to, uint64_t size, bool zero_gaps)
{
    uint64_t end = offset + size;
    while (offset < end) {
        struct span *extent = span_at_or_after(&from->extents, offset);
        bool gap = !extent || extent->start > offset;
        uint64_t edge = !extent ? end : gap ? extent->start : extent->end, piece = (edge < end ? edge : end) - offset;
        if (!gap)
            memcpy(to, phys_to_virt(extent_pa(extent, offset)), piece);
        else if (zero_gaps)
            memset(to, 0, piece);
        to += piece;
        offset += piece;
    }
}

/* What absent memory of the block shows. */
static void fill_block(const struct place *place, const struct block *block)
{
    uint64_t size = block->end - block->start;
    if (place->backing)
        copy_extents(&place->backing->map, block->start + place->backing_delta, phys_to_virt(block->pa), size, true);
    else if (!block->zeroed)
        memset(phys_to_virt(block->pa), 0, size);
}

/* --- putting it in place -------------------------------------------------------------------------------------------------------------------- */

/* No translation of the map's [start, end) is left anywhere. */
static enum status forget_translations(struct extent_map *map, uint64_t start, uint64_t end)
{
    if (!map->space)
        return mem_unmap_all(container_of(map, struct mem_object, map), start, end);
    if (!arch_unmap(&map->space->arch, start, (end - start) >> MP_SHIFT))
        return arch_refusal(&map->space->arch);
    space_flush(map->space, start, (end - start) >> MP_SHIFT);
    return STATUS_OK;
}

/* The block's frames, filled, replace what is there, of which `added` bytes were absent; `mapped`: some of it, or what it shows instead,
 * may be in page tables. The frames are freed on failure. */
static enum status install(const struct place *place, const struct block *block, uint64_t added, bool mapped)
{
    struct extent_map *map = place->map;
    uint64_t size = block->end - block->start;
    bool drops = added < size;
    struct spares spares;
    enum status status = added && map->ledger ? ledger_charge(map->ledger, LEDGER_PAGES, added) : STATUS_OK;
    if (status != STATUS_OK)
        goto free_frames;
    unsigned needs = drops ? 1 + extents_drop_needs(map, block->start, block->end) : !extents_add_joins(map, block->start, block->pa, size);
    status = spares_get(&spares, map->ledger, needs);
    if (status != STATUS_OK)
        goto credit;
    if (mapped)
        status = forget_translations(map, block->start, block->end);
    if (status != STATUS_OK)
        goto put_spares;
    if (drops)
        (void)extents_drop(map, block->start, block->end, &spares);
    extents_add(map, block->start, block->pa, size, &spares);
    spares_put(&spares);
    return STATUS_OK;

put_spares:
    spares_put(&spares);
credit:
    if (added && map->ledger)
        ledger_credit(map->ledger, LEDGER_PAGES, added);
free_frames:
    frames_free(block->pa, size);
    return status;
}

/* --- the operations --------------------------------------------------------------------------------------------------------------------------- */

/* The absent part around the offset. */
static struct block absent_block(const struct place *place, uint64_t offset)
{
    struct block block = {.start = place->low, .end = place->high};
    struct span *before = span_before(&place->map->extents, offset), *after = span_at_or_after(&place->map->extents, offset);
    if (before && before->end > block.start)
        block.start = before->end;
    if (after && after->start < block.end)
        block.end = after->start;
    return block;
}

static void clip_to_unit(struct block *block, uint64_t offset)
{
    uint64_t unit = offset & ~(COPY_UNIT - 1);
    if (block->start < unit)
        block->start = unit;
    if (block->end > unit + COPY_UNIT)
        block->end = unit + COPY_UNIT;
}

/* One new cluster for all that can be seen of it, with what is present so far moved into it. */
static enum status fill_whole(const struct place *place)
{
    struct block block = {.start = place->low, .end = place->high};
    if (!take_cluster(place, &block))
        return STATUS_NO_MEMORY;
    uint64_t size = block.end - block.start;
    copy_extents(place->map, block.start, phys_to_virt(block.pa), size, !block.zeroed);
    return install(place, &block, size - extents_resident(place->map, block.start, block.end), true);
}

enum status fill_absent(const struct place *place, uint64_t offset)
{
    struct block block = absent_block(place, offset);
    bool alone = block.start == place->low && block.end == place->high;
    if (place->backing)
        clip_to_unit(&block, offset);
    if (!claim_beside(place, &block)) {
        if (!alone && !place->backing && wants_cluster(place) && fill_whole(place) == STATUS_OK)
            return STATUS_OK;
        if (!take_frames(place, &block, offset))
            return STATUS_NO_MEMORY;
    }
    fill_block(place, &block);
    return install(place, &block, block.end - block.start, place->backing != nullptr);
}

enum status fill_copy(const struct place *place, uint64_t offset)
{
    struct span *extent = extent_at(place->map, offset);
    struct block block = {
        .start = extent->start > place->low ? extent->start : place->low,
        .end = extent->end < place->high ? extent->end : place->high,
    };
    clip_to_unit(&block, offset);
    if (!claim_beside(place, &block) && !take_frames(place, &block, offset))
        return STATUS_NO_MEMORY;
    memcpy(phys_to_virt(block.pa), phys_to_virt(extent_pa(extent, block.start)), block.end - block.start);
    return install(place, &block, 0, true);
}
