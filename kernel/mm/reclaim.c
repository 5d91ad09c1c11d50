/* reclaim.c: which memory goes when there is no other. Not here: how it goes (write_back.c), who waits for that (sched/thread.c).
 * All objects with pagers are one ring, and a hand goes round it (WSCLOCK's, but with no time): what was mapped since the hand came last is taken
 * out of the page tables, which are a cache, so that the next touch shows; what was not goes if it is clean, and goes back to its pager if it is
 * dirty, to be taken in the next round.
 * Invariant: `barren` counts the rounds of a pager since it gave or wrote back something; after BARREN_MOST there is none to be had. */
#include <mm/reclaim.h>
#include <mm/clusters.h>
#include <mm/region.h>
#include <mm/swap.h>
#include <mm/victims.h>

#define UNIT (cluster_size() > 0x10000 ? cluster_size() : 0x10000ull) /* what is looked at in one go */
#define ENOUGH 0x40000ull                                             /* bytes to be given back at once */
#define SHORT (0x100000ull + 16 * cluster_size()) /* with more free memory than this, it is not what was lacking: a gap in a space, a long run */
#define ON_ITS_WAY_MOST (4 * ENOUGH) /* bytes that wait to be written to swap, and are read ahead from it */
#define BARREN_MOST 4u /* rounds: pass over what came last, take out of page tables, write back, evict */

static struct list pagers;

void reclaim_init(void) { list_init(&pagers); }

void reclaim_enter(struct pager *pager) { list_push_back(&pagers, &pager->link); }

void reclaim_leave(struct pager *pager)
{
    list_remove(&pager->link);
}

/* Is a part of [start, end) in page tables? */
static bool is_mapped(const struct mem_object *mem, uint64_t start, uint64_t end)
{
    struct arch_mapping mapping;
    for (struct region *r = region_showing(mem, start, end); r; r = region_showing_next(r, start, end)) {
        uint64_t low = r->offset > start ? r->offset : start, high = r->offset + region_size(r);
        for (; low < high && low < end; low += MP_SIZE)
            if (arch_query(&r->space->arch, r->start + (low - r->offset), &mapping))
                return true;
    }
    return false;
}

/* The next unit of the pager's memory. Returns: how much of it was given back. */
static uint64_t look(struct pager *pager)
{
    struct mem_object *mem = pager->mem;
    const struct span *extent = span_at_or_after(&mem->map.extents, pager->hand);
    enum status status;
    uint64_t bytes = 0;
    if (!extent) {
        pager->hand = 0;
        pager->barren++;
        return 0;
    }
    uint64_t start = extent->start > pager->hand ? extent->start : pager->hand, end = (start & ~(UNIT - 1)) + UNIT;
    if (end > extent->end)
        end = extent->end;
    pager->hand = end;
    if (start < pager->fresh_end && end > pager->fresh) {
        pager->fresh = pager->fresh_end = 0;
        return 0;
    }
    if (is_mapped(mem, start, end)) {
        (void)mem_unmap_all(mem, start, end);
        return 0;
    }
    (void)pager_evict(mem, start, end, &bytes); /* what could not go stays */
    if (bytes < end - start && !page_request_is_busy(&pager->out))
        (void)pager_write_back(mem, start, end, &status);
    if (bytes)
        pager->barren = 0;
    return bytes;
}

static bool is_paid_by(const struct mem_object *mem, const struct ledger *payer)
{
    const struct ledger *ledger = mem->map.ledger;
    while (payer && ledger && ledger != payer)
        ledger = ledger->parent;
    return !payer || ledger;
}

/* The first of the ring that may give something; it comes last next time. *writing: one that writes back. */
static struct pager *next_pager(const struct ledger *payer, struct pager **writing)
{
    for (struct list *item = pagers.next; item != &pagers; item = item->next) {
        struct pager *pager = container_of(item, struct pager, link);
        if (!is_paid_by(pager->mem, payer))
            continue;
        if (page_request_is_busy(&pager->out))
            *writing = pager;
        if (pager->barren < BARREN_MOST)
            return pager;
    }
    return nullptr;
}

static void begin_again(const struct ledger *payer)
{
    for (struct list *item = pagers.next; item != &pagers; item = item->next) {
        struct pager *pager = container_of(item, struct pager, link);
        if (is_paid_by(pager->mem, payer))
            pager->barren = 0;
    }
}

/* Anonymous memory goes to swap, or what went there before is written. */
static enum reclaim_result reclaim_to_swap(struct page_request **started)
{
    uint64_t freed, went = 0;
    bool more = false;
    if (swap_dirty_bytes() < ON_ITS_WAY_MOST)
        went = victims_out(ENOUGH, &more);
    struct page_request *out = swap_clean(false, &freed);
    if (!out && !went && !more)
        out = swap_clean(true, &freed); /* what was read ahead for nothing */
    if (freed || (more && !out))
        return RECLAIM_FREED;
    *started = out;
    return out ? RECLAIM_STARTED : RECLAIM_NOTHING;
}

enum reclaim_result reclaim(const struct ledger *payer, struct page_request **started)
{
    struct pager *pager, *writing = nullptr;
    uint64_t bytes = 0;
    while (bytes < ENOUGH && (pager = next_pager(payer, &writing))) {
        bytes += look(pager);
        if (!pager->hand) { /* all the way round */
            list_remove(&pager->link);
            list_push_back(&pagers, &pager->link);
        }
        if (arch_interrupt_pending())
            return RECLAIM_FREED;
    }
    if (bytes)
        return RECLAIM_FREED;
    begin_again(payer);
    if (!payer && swap_object()) {
        enum reclaim_result result = reclaim_to_swap(started);
        if (result != RECLAIM_NOTHING)
            return result;
    }
    if (!writing)
        return RECLAIM_NOTHING;
    *started = &writing->out;
    return RECLAIM_STARTED;
}

enum reclaim_result reclaim_for(const struct ledger *ledger, enum status status, struct page_request **started)
{
    if (status == STATUS_NO_MEMORY)
        return clusters_free_bytes() < SHORT || memory_is_short() ? reclaim(nullptr, started) : RECLAIM_NOTHING;
    for (; ledger; ledger = ledger->parent)
        if (ledger->limit[LEDGER_PAGES] < ledger->used[LEDGER_PAGES] + cluster_size())
            return reclaim(ledger, started);
    return RECLAIM_NOTHING;
}
