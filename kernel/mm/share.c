/* share.c: counts of shared frames. Not here: extents, copying.
 * Invariants: counts are 2 or more; no share crosses an edge of a member's extent, so taking a whole extent away never splits a share and
 * never needs memory. Shares are therefore not joined again when their counts become equal.
 * Locks: the group's (today: the kernel lock). */
#include <mm/share.h>
#include <lib/assert.h>

bool share_query(const struct cow_group *group, uint64_t pa, uint64_t size, uint64_t *run)
{
    *run = size;
    struct span *share = group ? span_at_or_after(&group->shares, pa) : nullptr;
    if (!share || share->start >= pa + size)
        return false;
    if (share->start > pa) {
        *run = share->start - pa;
        return false;
    }
    uint64_t end = share->end;
    while (end < pa + size && (share = span_next(share)) != nullptr && share->start == end)
        end = share->end;
    if (end < pa + size)
        *run = end - pa;
    return true;
}

unsigned share_add_needs(const struct cow_group *group, uint64_t start, uint64_t end)
{
    unsigned needs = 0;
    uint64_t at = start;
    struct span *share = span_at_or_after(&group->shares, start);
    for (; share && share->start < end; share = span_next(share)) {
        needs += (share->start > at) + (share->start < start) + (share->end > end);
        at = share->end;
    }
    return needs + (at < end);
}

/* A share's record is paid by the charge of the extents it belongs to: see SPAN_CHARGE. */
static struct span *share_make(struct cow_group *group, uint64_t start, uint64_t end, uint64_t count, struct spares *spares)
{
    struct span *share = spares_take(spares);
    if (spares->ledger)
        ledger_credit(spares->ledger, LEDGER_KERNEL, SPAN_CHARGE);
    share->start = start;
    share->end = end;
    share->value = count;
    span_insert(&group->shares, share);
    return share;
}

void share_cut(struct cow_group *group, uint64_t at, struct spares *spares)
{
    struct span *share = group ? span_at(&group->shares, at) : nullptr;
    if (!share || share->start == at)
        return;
    uint64_t end = share->end;
    share->end = at;
    (void)share_make(group, at, end, share->value, spares);
}

void share_add(struct cow_group *group, uint64_t start, uint64_t end, struct spares *spares)
{
    share_cut(group, start, spares);
    share_cut(group, end, spares);
    while (start < end) {
        struct span *share = span_at_or_after(&group->shares, start);
        if (!share || share->start > start) {
            uint64_t gap_end = share && share->start < end ? share->start : end;
            share = share_make(group, start, gap_end, 2, spares);
        } else {
            share->value++;
        }
        start = share->end;
    }
}

void share_remove(struct cow_group *group, uint64_t start, uint64_t end)
{
    while (start < end) {
        struct span *share = span_at(&group->shares, start);
        ASSERT(share && share->start == start && share->end <= end, "shares keep to the edges of extents");
        start = share->end;
        if (--share->value >= 2)
            continue;
        span_remove(&group->shares, share);
        span_free(share, nullptr);
    }
}
