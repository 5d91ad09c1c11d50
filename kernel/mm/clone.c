/* clone.c: copy-on-write copies of whole spaces. Not here: extents and shares, clones of single objects.
 * Invariant: before a frame is shared, no translation of it is writable.
 * Locks: both spaces' and the objects' (today: the kernel lock). */
#include <lib/list.h>
#include <mm/region.h>

/* An object that the new space gets a clone of, because more than one region may show it. */
struct pair {
    struct tree_node node; /* by address of `from` */
    struct mem_object *from, *to;
};

static struct pair *pair_of(struct tree_node *node) { return (struct pair *)node; } /* node is the first member */

static struct mem_object *pair_find(struct tree *pairs, struct mem_object *from, struct tree_node **parent, struct tree_node ***link)
{
    *parent = nullptr;
    *link = &pairs->root;
    while (**link) {
        *parent = **link;
        if (pair_of(*parent)->from == from)
            return pair_of(*parent)->to;
        *link = from < pair_of(*parent)->from ? &(*parent)->left : &(*parent)->right;
    }
    return nullptr;
}

static enum status pair_clone(struct tree *pairs, struct space *space, struct mem_object *from, struct mem_object **to)
{
    struct tree_node *parent, **link;
    *to = pair_find(pairs, from, &parent, &link);
    if (*to)
        return STATUS_OK;
    void *memory;
    enum status status = ledger_alloc(space->charge, sizeof(struct pair), &memory);
    if (status != STATUS_OK)
        return status;
    struct pair *pair = memory;
    status = mem_clone(from, space->charge, 0, from->size, to);
    if (status != STATUS_OK) {
        ledger_free(space->charge, pair, sizeof *pair);
        return status;
    }
    pair->from = from;
    pair->to = *to;
    tree_insert(pairs, &pair->node, parent, link, nullptr);
    return STATUS_OK;
}

static void pairs_end(struct tree *pairs, const struct space *space)
{
    for (struct tree_node *node; (node = tree_first(pairs));) {
        struct pair *pair = pair_of(node);
        tree_remove(pairs, node, nullptr);
        object_put(&pair->to->object);
        ledger_free(space->charge, pair, sizeof *pair);
    }
}

static bool is_cloned(const struct region *region) { return !(region->flags & (MAP_NO_CLONE | REGION_PINNED)); }

/* Does the clone get what is in the space's own memory there? */
static bool is_shared(const struct region *region)
{
    return is_cloned(region) && region_private(region) && !(region->flags & MAP_CLONE_EMPTY);
}

static enum status clone_region(const struct region *from, struct space *to, struct tree *pairs)
{
    struct mem_object *mem = from->mem;
    enum status status = STATUS_OK;
    if (mem && !region_private(from) && !(from->flags & MAP_SHARED_CLONE) && mem->kind == MEM_ANONYMOUS)
        status = pair_clone(pairs, to, from->mem, &mem);
    struct region *region;
    if (status == STATUS_OK)
        status = region_create(to, &region);
    if (status != STATUS_OK)
        return status;
    region->start = from->start;
    region->end = from->end;
    region->mem = mem;
    region->offset = from->offset;
    region->lowest = from->lowest;
    region->flags = from->flags & ~MAP_LOCKED;
    region->prot = from->prot;
    region->max_prot = from->max_prot;
    region_insert(region);
    return STATUS_OK;
}

static bool protect_private(struct region *region)
{
    struct space *space = region->space;
    struct span *extent = span_at_or_after(&space->memory.extents, region->start);
    if (!(region->prot & PROT_BIT_WRITE) || !extent || extent->start >= region->end)
        return true;
    return arch_protect(&space->arch, region->start, region_size(region) >> MP_SHIFT, region->prot & ~PROT_BIT_WRITE);
}

/* Private memory of regions that touch each other is shared in one go. */
static enum status share_private(struct space *from, struct space *to)
{
    enum status status = STATUS_OK;
    struct region *region = region_of(tree_first(&from->regions));
    while (region && status == STATUS_OK) {
        uaddr_t start = region->start, end = start;
        while (region && region->start == end && is_shared(region)) {
            end = region->end;
            region = region_next(region);
        }
        if (end == start)
            region = region_next(region);
        else
            status = extents_share(&from->memory, start, end, &to->memory, 0);
    }
    return status;
}

enum status space_clone(struct space *from, struct space *to)
{
    struct tree pairs = {};
    enum status status = STATUS_OK;
    for (struct tree_node *node = tree_first(&from->regions); node && status == STATUS_OK; node = tree_next(node)) {
        struct region *region = region_of(node);
        if (!is_cloned(region))
            continue;
        if (is_shared(region) && !protect_private(region))
            status = arch_refusal(&from->arch);
        if (status == STATUS_OK)
            status = clone_region(region, to, &pairs);
    }
    if (from->memory.extents.root)
        space_flush(from, USER_BASE, SIZE_MAX);
    if (status == STATUS_OK)
        status = share_private(from, to);
    pairs_end(&pairs, to);
    return status;
}
