/* init.c: taking over RAM. Not here: how it is kept (clusters.c, carve.c).
 * Invariant: every MP of the managed ranges was given to the allocator once; the MP at address 0 never is.
 * Locks: kernel lock. */
#include <boot/boot_info.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/frames.h>
#include <mm/init.h>
#include <mm/reclaim.h>
#include <mm/repair.h>
#include <mm/reserve.h>
#include <mm/space.h>
#include <mm/span.h>
#include <mm/swap.h>
#include <mm/victims.h>
#include <mm/zero_pool.h>

static struct tree managed, ram; /* spans by physical address */
static uint64_t total_bytes;
struct mm_range mm_near_ram;

static void note(struct tree *tree, paddr_t start, paddr_t end)
{
    struct span *span = kernel_alloc(sizeof *span);
    ASSERT(span, "there is memory for the list of memory ranges");
    span->start = start;
    span->end = end;
    span_insert(tree, span);
}

/* Whole MPs inside. Returns the bytes handed over. */
static uint64_t donate(paddr_t start, paddr_t end)
{
    start = (start + MP_SIZE - 1) & ~(MP_SIZE - 1);
    end &= ~(MP_SIZE - 1);
    if (start == 0)
        start = MP_SIZE;
    if (start >= end)
        return 0;
    frames_donate(start, end - start);
    total_bytes += end - start;
    return end - start;
}

void mm_release_range(paddr_t start, paddr_t end)
{
    if (donate(start, end))
        note(&managed, start, end);
}

/* The reserved range that begins first among those that end behind `at`. */
static struct boot_range next_reserved(const struct boot_info *info, paddr_t at)
{
    struct boot_range best = {UINT64_MAX, UINT64_MAX};
    for (unsigned i = 0; i < info->reserved_count + 2; i++) {
        struct boot_range range = i < info->reserved_count ? info->reserved[i] : i == info->reserved_count ? info->image : info->kernel;
        if (range.start < range.end && range.end > at && range.start < best.start)
            best = range;
    }
    return best;
}

/* Call `give` with the parts of the range that are not reserved. */
static void each_free_part(const struct boot_info *info, struct boot_range range, void (*give)(paddr_t start, paddr_t end))
{
    while (range.start < range.end) {
        struct boot_range reserved = next_reserved(info, range.start);
        paddr_t end = reserved.start < range.end ? reserved.start : range.end;
        if (end > range.start)
            give(range.start, end);
        range.start = reserved.end;
    }
}

static void donate_part(paddr_t start, paddr_t end) { (void)donate(start, end); }

/* As donate: a partial MP at an edge belongs to what is next to it. */
static void note_part(paddr_t start, paddr_t end)
{
    start = (start + MP_SIZE - 1) & ~(MP_SIZE - 1);
    end &= ~(MP_SIZE - 1);
    if (start < end)
        note(&managed, start, end);
}

void mm_init(const struct boot_info *info, unsigned shift)
{
    if (shift > 18)
        shift = 18;
    if (shift < MP_SHIFT)
        shift = MP_SHIFT;
    clusters_init(shift);
    zero_pool_init();
    super_size = 1ull << arch_leaf_shift(0);
    carve_init();
    heap_init();
    reservations_init();
    repair_init();
    reclaim_init();
    swap_init();
    victims_init();
    counters = (struct counters){};
    metadata = (struct metadata){};
    managed.root = ram.root = nullptr;
    mm_near_ram = (struct mm_range){};
    total_bytes = 0;
    for (unsigned i = 0; i < info->ram_count; i++)
        each_free_part(info, info->ram[i], donate_part);
    for (unsigned i = 0; i < info->ram_count; i++) {
        each_free_part(info, info->ram[i], note_part);
        note(&ram, info->ram[i].start, info->ram[i].end);
    }
}

static bool overlaps(const struct tree *tree, paddr_t start, paddr_t end)
{
    struct span *span = span_at_or_after(tree, start);
    return span && span->start < end;
}

bool mm_manages(paddr_t start, paddr_t end) { return overlaps(&managed, start, end); }
bool mm_is_ram(paddr_t pa) { return overlaps(&ram, pa, pa + 1); }

uint64_t mm_find_ram(paddr_t pa, uint64_t length)
{
    const struct span *span = span_at(&ram, pa);
    if (!span)
        return 0;
    mm_near_ram = (struct mm_range){span->start, span->end};
    uint64_t room = span->end - pa;
    return length < room ? length : room;
}

uint64_t mm_total_bytes(void) { return total_bytes; }
uint64_t mm_free_bytes(void) { return clusters_free_bytes() + carve_free_bytes(); }

/* Never more than a bounded step. */
bool mm_idle_work(struct zeroing *zeroing)
{
    reservations_reap();
    return zeroing_begin(zeroing) || repair_some();
}
