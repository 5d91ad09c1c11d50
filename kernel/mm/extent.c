/* extent.c: the extents of one map. Not here: where frames come from and what is in them (fill.c), translations (region.c).
 * Invariants: extents are disjoint and maximal (neighbours that follow each other in offset and in memory are one); two extents show the
 * same frame only if both maps are of one group, whose shares count them; held is the sum of the extents and what the ledger paid.
 * Locks: the map's (today: the kernel lock). */
#include <mm/extent.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <mm/counters.h>
#include <mm/frames.h>
#include <mm/reserve.h>
#include <mm/swap.h>

void extents_init(struct extent_map *map, struct ledger *ledger, struct space *space)
{
    *map = (struct extent_map){.ledger = ledger, .space = space};
    list_init(&map->members);
    list_init(&map->victim);
}

static void note(struct extent_map *map, uint64_t value, int64_t bytes)
{
    map->held += (uint64_t)bytes;
    if (value >= EXTENT_OUT)
        map->out += (uint64_t)bytes;
}

static bool goes_on(const struct span *before, uint64_t offset, paddr_t pa)
{
    return before && before->end == offset && extent_pa(before, offset) == pa;
}

static bool goes_before(const struct span *after, uint64_t offset, paddr_t pa, uint64_t size)
{
    return after && after->start == offset + size && after->value == pa + size;
}

bool extents_join(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size)
{
    struct span *before = span_before(&map->extents, offset);
    struct span *after = before ? span_next(before) : span_of(tree_first(&map->extents));
    bool joins_after = goes_before(after, offset, pa, size);
    if (goes_on(before, offset, pa)) {
        before->end += size;
        if (joins_after) {
            before->end = after->end;
            span_remove(&map->extents, after);
            span_free(after, map->ledger);
        }
    } else if (joins_after) {
        after->start = offset;
        after->value = pa;
    } else {
        return false;
    }
    note(map, pa, (int64_t)size);
    return true;
}

void extents_insert(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size, struct spares *spares)
{
    struct span *extent = spares_take(spares);
    extent->start = offset;
    extent->end = offset + size;
    extent->value = pa;
    span_insert(&map->extents, extent);
    note(map, pa, (int64_t)size);
}

void extents_add(struct extent_map *map, uint64_t offset, paddr_t pa, uint64_t size, struct spares *spares)
{
    if (!extents_join(map, offset, pa, size))
        extents_insert(map, offset, pa, size, spares);
}

unsigned extents_drop_needs(const struct extent_map *map, uint64_t start, uint64_t end)
{
    struct span *first = extent_at(map, start), *last = extent_at(map, end);
    bool cuts_first = first && first->start < start, cuts_last = last && last->start < end;
    return (cuts_first && cuts_last && first == last) + (map->group ? cuts_first + cuts_last : 0u);
}

/* The map gives up frames that it showed; their ends are edges of shares. */
static void frames_put(struct extent_map *map, paddr_t pa, uint64_t size)
{
    for (uint64_t run; size; pa += run, size -= run) {
        if (share_query(map->group, pa, size, &run))
            share_remove(map->group, pa, pa + run);
        else if (pa >= EXTENT_OUT)
            swap_free(pa - EXTENT_OUT, run);
        else
            frames_free(pa, run);
    }
}

/* Take [start, end), which lies inside, out of one extent. */
static void extent_cut(struct extent_map *map, struct span *extent, uint64_t start, uint64_t end, struct spares *spares)
{
    note(map, extent->value, -(int64_t)(end - start));
    if (extent->start == start && extent->end == end) {
        span_remove(&map->extents, extent);
        span_free(extent, map->ledger);
    } else if (extent->start == start) {
        extent->value += end - start;
        extent->start = end;
    } else if (extent->end == end) {
        extent->end = start;
    } else {
        struct span *rest = spares_take(spares);
        rest->start = end;
        rest->end = extent->end;
        rest->value = extent_pa(extent, end);
        extent->end = start;
        span_insert(&map->extents, rest);
    }
}

uint64_t extents_drop(struct extent_map *map, uint64_t start, uint64_t end, struct spares *spares)
{
    uint64_t before = map->held;
    struct span *extent = span_at_or_after(&map->extents, start), *next;
    for (; extent && extent->start < end; extent = next) {
        next = span_next(extent);
        uint64_t from = extent->start > start ? extent->start : start, to = extent->end < end ? extent->end : end;
        paddr_t pa = extent_pa(extent, from);
        if (from > extent->start)
            share_cut(map->group, pa, spares);
        if (to < extent->end)
            share_cut(map->group, pa + (to - from), spares);
        extent_cut(map, extent, from, to, spares);
        frames_put(map, pa, to - from);
    }
    return before - map->held;
}

bool extents_drop_some(struct extent_map *map, unsigned steps)
{
    struct spares none = {};
    for (struct tree_node *first; (first = tree_first(&map->extents)); steps--) {
        if (!steps)
            return false;
        uint64_t bytes = extents_drop(map, span_of(first)->start, span_of(first)->end, &none);
        if (map->ledger)
            ledger_credit(map->ledger, LEDGER_PAGES, bytes);
    }
    return true;
}

uint64_t extents_resident(const struct extent_map *map, uint64_t start, uint64_t end)
{
    uint64_t bytes = 0;
    for (struct span *extent = span_at_or_after(&map->extents, start); extent && extent->start < end; extent = span_next(extent))
        bytes += extent_is_out(extent) ? 0 : (extent->end < end ? extent->end : end) - (extent->start > start ? extent->start : start);
    return bytes;
}

/* --- groups ------------------------------------------------------------------------------------------------------------------------- */

static void group_join(struct cow_group *group, struct extent_map *map)
{
    map->group = group;
    group->member_count++;
    list_push_back(&group->members, &map->members);
}

void extents_leave(struct extent_map *map)
{
    reservations_break(map, 0, UINT64_MAX);
    struct cow_group *group = map->group;
    if (!group)
        return;
    list_remove(&map->members);
    map->group = nullptr;
    if (--group->member_count)
        return;
    ASSERT(!group->shares.root, "shares end with the last member");
    metadata.objects -= sizeof *group;
    kernel_free(group, sizeof *group);
}

static enum status group_of_both(struct extent_map *from, struct extent_map *to)
{
    if (!from->group) {
        struct cow_group *group = kernel_alloc(sizeof *group);
        if (!group)
            return STATUS_NO_MEMORY;
        metadata.objects += sizeof *group;
        list_init(&group->members);
        group_join(group, from);
    }
    if (!to->group)
        group_join(from->group, to);
    ASSERT(to->group == from->group, "a clone joins its source's group");
    return STATUS_OK;
}

/* One piece of one extent. */
static enum status share_piece(struct extent_map *from, paddr_t pa, struct extent_map *to, uint64_t offset, uint64_t size)
{
    struct spares for_shares, for_extent;
    enum status status = spares_get(&for_shares, from->ledger, share_add_needs(from->group, pa, pa + size));
    if (status != STATUS_OK)
        return status;
    status = spares_get(&for_extent, to->ledger, 1);
    if (status == STATUS_OK && to->ledger)
        status = ledger_charge(to->ledger, LEDGER_PAGES, size);
    if (status == STATUS_OK) {
        share_add(from->group, pa, pa + size, &for_shares);
        extents_add(to, offset, pa, size, &for_extent);
    }
    spares_put(&for_extent);
    spares_put(&for_shares);
    return status;
}

enum status extents_share(struct extent_map *from, uint64_t start, uint64_t end, struct extent_map *to, uint64_t delta)
{
    struct span *extent = span_at_or_after(&from->extents, start);
    if (!extent || extent->start >= end)
        return STATUS_OK;
    enum status status = group_of_both(from, to);
    for (; status == STATUS_OK && extent && extent->start < end; extent = span_next(extent)) {
        uint64_t low = extent->start > start ? extent->start : start, high = extent->end < end ? extent->end : end;
        status = share_piece(from, extent_pa(extent, low), to, low + delta, high - low);
    }
    return status;
}

/* Make `at` an edge of extents, for a moment not maximal. */
static void extent_split(struct extent_map *map, uint64_t at, struct spares *spares)
{
    struct span *extent = extent_at(map, at);
    if (!extent || extent->start == at)
        return;
    share_cut(map->group, extent_pa(extent, at), spares);
    struct span *rest = spares_take(spares);
    rest->start = at;
    rest->end = extent->end;
    rest->value = extent_pa(extent, at);
    extent->end = at;
    span_insert(&map->extents, rest);
}

void extents_move(struct extent_map *map, uint64_t start, uint64_t end, uint64_t delta, struct spares *spares)
{
    extent_split(map, start, spares);
    extent_split(map, end, spares);
    for (struct span *extent; (extent = span_at_or_after(&map->extents, start)) && extent->start < end;) {
        uint64_t offset = extent->start, size = extent->end - offset;
        span_remove(&map->extents, extent);
        note(map, extent->value, -(int64_t)size);
        extent->node.right = nullptr;
        struct spares own = {.ledger = map->ledger, .first = extent};
        extents_add(map, offset + delta, extent->value, size, &own);
        spares_put(&own);
    }
}

/* --- elsewhere ---------------------------------------------------------------------------------------------------------------------------- */

void extents_take(struct extent_map *map, uint64_t start, uint64_t end, struct spares *spares)
{
    struct span *extent = extent_at(map, start);
    ASSERT(extent && extent->end >= end && !map->group, "what is taken lies in one extent of a map that was never cloned");
    extent_cut(map, extent, start, end, spares);
}

void extents_clip_alike(const struct extent_map *map, uint64_t offset, uint64_t *low, uint64_t *high)
{
    const struct span *extent = extent_at(map, offset);
    paddr_t pa = extent_pa(extent, offset), first = 0, last = UINT64_MAX;
    const struct span *share = map->group ? span_at_or_after(&map->group->shares, pa) : nullptr;
    if (share && share->start <= pa) {
        first = share->start;
        last = share->end;
    } else if (map->group) {
        const struct span *below = span_before(&map->group->shares, pa);
        first = below ? below->end : 0;
        last = share ? share->start : UINT64_MAX;
    }
    if (*low < extent->start)
        *low = extent->start;
    if (*high > extent->end)
        *high = extent->end;
    if (offset - *low > pa - first)
        *low = offset - (pa - first);
    if (*high - offset > last - pa)
        *high = offset + (last - pa);
}

/* Where the map shows the address, looking everywhere; NULL: nowhere. */
static struct span *extent_showing(const struct extent_map *map, paddr_t pa)
{
    for (struct tree_node *node = tree_first(&map->extents); node; node = tree_next(node))
        if (span_of(node)->value <= pa && pa - span_of(node)->value < span_of(node)->end - span_of(node)->start)
            return span_of(node);
    return nullptr;
}

static bool shows_at(const struct extent_map *map, uint64_t offset, paddr_t pa)
{
    const struct span *extent = extent_at(map, offset);
    return extent && extent_pa(extent, offset) == pa;
}

/* Most clones show a thing at the same offset: only if not all are found there, all of their extents are looked at. */
bool extents_sharers(struct extent_map *map, uint64_t offset, bool (*each)(struct extent_map *map, uint64_t offset, void *context), void *context)
{
    paddr_t pa = extent_pa(extent_at(map, offset), offset);
    const struct span *share = map->group ? span_at(&map->group->shares, pa) : nullptr;
    if (!share)
        return each(map, offset, context);
    uint64_t left = share->value;
    for (struct list *item = map->group->members.next; item != &map->group->members; item = item->next)
        left -= shows_at(container_of(item, struct extent_map, members), offset, pa);
    bool everywhere = left > 0;
    for (struct list *item = map->group->members.next, *next; item != &map->group->members; item = next) {
        struct extent_map *other = container_of(item, struct extent_map, members);
        next = item->next;
        bool there = shows_at(other, offset, pa);
        const struct span *extent = there || !everywhere ? nullptr : extent_showing(other, pa);
        if ((there || extent) && !each(other, there ? offset : extent->start + (pa - extent->value), context))
            return false;
    }
    return true;
}

/* One map that shows what is exchanged. */
struct change {
    struct change *next;
    struct extent_map *map;
    uint64_t offset;
    struct spares spares;
};

struct exchange {
    struct change *changes;
    enum status status;
};

#define CHANGE_NEEDS 4u /* spares: an extent is cut in three, and a share */

static bool change_prepare(struct extent_map *map, uint64_t offset, void *context)
{
    struct exchange *exchange = context;
    struct change *change = kernel_alloc(sizeof *change);
    exchange->status = change ? spares_get(&change->spares, map->ledger, CHANGE_NEEDS) : STATUS_NO_MEMORY;
    if (exchange->status != STATUS_OK) {
        if (change)
            kernel_free(change, sizeof *change);
        return false;
    }
    change->map = map;
    change->offset = offset;
    change->next = exchange->changes;
    exchange->changes = change;
    return true;
}

static void changes_end(struct change *change)
{
    while (change) {
        struct change *next = change->next;
        spares_put(&change->spares);
        kernel_free(change, sizeof *change);
        change = next;
    }
}

/* The share that covers exactly this, if any, is of other addresses now. */
static void share_move(struct cow_group *group, paddr_t from, paddr_t to, uint64_t size)
{
    struct span *share = group ? span_at(&group->shares, from) : nullptr;
    if (!share)
        return;
    ASSERT(share->start == from && share->end == from + size, "what is exchanged is shared alike");
    span_remove(&group->shares, share);
    share->start = to;
    share->end = to + size;
    span_insert(&group->shares, share);
}

enum status extents_exchange(struct extent_map *map, uint64_t start, uint64_t size, uint64_t value)
{
    struct exchange exchange = {.status = STATUS_OK};
    paddr_t from = extent_pa(extent_at(map, start), start);
    (void)extents_sharers(map, start, change_prepare, &exchange);
    if (exchange.status == STATUS_OK) {
        share_cut(map->group, from, &exchange.changes->spares);
        share_cut(map->group, from + size, &exchange.changes->spares);
        for (struct change *change = exchange.changes; change; change = change->next)
            extent_cut(change->map, extent_at(change->map, change->offset), change->offset, change->offset + size, &change->spares);
        share_move(map->group, from, value, size);
        for (struct change *change = exchange.changes; change; change = change->next)
            extents_add(change->map, change->offset, value, size, &change->spares);
    }
    changes_end(exchange.changes);
    return exchange.status;
}
