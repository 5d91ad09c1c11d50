/* zero_pool.c: free clusters zeroed ahead of need: single ones, and blocks as large as a superpage, for reservations. Idle CPUs fill it, a cluster at
 * a time, outside the lock, until something else is to be done. Not here: who takes them (fill.c, clusters.c).
 * Bounds: SINGLES_MOST clusters, BLOCKS_MOST blocks, and together one in PART_MOST of what is free; when nothing else is free it is given back.
 * Single clusters come from the ends of runs, blocks from the bottom and are taken in that order, so that an object that takes several lies in one
 * piece, and goes on in the run behind them.
 * Invariant: a cluster that is held is in one of: the list of single ones, a block, the block that is being filled, a struct zeroing.
 * Locks: kernel lock. */
#include <mm/zero_pool.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/clusters.h>
#include <mm/inject.h>

#define SINGLES_MOST 16u
#define BLOCKS_MOST 16u
#define PART_MOST 32u

/* In the first bytes of a pooled cluster or block; everything behind is zero. */
struct pooled {
    struct pooled *next;
    uint64_t check;
};

static struct pooled *singles, *first_block, *last_block;
static unsigned single_count, block_count;
static uint64_t held; /* clusters */
static struct {
    paddr_t pa;       /* 0: none */
    uint64_t done;    /* bytes at its start that are zero */
    bool busy;        /* a CPU has the next cluster */
} filling;
static const uint64_t check_key = 0x2e05eed0f2e05eedu;

void zero_pool_init(void)
{
    singles = first_block = last_block = nullptr;
    single_count = block_count = 0;
    held = 0;
    filling.pa = 0;
    filling.busy = false;
}

static unsigned block_order(void) { return arch_leaf_shift(0) - cluster_shift; }
static uint64_t block_size(void) { return 1ull << arch_leaf_shift(0); }

/* --- entries ------------------------------------------------------------------------------------------------------------------------------ */

static void seal(struct pooled *entry, struct pooled *next)
{
    entry->next = next;
    entry->check = (uintptr_t)entry ^ (uintptr_t)next ^ check_key;
}

static paddr_t take_first(struct pooled **list, unsigned *count)
{
    struct pooled *first = *list;
    if (!first)
        return 0;
    ASSERT(first->check == ((uintptr_t)first ^ (uintptr_t)first->next ^ check_key), "nobody writes to free memory");
    *list = first->next;
    (*count)--;
    memset(first, 0, sizeof *first);
    return virt_to_phys(first);
}

static void add_block(paddr_t pa)
{
    struct pooled *block = phys_to_virt(pa);
    seal(block, nullptr);
    if (block_count++)
        seal(last_block, block);
    else
        first_block = block;
    last_block = block;
}

/* --- taking ------------------------------------------------------------------------------------------------------------------------------- */

static paddr_t take_single(void)
{
    paddr_t pa = take_first(&singles, &single_count);
    held -= pa != 0;
    return pa;
}

static paddr_t take_block(void)
{
    paddr_t pa = take_first(&first_block, &block_count);
    held -= pa ? 1ull << block_order() : 0;
    return pa;
}

paddr_t zero_pool_take_one(void) { return inject_failure() ? 0 : take_single(); }
paddr_t zero_pool_take(unsigned order) { return order == block_order() ? take_block() : 0; }

static void give(paddr_t pa, uint64_t count)
{
    if (!count)
        return;
    held -= count;
    clusters_free(pa, count);
}

/* The cluster that a CPU has comes back by itself. */
static void give_filling(void)
{
    uint64_t done = filling.done >> cluster_shift, count = 1ull << block_order();
    give(filling.pa, done);
    done += filling.busy;
    give(filling.pa + (done << cluster_shift), count - done);
    filling.pa = 0;
    filling.busy = false;
}

bool zero_pool_drain(void)
{
    uint64_t before = held;
    for (paddr_t pa = take_single(); pa; pa = take_single())
        clusters_free(pa, 1);
    for (paddr_t pa = take_block(); pa; pa = take_block())
        clusters_free(pa, 1ull << block_order());
    if (filling.pa)
        give_filling();
    return held < before;
}

/* --- zeroing ------------------------------------------------------------------------------------------------------------------------------- */

static bool fits(uint64_t clusters) { return (held + clusters) << cluster_shift <= clusters_free_bytes() / PART_MOST; }

static bool begin_single(struct zeroing *zeroing)
{
    zeroing->pa = single_count < SINGLES_MOST && fits(1) ? clusters_spare(0, true) : 0;
    held += zeroing->pa != 0;
    return zeroing->pa;
}

static bool begin_in_block(struct zeroing *zeroing)
{
    if (filling.busy)
        return false;
    if (!filling.pa && block_count < BLOCKS_MOST && fits(1ull << block_order())) {
        filling.pa = clusters_spare(block_order(), false);
        filling.done = 0;
        held += filling.pa ? 1ull << block_order() : 0;
    }
    if (!filling.pa)
        return false;
    filling.busy = true;
    zeroing->pa = filling.pa + filling.done;
    return true;
}

bool zeroing_begin(struct zeroing *zeroing)
{
    if (zeroing->pa && zeroing->done < cluster_size())
        return true;
    zeroing_end(zeroing);
    return begin_single(zeroing) || begin_in_block(zeroing);
}

bool zeroing_step(struct zeroing *zeroing)
{
    if (!zeroing->pa || zeroing->done == cluster_size())
        return false;
    memset((char *)phys_to_virt(zeroing->pa) + zeroing->done, 0, MP_SIZE);
    zeroing->done += MP_SIZE;
    return zeroing->done < cluster_size();
}

static void end_in_block(bool whole)
{
    filling.busy = false;
    filling.done += whole ? cluster_size() : 0;
    if (filling.done == block_size()) {
        add_block(filling.pa);
        filling.pa = 0;
    }
}

void zeroing_end(struct zeroing *zeroing)
{
    bool whole = zeroing->done == cluster_size();
    struct pooled *entry = zeroing->pa ? phys_to_virt(zeroing->pa) : nullptr;
    if (filling.busy && zeroing->pa == filling.pa + filling.done) {
        end_in_block(whole);
    } else if (entry && whole && single_count < SINGLES_MOST) {
        seal(entry, singles);
        singles = entry;
        single_count++;
    } else if (entry) {
        give(zeroing->pa, 1);
    }
    *zeroing = (struct zeroing){};
}

/* --- what is there --------------------------------------------------------------------------------------------------------------------------- */

uint64_t zero_pool_held(void) { return held; }

uint64_t zero_pool_bytes(void)
{
    return ((uint64_t)single_count << cluster_shift) + block_count * block_size() + (filling.pa ? filling.done : 0);
}

int zero_pool_largest_order(void) { return block_count ? (int)block_order() : single_count ? 0 : -1; }

static unsigned count_entries(const struct pooled *entry)
{
    unsigned count = 0;
    for (; entry; entry = entry->next, count++)
        ASSERT(entry->check == ((uintptr_t)entry ^ (uintptr_t)entry->next ^ check_key), "nobody writes to free memory");
    return count;
}

void zero_pool_check(void)
{
    ASSERT(count_entries(singles) == single_count && count_entries(first_block) == block_count, "what is zeroed ahead is counted");
}
