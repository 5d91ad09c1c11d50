/* region.c: the regions of a space, by address, and of an object, by offset (the reverse map). Not here: what is in them, page tables.
 * Invariants: regions of a space are disjoint; gap is the room below a region; a region with mem is in mem->regions and holds a reference.
 * Locks: the space's for its tree, the object's for its own (today: the kernel lock). */
#include <mm/region.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <mm/carve.h>
#include <mm/counters.h>
#include <mm/fill.h>

/* --- by address ---------------------------------------------------------------------------------------------------------------------- */

static void gap_update(struct tree_node *node)
{
    struct region *region = region_of(node);
    region->max_gap = region->gap;
    if (node->left && region_of(node->left)->max_gap > region->max_gap)
        region->max_gap = region_of(node->left)->max_gap;
    if (node->right && region_of(node->right)->max_gap > region->max_gap)
        region->max_gap = region_of(node->right)->max_gap;
}

struct region *region_next(const struct region *region) { return region_of(tree_next(&region->node)); }
struct region *region_previous(const struct region *region) { return region_of(tree_previous(&region->node)); }

struct region *region_at_or_after(const struct space *space, uaddr_t va)
{
    struct region *best = nullptr;
    for (struct tree_node *node = space->regions.root; node;) {
        struct region *region = region_of(node);
        if (va < region->start) {
            best = region;
            node = node->left;
        } else if (va >= region->end) {
            node = node->right;
        } else {
            return region;
        }
    }
    return best;
}

struct region *region_at(const struct space *space, uaddr_t va)
{
    struct region *region = region_at_or_after(space, va);
    return region && region->start <= va ? region : nullptr;
}

static void set_gap(struct region *region, const struct region *below)
{
    uint64_t gap = region ? region->start - (below ? below->end : USER_BASE) : 0;
    if (!region || region->gap == gap)
        return;
    region->gap = gap;
    tree_refresh(&region->node, gap_update);
}

/* --- gaps -------------------------------------------------------------------------------------------------------------------------------- */

/* The highest region of the subtree with such a gap below it. Requires: there is one. */
static struct region *last_with_gap(struct tree_node *node, uint64_t length)
{
    for (;;) {
        if (node->right && region_of(node->right)->max_gap >= length)
            node = node->right;
        else if (region_of(node)->gap >= length)
            return region_of(node);
        else
            node = node->left;
    }
}

/* The next one down. */
static struct region *previous_with_gap(struct region *region, uint64_t length)
{
    struct tree_node *node = &region->node;
    if (node->left && region_of(node->left)->max_gap >= length)
        return last_with_gap(node->left, length);
    for (;;) {
        while (node->parent && node->parent->left == node)
            node = node->parent;
        node = node->parent;
        if (!node)
            return nullptr;
        if (region_of(node)->gap >= length)
            return region_of(node);
        if (node->left && region_of(node->left)->max_gap >= length)
            return last_with_gap(node->left, length);
    }
}

/* The highest fitting address in [low, high), 0 if there is none. */
static uaddr_t fit(uaddr_t low, uaddr_t high, uint64_t length, uint64_t like, uint64_t align)
{
    if (high < low || high - low < length)
        return 0;
    uaddr_t va = high - length;
    uint64_t over = (va - like) & (align - 1);
    return va - low >= over ? va - over : 0;
}

static uaddr_t gap_aligned(const struct space *space, uint64_t length, uint64_t like, uaddr_t limit, uint64_t align)
{
    struct region *region = region_at_or_after(space, limit);
    if (!region) {
        struct region *last = region_of(tree_last(&space->regions));
        uaddr_t va = fit(last ? last->end : USER_BASE, limit, length, like, align);
        if (va || !last)
            return va;
        region = last;
    }
    for (; region; region = previous_with_gap(region, length)) {
        uaddr_t va = fit(region->start - region->gap, region->start < limit ? region->start : limit, length, like, align);
        if (va)
            return va;
    }
    return 0;
}

uaddr_t region_gap(const struct space *space, uint64_t length, uint64_t like, uaddr_t limit)
{
    uint64_t most = 1ull << (63 - __builtin_clzll(length));
    uaddr_t va = 0;
    for (unsigned n = ARCH_LEAVES; n-- && !va;)
        if (arch_leaf_shift(n) && most >= 1ull << arch_leaf_shift(n))
            va = gap_aligned(space, length, like, limit, 1ull << arch_leaf_shift(n));
    if (!va && most < SUPER_SIZE)
        va = gap_aligned(space, length, like, limit, most);
    return va ? va : gap_aligned(space, length, like, limit, MP_SIZE);
}

/* --- by offset: an interval tree -------------------------------------------------------------------------------------------------------------- */

static struct region *region_by_offset(struct tree_node *node) { return node ? container_of(node, struct region, by_offset) : nullptr; }
static uint64_t offset_end(const struct region *region) { return region->offset + region_size(region); }

static void end_update(struct tree_node *node)
{
    struct region *region = region_by_offset(node);
    region->max_end = offset_end(region);
    if (node->left && region_by_offset(node->left)->max_end > region->max_end)
        region->max_end = region_by_offset(node->left)->max_end;
    if (node->right && region_by_offset(node->right)->max_end > region->max_end)
        region->max_end = region_by_offset(node->right)->max_end;
}

static void reverse_insert(struct region *region)
{
    if (!region->mem)
        return;
    struct tree *tree = &region->mem->regions;
    struct tree_node *parent = nullptr, **link = &tree->root;
    while (*link) {
        parent = *link;
        link = region->offset < region_by_offset(parent)->offset ? &parent->left : &parent->right;
    }
    tree_insert(tree, &region->by_offset, parent, link, end_update);
}

static void reverse_remove(struct region *region)
{
    if (region->mem)
        tree_remove(&region->mem->regions, &region->by_offset, end_update);
}

/* The lowest-offset region of the subtree that overlaps; subtrees whose max_end is too low are passed over. */
static struct region *first_showing(struct tree_node *node, uint64_t start, uint64_t end)
{
    while (node) {
        struct region *left = region_by_offset(node->left), *region = region_by_offset(node);
        if (left && left->max_end > start) {
            node = node->left;
            continue;
        }
        if (region->offset >= end)
            return nullptr;
        if (offset_end(region) > start)
            return region;
        node = node->right;
    }
    return nullptr;
}

struct region *region_showing(const struct mem_object *mem, uint64_t start, uint64_t end)
{
    return first_showing(mem->regions.root, start, end);
}

struct region *region_showing_next(struct region *region, uint64_t start, uint64_t end)
{
    struct tree_node *node = &region->by_offset;
    for (;;) {
        struct region *right = region_by_offset(node->right);
        if (right && right->max_end > start) {
            struct region *found = first_showing(node->right, start, end);
            if (found)
                return found;
        }
        while (node->parent && node->parent->right == node)
            node = node->parent;
        node = node->parent;
        if (!node || region_by_offset(node)->offset >= end)
            return nullptr;
        if (offset_end(region_by_offset(node)) > start)
            return region_by_offset(node);
    }
}

/* --- life -------------------------------------------------------------------------------------------------------------------------------------- */

enum status region_create(struct space *space, struct region **region)
{
    if (ledger_charge(space->charge, LEDGER_KERNEL, sizeof **region) != STATUS_OK)
        return STATUS_LEDGER_SPENT;
    *region = kernel_alloc(sizeof **region);
    if (*region) {
        metadata.regions++;
        (*region)->space = space;
        return STATUS_OK;
    }
    ledger_credit(space->charge, LEDGER_KERNEL, sizeof **region);
    return STATUS_NO_MEMORY;
}

void region_free(struct region *region)
{
    metadata.regions--;
    ledger_credit(region->space->charge, LEDGER_KERNEL, sizeof *region);
    kernel_free(region, sizeof *region);
}

static void address_insert(struct region *region)
{
    struct space *space = region->space;
    struct region *below = nullptr, *above = nullptr;
    struct tree_node *parent = nullptr, **link = &space->regions.root;
    while (*link) {
        parent = *link;
        if (region->start < region_of(parent)->start) {
            above = region_of(parent);
            link = &parent->left;
        } else {
            below = region_of(parent);
            link = &parent->right;
        }
    }
    ASSERT((!below || below->end <= region->start) && (!above || region->end <= above->start), "regions are disjoint");
    region->gap = region->start - (below ? below->end : USER_BASE);
    tree_insert(&space->regions, &region->node, parent, link, gap_update);
    set_gap(above, region);
}

static void address_remove(struct region *region)
{
    struct region *above = region_next(region), *below = region_previous(region);
    if (region->space->faulted == region)
        region->space->faulted = nullptr;
    tree_remove(&region->space->regions, &region->node, gap_update);
    set_gap(above, below);
}

void region_insert(struct region *region)
{
    address_insert(region);
    reverse_insert(region);
    region->space->mapped_bytes += region_size(region);
    if (region->mem)
        object_get(&region->mem->object);
}

void region_remove(struct region *region)
{
    struct mem_object *mem = region->mem;
    region->space->mapped_bytes -= region_size(region);
    reverse_remove(region);
    address_remove(region);
    region_free(region);
    if (mem)
        object_put(&mem->object);
}

void region_set_bounds(struct region *region, uaddr_t start, uaddr_t end)
{
    reverse_remove(region);
    region->space->mapped_bytes += (end - start) - region_size(region);
    region->offset += start - region->start;
    region->start = start;
    region->end = end;
    reverse_insert(region);
    set_gap(region, region_previous(region));
    set_gap(region_next(region), region);
}

/* --- splitting and joining ------------------------------------------------------------------------------------------------------------------------ */

void region_split(struct region *region, uaddr_t va, struct region *upper)
{
    uaddr_t end = region->end;
    region_set_bounds(region, region->start, va);
    upper->start = va;
    upper->end = end;
    upper->mem = region->mem;
    upper->offset = region->mem ? region->offset + (va - region->start) : 0;
    upper->flags = region->flags & ~MAP_GROWS_DOWN;
    upper->prot = region->prot;
    upper->max_prot = region->max_prot;
    region_insert(upper);
}

static bool joinable(const struct region *below, const struct region *region)
{
    return below && below->end == region->start && below->mem == region->mem && below->flags == region->flags &&
           below->prot == region->prot && below->max_prot == region->max_prot && !(region->flags & (REGION_PINNED | MAP_GROWS_DOWN)) &&
           (!region->mem || below->offset + region_size(below) == region->offset);
}

struct region *region_join_below(struct region *region)
{
    struct region *below = region_previous(region);
    if (!joinable(below, region))
        return region;
    uaddr_t end = region->end;
    region_remove(region);
    region_set_bounds(below, below->start, end);
    return below;
}

static struct region *region_across(const struct space *space, uaddr_t va)
{
    struct region *region = region_at(space, va);
    return region && region->start < va ? region : nullptr;
}

enum status region_edges(struct space *space, uaddr_t va, uaddr_t end)
{
    struct region *first = nullptr, *second = nullptr;
    enum status status = STATUS_OK;
    if (region_across(space, va))
        status = region_create(space, &first);
    if (status == STATUS_OK && region_across(space, end))
        status = region_create(space, &second);
    if (status != STATUS_OK) {
        if (first)
            region_free(first);
        return status;
    }
    if (first)
        region_split(region_across(space, va), va, first);
    if (second)
        region_split(region_across(space, end), end, second);
    return STATUS_OK;
}

void region_join_edges(struct space *space, uaddr_t va, uaddr_t end)
{
    struct region *region = region_at(space, va);
    if (region && region->start == va)
        (void)region_join_below(region);
    region = region_at(space, end);
    if (region && region->start == end)
        (void)region_join_below(region);
}
