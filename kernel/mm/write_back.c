/* write_back.c: what was written of memory that has a pager, and how it leaves memory. Not here: how it comes (pager.c).
 * An MP is clean, dirty, or on its way back: in `out`, where its translations are read-only, so that it becomes dirty again when it is written
 * meanwhile. The one range that is on its way needs no memory: its record is the dirty span's.
 * Invariants: dirty spans are disjoint, do not touch each other, and are present; what is on its way is present; only dirty MPs have writable
 * translations.
 * Locks: the object's (today: the kernel lock). */
#include <mm/write_back.h>
#include <lib/assert.h>
#include <mm/region.h>
#include <mm/swap.h>

/* --- dirty spans -------------------------------------------------------------------------------------------------------------------------- */

/* [start, end) is dirty, in the record, or in one of those that it joins. */
static void dirty_add(struct pager *pager, uint64_t start, uint64_t end, struct span *record)
{
    struct span *other;
    while ((other = span_at_or_after(&pager->dirty, start ? start - 1 : 0)) && other->start <= end) {
        start = other->start < start ? other->start : start;
        end = other->end > end ? other->end : end;
        span_remove(&pager->dirty, other);
        span_free(other, pager->mem->map.ledger);
    }
    record->start = start;
    record->end = end;
    record->value = 0;
    span_insert(&pager->dirty, record);
}

void pager_add_dirty(struct pager *pager, uint64_t start, uint64_t end, struct spares *spares)
{
    dirty_add(pager, start, end, spares_take(spares));
}

void pager_forget_dirty(struct pager *pager, uint64_t start, uint64_t end, struct spares *spares)
{
    for (struct span *dirty; (dirty = span_at_or_after(&pager->dirty, start)) && dirty->start < end;) {
        if (dirty->start < start && dirty->end > end) {
            struct span *rest = spares_take(spares);
            *rest = (struct span){.start = end, .end = dirty->end};
            dirty->end = start;
            span_insert(&pager->dirty, rest);
        } else if (dirty->start < start) {
            dirty->end = start;
        } else if (dirty->end > end) {
            dirty->start = end;
        } else {
            span_remove(&pager->dirty, dirty);
            span_free(dirty, pager->mem->map.ledger);
        }
    }
}

/* No more of it than the pager takes at once, if there is a record for the rest. */
static void cut_to_most(struct pager *pager, const struct span *dirty)
{
    struct spares spares;
    if (!pager->out_most || dirty->end - dirty->start <= pager->out_most || spares_get(&spares, pager->mem->map.ledger, 1) != STATUS_OK)
        return;
    struct span *rest = spares_take(&spares), *whole = span_at(&pager->dirty, dirty->start);
    *rest = (struct span){.start = dirty->start + pager->out_most, .end = dirty->end};
    whole->end = rest->start;
    span_insert(&pager->dirty, rest);
}

enum status pager_dirty(struct mem_object *mem, uint64_t offset)
{
    struct pager *pager = mem->pager;
    if (span_at(&pager->dirty, offset))
        return STATUS_OK;
    struct spares spares;
    enum status status = spares_get(&spares, mem->map.ledger, 1);
    if (status != STATUS_OK)
        return status;
    status = mem_unmap_all(mem, offset, offset + MP_SIZE); /* translations that do not allow it */
    if (status == STATUS_OK)
        dirty_add(pager, offset, offset + MP_SIZE, spares_take(&spares));
    spares_put(&spares);
    return status;
}

bool pager_is_dirty(const struct mem_object *mem, uint64_t offset, uint64_t *start, uint64_t *end)
{
    const struct tree *dirty = &mem->pager->dirty;
    const struct span *at = span_at_or_after(dirty, offset);
    if (at && at->start <= offset) {
        *start = at->start;
        *end = at->end;
        return true;
    }
    const struct span *before = span_before(dirty, offset);
    *start = before ? before->end : 0;
    *end = at ? at->start : UINT64_MAX;
    return false;
}

/* --- the way back --------------------------------------------------------------------------------------------------------------------------- */

/* Nothing is on its way any more. */
static void out_close(struct pager *pager, enum status status)
{
    pager->out.range.start = pager->out.range.end = 0;
    page_request_close(&pager->out, status);
}

void write_back_end(struct pager *pager, enum status status)
{
    struct span *record = pager->out_record;
    pager->out_record = nullptr;
    if (status == STATUS_OK)
        span_free(record, pager->mem->map.ledger);
    else
        dirty_add(pager, pager->out.range.start, pager->out.range.end, record);
    out_close(pager, status);
}

struct page_request *pager_write_back(struct mem_object *mem, uint64_t start, uint64_t end, enum status *status)
{
    struct pager *pager = mem->pager;
    *status = STATUS_OK;
    struct span *dirty = span_at_or_after(&pager->dirty, start);
    bool out_there = write_back_busy(pager) && pager->out.range.start < end && pager->out.range.end > start;
    if ((!dirty || dirty->start >= end) && !out_there)
        return nullptr;
    if (write_back_busy(pager))
        return &pager->out;
    *status = pager->port->dead ? STATUS_PEER_GONE : mem_write_protect(mem, dirty->start, dirty->end);
    if (*status != STATUS_OK)
        return nullptr;
    cut_to_most(pager, dirty);
    span_remove(&pager->dirty, dirty);
    pager->out_record = dirty;
    pager->out.range.start = dirty->start;
    pager->out.range.end = dirty->end;
    page_request_post(&pager->out, LABEL_PAGE_OUT);
    return &pager->out;
}

enum status pager_sync(struct mem_object *mem, uint64_t *start, uint64_t end)
{
    enum status status;
    bool others = write_back_busy(mem->pager); /* what was written since that began is dirty, and still to come */
    struct page_request *request = pager_write_back(mem, *start, end, &status);
    if (!request)
        return status;
    if (!others)
        *start = request->range.end;
    return page_await(request, 0);
}

enum status pager_written(struct mem_object *mem, uint64_t offset, uint64_t length, enum status result)
{
    enum status status = pager_range(mem, offset, length);
    if (status != STATUS_OK)
        return status;
    struct pager *pager = mem->pager;
    struct span *out = &pager->out.range;
    if (!write_back_busy(pager) || offset != out->start || !length)
        return STATUS_BAD_STATE;
    if (result == STATUS_OK)
        pager->barren = 0; /* there is something to be had, wherever the hand is */
    if (length > out->end - out->start)
        length = out->end - out->start;
    if (result == STATUS_OK && length < out->end - out->start)
        out->start += length;
    else
        write_back_end(pager, result);
    if (result == STATUS_OK && mem == swap_object())
        swap_written(offset, length);
    return STATUS_OK;
}

void write_back_cut(struct pager *pager, uint64_t size)
{
    struct span *out = &pager->out.range;
    if (write_back_busy(pager) && out->start >= size)
        write_back_end(pager, STATUS_OK);
    else if (write_back_busy(pager) && out->end > size)
        out->end = size;
    struct span *dirty = span_at_or_after(&pager->dirty, size), *next;
    for (; dirty; dirty = next) {
        next = span_next(dirty);
        if (dirty->start < size) {
            dirty->end = size;
            continue;
        }
        span_remove(&pager->dirty, dirty);
        span_free(dirty, pager->mem->map.ledger);
    }
}

/* --- eviction --------------------------------------------------------------------------------------------------------------------------------- */

/* Of [*start, *end), which is present, the first part that may leave memory now; false: there is none. */
static bool clip_to_clean(const struct mem_object *mem, uint64_t *start, uint64_t *end)
{
    const struct pager *pager = mem->pager;
    const struct span *out = &pager->out.range;
    uint64_t low, high;
    for (;;) {
        if (*start >= *end)
            return false;
        if (pager_is_dirty(mem, *start, &low, &high)) {
            *start = high;
        } else if (*start >= out->start && *start < out->end) {
            *start = out->end;
        } else {
            *end = high < *end ? high : *end;
            if (out->start > *start && out->start < *end && write_back_busy(pager))
                *end = out->start;
            return true;
        }
    }
}

static bool clip_to_unlocked(const struct mem_object *mem, uint64_t *start, uint64_t *end)
{
    for (struct region *r = region_showing(mem, *start, *end); r; r = region_showing_next(r, *start, *end)) {
        if (!(r->flags & MAP_LOCKED))
            continue;
        if (r->offset > *start) {
            *end = r->offset;
            return true;
        }
        *start = r->offset + region_size(r);
        return *start < *end && clip_to_unlocked(mem, start, end);
    }
    return true;
}

enum status pager_evict(struct mem_object *mem, uint64_t start, uint64_t end, uint64_t *bytes)
{
    enum status status = STATUS_OK;
    *bytes = 0;
    while (start < end) {
        const struct span *extent = span_at_or_after(&mem->map.extents, start);
        if (!extent || extent->start >= end)
            break;
        uint64_t low = extent->start > start ? extent->start : start, high = extent->end < end ? extent->end : end;
        start = high;
        if (!clip_to_clean(mem, &low, &high))
            continue;
        uint64_t clean_end = high;
        start = clean_end;
        if (!clip_to_unlocked(mem, &low, &high))
            continue;
        start = high;
        enum status failure = mem_evict(mem, low, high);
        if (failure == STATUS_OK)
            *bytes += high - low;
        else
            status = failure; /* the next one may need no record */
    }
    return status;
}

/* --- checks ------------------------------------------------------------------------------------------------------------------------------------- */

void write_back_check(const struct pager *pager)
{
    const struct extent_map *map = &pager->mem->map;
    uint64_t last = 0;
    for (struct tree_node *node = tree_first(&pager->dirty); node; node = tree_next(node)) {
        const struct span *dirty = span_of(node);
        ASSERT(dirty->start < dirty->end && (!last || dirty->start > last), "dirty spans are apart");
        ASSERT(extents_resident(map, dirty->start, dirty->end) == dirty->end - dirty->start, "what is dirty is present");
        last = dirty->end;
    }
    if (write_back_busy(pager))
        ASSERT(extents_resident(map, pager->out.range.start, pager->out.range.end) == pager->out.range.end - pager->out.range.start,
               "what is on its way is present");
}
