/* repair.c: superpages made by copying, in idle time: where a space's private memory could be a superpage but lies in pieces, a block is reserved
 * for it and its clusters move there, one at a time; the next fault maps the leaf. Where there is no free block, the one of which most is free
 * is emptied: what lies in it moves elsewhere. Not here: what faults prepare (fill.c, reserve.c).
 *
 * Costs and benefits. A part is worth it when all of it is present, so that nothing is added; half of it where ADVICE_HUGE says so. What is
 * saved are TLB refills of its owner, who must run for that: copying for a space may take as much as a SHARE of the CPU time it has had.
 * A space is looked at only after a fault that found no place in a reservation, or copied; again while it has what may become one.
 *
 * Invariants: nothing that is shared or not private anonymous memory moves; a cluster moves with no translation of it left; a space that is on
 * `wishes` is on `spaces`.
 * Locks: kernel lock. */
#include <mm/repair.h>
#include <lib/list.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/region.h>
#include <mm/reserve.h>
#include <sched/timer.h>

#define SHARE 4u                  /* of the owner's time, one in so many */
#define CLUSTER_NS 2000u          /* faults and bookkeeping of a move */
#define BYTES_PER_NS 4u
#define PAUSE_NS 250000u          /* after a copy: at most 256 MiB a second with clusters of 64 KiB */
#define LATER_NS 50000000u        /* when what is to be done is not worth it yet, or there is no room; at first */
#define LONG_NS 1000000000u       /* at last, and when there is nowhere to make room */
#define LEAST_FREE 4u             /* a block is emptied if one of so many of its clusters is free */
#define BLOCKS_A_STEP 8u
#define EXTENTS_A_STEP 64u
#define RUNS_A_STEP 64u

static struct list spaces, wishes;
static uint64_t next_ns;          /* nothing before that */
static bool later;                /* since the first of `wishes` was begun, something was put off */
static uint64_t rest_ns;          /* how long to wait when nothing could be made */
static struct timer timer;        /* ends the idle CPU's sleep */

/* What is being made: `space` NULL: nothing. */
static struct {
    struct space *space;
    uaddr_t start, at;            /* the superpage; how far */
    paddr_t pa;                   /* where it goes */
    bool reserved;                /* for this */
} making;

/* The block that is being emptied, and before, searched for. */
static enum { IDLE, SEARCHING, EMPTYING } emptying;
static struct block_search search; /* its tried_*: the last one in which something did not move */
static struct block victim;
static struct list *space_at;     /* of `spaces` */
static uaddr_t empty_at;          /* in that space */

/* --- spaces ---------------------------------------------------------------------------------------------------------------------------- */

static void fire(struct timer *) {}

void repair_init(void)
{
    list_init(&spaces);
    list_init(&wishes);
    next_ns = 0;
    rest_ns = LATER_NS;
    later = false;
    making.space = nullptr;
    emptying = IDLE;
    search = (struct block_search){};
    timer_init(&timer, fire);
}

void repair_enter(struct space *space)
{
    list_push_back(&spaces, &space->link);
    list_init(&space->wish);
    space->repair_at = USER_BASE;
    space->repair_ns = space->run_ticks = 0;
}

void repair_leave(struct space *space)
{
    if (list_empty(&space->link))
        return;
    if (making.space == space)
        making.space = nullptr;
    if (space_at == &space->link && emptying == EMPTYING) {
        space_at = space->link.next;
        empty_at = 0;
    }
    list_remove(&space->link);
    list_init(&space->link);
    list_remove(&space->wish);
    list_init(&space->wish);
}

void repair_wish(struct space *space)
{
    if (!list_empty(&space->wish) || list_empty(&space->link)) [[clang::likely]]
        return;
    list_push_back(&wishes, &space->wish);
    rest_ns = LATER_NS;
}

/* --- what is worth it ---------------------------------------------------------------------------------------------------------------------- */

static bool is_candidate(const struct region *region)
{
    return region_anonymous(region) && !(region->flags & (REGION_NO_HUGE | MAP_GROWS_DOWN));
}

/* Is it a superpage's worth already? */
static bool is_whole(const struct extent_map *map, uint64_t start)
{
    const struct span *extent = extent_at(map, start);
    return extent && extent->end >= start + SUPER_SIZE && !(extent_pa(extent, start) & (SUPER_SIZE - 1));
}

/* Is what is present in the range the map's alone? */
static bool is_own(const struct extent_map *map, uint64_t start, uint64_t end)
{
    for (const struct span *extent = span_at_or_after(&map->extents, start); extent && extent->start < end; extent = span_next(extent)) {
        uint64_t low = extent->start > start ? extent->start : start, high = extent->end < end ? extent->end : end, run;
        if (share_query(map->group, extent_pa(extent, low), high - low, &run) || run < high - low)
            return false;
    }
    return true;
}

/* Bytes that are there already. */
static uint64_t in_place(const struct extent_map *map, uint64_t start, uint64_t end, paddr_t pa)
{
    uint64_t bytes = 0;
    for (const struct span *extent = span_at_or_after(&map->extents, start); pa && extent && extent->start < end; extent = span_next(extent)) {
        uint64_t low = extent->start > start ? extent->start : start, high = extent->end < end ? extent->end : end;
        bytes += extent_pa(extent, low) - pa == low - start ? high - low : 0;
    }
    return bytes;
}

/* Can the reservation there take what is not in it yet: is each cluster of it free, or used for what belongs there? */
static bool is_usable(const struct extent_map *map, uint64_t start, paddr_t pa)
{
    for (uint64_t at = start; at < start + SUPER_SIZE; at += cluster_size(), pa += cluster_size()) {
        bool free;
        const struct span *extent = extent_at(map, at);
        bool there = extent && extent_pa(extent, at) == pa && extent->end >= at + cluster_size();
        if (!there && (reservation_place(map, at, &free) != pa || !free))
            return false;
    }
    return true;
}

static uint64_t cost_ns(uint64_t bytes)
{
    return bytes / BYTES_PER_NS + (bytes >> cluster_shift) * CLUSTER_NS;
}

static bool is_affordable(const struct space *space, uint64_t ns) { return space->repair_ns + ns <= arch_ticks_ns(space->run_ticks) / SHARE; }

/* Begin with the superpage at `start` if it is worth it. */
static void consider(struct space *space, const struct region *region, uaddr_t start)
{
    struct extent_map *map = &space->memory;
    uint64_t present = extents_resident(map, start, start + SUPER_SIZE);
    if (present < (region->flags & REGION_HUGE ? SUPER_SIZE / 2 : SUPER_SIZE) || is_whole(map, start))
        return;
    if (!is_own(map, start, start + SUPER_SIZE)) {
        later = true;
        return;
    }
    bool free;
    paddr_t pa = reservation_place(map, start, &free);
    if (pa && !is_usable(map, start, pa))
        pa = 0;
    if (!is_affordable(space, cost_ns(SUPER_SIZE - in_place(map, start, start + SUPER_SIZE, pa)))) {
        later = true;
        return;
    }
    if (!pa)
        reservations_break(map, start, start + SUPER_SIZE);
    making.reserved = !pa && reservation_make_for(map, start, arch_leaf_shift(0));
    if (making.reserved)
        pa = reservation_place(map, start, &free);
    if (pa) {
        rest_ns = LATER_NS;
        making.space = space;
        making.start = making.at = start;
        making.pa = pa;
        return;
    }
    later = true;
    if (clusters_free_bytes() < 2 * SUPER_SIZE)
        return;
    emptying = SEARCHING;
    search = (struct block_search){.tried = search.tried, .tried_free = search.tried_free};
    space->repair_at = start; /* again when there is room */
}

/* Again and again, less and less often until something is wished for or made. */
static void look_later(struct space *space)
{
    list_push_back(&wishes, &space->wish);
    next_ns = arch_time_ns() + rest_ns;
    rest_ns = rest_ns < LONG_NS / 2 ? 2 * rest_ns : LONG_NS;
}

/* Look at some of the first space that wants it. */
static void look_around(void)
{
    struct space *space = container_of(wishes.next, struct space, wish);
    for (unsigned i = 0; i < BLOCKS_A_STEP && !making.space && emptying == IDLE; i++) {
        struct region *region = region_at_or_after(space, space->repair_at);
        uaddr_t start = region ? (region->start > space->repair_at ? region->start : space->repair_at) : 0;
        start = (start + SUPER_SIZE - 1) & ~(SUPER_SIZE - 1);
        if (!region) {
            list_remove(&space->wish);
            list_init(&space->wish);
            space->repair_at = USER_BASE;
            if (later)
                look_later(space);
            later = false;
            return;
        }
        if (start + SUPER_SIZE > region->end || !is_candidate(region)) {
            space->repair_at = region->end;
            continue;
        }
        space->repair_at = start + SUPER_SIZE;
        consider(space, region, start);
    }
}

/* --- making -------------------------------------------------------------------------------------------------------------------------------- */

static void stop_making(void)
{
    if (making.reserved)
        reservations_break(&making.space->memory, making.start, making.start + SUPER_SIZE);
    making.space = nullptr;
}

/* One more cluster into its place. False: it cannot be. */
static bool make_some(void)
{
    struct space *space = making.space;
    struct extent_map *map = &space->memory;
    struct region *region = region_at(space, making.at);
    uint64_t size = cluster_size(), before = counters.copied_repair_bytes;
    paddr_t wanted = making.pa + (making.at - making.start);
    const struct span *extent = extent_at(map, making.at);
    bool there = extent && extent_pa(extent, making.at) == wanted && extent->end >= making.at + size, free;
    if (!region || region->end < making.at + size || !is_candidate(region))
        return false;
    if (!there) {
        if (reservation_place(map, making.at, &free) != wanted || !free || !is_own(map, making.at, making.at + size))
            return false;
        struct place place = private_place(region, making.at);
        if (fill_gather(&place, &counters.copied_repair_bytes) != STATUS_OK)
            return false;
        space->repair_ns += cost_ns(counters.copied_repair_bytes - before);
        next_ns = arch_time_ns() + PAUSE_NS;
    }
    making.at += size;
    if (making.at == making.start + SUPER_SIZE) {
        counters.repairs++;
        making.space = nullptr;
    }
    return true;
}

/* --- making room ------------------------------------------------------------------------------------------------------------------------------ */

static void victim_ended(struct block *) { emptying = IDLE; }

/* Not that one: the next time the one that comes after it, or any. */
static void give_up(bool was_last)
{
    emptying = IDLE;
    search.tried = was_last ? 0 : search.best;
    search.tried_free = was_last ? 0 : search.best_free;
    next_ns = arch_time_ns() + (was_last ? LONG_NS : LATER_NS);
}

static void search_some(void)
{
    unsigned order = arch_leaf_shift(0) - cluster_shift;
    if (!block_search_some(&search, order, RUNS_A_STEP))
        return;
    victim.ended = victim_ended;
    bool worth = search.best_free >= (1u << order) / LEAST_FREE;
    if (!worth || !block_surround(&victim, order, search.best)) {
        give_up(!worth);
        return;
    }
    emptying = EMPTYING;
    space_at = spaces.next;
    empty_at = 0;
}

/* The cluster at the offset, part of which is in the victim, moves elsewhere. */
static void move_away(struct space *space, uint64_t offset)
{
    uint64_t cluster = offset & ~(cluster_size() - 1), end = cluster + cluster_size();
    struct region *region = region_at(space, offset);
    const struct span *extent = extent_at(&space->memory, cluster);
    if (!region || !region_anonymous(region) || !extent || extent->end < end)
        return;
    struct place place = private_place(region, offset);
    uint64_t run;
    if (place.low != cluster || place.high != end || share_query(space->memory.group, extent_pa(extent, cluster), end - cluster, &run) ||
        run < end - cluster || clusters_largest_order() < 0)
        return;
    place.span_low = place.span_high = 0;
    if (fill_gather(&place, &counters.copied_repair_bytes) != STATUS_OK)
        return;
    next_ns = arch_time_ns() + PAUSE_NS;
    if (!list_empty(&wishes))
        container_of(wishes.next, struct space, wish)->repair_ns += cost_ns(cluster_size());
}

/* Some extents of the space at hand; one cluster at most moves. */
static void empty_some(void)
{
    if (space_at == &spaces) { /* something is left that does not move */
        block_break(&victim);
        give_up(false);
        return;
    }
    struct space *space = container_of(space_at, struct space, link);
    paddr_t low = victim.pa, high = victim.pa + (victim.count << cluster_shift);
    for (unsigned i = 0; i < EXTENTS_A_STEP; i++) {
        const struct span *extent = span_at_or_after(&space->memory.extents, empty_at);
        if (!extent) {
            space_at = space_at->next;
            empty_at = 0;
            return;
        }
        uint64_t at = extent->start > empty_at ? extent->start : empty_at;
        paddr_t pa = extent_pa(extent, at), end = extent_pa(extent, extent->end);
        if (pa >= high || end <= low) {
            empty_at = extent->end;
            continue;
        }
        if (pa < low)
            at += low - pa;
        empty_at = (at & ~(cluster_size() - 1)) + cluster_size();
        move_away(space, at);
        return;
    }
}

/* --- steps ------------------------------------------------------------------------------------------------------------------------------------- */

bool repair_some(void)
{
    if (!making.space && emptying == IDLE && list_empty(&wishes)) [[clang::likely]]
        return false;
    if (arch_time_ns() < next_ns) {
        timer_set(&timer, next_ns);
        return false;
    }
    if (making.space) {
        if (!make_some())
            stop_making();
    } else if (emptying == SEARCHING) {
        search_some();
    } else if (emptying == EMPTYING) {
        empty_some();
    } else {
        look_around();
    }
    return true;
}
