/* fill.c: which frames back an offset, and what is in them. Not here: who may touch what (fault.c), translations.
 * Policy: where more than half of a cluster can be seen, it comes from one cluster, at the same place within it as within the offset's;
 * the rest of that cluster stays free, for others only when nothing else is, and is taken when more of it becomes visible or is copied. Less than half comes
 * in naturally aligned pieces. Clusters come from reservations, else follow their neighbours in memory where that is free.
 * A copy on write takes COPY_UNIT, not the whole cluster.
 * Invariants: frames are filled before they become extents; old frames are given up after all translations to them are gone.
 * Locks: the map's (today: the kernel lock). */
#include <mm/fill.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/frames.h>
#include <mm/repair.h>
#include <mm/reserve.h>
#include <mm/swap.h>
#include <mm/zero_pool.h>

uint64_t super_size;

#define COPY_UNIT (MP_SIZE > 0x4000 ? MP_SIZE : 0x4000ull)

/* Part of a place that gets new frames. */
struct part {
    uint64_t start, end;
    paddr_t pa;
    bool zeroed; /* pa is full of zeros already; before there is one: that would help */
};

static uint64_t cluster_start(uint64_t offset) { return offset & ~(cluster_size() - 1); }
static bool wants_cluster(const struct place *place) { return place->high - place->low > cluster_size() / 2; }

/* --- frames ----------------------------------------------------------------------------------------------------------------------------- */

/* The free rest of a cluster that already backs a neighbour, at the same place within. */
static bool claim_beside(const struct place *place, struct part *part)
{
    uint64_t cluster = cluster_start(part->start);
    struct span *extent = span_at_or_after(&place->map->extents, cluster);
    for (; extent && extent->start < cluster + cluster_size(); extent = span_next(extent)) {
        uint64_t inside = extent->start > cluster ? extent->start : cluster;
        if (extent_is_out(extent))
            continue;
        paddr_t base = extent_pa(extent, inside) - (inside - cluster);
        if (base & (cluster_size() - 1))
            continue;
        part->pa = base + (part->start - cluster);
        if (frames_claim(part->pa, part->end - part->start)) {
            part->zeroed = false;
            return true;
        }
    }
    return false;
}

/* A cluster that goes on where a neighbouring cluster of the map ends or starts in memory. */
static paddr_t cluster_next_to(const struct extent_map *map, uint64_t cluster)
{
    struct span *before = cluster ? extent_at(map, cluster - 1) : nullptr, *after = extent_at(map, cluster + cluster_size());
    if (before && !extent_is_out(before)) {
        paddr_t pa = extent_pa(before, cluster - 1) + 1;
        if (!(pa & (cluster_size() - 1)) && clusters_claim(pa, 1))
            return pa;
    }
    if (after && !extent_is_out(after)) {
        paddr_t pa = extent_pa(after, cluster + cluster_size());
        if (pa > cluster_size() && !(pa & (cluster_size() - 1)) && clusters_claim(pa - cluster_size(), 1))
            return pa - cluster_size();
    }
    return 0;
}

/* The last cluster of what is empty so far: a stack, which is filled from the top, if at all. */
static bool is_like_stack(const struct place *place, uint64_t cluster)
{
    if (cluster + cluster_size() < place->span_end)
        return false;
    const struct span *extent = span_at_or_after(&place->map->extents, place->span_low);
    return !extent || extent->start >= place->span_end;
}

/* *zeroed: in, are zeros wanted; out, it is full of them. */
static paddr_t reserved_cluster(const struct place *place, uint64_t cluster, bool *zeroed)
{
    bool wanted = *zeroed;
    *zeroed = false;
    paddr_t pa = reservation_take(place->map, cluster, zeroed);
    if (!pa && place->span_high - place->span_low >= SUPER_SIZE && !is_like_stack(place, cluster)) {
        *zeroed = wanted;
        pa = reservation_make(place->map, cluster, place->span_low, place->span_high, zeroed);
    }
    return pa;
}

/* A superpage could be there, and will not come by itself. */
static void wish_repair(const struct place *place, uint64_t offset)
{
    uint64_t start = offset & ~(SUPER_SIZE - 1);
    if (place->map->space && start >= place->span_low && start + SUPER_SIZE <= place->span_high)
        repair_wish(place->map->space);
}

static paddr_t other_cluster(const struct place *place, uint64_t cluster, bool *zeroed)
{
    bool wanted = *zeroed;
    *zeroed = false;
    paddr_t pa = cluster_next_to(place->map, cluster);
    if (pa)
        return pa;
    pa = wanted ? zero_pool_take_one() : 0;
    *zeroed = pa != 0;
    return pa ? pa : clusters_alloc(0, CLUSTER_MOVABLE);
}

/* A cluster for the part, if it is worth one or one is reserved; what the part leaves of it is free at once. part->zeroed says before whether
 * zeros are wanted. */
static bool take_cluster(const struct place *place, struct part *part)
{
    uint64_t cluster = cluster_start(part->start);
    bool wanted = part->zeroed;
    paddr_t pa = reserved_cluster(place, cluster, &part->zeroed);
    if (!pa && wants_cluster(place)) {
        part->zeroed = wanted;
        pa = other_cluster(place, cluster, &part->zeroed);
        wish_repair(place, cluster);
    }
    if (!pa)
        return false;
    frames_note((int64_t)cluster_size());
    part->pa = pa + (part->start - cluster);
    if (part->start > cluster)
        frames_free_rest(pa, part->start - cluster);
    if (part->end < cluster + cluster_size())
        frames_free_rest(part->pa + (part->end - part->start), cluster + cluster_size() - part->end);
    return true;
}

/* The largest aligned power of two of MPs around the offset that lies in the part and can be had; the part shrinks to it. */
static bool take_piece(struct part *part, uint64_t offset)
{
    unsigned order = 0;
    while ((MP_SIZE << (order + 1)) < cluster_size()) {
        uint64_t size = MP_SIZE << (order + 1), start = offset & ~(size - 1);
        if (start < part->start || start + size > part->end)
            break;
        order++;
    }
    for (;; order--) {
        part->pa = frames_alloc(order);
        if (part->pa || !order)
            break;
    }
    part->start = offset & ~((MP_SIZE << order) - 1);
    part->end = part->start + (MP_SIZE << order);
    part->zeroed = false;
    return part->pa != 0;
}

/* Frames for the part, which may shrink around the offset. */
static bool take_frames(const struct place *place, struct part *part, uint64_t offset)
{
    return take_cluster(place, part) || take_piece(part, offset);
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

/* What absent memory of the part shows. */
static void fill_part(const struct place *place, const struct part *part)
{
    uint64_t size = part->end - part->start;
    if (place->backing)
        copy_extents(&place->backing->map, part->start + place->backing_delta, phys_to_virt(part->pa), size, true);
    else if (!part->zeroed)
        memset(phys_to_virt(part->pa), 0, size);
    else
        counters.zeroed_ahead_bytes += size;
}

/* --- putting it in place -------------------------------------------------------------------------------------------------------------------- */

enum status map_forget(struct extent_map *map, uint64_t start, uint64_t end)
{
    if (!map->space)
        return mem_unmap_all(container_of(map, struct mem_object, map), start, end);
    if (!arch_unmap(&map->space->arch, start, (end - start) >> MP_SHIFT))
        return arch_refusal(&map->space->arch);
    space_flush(map->space, start, (end - start) >> MP_SHIFT);
    return STATUS_OK;
}

/* Its frames, filled, replace what is there, of which `added` bytes were absent; `mapped`: some of it, or what it shows instead,
 * may be in page tables. The frames are freed on failure. */
static enum status install(const struct place *place, const struct part *part, uint64_t added, bool mapped)
{
    struct extent_map *map = place->map;
    uint64_t size = part->end - part->start;
    bool drops = added < size;
    struct spares spares;
    enum status status = added && map->ledger ? ledger_charge(map->ledger, LEDGER_PAGES, added) : STATUS_OK;
    if (status != STATUS_OK)
        goto free_frames;
    bool fresh = !drops && !mapped; /* nothing changes before it is added */
    if (fresh && extents_join(map, part->start, part->pa, size))
        return STATUS_OK;
    status = spares_get(&spares, map->ledger, 1 + (drops ? extents_drop_needs(map, part->start, part->end) : 0));
    if (status != STATUS_OK)
        goto credit;
    if (mapped)
        status = map_forget(map, part->start, part->end);
    if (status != STATUS_OK)
        goto put_spares;
    if (drops)
        (void)extents_drop(map, part->start, part->end, &spares);
    if (fresh)
        extents_insert(map, part->start, part->pa, size, &spares);
    else
        extents_add(map, part->start, part->pa, size, &spares);
    spares_put(&spares);
    return STATUS_OK;

put_spares:
    spares_put(&spares);
credit:
    if (added && map->ledger)
        ledger_credit(map->ledger, LEDGER_PAGES, added);
free_frames:
    frames_free(part->pa, size);
    return status;
}

/* --- the operations --------------------------------------------------------------------------------------------------------------------------- */

/* The absent part around the offset. */
static struct part absent_part(const struct place *place, uint64_t offset)
{
    struct part part = {.start = place->low, .end = place->high};
    struct span *before = span_before(&place->map->extents, offset), *after = span_at_or_after(&place->map->extents, offset);
    if (before && before->end > part.start)
        part.start = before->end;
    if (after && after->start < part.end)
        part.end = after->start;
    return part;
}

static void clip_to_unit(struct part *part, uint64_t offset)
{
    uint64_t unit = offset & ~(COPY_UNIT - 1);
    if (part->start < unit)
        part->start = unit;
    if (part->end > unit + COPY_UNIT)
        part->end = unit + COPY_UNIT;
}

/* What has to come into memory first cannot be copied: what its pager has, or swap. */
static void clip_to_present(const struct place *place, struct part *part, uint64_t offset)
{
    uint64_t delta = place->backing_delta, at = offset + delta;
    const struct span *extent = extent_at(&place->backing->map, at);
    if (place->backing->pager) {
        if (extent->start > part->start + delta)
            part->start = extent->start - delta;
        if (extent->end < part->end + delta)
            part->end = extent->end - delta;
    }
    if (!place->backing->map.out)
        return;
    for (extent = span_at_or_after(&place->backing->map.extents, part->start + delta); extent && extent->start < part->end + delta;
         extent = span_next(extent)) {
        if (!extent_is_out(extent))
            continue;
        if (extent->end <= at)
            part->start = extent->end - delta;
        else
            part->end = extent->start - delta;
    }
}

static bool any_out(const struct extent_map *map, uint64_t start, uint64_t end)
{
    const struct span *extent = span_at_or_after(&map->extents, start);
    while (extent && extent->start < end && !extent_is_out(extent))
        extent = span_next(extent);
    return extent && extent->start < end;
}

/* Nobody may write there meanwhile. */
enum status fill_gather(const struct place *place, uint64_t *copied)
{
    if (place->map->out && any_out(place->map, place->low, place->high))
        return STATUS_NO_MEMORY;
    struct part part = {.start = place->low, .end = place->high};
    if (!take_cluster(place, &part))
        return STATUS_NO_MEMORY;
    uint64_t size = part.end - part.start, present = extents_resident(place->map, part.start, part.end);
    enum status status = map_forget(place->map, part.start, part.end);
    if (status != STATUS_OK) {
        frames_free(part.pa, size);
        return status;
    }
    copy_extents(place->map, part.start, phys_to_virt(part.pa), size, !part.zeroed);
    *copied += present;
    return install(place, &part, size - present, false);
}

enum status fill_absent(const struct place *place, uint64_t offset)
{
    if (memory_is_short())
        return STATUS_NO_MEMORY;
    struct part part = absent_part(place, offset);
    bool alone = part.start == place->low && part.end == place->high;
    part.zeroed = !place->backing;
    if (place->backing)
        clip_to_unit(&part, offset);
    if (place->backing && (place->backing->pager || place->backing->map.out))
        clip_to_present(place, &part, offset);
    if (part.end - part.start == cluster_size() || !claim_beside(place, &part)) {
        if (!alone && !place->backing && wants_cluster(place) && fill_gather(place, &counters.copied_gather_bytes) == STATUS_OK)
            return STATUS_OK;
        if (!take_frames(place, &part, offset))
            return STATUS_NO_MEMORY;
    }
    fill_part(place, &part);
    return install(place, &part, part.end - part.start, place->backing != nullptr);
}

enum status fill_supplied(const struct place *place, uint64_t offset, uint64_t *size, struct supplier *supplier)
{
    struct part part = absent_part(place, offset);
    part.start = offset;
    if (part.end > offset + *size)
        part.end = offset + *size;
    if (!claim_beside(place, &part) && !take_frames(place, &part, offset))
        return STATUS_NO_MEMORY;
    *size = part.end - part.start;
    if (!supplier->write(supplier, phys_to_virt(part.pa), *size)) {
        frames_free(part.pa, *size);
        return STATUS_WOULD_BLOCK;
    }
    return install(place, &part, *size, false);
}

enum status fill_copy(const struct place *place, uint64_t offset)
{
    if (memory_is_short())
        return STATUS_NO_MEMORY;
    struct span *extent = extent_at(place->map, offset);
    struct part part = {
        .start = extent->start > place->low ? extent->start : place->low,
        .end = extent->end < place->high ? extent->end : place->high,
    };
    clip_to_unit(&part, offset);
    if (!claim_beside(place, &part) && !take_frames(place, &part, offset))
        return STATUS_NO_MEMORY;
    memcpy(phys_to_virt(part.pa), phys_to_virt(extent_pa(extent, part.start)), part.end - part.start);
    counters.copied_cow_bytes += part.end - part.start;
    wish_repair(place, offset);
    return install(place, &part, 0, true);
}
