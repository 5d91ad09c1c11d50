/* space.c: address spaces: map, unmap, protect, advise, query. Not here: faults (fault.c), moving and cloning (move.c, clone.c).
 * Invariants: a change happens whole or not at all: what can fail comes first, and taking translations away is no change, since page
 * tables are a cache. Frames are freed after the flush that followed the loss of their translations.
 * Locks: the space's (today: the kernel lock). */
#include <mm/space.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <mm/init.h>
#include <mm/region.h>
#include <mm/repair.h>
#include <mm/reserve.h>
#include <mm/victims.h>

#define PROT_ALL (PROT_BIT_READ | PROT_BIT_WRITE | PROT_BIT_EXEC)
#define MAP_FLAGS \
    (PROT_ALL | MAP_FIXED_ADDRESS | MAP_REPLACE | MAP_ANONYMOUS | MAP_PRIVATE_COPY | MAP_POPULATED | MAP_SHARED_CLONE | MAP_NO_CLONE | \
     MAP_GROWS_DOWN | MAP_LOCKED | (uint64_t)PROT_ALL << MAP_MAX_PROT_SHIFT)
#define GROWTH_DEFAULT (8ull << 20)
#define STEPS_UNTIL_POLL 16u

/* --- life ------------------------------------------------------------------------------------------------------------------------------ */

enum status space_init(struct space *space, struct ledger *charge)
{
    if (ledger_charge(charge, LEDGER_KERNEL, sizeof(struct cow_group)) != STATUS_OK)
        return STATUS_LEDGER_SPENT;
    if (!arch_space_init(&space->arch, charge)) {
        ledger_credit(charge, LEDGER_KERNEL, sizeof(struct cow_group));
        return arch_refusal(&space->arch);
    }
    space->regions.root = nullptr;
    space->faulted = nullptr;
    space->mapped_bytes = 0;
    space->charge = charge;
    extents_init(&space->memory, charge, space);
    repair_enter(space);
    victims_enter(&space->memory);
    return STATUS_OK;
}

bool space_destroy_some(struct space *space, unsigned steps)
{
    repair_leave(space);
    victims_leave(&space->memory);
    for (struct tree_node *node; (node = tree_first(&space->regions)); steps--) {
        if (!steps)
            return false;
        region_remove(region_of(node));
    }
    if (!extents_drop_some(&space->memory, steps))
        return false;
    if (!arch_space_destroy_some(&space->arch, steps))
        return false;
    extents_leave(&space->memory);
    ledger_credit(space->charge, LEDGER_KERNEL, sizeof(struct cow_group));
    return true;
}

/* --- ranges ------------------------------------------------------------------------------------------------------------------------------ */

bool space_range_valid(uaddr_t va, uint64_t length)
{
    return length && !((va | length) & (MP_SIZE - 1)) && va >= USER_BASE && va <= USER_END && length <= USER_END - va;
}

static bool range_free(const struct space *space, uaddr_t va, uint64_t length)
{
    struct region *region = region_at_or_after(space, va);
    return !region || region->start >= va + length;
}

/* Mapped throughout? */
static bool range_mapped(const struct space *space, uaddr_t va, uaddr_t end)
{
    struct region *region = region_at(space, va);
    while (region && region->end < end) {
        struct region *next = region_next(region);
        if (!next || next->start != region->end)
            return false;
        region = next;
    }
    return region;
}

/* --- map ------------------------------------------------------------------------------------------------------------------------------------ */

static unsigned prot_of_rights(uint32_t rights)
{
    return (rights & RIGHT_MEM_READ ? PROT_BIT_READ : 0) | (rights & RIGHT_MEM_WRITE ? PROT_BIT_WRITE : 0) |
           (rights & RIGHT_MEM_EXEC ? PROT_BIT_EXEC : 0);
}

/* No machine writes or executes what it can't read. */
static unsigned with_read(unsigned prot) { return prot ? prot | PROT_BIT_READ : 0; }

static enum status check_arguments(const struct mem_object *mem, uint64_t offset, uint64_t length, uint64_t flags)
{
    if ((flags & ~MAP_FLAGS) || !mem != !!(flags & MAP_ANONYMOUS) || !length || (length & (MP_SIZE - 1)) || length > USER_END)
        return STATUS_INVALID_ARGUMENT;
    if (mem && ((offset & (MP_SIZE - 1)) || offset > UINT64_MAX / 2))
        return STATUS_INVALID_ARGUMENT;
    if ((flags & MAP_GROWS_DOWN) && (mem || (flags & MAP_SHARED_CLONE)))
        return STATUS_INVALID_ARGUMENT;
    if ((flags & MAP_PRIVATE_COPY) && mem && mem->kind == MEM_PHYSICAL && !mm_is_ram(extent_at(&mem->map, 0)->value))
        return STATUS_NOT_SUPPORTED;
    return STATUS_OK;
}

/* Protection now and at most, as the capability and the flags allow. */
static enum status check_rights(struct region *region, uint32_t rights, uint64_t flags)
{
    unsigned allowed = prot_of_rights(rights);
    if (flags & MAP_ANONYMOUS || (flags & MAP_PRIVATE_COPY && allowed & PROT_BIT_READ))
        allowed = PROT_ALL;
    unsigned most = flags >> MAP_MAX_PROT_SHIFT & PROT_ALL;
    if ((most | (flags & PROT_ALL)) & ~allowed)
        return STATUS_NO_RIGHTS;
    if (!most)
        most = allowed;
    if (flags & PROT_ALL & ~most)
        return STATUS_NO_RIGHTS;
    region->max_prot = (uint8_t)most;
    region->prot = (uint8_t)with_read(flags & PROT_ALL);
    return region->prot & ~allowed ? STATUS_NO_RIGHTS : STATUS_OK;
}

/* Where the region goes; *replaces: something is there that must be unmapped. */
static enum status choose_address(struct space *space, const struct region *region, uint64_t length, uint64_t flags, uaddr_t *where,
                                  bool *replaces)
{
    *replaces = false;
    if (flags & MAP_FIXED_ADDRESS) {
        if (!space_range_valid(*where, length))
            return STATUS_INVALID_ARGUMENT;
        *replaces = !range_free(space, *where, length);
        return *replaces && !(flags & MAP_REPLACE) ? STATUS_OVERLAP : STATUS_OK;
    }
    uaddr_t hint = *where & ~(MP_SIZE - 1);
    if (hint && space_range_valid(hint, length) && range_free(space, hint, length)) {
        *where = hint;
        return STATUS_OK;
    }
    return space_find_gap(space, length, region->mem ? region->offset : 0, where);
}

enum status space_find_gap(const struct space *space, uint64_t length, uint64_t like, uaddr_t *where)
{
    uaddr_t va = region_gap(space, length, like, SPACE_MAP_TOP);
    if (!va)
        va = region_gap(space, length, like, USER_END);
    if (!va)
        return STATUS_NO_MEMORY;
    *where = va;
    return STATUS_OK;
}

static void set_place(struct region *region, uaddr_t va, uint64_t length, uint64_t growth)
{
    region->start = va;
    region->end = va + length;
    if (!(region->flags & MAP_GROWS_DOWN))
        return;
    growth = growth ? growth & ~(MP_SIZE - 1) : GROWTH_DEFAULT;
    uint64_t room = region->end - USER_BASE;
    region->lowest = region->end - (growth < room ? growth : room);
    if (region->lowest > va)
        region->lowest = va;
}

/* The region, filled in but for its place. *made: an object that was created for it, to be put when the region is linked. */
static enum status describe(struct region *region, struct mem_object *mem, uint32_t rights, uint64_t offset, uint64_t length, uint64_t flags,
                            struct mem_object **made)
{
    enum status status = check_rights(region, rights, flags);
    if (status != STATUS_OK)
        return status;
    region->flags = flags & (MAP_SHARED_CLONE | MAP_NO_CLONE | MAP_GROWS_DOWN | MAP_LOCKED);
    if (flags & MAP_PRIVATE_COPY || (!mem && !(flags & MAP_SHARED_CLONE)))
        region->flags |= REGION_PRIVATE;
    *made = nullptr;
    if (!mem && !region_private(region)) {
        status = mem_create(region->space->charge, length, made);
        mem = *made;
        offset = 0;
    }
    region->mem = mem;
    region->offset = mem ? offset : 0;
    return status;
}

enum status space_map(struct space *space, struct mem_object *mem, uint32_t rights, uint64_t offset, uint64_t length, uint64_t flags, uaddr_t *where)
{
    bool part = mem && mem->kind == MEM_PART;
    if (part && !mem_within(mem, offset, length))
        return STATUS_OUT_OF_RANGE;
    if (part)
        mem = mem_whole(mem, &offset);
    enum status status = check_arguments(mem, offset, length, flags);
    if (status != STATUS_OK)
        return status;
    struct region *region;
    struct mem_object *made = nullptr;
    bool replaces;
    status = region_create(space, &region);
    if (status != STATUS_OK)
        return status;
    status = describe(region, mem, rights, offset, length, flags, &made);
    region->flags |= part ? REGION_PART : 0;
    if (status == STATUS_OK)
        status = choose_address(space, region, length, flags, where, &replaces);
    if (status == STATUS_OK && replaces)
        status = space_unmap(space, *where, length);
    if (status == STATUS_OK) {
        set_place(region, *where, length, offset);
        region_insert(region);
        region_join_edges(space, *where, *where + length);
    } else {
        region_free(region);
    }
    if (made)
        object_put(&made->object);
    if (status == STATUS_OK && flags & MAP_POPULATED)
        (void)space_advise(space, *where, length, ADVICE_POPULATE);
    return status;
}

enum status space_map_pinned(struct space *space, uaddr_t va, paddr_t pa, unsigned prot)
{
    if (!space_range_valid(va, MP_SIZE))
        return STATUS_INVALID_ARGUMENT;
    if (!range_free(space, va, MP_SIZE))
        return STATUS_OVERLAP;
    struct region *region;
    enum status status = region_create(space, &region);
    if (status != STATUS_OK)
        return status;
    region->flags = REGION_PINNED;
    region->offset = pa;
    region->prot = region->max_prot = (uint8_t)with_read(prot);
    region->start = va;
    region->end = va + MP_SIZE;
    region_insert(region);
    return STATUS_OK;
}

void space_unmap_pinned(struct space *space, uaddr_t va, paddr_t pa)
{
    struct region *region = region_at(space, va);
    if (!region || !(region->flags & REGION_PINNED) || region->offset != pa)
        return;
    bool done = arch_unmap(&space->arch, va, 1);
    ASSERT(done, "a single MP is unmapped without memory");
    space_flush(space, va, 1);
    region_remove(region);
}

/* --- unmap ------------------------------------------------------------------------------------------------------------------------------------ */

/* Take the translations of [va, end) away: region by region, those that touch together, since looking through tables that are empty between
 * them takes longer. False: no memory; some may be gone. */
static bool drop_translations(struct space *space, uaddr_t va, uaddr_t end)
{
    bool done = true;
    for (struct region *region = region_at_or_after(space, va), *next; done && region && region->start < end; region = next) {
        uaddr_t low = region->start > va ? region->start : va, high = region->end;
        for (next = region_next(region); next && next->start == high; next = region_next(next))
            high = next->end;
        done = arch_unmap(&space->arch, low, ((high < end ? high : end) - low) >> MP_SHIFT);
    }
    space_flush(space, va, (end - va) >> MP_SHIFT);
    return done;
}

/* Take translations and private memory of [va, end) away. Whole or not at all, but for translations. */
static enum status drop_range(struct space *space, uaddr_t va, uaddr_t end)
{
    struct spares spares;
    enum status status = spares_get(&spares, space->charge, extents_drop_needs(&space->memory, va, end));
    if (status != STATUS_OK)
        return status;
    if (!drop_translations(space, va, end)) {
        spares_put(&spares);
        return arch_refusal(&space->arch);
    }
    uint64_t bytes = extents_drop(&space->memory, va, end, &spares);
    ledger_credit(space->charge, LEDGER_PAGES, bytes);
    spares_put(&spares);
    return STATUS_OK;
}

enum status space_unmap(struct space *space, uaddr_t va, uint64_t length)
{
    if (!space_range_valid(va, length))
        return STATUS_INVALID_ARGUMENT;
    uaddr_t end = va + length;
    if (range_free(space, va, length))
        return STATUS_OK;
    enum status status = region_edges(space, va, end);
    if (status != STATUS_OK)
        return status;
    status = drop_range(space, va, end);
    if (status != STATUS_OK) {
        region_join_edges(space, va, end);
        return status;
    }
    for (struct region *region; (region = region_at_or_after(space, va)) && region->start < end;)
        region_remove(region);
    return STATUS_OK;
}

/* --- protect ------------------------------------------------------------------------------------------------------------------------------------- */

/* What all translations of the region may have: no write where a frame could be shared, the backing's or clean. */
static unsigned common_prot(const struct region *region, unsigned prot)
{
    const struct extent_map *map = region_private(region) ? &region->space->memory : region->mem ? &region->mem->map : nullptr;
    bool own = !(map && map->group) && !(region->mem && (region_private(region) || region->mem->pager));
    return own ? prot : prot & ~PROT_BIT_WRITE;
}

/* Weaken the translations of a region before its protection changes. */
static bool restrict_translations(struct region *region, unsigned prot)
{
    size_t count = region_size(region) >> MP_SHIFT;
    if (!(region->prot & ~prot))
        return true;
    struct arch_space *arch = &region->space->arch;
    bool done = prot ? arch_protect(arch, region->start, count, common_prot(region, prot & region->prot)) : arch_unmap(arch, region->start, count);
    if (done)
        space_flush(region->space, region->start, count);
    return done;
}

/* The new protection allows more than the old: save the faults where that is simple. */
static void extend_translations(struct region *region, unsigned old)
{
    unsigned prot = common_prot(region, region->prot);
    if (old && prot & ~old && !(old & ~prot))
        (void)arch_protect(&region->space->arch, region->start, region_size(region) >> MP_SHIFT, prot);
}

static enum status check_protect(struct space *space, uaddr_t va, uaddr_t end, unsigned prot)
{
    if (!range_mapped(space, va, end))
        return STATUS_BAD_ADDRESS;
    for (struct region *region = region_at(space, va); region && region->start < end; region = region_next(region))
        if (prot & ~region->max_prot)
            return STATUS_NO_RIGHTS;
    return STATUS_OK;
}

/* The regions of the range get the protection; joined where they became alike. */
static void set_prot(struct space *space, uaddr_t va, uaddr_t end, unsigned prot)
{
    struct region *region = region_at(space, va);
    while (region && region->start < end) {
        unsigned old = region->prot;
        region->prot = (uint8_t)prot;
        extend_translations(region, old);
        region = region_next(region_join_below(region));
    }
    if (region && region->start == end)
        (void)region_join_below(region);
}

enum status space_protect(struct space *space, uaddr_t va, uint64_t length, unsigned prot)
{
    if (!space_range_valid(va, length) || prot & ~PROT_ALL)
        return STATUS_INVALID_ARGUMENT;
    uaddr_t end = va + length;
    prot = with_read(prot);
    enum status status = check_protect(space, va, end, prot);
    if (status == STATUS_OK)
        status = region_edges(space, va, end);
    if (status != STATUS_OK)
        return status;
    for (struct region *region = region_at(space, va); region && region->start < end; region = region_next(region))
        if (!restrict_translations(region, prot)) {
            region_join_edges(space, va, end);
            return arch_refusal(&space->arch);
        }
    set_prot(space, va, end, prot);
    return STATUS_OK;
}

/* --- advise --------------------------------------------------------------------------------------------------------------------------------------- */

static enum status populate(struct space *space, uaddr_t va, uaddr_t end)
{
    for (unsigned step = 1; va < end; step++) {
        struct region *region = region_at(space, va);
        if (!region)
            return STATUS_BAD_ADDRESS;
        struct arch_mapping mapping;
        unsigned access = region->prot & PROT_BIT_WRITE ? PROT_BIT_WRITE : PROT_BIT_READ;
        if (region->prot && !(arch_query(&space->arch, va, &mapping) && mapping.prot & access)) {
            enum status status = space_fault(space, va, access);
            if (status != STATUS_OK)
                return status;
            if (step % STEPS_UNTIL_POLL == 0 && arch_interrupt_pending())
                return STATUS_OK; /* it is advice: the rest comes when touched */
        }
        va += MP_SIZE;
    }
    return STATUS_OK;
}

/* Regions keep their place, private ones lose their content. */
static enum status drop_content(struct space *space, uaddr_t va, uaddr_t end, unsigned advice)
{
    uint32_t forbidden = REGION_PINNED | (advice == ADVICE_DROP_LOCKED ? 0 : MAP_LOCKED);
    for (struct region *region = region_at_or_after(space, va); region && region->start < end; region = region_next(region)) {
        if (region->flags & forbidden || (advice == ADVICE_LAZY_DROP && !region_anonymous(region)))
            return STATUS_INVALID_ARGUMENT;
        uaddr_t low = region->start > va ? region->start : va, high = region->end < end ? region->end : end;
        enum status status = region_private(region) ? drop_range(space, low, high) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return range_mapped(space, va, end) ? STATUS_OK : STATUS_BAD_ADDRESS;
}

/* The objects' content, whoever shows it, becomes zeros. */
static enum status remove_content(struct space *space, uaddr_t va, uaddr_t end)
{
    for (struct region *region = region_at_or_after(space, va); region && region->start < end; region = region_next(region)) {
        if (!region->mem || region->flags & MAP_LOCKED)
            return STATUS_INVALID_ARGUMENT;
        if (region_private(region) || !(region->max_prot & PROT_BIT_WRITE))
            return STATUS_NO_RIGHTS;
        uaddr_t low = region->start > va ? region->start : va, high = region->end < end ? region->end : end;
        enum status status = mem_drop(region->mem, region_offset(region, low), region_offset(region, high));
        if (status != STATUS_OK)
            return status;
    }
    return range_mapped(space, va, end) ? STATUS_OK : STATUS_BAD_ADDRESS;
}

/* What advice changes of the flags of regions. */
struct flag_change {
    uint32_t clear, set;
};

static bool flags_may_change(const struct space *space, uaddr_t va, uaddr_t end, struct flag_change change)
{
    for (struct region *region = region_at(space, va); region && region->start < end; region = region_next(region))
        if (region->flags & REGION_PINNED || (change.set & MAP_CLONE_EMPTY && !region_anonymous(region)))
            return false;
    return true;
}

static enum status advise_flags(struct space *space, uaddr_t va, uaddr_t end, struct flag_change change)
{
    if (!range_mapped(space, va, end))
        return STATUS_BAD_ADDRESS;
    if (!flags_may_change(space, va, end, change))
        return STATUS_INVALID_ARGUMENT;
    enum status status = region_edges(space, va, end);
    if (status != STATUS_OK)
        return status;
    if (change.set & REGION_NO_HUGE) {
        if (!arch_unmap(&space->arch, va, (end - va) >> MP_SHIFT)) {
            region_join_edges(space, va, end);
            return arch_refusal(&space->arch);
        }
        space_flush(space, va, (end - va) >> MP_SHIFT);
        reservations_break(&space->memory, va, end);
    }
    struct region *region = region_at(space, va);
    while (region && region->start < end) {
        region->flags = (region->flags & ~change.clear) | change.set;
        region = region_next(region_join_below(region));
    }
    if (region && region->start == end)
        (void)region_join_below(region);
    return STATUS_OK;
}

static const struct flag_change flag_changes[ADVICE_END] = {
    [ADVICE_HUGE] = {REGION_NO_HUGE, REGION_HUGE},
    [ADVICE_NO_HUGE] = {REGION_HUGE, REGION_NO_HUGE},
    [ADVICE_LOCK] = {0, MAP_LOCKED},
    [ADVICE_UNLOCK] = {MAP_LOCKED, 0},
    [ADVICE_NO_CLONE] = {0, MAP_NO_CLONE},
    [ADVICE_CLONE] = {MAP_NO_CLONE, 0},
    [ADVICE_CLONE_EMPTY] = {0, MAP_CLONE_EMPTY},
    [ADVICE_CLONE_FULL] = {MAP_CLONE_EMPTY, 0},
};

enum status space_advise(struct space *space, uaddr_t va, uint64_t length, unsigned advice)
{
    if (!space_range_valid(va, length))
        return STATUS_INVALID_ARGUMENT;
    switch (advice) {
    case ADVICE_POPULATE:
        return populate(space, va, va + length);
    case ADVICE_DROP:
    case ADVICE_LAZY_DROP:
    case ADVICE_DROP_LOCKED:
        return drop_content(space, va, va + length, advice);
    case ADVICE_REMOVE:
        return remove_content(space, va, va + length);
    default:
        return advice < ADVICE_END ? advise_flags(space, va, va + length, flag_changes[advice]) : STATUS_INVALID_ARGUMENT;
    }
}

/* --- what is there ---------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t region_resident(const struct region *region)
{
    if (region->flags & REGION_PINNED)
        return MP_SIZE;
    uint64_t bytes = region_private(region) ? extents_resident(&region->space->memory, region->start, region->end) : 0;
    if (region->mem && !region_private(region))
        bytes = extents_resident(&region->mem->map, region->offset, region->offset + region_size(region));
    return bytes;
}

enum status space_query(struct space *space, uaddr_t va, struct region_info *info)
{
    struct region *region = region_at_or_after(space, va);
    if (!region)
        return STATUS_NOT_FOUND;
    uint64_t flags = region->prot | (uint64_t)region->max_prot << MAP_MAX_PROT_SHIFT;
    flags |= region->flags & (MAP_SHARED_CLONE | MAP_NO_CLONE | MAP_GROWS_DOWN | MAP_LOCKED | MAP_CLONE_EMPTY);
    if (region_private(region))
        flags |= region->mem ? MAP_PRIVATE_COPY : MAP_ANONYMOUS;
    *info = (struct region_info){
        .start = region->start,
        .end = region->end,
        .flags = flags,
        .offset = region->mem ? region->offset : 0,
        .resident = region_resident(region),
    };
    return STATUS_OK;
}

uint64_t space_resident_bytes(struct space *space)
{
    uint64_t bytes = 0;
    for (struct tree_node *node = tree_first(&space->regions); node; node = tree_next(node))
        bytes += region_resident(region_of(node));
    return bytes;
}

static bool present(const struct region *region, uaddr_t va)
{
    if (region->flags & REGION_PINNED)
        return true;
    const struct span *extent = region_private(region) ? extent_at(&region->space->memory, va) : nullptr;
    if (extent)
        return !extent_is_out(extent);
    return region->mem && extent_present_at(&region->mem->map, region_offset(region, va));
}

enum status space_resident_map(struct space *space, uaddr_t va, uint64_t pages, struct space *buffer_space, uaddr_t buffer, uint64_t *done)
{
    uint8_t bytes[64];
    while (*done < pages) {
        unsigned count = pages - *done < sizeof bytes ? (unsigned)(pages - *done) : sizeof bytes;
        for (unsigned i = 0; i < count; i++, va += MP_SIZE) {
            struct region *region = region_at(space, va);
            if (!region)
                return STATUS_NO_MEMORY;
            bytes[i] = present(region, va);
        }
        enum status status = copy_to_user(buffer_space, buffer, bytes, count);
        if (status != STATUS_OK)
            return status;
        buffer += count;
        *done += count;
        if (*done < pages && arch_interrupt_pending())
            break;
    }
    return STATUS_OK;
}
