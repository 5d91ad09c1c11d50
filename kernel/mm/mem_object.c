/* mem_object.c: memory objects: life, size, clones, parts, presence. Not here: regions, page tables but for taking translations away.
 * Invariants: what lies at or beyond size is in no extent; a physical object's extent is not counted, charged or freed; an object's
 * ledger paid sizeof its record and its group's, and `resident` bytes of pages.
 * Locks: the object's (today: the kernel lock). */
#include <mm/mem_object.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/carve.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/frames.h>
#include <mm/init.h>
#include <mm/pager.h>
#include <mm/region.h>
#include <mm/swap.h>
#include <mm/victims.h>

#define OBJECT_CHARGE (sizeof(struct mem_object) + sizeof(struct cow_group))
#define SIZE_MOST (1ull << 62)
#define FREE_STEPS 2u /* extents that are given back in one go */

static uint64_t last_serial;

static bool whole_mps(uint64_t bytes) { return !(bytes & (MP_SIZE - 1)); }

/* --- life ------------------------------------------------------------------------------------------------------------------------------- */

enum status mem_object_make(struct ledger *ledger, enum mem_kind kind, uint64_t size, struct mem_object **out)
{
    if (!whole_mps(size) || size > SIZE_MOST)
        return STATUS_INVALID_ARGUMENT;
    if (ledger && ledger_charge(ledger, LEDGER_KERNEL, OBJECT_CHARGE) != STATUS_OK)
        return STATUS_LEDGER_SPENT;
    struct mem_object *mem = kernel_alloc(sizeof *mem);
    if (!mem) {
        if (ledger)
            ledger_credit(ledger, LEDGER_KERNEL, OBJECT_CHARGE);
        return STATUS_NO_MEMORY;
    }
    metadata.objects += sizeof *mem;
    mem->object = (struct object){.references = 1, .type = OBJECT_MEM, .ledger = ledger};
    if (ledger)
        object_get(&ledger->object);
    mem->serial = ++last_serial;
    mem->kind = kind;
    mem->cache = CACHE_NORMAL;
    mem->size = size;
    extents_init(&mem->map, ledger, nullptr);
    if (kind == MEM_ANONYMOUS)
        victims_enter(&mem->map);
    *out = mem;
    return STATUS_OK;
}

enum status mem_create(struct ledger *ledger, uint64_t size, struct mem_object **mem)
{
    return mem_object_make(ledger, MEM_ANONYMOUS, size, mem);
}

/* The whole object is one run. On failure the object goes, with the run unless it is physical. */
static enum status object_of_run(struct mem_object *mem, paddr_t pa)
{
    struct spares spares;
    enum status status = spares_get(&spares, mem->map.ledger, 1);
    if (status != STATUS_OK)
        return status;
    extents_add(&mem->map, 0, pa, mem->size, &spares);
    return STATUS_OK;
}

enum status mem_create_physical(struct ledger *ledger, paddr_t pa, uint64_t size, unsigned cache, struct mem_object **mem)
{
    if (!size || !whole_mps(pa) || pa > UINT64_MAX - size || cache > CACHE_WRITE_COMBINING)
        return STATUS_INVALID_ARGUMENT;
    if (mm_manages(pa, pa + size))
        return STATUS_NO_RIGHTS;
    enum status status = mem_object_make(ledger, MEM_PHYSICAL, size, mem);
    if (status != STATUS_OK)
        return status;
    (*mem)->cache = (uint8_t)cache;
    status = object_of_run(*mem, pa);
    (*mem)->map.held = 0;
    if (status != STATUS_OK)
        object_put(&(*mem)->object);
    return status;
}

/* A zeroed run of exactly this size, from the unmovable end; 0: no memory. */
static paddr_t run_alloc(uint64_t size)
{
    unsigned order = 0;
    while ((MP_SIZE << order) < size)
        order++;
    unsigned mps_shift = cluster_shift - MP_SHIFT;
    paddr_t pa = order >= mps_shift ? clusters_alloc(order - mps_shift, CLUSTER_UNMOVABLE) : frames_alloc(order);
    if (!pa)
        return 0;
    if (order >= mps_shift)
        frames_note((int64_t)(MP_SIZE << order));
    if ((MP_SIZE << order) > size)
        frames_free(pa + size, (MP_SIZE << order) - size);
    memset(phys_to_virt(pa), 0, size);
    return pa;
}

enum status mem_create_dma(struct ledger *ledger, uint64_t size, struct mem_object **mem, paddr_t *pa)
{
    if (!size || size > mm_total_bytes())
        return size ? STATUS_NO_MEMORY : STATUS_INVALID_ARGUMENT;
    enum status status = mem_object_make(ledger, MEM_DMA, size, mem);
    if (status != STATUS_OK)
        return status;
    status = ledger ? ledger_charge(ledger, LEDGER_PAGES, size) : STATUS_OK;
    if (status != STATUS_OK)
        goto put_object;
    status = STATUS_NO_MEMORY;
    *pa = run_alloc(size);
    if (!*pa)
        goto credit;
    status = object_of_run(*mem, *pa);
    if (status == STATUS_OK)
        return STATUS_OK;
    frames_free(*pa, size);
credit:
    if (ledger)
        ledger_credit(ledger, LEDGER_PAGES, size);
put_object:
    object_put(&(*mem)->object);
    return status;
}

static void physical_forget(struct extent_map *map)
{
    struct span *extent = span_of(tree_first(&map->extents));
    if (!extent)
        return;
    span_remove(&map->extents, extent);
    span_free(extent, map->ledger);
}

/* Up to FREE_STEPS extents, then the object. True: there is more. */
static bool free_some(struct work *work)
{
    struct mem_object *mem = container_of(work, struct mem_object, work);
    struct ledger *ledger = mem->object.ledger;
    if ((mem->pager && !pager_end_some(mem, FREE_STEPS)) || !extents_drop_some(&mem->map, FREE_STEPS))
        return true;
    extents_leave(&mem->map);
    metadata.objects -= sizeof *mem;
    kernel_free(mem, sizeof *mem);
    if (ledger) {
        ledger_credit(ledger, LEDGER_KERNEL, OBJECT_CHARGE);
        object_put(&ledger->object);
    }
    return false;
}

void mem_free(struct object *object)
{
    struct mem_object *mem = container_of(object, struct mem_object, object);
    victims_leave(&mem->map);
    ASSERT(!mem->regions.root, "a region holds a reference to its object");
    if (mem->kind == MEM_PHYSICAL)
        physical_forget(&mem->map);
    if (mem->kind == MEM_PART)
        object_put(&mem->whole->object);
    work_init(&mem->work, free_some, nullptr);
    if (free_some(&mem->work))
        work_add(&mem->work);
}

uint64_t mem_size(const struct mem_object *mem) { return mem->size; }

uint64_t mem_resident_bytes(const struct mem_object *mem)
{
    if (mem->kind != MEM_PART)
        return extents_present(&mem->map);
    return mem->whole->kind != MEM_PHYSICAL ? extents_resident(&mem->whole->map, mem->whole_offset, mem->whole_offset + mem->size) : 0;
}

/* --- translations, through the reverse map ---------------------------------------------------------------------------------------------------- */

/* The part of the region that shows [start, end) of its object. */
static uaddr_t shown(const struct region *region, uint64_t start, uint64_t end, size_t *count)
{
    uint64_t low = region->offset > start ? region->offset : start, high = region->offset + region_size(region);
    if (high > end)
        high = end;
    *count = (high - low) >> MP_SHIFT;
    return region->start + (low - region->offset);
}

enum status mem_unmap_all(struct mem_object *mem, uint64_t start, uint64_t end)
{
    for (struct region *r = region_showing(mem, start, end); r; r = region_showing_next(r, start, end)) {
        size_t count;
        uaddr_t va = shown(r, start, end, &count);
        if (!arch_unmap(&r->space->arch, va, count))
            return arch_refusal(&r->space->arch);
        space_flush(r->space, va, count);
    }
    return STATUS_OK;
}

enum status mem_write_protect(struct mem_object *mem, uint64_t start, uint64_t end)
{
    for (struct region *r = region_showing(mem, start, end); r; r = region_showing_next(r, start, end)) {
        if (!(r->prot & PROT_BIT_WRITE) || region_private(r))
            continue;
        size_t count;
        uaddr_t va = shown(r, start, end, &count);
        if (!arch_protect(&r->space->arch, va, count, r->prot & ~PROT_BIT_WRITE))
            return arch_refusal(&r->space->arch);
        space_flush(r->space, va, count);
    }
    return STATUS_OK;
}

/* --- presence -------------------------------------------------------------------------------------------------------------------------------- */

enum status mem_fill(struct mem_object *mem, uint64_t offset, bool write)
{
    if (offset >= mem->size)
        return STATUS_OUT_OF_RANGE;
    struct span *extent = extent_at(&mem->map, offset);
    uint64_t run;
    if (extent && extent_is_out(extent)) {
        enum status status = swap_in(&mem->map, offset);
        if (status != STATUS_OK)
            return status;
        extent = extent_at(&mem->map, offset);
    }
    if (mem->pager && !extent)
        return pager_ask(mem, offset & ~(MP_SIZE - 1));
    if (mem->pager && write)
        return pager_dirty(mem, offset & ~(MP_SIZE - 1));
    if (extent && !(write && mem->map.group && share_query(mem->map.group, extent_pa(extent, offset), MP_SIZE, &run)))
        return STATUS_OK;
    struct place place = mem_place(mem, offset);
    offset &= ~(MP_SIZE - 1);
    return extent ? fill_copy(&place, offset) : fill_absent(&place, offset);
}

/* How much of the run from the offset's MP on is known to be written. */
static uint64_t dirty_run(const struct mem_object *mem, uint64_t offset, uint64_t run)
{
    uint64_t first, last;
    (void)pager_is_dirty(mem, offset, &first, &last);
    last -= offset & ~(MP_SIZE - 1);
    return last < run ? last : run;
}

static enum status touch(struct mem_object *mem, uint64_t offset, bool write, void **pointer, uint64_t *length)
{
    if (mem->kind == MEM_PHYSICAL && !mm_is_ram(mem->map.extents.root ? span_of(mem->map.extents.root)->value : 0))
        return STATUS_NOT_SUPPORTED;
    enum status status = mem_fill(mem, offset, write);
    if (status != STATUS_OK)
        return status;
    struct span *extent = extent_at(&mem->map, offset);
    paddr_t pa = extent_pa(extent, offset), start = pa & ~(MP_SIZE - 1);
    uint64_t end = extent->end < mem->size ? extent->end : mem->size;
    uint64_t run = end - (offset & ~(MP_SIZE - 1));
    if (write)
        (void)share_query(mem->map.group, start, run, &run);
    if (write && mem->pager)
        run = dirty_run(mem, offset, run);
    *pointer = phys_to_virt(pa);
    *length = run - (pa - start);
    return STATUS_OK;
}

enum status mem_touch(struct mem_object *mem, uint64_t offset, bool write, void **pointer, uint64_t *length)
{
    if (offset >= mem->size)
        return STATUS_OUT_OF_RANGE;
    uint64_t most = mem->size - offset;
    struct mem_object *whole = mem_whole(mem, &offset);
    enum status status = touch(whole, offset, write, pointer, length);
    if (status == STATUS_OK && *length > most)
        *length = most;
    return status;
}

/* --- size, clones, parts ----------------------------------------------------------------------------------------------------------------------- */

static enum status drop(struct mem_object *mem, uint64_t start, uint64_t end)
{
    struct spares spares;
    enum status status = spares_get(&spares, mem->map.ledger, extents_drop_needs(&mem->map, start, end));
    if (status != STATUS_OK)
        return status;
    status = mem_unmap_all(mem, start, end);
    if (status == STATUS_OK) {
        uint64_t bytes = extents_drop(&mem->map, start, end, &spares);
        if (mem->map.ledger)
            ledger_credit(mem->map.ledger, LEDGER_PAGES, bytes);
    }
    spares_put(&spares);
    return status;
}

enum status mem_drop(struct mem_object *mem, uint64_t start, uint64_t end)
{
    return mem->kind == MEM_ANONYMOUS ? drop(mem, start, end) : STATUS_INVALID_ARGUMENT;
}

enum status mem_evict(struct mem_object *mem, uint64_t start, uint64_t end) { return drop(mem, start, end); }

static enum status shrink(struct mem_object *mem, uint64_t size)
{
    enum status status = drop(mem, size, mem->size);
    if (status != STATUS_OK)
        return status;
    mem->size = size;
    if (mem->pager)
        pager_cut(mem, size);
    return STATUS_OK;
}

enum status mem_resize(struct mem_object *mem, uint64_t size)
{
    if (!whole_mps(size) || size > SIZE_MOST)
        return STATUS_INVALID_ARGUMENT;
    if (mem->kind != MEM_ANONYMOUS && mem->kind != MEM_PAGED)
        return STATUS_NOT_SUPPORTED;
    if (size < mem->size)
        return shrink(mem, size);
    mem->size = size;
    return STATUS_OK;
}

enum status mem_clone(struct mem_object *from, struct ledger *ledger, uint64_t offset, uint64_t size, struct mem_object **mem)
{
    if (!whole_mps(offset) || !whole_mps(size))
        return STATUS_INVALID_ARGUMENT;
    if (!mem_within(from, offset, size))
        return STATUS_OUT_OF_RANGE;
    from = mem_whole(from, &offset);
    if (!mem_within(from, offset, size)) /* it shrank */
        return STATUS_OUT_OF_RANGE;
    if (from->kind != MEM_ANONYMOUS)
        return STATUS_NOT_SUPPORTED;
    enum status status = mem_object_make(ledger, MEM_ANONYMOUS, size, mem);
    if (status != STATUS_OK)
        return status;
    status = mem_write_protect(from, offset, offset + size);
    if (status == STATUS_OK)
        status = extents_share(&from->map, offset, offset + size, &(*mem)->map, -offset);
    if (status != STATUS_OK)
        object_put(&(*mem)->object);
    return status;
}

enum status mem_part(struct mem_object *from, struct ledger *ledger, uint64_t offset, uint64_t size, struct mem_object **part)
{
    if (!whole_mps(offset) || !whole_mps(size) || size == 0)
        return STATUS_INVALID_ARGUMENT;
    if (!mem_within(from, offset, size))
        return STATUS_OUT_OF_RANGE;
    enum status status = mem_object_make(ledger, MEM_PART, size, part);
    if (status != STATUS_OK)
        return status;
    (*part)->whole = mem_whole(from, &offset);
    (*part)->whole_offset = offset;
    (*part)->cache = (*part)->whole->cache;
    object_get(&(*part)->whole->object);
    return STATUS_OK;
}
