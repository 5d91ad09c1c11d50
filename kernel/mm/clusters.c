/* clusters.c: free physical clusters, kept in the free memory itself: a run's first bytes hold its node, in a tree by address (to join
 * neighbours) and in a list by the largest naturally aligned block inside it (to find one). No byte is spent outside free memory.
 * Not here: pieces of clusters (carve.c), who owns what.
 * Invariants: runs are maximal, so no two touch; a node's checksum covers its tree links and its length, so that a write to freed memory
 * is noticed before it is followed.
 * Locks: kernel lock. */
#include <mm/clusters.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <lib/string.h>
#include <lib/tree.h>
#include <mm/inject.h>

#define ORDERS 32u
#define POOL_MOST 16u

/* In the first bytes of a free run. */
struct run {
    struct tree_node node;
    struct list link;      /* of lists[order] */
    uint64_t count;        /* clusters */
    uint32_t order;        /* of the largest aligned block inside */
    uint32_t max_order;    /* in this subtree */
    uint64_t check;
};
static_assert(sizeof(struct run) <= 64);

/* In the first bytes of a cluster of the pool; everything behind is zero. */
struct pooled {
    struct pooled *next;
    uint64_t check;
};

unsigned cluster_shift = MP_SHIFT;
static struct tree runs;
static struct list lists[ORDERS];
static uint32_t lists_filled; /* bit per list that is not empty */
static uint64_t free_count, run_count;
static struct pooled *pool;
static unsigned pool_count;
static const uint64_t check_key = 0x51f15ee1d00dfeedu;

void clusters_init(unsigned shift)
{
    ASSERT(shift >= MP_SHIFT && shift <= MP_SHIFT + 6, "a cluster is at most 64 MPs");
    cluster_shift = shift;
    runs.root = nullptr;
    lists_filled = 0;
    free_count = run_count = 0;
    pool = nullptr;
    pool_count = 0;
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
    return sum ^ run->order ^ (uint64_t)run->max_order << 32;
}

static void verify(const struct run *run)
{
    ASSERT(run->check == checksum(run), "nobody writes to free memory");
}

static void run_update(struct tree_node *node)
{
    struct run *run = run_of(node), *left = run_of(node->left), *right = run_of(node->right);
    uint32_t most = run->order;
    if (left && left->max_order > most)
        most = left->max_order;
    if (right && right->max_order > most)
        most = right->max_order;
    run->max_order = most;
    run->check = checksum(run);
}

/* The largest k such that an aligned block of 2^k clusters lies inside. */
static unsigned order_inside(paddr_t start, uint64_t count)
{
    uint64_t first = start >> cluster_shift;
    unsigned order = 63u - (unsigned)__builtin_clzll(count);
    if (order >= ORDERS)
        order = ORDERS - 1;
    uint64_t aligned = (first + (1ull << order) - 1) & ~((1ull << order) - 1);
    return aligned + (1ull << order) <= first + count ? order : order - 1;
}

static void list_add_run(struct run *run)
{
    list_push_front(&lists[run->order], &run->link);
    lists_filled |= 1u << run->order;
}

static void list_remove_run(struct run *run)
{
    ASSERT(run->link.next->previous == &run->link && run->link.previous->next == &run->link, "nobody writes to free memory");
    list_remove(&run->link);
    if (list_empty(&lists[run->order]))
        lists_filled &= ~(1u << run->order);
}

static void run_insert(paddr_t start, uint64_t count)
{
    struct run *run = phys_to_virt(start);
    struct tree_node *parent = nullptr, **link = &runs.root;
    while (*link) {
        parent = *link;
        verify(run_of(parent));
        link = run < run_of(parent) ? &parent->left : &parent->right;
    }
    run->count = count;
    run->order = order_inside(start, count);
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
    unsigned order = order_inside(run_start(run), count);
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
    if (before)
        run_resize(run, before);
    else
        run_remove(run);
    if (end < old_end)
        run_insert(end, (old_end - end) >> cluster_shift);
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
    if (!run || run->max_order < order)
        return nullptr;
    for (;;) {
        verify(run);
        struct run *right = run_of(run->node.right);
        if (right && right->max_order >= order)
            run = right;
        else if (run->order >= order)
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

static paddr_t take_from_pool(void)
{
    struct pooled *first = pool;
    if (!first)
        return 0;
    ASSERT(first->check == ((uintptr_t)first ^ (uintptr_t)first->next ^ check_key), "nobody writes to free memory");
    pool = first->next;
    pool_count--;
    memset(first, 0, sizeof *first);
    return virt_to_phys(first);
}

paddr_t cluster_alloc_zeroed(void)
{
    return inject_failure() ? 0 : take_from_pool();
}

void clusters_drain_pool(void)
{
    for (paddr_t pa = take_from_pool(); pa; pa = take_from_pool())
        clusters_free(pa, 1);
}

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
    if (pa || !pool)
        return pa;
    clusters_drain_pool();
    return alloc_from_runs(order, use);
}

paddr_t cluster_alloc_congruent(unsigned align_shift, uint64_t within)
{
    struct run *run = align_shift > cluster_shift ? smallest_run(align_shift - cluster_shift) : nullptr;
    if (!run || inject_failure())
        return 0;
    paddr_t pa = align_up(run_start(run), 1ull << align_shift) + within;
    run_take(run, pa, 1);
    return pa;
}

bool clusters_claim(paddr_t pa, uint64_t count)
{
    struct run *run = run_at_or_below(pa);
    if (!run || run_end(run) < pa + (count << cluster_shift) || inject_failure())
        return false;
    run_take(run, pa, count);
    return true;
}

void clusters_free(paddr_t pa, uint64_t count)
{
    ASSERT(count && !(pa & (cluster_size() - 1)), "clusters are freed whole");
    struct run *before = run_at_or_below(pa);
    struct run *after = run_of(before ? tree_next(&before->node) : tree_first(&runs));
    paddr_t end = pa + (count << cluster_shift);
    ASSERT((!before || run_end(before) <= pa) && (!after || run_start(after) >= end), "a cluster is freed once");
    free_count += count;
    if (after && run_start(after) == end) {
        count += after->count;
        run_remove(after);
    }
    if (before && run_end(before) == pa)
        run_resize(before, before->count + count);
    else
        run_insert(pa, count);
}

uint64_t clusters_free_bytes(void) { return (free_count + pool_count) << cluster_shift; }
uint64_t clusters_free_runs(void) { return run_count; }

int clusters_largest_order(void)
{
    return runs.root ? (int)run_of(runs.root)->max_order : pool ? 0 : -1;
}

/* The pool stays small beside free memory, and its clusters come from the ends of runs, out of the way of objects that grow upwards. */
bool clusters_zero_ahead(void)
{
    if (pool_count >= POOL_MOST || pool_count >= free_count / 32)
        return false;
    struct run *run = smallest_run(0);
    paddr_t pa = run_end(run) - cluster_size();
    run_take(run, pa, 1);
    struct pooled *first = phys_to_virt(pa);
    memset(first, 0, cluster_size());
    first->next = pool;
    first->check = (uintptr_t)first ^ (uintptr_t)pool ^ check_key;
    pool = first;
    pool_count++;
    return true;
}

void clusters_check(void)
{
    uint64_t clusters = 0, seen = 0;
    paddr_t last_end = 0;
    for (struct tree_node *node = tree_first(&runs); node; node = tree_next(node)) {
        struct run *run = run_of(node);
        verify(run);
        ASSERT(!seen || run_start(run) > last_end, "free runs are maximal");
        ASSERT(run->order == order_inside(run_start(run), run->count), "a run is on the list of its order");
        last_end = run_end(run);
        clusters += run->count;
        seen++;
    }
    ASSERT(clusters == free_count && seen == run_count, "the free clusters are counted");
    for (unsigned order = 0; order < ORDERS; order++) {
        ASSERT(list_empty(&lists[order]) == !(lists_filled >> order & 1), "the map of lists is right");
        for (struct list *link = lists[order].next; link != &lists[order]; link = link->next)
            seen--;
    }
    ASSERT(seen == 0, "every run is on one list");
}
