/* reserve.c: reservations. Not here: the blocks themselves (clusters.c), when to make one (fill.c), mapping of what became whole (fault.c).
 * A block that comes after another one in the map comes after it in memory, if that is free. There is no map of what is populated: a cluster of
 * the block is, unless it is in a free run or kept ahead.
 * Invariants: a reservation is of one leaf size, aligned in offset and in memory; reservations of a map do not overlap. When one was made,
 * nothing was present there that was not shared; what is present now may lie elsewhere, so it is no promise that the block will be whole.
 * Locks: kernel lock. */
#include <mm/reserve.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <mm/clusters.h>
#include <mm/counters.h>

struct reservation {
    struct block block;
    struct tree_node node;  /* of map->reservations */
    struct extent_map *map;
    uint64_t offset;
};

#define LEDGER_ROOM (6 * MP_SIZE) /* page tables and extents */

/* Records that ended, linked by block.link: they are used again before new ones are made. */
static struct list ended;
static unsigned ended_count;

static struct reservation *reservation_of(struct tree_node *node) { return container_of(node, struct reservation, node); }
static uint64_t size_of(const struct reservation *r) { return r->block.count << cluster_shift; }
static uint64_t end_of(const struct reservation *r) { return r->offset + size_of(r); }

void reservations_init(void)
{
    list_init(&ended);
    ended_count = 0;
}

/* The reservation that holds the offset, or the first one above. */
static struct reservation *at_or_after(const struct extent_map *map, uint64_t offset)
{
    struct reservation *best = nullptr;
    for (struct tree_node *node = map->reservations.root; node;) {
        struct reservation *r = reservation_of(node);
        bool above = offset < end_of(r);
        best = above ? r : best;
        node = above ? node->left : node->right;
    }
    return best;
}

paddr_t reservation_take(struct extent_map *map, uint64_t offset, bool *zeroed)
{
    struct reservation *r = at_or_after(map, offset);
    if (!r || r->offset > offset)
        return 0;
    paddr_t pa = r->block.pa + (offset - r->offset);
    return block_claim(&r->block, pa, zeroed) ? pa : 0;
}

paddr_t reservation_place(const struct extent_map *map, uint64_t offset, bool *free)
{
    const struct reservation *r = at_or_after(map, offset);
    if (!r || r->offset > offset)
        return 0;
    paddr_t pa = r->block.pa + (offset - r->offset);
    *free = block_has(&r->block, pa);
    return pa;
}

/* --- life ------------------------------------------------------------------------------------------------------------------------------- */

/* The ledger must have room for what the fault needs besides, which may not fail because of a reservation. NULL: none can be had. */
static struct reservation *record_make(struct ledger *ledger)
{
    if (ledger && ledger_charge(ledger, LEDGER_KERNEL, sizeof(struct reservation) + LEDGER_ROOM) != STATUS_OK)
        return nullptr;
    if (ledger)
        ledger_credit(ledger, LEDGER_KERNEL, LEDGER_ROOM);
    struct reservation *r = nullptr;
    if (ended_count) {
        r = container_of(list_pop_front(&ended), struct reservation, block.link);
        ended_count--;
    } else {
        r = kernel_alloc(sizeof *r);
        metadata.reservations += r != nullptr;
    }
    if (!r && ledger)
        ledger_credit(ledger, LEDGER_KERNEL, sizeof *r);
    return r;
}

static void insert(struct reservation *r)
{
    struct tree_node *parent = nullptr, **link = &r->map->reservations.root;
    while (*link) {
        parent = *link;
        link = r->offset < reservation_of(parent)->offset ? &parent->left : &parent->right;
    }
    tree_insert(&r->map->reservations, &r->node, parent, link, nullptr);
}

/* It is in no tree. */
static void record_end(struct reservation *r)
{
    if (r->map->ledger)
        ledger_credit(r->map->ledger, LEDGER_KERNEL, sizeof *r);
    list_push_back(&ended, &r->block.link);
    ended_count++;
}

static void reservation_ended(struct block *block)
{
    struct reservation *r = container_of(block, struct reservation, block);
    tree_remove(&r->map->reservations, &r->node, nullptr);
    counters.reservations_filled += block->free == 0;
    counters.reservations_broken += block->free != 0 && block->free != block->count;
    record_end(r);
}

void reservations_reap(void)
{
    while (ended_count) {
        ended_count--;
        struct list *link = list_pop_front(&ended);
        metadata.reservations--;
        kernel_free(container_of(link, struct reservation, block.link), sizeof(struct reservation));
    }
}

size_t reservation_record_size(void) { return sizeof(struct reservation); }

void reservations_break(struct extent_map *map, uint64_t start, uint64_t end)
{
    for (struct reservation *r; (r = at_or_after(map, start)) && r->offset < end;)
        block_break(&r->block);
}

void reservations_move(struct extent_map *map, uint64_t start, uint64_t end, uint64_t delta)
{
    for (struct reservation *r; (r = at_or_after(map, start)) && r->offset < end;) {
        if (r->offset < start || end_of(r) > end || delta & (size_of(r) - 1)) {
            block_break(&r->block);
            continue;
        }
        tree_remove(&map->reservations, &r->node, nullptr);
        r->offset += delta;
        reservations_break(map, r->offset, end_of(r));
        insert(r);
    }
}

/* --- making ----------------------------------------------------------------------------------------------------------------------------- */

/* Nothing is present or reserved in the range but in the cluster at `offset`, which is about to get new memory, and what is shared, which will
 * be copied before it is written. */
static bool is_clear(const struct extent_map *map, uint64_t start, uint64_t end, uint64_t offset)
{
    const struct reservation *r = at_or_after(map, start);
    if (r && r->offset < end)
        return false;
    for (const struct span *extent = span_at_or_after(&map->extents, start); extent && extent->start < end; extent = span_next(extent)) {
        uint64_t low = extent->start > start ? extent->start : start, high = extent->end < end ? extent->end : end, run;
        if (low >= offset && high <= offset + cluster_size())
            continue;
        if (!share_query(map->group, extent_pa(extent, low), high - low, &run) || run < high - low)
            return false;
    }
    return true;
}

/* Where the memory that comes before goes on. */
static paddr_t memory_after(const struct extent_map *map, uint64_t offset)
{
    const struct span *extent = offset ? extent_at(map, offset - 1) : nullptr;
    return extent && !extent_is_out(extent) ? extent_pa(extent, offset - 1) + 1 : 0;
}

static bool reserve(struct extent_map *map, uint64_t start, unsigned shift, bool zeroed)
{
    struct reservation *r = record_make(map->ledger);
    if (!r)
        return false;
    r->map = map;
    r->offset = start;
    r->block.ended = reservation_ended;
    if (!block_keep(&r->block, shift - cluster_shift, memory_after(map, start), zeroed)) {
        record_end(r);
        return false;
    }
    insert(r);
    counters.reservations_made++;
    return true;
}

bool reservation_make_for(struct extent_map *map, uint64_t start, unsigned shift)
{
    const struct reservation *r = at_or_after(map, start);
    return (!r || r->offset >= start + (1ull << shift)) && reserve(map, start, shift, false);
}

paddr_t reservation_make(struct extent_map *map, uint64_t offset, uint64_t low, uint64_t high, bool *zeroed)
{
    for (unsigned n = ARCH_LEAVES; n--;) {
        unsigned shift = arch_leaf_shift(n);
        uint64_t start = offset & ~((1ull << shift) - 1), end = start + (1ull << shift);
        if (!shift || start < low || end > high || !is_clear(map, start, end, offset) || clusters_largest_order() < (int)(shift - cluster_shift))
            continue;
        if (!reserve(map, start, shift, *zeroed))
            continue;
        paddr_t pa = reservation_take(map, offset, zeroed);
        if (!pa)
            reservations_break(map, start, end);
        return pa;
    }
    return 0;
}

void reservations_check(const struct extent_map *map)
{
    uint64_t last = 0;
    for (struct tree_node *node = tree_first(&map->reservations); node; node = tree_next(node)) {
        const struct reservation *r = reservation_of(node);
        ASSERT(r->map == map && r->offset >= last, "reservations do not overlap");
        ASSERT(!((r->offset | r->block.pa) & (size_of(r) - 1)), "a reservation is aligned");
        ASSERT(r->block.free > 0 && r->block.free <= r->block.count, "a reservation is not full");
        last = end_of(r);
    }
}
