/* zeroed.c: a small pool of clusters that idle CPUs zeroed ahead. Not here: when they do (sched), free clusters at large (clusters.c).
 * Invariant: a cluster of the pool is zero but for the node in its first bytes, which is checked before it is followed.
 * Locks: kernel lock, but for the steps of zeroing. */
#include <mm/zeroed.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/clusters.h>
#include <mm/inject.h>

#define POOL_MOST 16u

/* In the first bytes of a cluster of the pool; everything behind is zero. */
struct pooled {
    struct pooled *next;
    uint64_t check;
};

static struct pooled *pool;
static unsigned pool_count, zeroing_count; /* zeroing: taken for the pool, not in it yet */
static const uint64_t check_key = 0x51f15ee1d00dfeedu;

void zeroed_init(void)
{
    pool = nullptr;
    pool_count = zeroing_count = 0;
}

uint64_t clusters_zeroed_bytes(void) { return (uint64_t)pool_count << cluster_shift; }
uint64_t zeroed_bytes(void) { return (uint64_t)(pool_count + zeroing_count) << cluster_shift; }

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

/* The pool stays small beside free memory, and its clusters come from the ends of runs, out of the way of objects that grow upwards. */
bool clusters_zero_begin(struct zeroing *zeroing)
{
    if (zeroing->pa && zeroing->done < cluster_size())
        return true;
    clusters_zero_end(zeroing);
    unsigned ahead = pool_count + zeroing_count;
    if (ahead >= POOL_MOST || ahead >= (clusters_free_bytes() >> cluster_shift) / 32)
        return false;
    zeroing->pa = cluster_take_end();
    zeroing_count += zeroing->pa != 0;
    return zeroing->pa;
}

bool clusters_zero_step(struct zeroing *zeroing)
{
    if (!zeroing->pa || zeroing->done == cluster_size())
        return false;
    memset((char *)phys_to_virt(zeroing->pa) + zeroing->done, 0, MP_SIZE);
    zeroing->done += MP_SIZE;
    return zeroing->done < cluster_size();
}

void clusters_zero_end(struct zeroing *zeroing)
{
    if (!zeroing->pa)
        return;
    zeroing_count--;
    if (zeroing->done == cluster_size()) {
        struct pooled *first = phys_to_virt(zeroing->pa);
        first->next = pool;
        first->check = (uintptr_t)first ^ (uintptr_t)pool ^ check_key;
        pool = first;
        pool_count++;
    } else {
        clusters_free(zeroing->pa, 1);
    }
    *zeroing = (struct zeroing){};
}
