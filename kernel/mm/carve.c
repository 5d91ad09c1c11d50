/* carve.c: clusters cut into MPs. A cluster that is partly free has a record with a bit per free MP; one wholly used or wholly free has
 * none. Records live in MPs of their own, among the kernel's pieces; where one is needed and there is no such MP, the one at hand becomes a page
 * of them: so freeing never needs memory.
 * Not here: who owns an MP in use.
 * Invariants: a record has at least one free MP and at least one used; a cluster of the kernel's pool holds only unmovable pieces, so
 * that user memory does not get mixed with it.
 * Locks: kernel lock. */
#include <mm/carve.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <lib/string.h>
#include <lib/tree.h>
#include <mm/clusters.h>
#include <mm/frames.h>
#include <mm/inject.h>

#define PIECE_ORDERS 6u /* pieces are smaller than a cluster of at most 64 MPs */

enum pool : uint8_t { POOL_KERNEL, POOL_USER, POOL_REST /* of clusters that were taken whole: kept for who has the rest */, POOLS };

struct carved {
    struct tree_node node;
    struct list link; /* of lists[pool][largest order], or of free_records */
    paddr_t pa;       /* of the cluster */
    uint64_t free;    /* bit per MP */
    enum pool pool;
};

/* At the start of an MP full of records. */
struct record_page {
    struct list link;  /* of record_pages */
    unsigned used;
};

#define RECORD_SIZE 64u
#define RECORDS (unsigned)(MP_SIZE / RECORD_SIZE - 1)
static_assert(sizeof(struct carved) <= RECORD_SIZE && sizeof(struct record_page) <= RECORD_SIZE);

static struct tree carved_clusters;
static struct list lists[POOLS][PIECE_ORDERS];
static struct list free_records, record_pages;
static unsigned free_record_count, record_page_count;
static uint64_t free_mps, kernel_mps, user_mps;

static unsigned mps_shift(void) { return cluster_shift - MP_SHIFT; }
static uint64_t bits(unsigned count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }
static uint64_t all_mps(void) { return bits(1u << mps_shift()); }
static paddr_t cluster_of(paddr_t pa) { return pa & ~(cluster_size() - 1); }
static unsigned mp_index(paddr_t pa) { return (unsigned)((pa & (cluster_size() - 1)) >> MP_SHIFT); }
static struct carved *carved_of(struct tree_node *node) { return container_of(node, struct carved, node); }
static struct record_page *page_of(const struct carved *record) { return (struct record_page *)((uintptr_t)record & ~(uintptr_t)(MP_SIZE - 1)); }

/* --- records ---------------------------------------------------------------------------------------------------------------------- */

static void record_page_make(paddr_t pa)
{
    struct record_page *page = phys_to_virt(pa);
    page->used = 0;
    list_push_back(&record_pages, &page->link);
    record_page_count++;
    for (unsigned i = 1; i <= RECORDS; i++) {
        struct carved *record = (struct carved *)((char *)page + i * RECORD_SIZE);
        list_push_back(&free_records, &record->link);
    }
    free_record_count += RECORDS;
}

/* Take the page's free records out of circulation: it is a plain MP again. */
static void record_page_unmake(struct record_page *page)
{
    for (unsigned i = 1; i <= RECORDS; i++)
        list_remove(&((struct carved *)((char *)page + i * RECORD_SIZE))->link);
    free_record_count -= RECORDS;
    list_remove(&page->link);
    record_page_count--;
}

/* Requires: a free record. */
static struct carved *record_take(void)
{
    struct carved *record = container_of(list_pop_front(&free_records), struct carved, link);
    free_record_count--;
    page_of(record)->used++;
    return record;
}

static void record_drop(struct carved *record)
{
    list_push_front(&free_records, &record->link);
    free_record_count++;
    page_of(record)->used--;
}

/* --- the tree and the lists --------------------------------------------------------------------------------------------------------- */

static struct carved *find(paddr_t pa)
{
    struct tree_node *node = carved_clusters.root;
    while (node && carved_of(node)->pa != pa)
        node = pa < carved_of(node)->pa ? node->left : node->right;
    return node ? carved_of(node) : nullptr;
}

/* Bit i: the 2^order MPs from i on are free; i a multiple of 2^order. */
static uint64_t free_blocks(uint64_t free, unsigned order)
{
    static const uint64_t multiples[PIECE_ORDERS] = {
        ~0ull, 0x5555555555555555u, 0x1111111111111111u, 0x0101010101010101u, 0x0001000100010001u, 0x0000000100000001u,
    };
    for (unsigned k = 1; k <= order; k++)
        free &= (free >> (1u << (k - 1))) & multiples[k];
    return free;
}

static unsigned largest_order(uint64_t free)
{
    unsigned order = 0;
    while (order + 1 < PIECE_ORDERS && free_blocks(free, order + 1))
        order++;
    return order;
}

/* Fresh clusters go to the front, broken ones to the back: those are used last, so that they can become whole again. */
static void list_record(struct carved *record, bool front)
{
    struct list *list = &lists[record->pool][largest_order(record->free)];
    if (front)
        list_push_front(list, &record->link);
    else
        list_push_back(list, &record->link);
}

static struct carved *insert(paddr_t pa, uint64_t free, enum pool pool, bool front)
{
    struct carved *record = record_take();
    record->pa = pa;
    record->free = free;
    record->pool = pool;
    struct tree_node *parent = nullptr, **link = &carved_clusters.root;
    while (*link) {
        parent = *link;
        link = pa < carved_of(parent)->pa ? &parent->left : &parent->right;
    }
    tree_insert(&carved_clusters, &record->node, parent, link, nullptr);
    list_record(record, front);
    return record;
}

static void remove(struct carved *record)
{
    list_remove(&record->link);
    tree_remove(&carved_clusters, &record->node, nullptr);
    record_drop(record);
}

static void take(struct carved *record, uint64_t mask)
{
    unsigned order = largest_order(record->free);
    record->free &= ~mask;
    free_mps -= (unsigned)__builtin_popcountll(mask);
    if (!record->free)
        remove(record);
    else if (largest_order(record->free) != order) {
        list_remove(&record->link);
        list_record(record, true);
    }
}

/* --- freeing --------------------------------------------------------------------------------------------------------------------------- */

static void release(paddr_t cluster, uint64_t mask, enum pool pool);

/* The cluster's only MP in use holds its own record and no other: all of it is free. */
static bool holds_only_itself(const struct carved *record)
{
    struct record_page *page = page_of(record);
    paddr_t pa = virt_to_phys(page);
    return page->used == 1 && cluster_of(pa) == record->pa && (record->free | 1ull << mp_index(pa)) == all_mps();
}

static void page_may_end(struct record_page *page);

static void cluster_is_free(struct carved *record)
{
    paddr_t pa = record->pa;
    bool own_page = holds_only_itself(record);
    struct record_page *page = page_of(record);
    free_mps -= (unsigned)__builtin_popcountll(record->free);
    remove(record);
    if (own_page)
        record_page_unmake(page);
    clusters_free(pa, 1);
    if (!own_page && free_record_count > 2 * RECORDS)
        page_may_end(page);
}

/* Its records are free, but for the one of the cluster that it is in, of which nothing else is used. */
static void page_may_end(struct record_page *page)
{
    paddr_t mp = virt_to_phys(page);
    struct carved *around = page->used == 1 ? find(cluster_of(mp)) : nullptr;
    if (around && page_of(around) == page && holds_only_itself(around)) {
        cluster_is_free(around);
    } else if (page->used == 0) {
        record_page_unmake(page);
        release(cluster_of(mp), 1ull << mp_index(mp), POOL_KERNEL);
    }
}

static bool records_make(void);

/* MPs of one cluster come back. */
static void release(paddr_t cluster, uint64_t mask, enum pool pool)
{
    struct carved *record = find(cluster);
    if (!record && mask == all_mps()) {
        clusters_free(cluster, 1);
        return;
    }
    if (!record && list_empty(&free_records) && (pool == POOL_KERNEL || !records_make())) {
        unsigned first = (unsigned)__builtin_ctzll(mask);
        record_page_make(cluster + ((paddr_t)first << MP_SHIFT));
        mask &= mask - 1;
        if (!mask)
            return;
    }
    free_mps += (unsigned)__builtin_popcountll(mask);
    ASSERT(!record || !(record->free & mask), "an MP is freed once");
    if (!record)
        record = insert(cluster, mask, pool, false);
    unsigned order = largest_order(record->free);
    record->free |= mask;
    if (record->free == all_mps() || holds_only_itself(record)) {
        cluster_is_free(record);
    } else if (largest_order(record->free) != order) {
        list_remove(&record->link);
        list_record(record, true);
    }
}

static void release_range(paddr_t pa, uint64_t size, enum pool pool)
{
    ASSERT(!((pa | size) & (MP_SIZE - 1)), "memory is freed by the MP");
    paddr_t end = pa + size;
    while (pa < end) {
        paddr_t cluster = cluster_of(pa), next = cluster + cluster_size();
        if (pa == cluster && end >= next) {
            uint64_t whole = (end - pa) >> cluster_shift;
            clusters_free(pa, whole);
            pa += whole << cluster_shift;
            continue;
        }
        unsigned count = (unsigned)(((end < next ? end : next) - pa) >> MP_SHIFT);
        release(cluster, bits(count) << mp_index(pa), pool);
        pa += (paddr_t)count << MP_SHIFT;
    }
}

void frames_free_rest(paddr_t pa, uint64_t size)
{
    user_mps -= size >> MP_SHIFT;
    release_range(pa, size, POOL_REST);
}

void frames_free(paddr_t pa, uint64_t size)
{
    user_mps -= size >> MP_SHIFT;
    release_range(pa, size, POOL_USER);
}

void frames_donate(paddr_t pa, uint64_t size) { release_range(pa, size, POOL_KERNEL); }

/* --- allocating ---------------------------------------------------------------------------------------------------------------------------- */

static struct carved *smallest_fit(unsigned order, enum pool pool)
{
    for (; order < PIECE_ORDERS; order++)
        if (!list_empty(&lists[pool][order]))
            return container_of(lists[pool][order].next, struct carved, link);
    return nullptr;
}

static bool carve_cluster(enum pool pool)
{
    paddr_t pa = clusters_alloc(0, pool == POOL_KERNEL ? CLUSTER_UNMOVABLE : CLUSTER_MOVABLE);
    if (!pa)
        return false;
    uint64_t free = all_mps();
    if (list_empty(&free_records)) {
        record_page_make(pa);
        free &= ~1ull;
    }
    free_mps += (unsigned)__builtin_popcountll(free);
    (void)insert(pa, free, pool, true);
    return true;
}

/* Requires: order < mps_shift(). */
static paddr_t piece_alloc(unsigned order, enum pool pool)
{
    struct carved *record = smallest_fit(order, pool);
    if (!record && pool == POOL_USER && clusters_largest_order() < 0)
        record = smallest_fit(order, POOL_REST);
    if (!record && carve_cluster(pool))
        record = smallest_fit(order, pool);
    if (!record)
        return 0;
    unsigned first = (unsigned)__builtin_ctzll(free_blocks(record->free, order));
    paddr_t pa = record->pa + ((paddr_t)first << MP_SHIFT);
    take(record, bits(1u << order) << first);
    return pa;
}

/* A page of records that keeps no cluster from being whole but one of the kernel's. */
static bool records_make(void)
{
    if (!smallest_fit(0, POOL_KERNEL))
        return carve_cluster(POOL_KERNEL);
    record_page_make(piece_alloc(0, POOL_KERNEL));
    return true;
}

paddr_t mp_alloc(unsigned order, bool zero)
{
    if (inject_failure())
        return 0;
    paddr_t pa = order >= mps_shift() ? clusters_alloc(order - mps_shift(), CLUSTER_UNMOVABLE) : piece_alloc(order, POOL_KERNEL);
    if (!pa)
        return 0;
    kernel_mps += 1ull << order;
    if (zero)
        memset(phys_to_virt(pa), 0, MP_SIZE << order);
    return pa;
}

void mp_free(paddr_t pa, unsigned order)
{
    kernel_mps -= 1ull << order;
    release_range(pa, MP_SIZE << order, POOL_KERNEL);
}

paddr_t frames_alloc(unsigned order)
{
    if (inject_failure())
        return 0;
    paddr_t pa = order >= mps_shift() ? clusters_alloc(order - mps_shift(), CLUSTER_MOVABLE) : piece_alloc(order, POOL_USER);
    if (pa)
        user_mps += 1ull << order;
    return pa;
}

bool frames_claim(paddr_t pa, uint64_t size)
{
    struct carved *record = find(cluster_of(pa));
    uint64_t mask = bits((unsigned)(size >> MP_SHIFT)) << mp_index(pa);
    if (!record || record->pool == POOL_KERNEL || (record->free & mask) != mask || inject_failure())
        return false;
    take(record, mask);
    user_mps += size >> MP_SHIFT;
    return true;
}

void frames_note(int64_t bytes) { user_mps += (uint64_t)(bytes / (int64_t)MP_SIZE); }

/* --- figures and checks -------------------------------------------------------------------------------------------------------------------- */

void carve_init(void)
{
    carved_clusters.root = nullptr;
    for (unsigned pool = 0; pool < POOLS; pool++)
        for (unsigned order = 0; order < PIECE_ORDERS; order++)
            list_init(&lists[pool][order]);
    list_init(&free_records);
    list_init(&record_pages);
    free_record_count = record_page_count = 0;
    free_mps = kernel_mps = user_mps = 0;
}

uint64_t carve_free_bytes(void) { return free_mps << MP_SHIFT; }
uint64_t carve_own_bytes(void) { return (uint64_t)record_page_count << MP_SHIFT; }
uint64_t carve_kernel_bytes(void) { return kernel_mps << MP_SHIFT; }
uint64_t carve_user_bytes(void) { return user_mps << MP_SHIFT; }

void carve_check(void)
{
    uint64_t mps = 0, records = 0, used = 0;
    paddr_t last = 0;
    for (struct tree_node *node = tree_first(&carved_clusters); node; node = tree_next(node)) {
        struct carved *record = carved_of(node);
        ASSERT(!records || record->pa > last, "a cluster has one record");
        ASSERT(record->free && record->free != all_mps() && !(record->free & ~all_mps()), "a record is of a cluster partly free");
        last = record->pa;
        mps += (unsigned)__builtin_popcountll(record->free);
        records++;
    }
    ASSERT(mps == free_mps, "the free MPs are counted");
    for (unsigned pool = 0; pool < POOLS; pool++)
        for (unsigned order = 0; order < PIECE_ORDERS; order++)
            for (struct list *link = lists[pool][order].next; link != &lists[pool][order]; link = link->next, used++)
                ASSERT(largest_order(container_of(link, struct carved, link)->free) == order, "a record is on the list of its order");
    ASSERT(used == records, "every record is on one list");
    for (struct list *link = record_pages.next; link != &record_pages; link = link->next)
        used -= container_of(link, struct record_page, link)->used;
    ASSERT(used == 0, "pages of records count their records");
}
