/* clusters.c: free physical clusters, kept in the free memory itself: a run's first bytes hold its node, in a tree by address (to join
 * neighbours) and in a list by the largest naturally aligned block inside it (to find one). No byte is spent outside free memory. Runs inside
 * a block that is kept for somebody are in the tree, but on no list; what comes next in a block that is filled in order is in no run.
 * Not here: pieces of clusters (carve.c), those zeroed ahead (zero_pool.c), who owns what, which blocks are kept for whom (reserve.c).
 * Invariants: runs are maximal, so no two touch but at the edges of blocks; a run is inside one block or in none; a block has free clusters and
 * used ones; a node's checksum covers its tree links and its length, so that a write to freed memory is noticed before it is followed.
 * Locks: kernel lock. */
#include <mm/clusters.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <lib/string.h>
#include <lib/tree.h>
#include <mm/inject.h>
#include <mm/zero_pool.h>

#define ORDERS CLUSTER_ORDERS
#define IN_BLOCK (-1) /* the order of a run that is in a block */

/* In the first bytes of a free run. */
struct run {
    struct tree_node node;
    struct list link;      /* of lists[order] */
    uint64_t count;        /* clusters */
    int32_t order;         /* of the largest aligned block inside; IN_BLOCK */
    int32_t max_order;     /* in this subtree */
    uint64_t check;
};
static_assert(sizeof(struct run) <= 64);

unsigned cluster_shift = MP_SHIFT;
static struct tree runs;
static struct list lists[ORDERS];
static uint32_t lists_filled; /* bit per list that is not empty */
static uint64_t free_count, run_count;
static struct tree blocks;      /* by address */
static struct list cold_blocks; /* the coldest first */
static uint64_t block_count, block_free; /* clusters that are free in blocks */
static const uint64_t check_key = 0x51f15ee1d00dfeedu;

void clusters_init(unsigned shift)
{
    ASSERT(shift >= MP_SHIFT && shift <= MP_SHIFT + 6, "a cluster is at most 64 MPs");
    cluster_shift = shift;
    runs.root = nullptr;
    lists_filled = 0;
    free_count = run_count = 0;
    blocks.root = nullptr;
    list_init(&cold_blocks);
    block_count = block_free = 0;
    for (unsigned order = 0; order < ORDERS; order++)
        list_init(&lists[order]);
}

static struct run *run_of(struct tree_node *node) { return node ? container_of(node, struct run, node) : nullptr; }
static paddr_t run_start(const struct run *run) { return virt_to_phys(run); }
static paddr_t run_end(const struct run *run) { return run_start(run) + (run->count << cluster_shift); }

static uint64_t checksum(const struct run *run)
{
    uint64_t sum = (uintptr_t)run ^ check_key;
    sum = (sum ^ (uintptr_t)run->node.parent) * 0x9e3779b97f4a7c15u;
    sum = (sum ^ (uintptr_t)run->node.left) * 0xd6e8feb86659fd93u;
    sum = (sum ^ (uintptr_t)run->node.right) * 0xa0761d6478bd642fu;
    sum = (sum ^ run->count) * 0xe7037ed1a0b428dbu;
    return sum ^ (uint32_t)run->order ^ (uint64_t)(uint32_t)run->max_order << 32;
}

static void verify(const struct run *run)
{
    ASSERT(run->check == checksum(run), "nobody writes to free memory");
}

static void run_update(struct tree_node *node)
{
    struct run *run = run_of(node), *left = run_of(node->left), *right = run_of(node->right);
    int32_t most = run->order;
    if (left && left->max_order > most)
        most = left->max_order;
    if (right && right->max_order > most)
        most = right->max_order;
    run->max_order = most;
    run->check = checksum(run);
}

/* The largest k such that an aligned block of 2^k clusters lies inside. */
static int order_inside(paddr_t start, uint64_t count)
{
    uint64_t first = start >> cluster_shift;
    int order = 63 - __builtin_clzll(count);
    if (order >= (int)ORDERS)
        order = ORDERS - 1;
    uint64_t aligned = (first + (1ull << order) - 1) & ~((1ull << order) - 1);
    return aligned + (1ull << order) <= first + count ? order : order - 1;
}

static void list_add_run(struct run *run)
{
    if (run->order == IN_BLOCK)
        return;
    list_push_front(&lists[run->order], &run->link);
    lists_filled |= 1u << run->order;
}

static void list_remove_run(struct run *run)
{
    if (run->order == IN_BLOCK)
        return;
    ASSERT(run->link.next->previous == &run->link && run->link.previous->next == &run->link, "nobody writes to free memory");
    list_remove(&run->link);
    if (list_empty(&lists[run->order]))
        lists_filled &= ~(1u << run->order);
}

static void run_insert(paddr_t start, uint64_t count, bool in_block)
{
    struct run *run = phys_to_virt(start);
    struct tree_node *parent = nullptr, **link = &runs.root;
    while (*link) {
        parent = *link;
        verify(run_of(parent));
        link = run < run_of(parent) ? &parent->left : &parent->right;
    }
    run->count = count;
    run->order = in_block ? IN_BLOCK : order_inside(start, count);
    tree_insert(&runs, &run->node, parent, link, run_update);
    list_add_run(run);
    run_count++;
}

static void run_remove(struct run *run)
{
    verify(run);
    list_remove_run(run);
    tree_remove(&runs, &run->node, run_update);
    run_count--;
}

static void run_resize(struct run *run, uint64_t count)
{
    verify(run);
    int order = run->order == IN_BLOCK ? IN_BLOCK : order_inside(run_start(run), count);
    run->count = count;
    if (order == run->order) {
        run->check = checksum(run);
        return;
    }
    list_remove_run(run);
    run->order = order;
    list_add_run(run);
    tree_refresh(&run->node, run_update);
}

/* Cut [pa, pa + count clusters) out of the run that holds it. */
static void run_take(struct run *run, paddr_t pa, uint64_t count)
{
    paddr_t end = pa + (count << cluster_shift), old_end = run_end(run);
    uint64_t before = (pa - run_start(run)) >> cluster_shift;
    bool in_block = run->order == IN_BLOCK;
    if (before)
        run_resize(run, before);
    else
        run_remove(run);
    if (end < old_end)
        run_insert(end, (old_end - end) >> cluster_shift, in_block);
    free_count -= count;
}

/* The run with the highest start at or below pa. */
static struct run *run_at_or_below(paddr_t pa)
{
    struct run *best = nullptr, *run = run_of(runs.root);
    while (run) {
        verify(run);
        if (run_start(run) <= pa) {
            best = run;
            run = run_of(run->node.right);
        } else {
            run = run_of(run->node.left);
        }
    }
    return best;
}

/* The run at the highest address that holds an aligned block of this order. */
static struct run *highest_run(unsigned order)
{
    struct run *run = run_of(runs.root);
    if (!run || run->max_order < (int)order)
        return nullptr;
    for (;;) {
        verify(run);
        struct run *right = run_of(run->node.right);
        if (right && right->max_order >= (int)order)
            run = right;
        else if (run->order >= (int)order)
            return run;
        else
            run = run_of(run->node.left);
    }
}

static struct run *smallest_run(unsigned order)
{
    uint32_t fitting = order < ORDERS ? lists_filled & ~((1u << order) - 1) : 0;
    if (!fitting)
        return nullptr;
    return container_of(lists[__builtin_ctz(fitting)].next, struct run, link);
}

static paddr_t align_up(paddr_t pa, uint64_t size) { return (pa + size - 1) & ~(size - 1); }

static paddr_t alloc_from_runs(unsigned order, enum cluster_use use)
{
    uint64_t size = cluster_size() << order;
    struct run *run = use == CLUSTER_UNMOVABLE ? highest_run(order) : smallest_run(order);
    if (!run)
        return 0;
    paddr_t pa = use == CLUSTER_UNMOVABLE ? (run_end(run) & ~(size - 1)) - size : align_up(run_start(run), size);
    run_take(run, pa, 1ull << order);
    return pa;
}

paddr_t clusters_alloc(unsigned order, enum cluster_use use)
{
    if (inject_failure())
        return 0;
    paddr_t pa = alloc_from_runs(order, use);
    if (!pa && zero_pool_drain())
        pa = alloc_from_runs(order, use);
    while (!pa && block_count) {
        block_break(container_of(cold_blocks.next, struct block, link));
        pa = alloc_from_runs(order, use);
    }
    return pa;
}

paddr_t clusters_spare(unsigned order, bool at_end)
{
    struct run *run = smallest_run(order);
    if (!run)
        return 0;
    uint64_t size = cluster_size() << order;
    paddr_t pa = at_end ? (run_end(run) & ~(size - 1)) - size : align_up(run_start(run), size);
    run_take(run, pa, 1ull << order);
    return pa;
}

bool clusters_claim(paddr_t pa, uint64_t count)
{
    struct run *run = run_at_or_below(pa);
    if (!run || run->order == IN_BLOCK || run_end(run) < pa + (count << cluster_shift) || inject_failure())
        return false;
    run_take(run, pa, count);
    return true;
}

/* --- freeing, and blocks -------------------------------------------------------------------------------------------------------------- */

static struct block *block_of(struct tree_node *node) { return node ? container_of(node, struct block, node) : nullptr; }
static paddr_t block_end(const struct block *block) { return block->pa + (block->count << cluster_shift); }

/* The block that holds pa, or the first one above. */
static struct block *block_at_or_after(paddr_t pa)
{
    struct block *best = nullptr, *block = block_of(blocks.root);
    while (block) {
        if (pa < block_end(block)) {
            best = block;
            block = block_of(block->node.left);
        } else {
            block = block_of(block->node.right);
        }
    }
    return best;
}

/* The range is free now, all of it in this block or (NULL) all of it in none: join it with its neighbours. */
static void run_join(paddr_t pa, uint64_t count, const struct block *block)
{
    struct run *before = run_at_or_below(pa);
    struct run *after = run_of(before ? tree_next(&before->node) : tree_first(&runs));
    paddr_t end = pa + (count << cluster_shift);
    ASSERT((!before || run_end(before) <= pa) && (!after || run_start(after) >= end), "a cluster is freed once");
    bool joins_after = after && run_start(after) == end && (block ? end < block_end(block) : after->order != IN_BLOCK);
    bool joins_before = before && run_end(before) == pa && (block ? pa > block->pa : before->order != IN_BLOCK);
    if (joins_after) {
        count += after->count;
        run_remove(after);
    }
    if (joins_before)
        run_resize(before, before->count + count);
    else
        run_insert(pa, count, block);
}

static void block_end_now(struct block *block)
{
    tree_remove(&blocks, &block->node, nullptr);
    list_remove(&block->link);
    block_count--;
    block_free -= block->free;
    block->ended(block);
}

/* What is kept ahead is a run again. */
static void put_ahead(struct block *block)
{
    uint64_t count = block->ahead;
    block->ahead = 0;
    if (count)
        run_join(block->next, count, block);
}

void block_break(struct block *block)
{
    paddr_t at = block->pa, end = block_end(block);
    put_ahead(block);
    while (at < end) {
        struct run *run = run_at_or_below(at);
        if (!run || run_end(run) <= at)
            run = run_of(run ? tree_next(&run->node) : tree_first(&runs));
        if (!run || run_start(run) >= end)
            break;
        paddr_t start = run_start(run);
        uint64_t count = run->count;
        run_remove(run);
        run_join(start, count, nullptr);
        at = start + (count << cluster_shift);
    }
    block_end_now(block);
}

void clusters_free(paddr_t pa, uint64_t count)
{
    ASSERT(count && !(pa & (cluster_size() - 1)), "clusters are freed whole");
    free_count += count;
    while (count) {
        struct block *block = block_count ? block_at_or_after(pa) : nullptr;
        bool inside = block && block->pa <= pa;
        uint64_t part = !block ? count : ((inside ? block_end(block) : block->pa) - pa) >> cluster_shift;
        if (part > count)
            part = count;
        run_join(pa, part, inside ? block : nullptr);
        if (inside) {
            block->zeroed = false;
            block->free += part;
            block_free += part;
            if (block->free == block->count)
                block_break(block);
        }
        pa += part << cluster_shift;
        count -= part;
    }
}

static void block_link(struct block *block)
{
    block->next = block->pa;
    block->ahead = 0;
    struct tree_node *parent = nullptr, **link = &blocks.root;
    while (*link) {
        parent = *link;
        link = block->pa < block_of(parent)->pa ? &parent->left : &parent->right;
    }
    tree_insert(&blocks, &block->node, parent, link, nullptr);
    list_push_back(&cold_blocks, &block->link);
    block_count++;
    block_free += block->free;
}

/* These free clusters are in a block from now on. */
static void run_keep(struct run *run, paddr_t pa, uint64_t count)
{
    run_take(run, pa, count);
    run_insert(pa, count, true);
    free_count += count;
}

/* From those zeroed ahead. */
static bool keep_zeroed(struct block *block, unsigned order)
{
    block->pa = zero_pool_take(order);
    if (!block->pa)
        return false;
    run_insert(block->pa, 1ull << order, true);
    free_count += 1ull << order;
    block->zeroed = true;
    return true;
}

static bool keep_other(struct block *block, unsigned order, paddr_t preferred)
{
    uint64_t size = cluster_size() << order;
    struct run *run = preferred && !(preferred & (size - 1)) ? run_at_or_below(preferred) : nullptr;
    block->pa = preferred;
    block->zeroed = false;
    if (!run || run->order == IN_BLOCK || run_end(run) < preferred + size) {
        run = smallest_run(order);
        if (!run)
            return false;
        block->pa = align_up(run_start(run), size);
    }
    run_keep(run, block->pa, 1ull << order);
    return true;
}

bool block_keep(struct block *block, unsigned order, paddr_t preferred, bool zeroed)
{
    if (inject_failure())
        return false;
    if (!(zeroed && keep_zeroed(block, order)) && !keep_other(block, order, preferred) && !keep_zeroed(block, order))
        return false;
    block->count = block->free = 1ull << order;
    block_link(block);
    return true;
}

/* The first run that reaches beyond pa. */
static struct run *run_from(paddr_t pa)
{
    struct run *run = run_at_or_below(pa);
    if (run && run_end(run) > pa)
        return run;
    return run_of(run ? tree_next(&run->node) : tree_first(&runs));
}

bool block_surround(struct block *block, unsigned order, paddr_t pa)
{
    paddr_t end = pa + (cluster_size() << order);
    const struct block *other = block_at_or_after(pa);
    if (other && other->pa < end)
        return false;
    block->pa = pa;
    block->count = 1ull << order;
    block->free = 0;
    block->zeroed = false;
    for (struct run *run; (run = run_from(pa)) && run_start(run) < end; pa = run_end(run)) {
        paddr_t low = run_start(run) > pa ? run_start(run) : pa, high = run_end(run) < end ? run_end(run) : end;
        run_keep(run, low, (high - low) >> cluster_shift);
        block->free += (high - low) >> cluster_shift;
        run = phys_to_virt(low);
        if (high == end)
            break;
    }
    if (block->free)
        block_link(block);
    return block->free;
}

static bool is_untried(const struct block_search *search)
{
    return !search->tried_free || search->free < search->tried_free || (search->free == search->tried_free && search->block > search->tried);
}

bool block_search_some(struct block_search *search, unsigned order, unsigned steps)
{
    uint64_t size = cluster_size() << order;
    for (; steps; steps--) {
        struct run *run = run_from(search->at);
        paddr_t low = run ? run_start(run) > search->at ? run_start(run) : search->at : 0, block = low & ~(size - 1);
        if (!run || block != search->block) { /* that one is done */
            if (search->free > search->best_free && is_untried(search)) {
                search->best = search->block;
                search->best_free = search->free;
            }
            search->free = 0;
            search->block = block;
        }
        if (!run)
            return true;
        paddr_t high = run_end(run) < block + size ? run_end(run) : block + size;
        if (run->order != IN_BLOCK)
            search->free += (high - low) >> cluster_shift;
        search->at = high;
    }
    return false;
}

bool block_has(const struct block *block, paddr_t pa)
{
    struct run *run = run_at_or_below(pa);
    return pa - block->next < block->ahead << cluster_shift || (pa >= block->pa && pa < block_end(block) && run && run_end(run) > pa);
}

/* Out of a run; with the rest of the run, if the block is filled in order so far. */
static bool claim_from_run(struct block *block, paddr_t pa)
{
    put_ahead(block);
    struct run *run = run_at_or_below(pa);
    if (!run || run_end(run) <= pa)
        return false;
    bool has_node = run_start(run) == pa;
    uint64_t count = pa == block->next ? (run_end(run) - pa) >> cluster_shift : 1;
    run_take(run, pa, count);
    free_count += count - 1;
    block->ahead = count - 1;
    if (block->zeroed && has_node)
        memset(run, 0, sizeof *run);
    return true;
}

bool block_claim(struct block *block, paddr_t pa, bool *zeroed)
{
    if (inject_failure())
        return false;
    if (pa == block->next && block->ahead) {
        block->ahead--;
        free_count--;
    } else if (!claim_from_run(block, pa)) {
        return false;
    }
    *zeroed = block->zeroed;
    block->next = pa + cluster_size();
    block->free--;
    block_free--;
    if (cold_blocks.previous != &block->link) {
        list_remove(&block->link);
        list_push_back(&cold_blocks, &block->link);
    }
    if (!block->free)
        block_end_now(block);
    return true;
}

uint64_t blocks_count(void) { return block_count; }
uint64_t blocks_free_bytes(void) { return block_free << cluster_shift; }

uint64_t clusters_free_bytes(void) { return (free_count + zero_pool_held()) << cluster_shift; }
uint64_t clusters_free_runs(void) { return run_count; }

int clusters_largest_order(void)
{
    int most = runs.root ? run_of(runs.root)->max_order : -1, pooled = zero_pool_largest_order();
    return most > pooled ? most : pooled;
}

uint64_t clusters_runs_of_order(unsigned order)
{
    uint64_t count = 0;
    if (order < ORDERS)
        for (const struct list *link = lists[order].next; link != &lists[order]; link = link->next)
            count++;
    return count;
}

/* The run is in one block, or in none, as its order says; returns how many of its clusters are in one. */
static uint64_t check_place(const struct run *run)
{
    const struct block *block = block_at_or_after(run_start(run));
    bool inside = block && block->pa <= run_start(run);
    ASSERT(inside == (run->order == IN_BLOCK), "a run knows whether it is in a block");
    ASSERT(!block || run_end(run) <= (inside ? block_end(block) : block->pa), "a run does not cross an edge of a block");
    return inside ? run->count : 0;
}

/* free_in_runs: in blocks. Returns: how many are kept ahead. */
static uint64_t check_blocks(uint64_t free_in_runs)
{
    uint64_t free = 0, count = 0, ahead = 0;
    for (struct tree_node *node = tree_first(&blocks); node; node = tree_next(node), count++) {
        const struct block *block = block_of(node);
        paddr_t ahead_end = block->next + (block->ahead << cluster_shift);
        const struct run *run = run_at_or_below(ahead_end - 1);
        ASSERT(block->free > 0 && block->free <= block->count && block->ahead <= block->free, "a block has free clusters");
        ASSERT(!block->ahead || (block->next > block->pa && ahead_end <= block_end(block)), "what is kept ahead is in the block");
        ASSERT(!block->ahead || !run || run_end(run) <= block->next, "what is kept ahead is in no run");
        free += block->free;
        ahead += block->ahead;
    }
    ASSERT(free == free_in_runs + ahead && free == block_free && count == block_count, "what is free in blocks is counted");
    return ahead;
}

void clusters_check(void)
{
    uint64_t clusters = 0, seen = 0, in_blocks = 0, listed = 0;
    paddr_t last_end = 0;
    bool last_in_block = false;
    for (struct tree_node *node = tree_first(&runs); node; node = tree_next(node)) {
        struct run *run = run_of(node);
        bool in_block = run->order == IN_BLOCK;
        verify(run);
        ASSERT(!seen || run_start(run) > last_end || ((in_block || last_in_block) && run_start(run) == last_end), "free runs are maximal");
        ASSERT(in_block || run->order == order_inside(run_start(run), run->count), "a run is on the list of its order");
        last_end = run_end(run);
        last_in_block = in_block;
        in_blocks += check_place(run);
        listed += !in_block;
        clusters += run->count;
        seen++;
    }
    ASSERT(clusters + check_blocks(in_blocks) == free_count && seen == run_count, "the free clusters are counted");
    for (unsigned order = 0; order < ORDERS; order++) {
        ASSERT(list_empty(&lists[order]) == !(lists_filled >> order & 1), "the map of lists is right");
        for (struct list *link = lists[order].next; link != &lists[order]; link = link->next)
            listed--;
    }
    ASSERT(listed == 0, "every run is on one list");
}
