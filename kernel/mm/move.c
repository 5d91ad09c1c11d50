/* move.c: regions grow, shrink and go elsewhere (mremap). Not here: the rest of mapping.
 * Invariant: private memory lies at offset = virtual address before and after, so its extents move with the region; an object's stay.
 * Locks: the space's (today: the kernel lock). */
#include <lib/assert.h>
#include <mm/region.h>
#include <mm/reserve.h>

/* The region grows upwards where it is. False: there is no room. */
static bool grow_in_place(struct space *space, uaddr_t va, uint64_t length, uint64_t new_length)
{
    struct region *region = region_at(space, va), *next = region_next(region);
    if (region->end != va + length || !space_range_valid(va, new_length) || (next && next->start < va + new_length))
        return false;
    region_set_bounds(region, region->start, va + new_length);
    region_join_edges(space, va + new_length, va + new_length);
    return true;
}

/* Everything that can fail. The region's edges are at va and va + length. */
static enum status prepare(struct space *space, uaddr_t va, uint64_t length, uaddr_t to, uint64_t new_length, struct region **moved, struct spares *spares)
{
    enum status status = region_create(space, moved);
    if (status != STATUS_OK)
        return status;
    status = spares_get(spares, space->charge, EXTENTS_MOVE_NEEDS);
    if (status != STATUS_OK)
        goto free_region;
    if (!arch_unmap(&space->arch, va, length >> MP_SHIFT)) {
        status = arch_refusal(&space->arch);
        goto put_spares;
    }
    space_flush(space, va, length >> MP_SHIFT);
    status = space_unmap(space, to, new_length);
    if (status == STATUS_OK)
        return STATUS_OK;
put_spares:
    spares_put(spares);
free_region:
    region_free(*moved);
    return status;
}

/* `moved` shows what `old` does, from va on. */
static void describe(struct region *moved, const struct region *old, uaddr_t va, uaddr_t to, uint64_t new_length)
{
    moved->start = to;
    moved->end = to + new_length;
    moved->mem = old->mem;
    moved->offset = old->offset + (old->mem ? va - old->start : 0);
    moved->flags = old->flags & ~MAP_GROWS_DOWN;
    moved->prot = old->prot;
    moved->max_prot = old->max_prot;
}

static enum status move_to(struct space *space, uaddr_t va, uint64_t length, uaddr_t to, uint64_t new_length, bool keep)
{
    struct region *moved;
    struct spares spares;
    enum status status = region_edges(space, va, va + length);
    if (status != STATUS_OK)
        return status;
    status = prepare(space, va, length, to, new_length, &moved, &spares);
    if (status != STATUS_OK) {
        region_join_edges(space, va, va + length);
        return status;
    }
    struct region *old = region_at(space, va);
    if (region_private(old)) {
        reservations_move(&space->memory, va, va + length, to - va);
        extents_move(&space->memory, va, va + length, to - va, &spares);
    }
    spares_put(&spares);
    describe(moved, old, va, to, new_length);
    region_insert(moved);
    if (keep)
        region_join_edges(space, va, va + length);
    else
        region_remove(old);
    region_join_edges(space, to, to + new_length);
    return STATUS_OK;
}

/* What is shown at va is shown at `to` as well. */
static enum status show_again(struct space *space, uaddr_t va, uaddr_t to, uint64_t new_length)
{
    struct region *again;
    enum status status = region_create(space, &again);
    if (status != STATUS_OK)
        return status;
    struct mem_object *mem = region_at(space, va)->mem;
    describe(again, region_at(space, va), va, to, new_length);
    object_get(&mem->object); /* the other view may be what lies at `to` */
    status = space_unmap(space, to, new_length);
    if (status == STATUS_OK)
        region_insert(again);
    else
        region_free(again);
    object_put(&mem->object);
    return status;
}

static bool apart(uaddr_t a, uint64_t a_length, uaddr_t b, uint64_t b_length)
{
    return a + a_length <= b || b + b_length <= a;
}

static enum status check_arguments(struct space *space, uaddr_t va, uint64_t length, uint64_t new_length, uaddr_t to, uint64_t flags)
{
    bool again = flags & MOVE_KEEP && !length;
    if (flags & ~(uint64_t)(MOVE_MAY | MOVE_FIXED | MOVE_KEEP) || !space_range_valid(va, again ? MP_SIZE : length) ||
        !space_range_valid(USER_BASE, new_length))
        return STATUS_INVALID_ARGUMENT;
    if (flags & MOVE_KEEP && (!(flags & MOVE_MAY) || (length && length != new_length)))
        return STATUS_INVALID_ARGUMENT;
    if (flags & MOVE_FIXED && (!space_range_valid(to, new_length) || !apart(va, length, to, new_length)))
        return STATUS_INVALID_ARGUMENT;
    struct region *region = region_at(space, va);
    if (!region || region->end < va + length)
        return STATUS_BAD_ADDRESS;
    if (again && (region_private(region) || !region->mem))
        return STATUS_INVALID_ARGUMENT;
    if (region->flags & REGION_PART && new_length > region->end - va)
        return STATUS_NOT_SUPPORTED;
    return region->flags & REGION_PINNED ? STATUS_INVALID_ARGUMENT : STATUS_OK;
}

enum status space_move(struct space *space, uaddr_t va, uint64_t length, uint64_t new_length, uaddr_t new_address, uint64_t flags, uaddr_t *where)
{
    enum status status = check_arguments(space, va, length, new_length, new_address, flags);
    if (status != STATUS_OK)
        return status;
    if (new_length < length) {
        status = space_unmap(space, va + new_length, length - new_length);
        if (status != STATUS_OK)
            return status;
        length = new_length;
    }
    *where = flags & MOVE_FIXED ? new_address : va;
    if (!(flags & MOVE_FIXED)) {
        if (!(flags & MOVE_KEEP) && (new_length == length || grow_in_place(space, va, length, new_length)))
            return STATUS_OK;
        struct region *region = region_at(space, va);
        status = flags & MOVE_MAY ? space_find_gap(space, new_length, region->mem ? region_offset(region, va) : va, where) : STATUS_NO_MEMORY;
        if (status != STATUS_OK)
            return status;
    }
    return length ? move_to(space, va, length, *where, new_length, flags & MOVE_KEEP) : show_again(space, va, *where, new_length);
}
