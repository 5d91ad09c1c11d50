/* pager.c: memory that a program supplies: what is asked for, what comes, what does not. Not here: what was written and its way back
 * (write_back.c), threads that wait (sched/paging.c).
 * Invariants: the ranges of requests are disjoint, and what a request wants is absent; a request is on its port's list until it ends; the object's
 * ledger paid for the pager, its requests and its dirty spans.
 * Locks: the object's (today: the kernel lock). */
#include <mm/pager.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/clusters.h>
#include <mm/fill.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/write_back.h>
#include <sched/cpu.h>

#define AHEAD_MOST 0x100000ull    /* of read-ahead */
#define SUPPLY_AT_ONCE 0x10000ull /* bytes, at most, before a look for interrupts */

static struct page_request *request_of(struct span *range) { return (struct page_request *)range; } /* range is the first member */

/* --- life of requests ------------------------------------------------------------------------------------------------------------------- */

/* Who waits to take back what is on its way to swap looks again, whatever came of that. */
static void wake_one(const struct page_request *request, struct thread *thread, enum status status)
{
    bool takes_back = page_request_is_out(request) && request->pager->mem == swap_object() && thread->paging.cause != PAGING_RETRY;
    thread_page_done(thread, takes_back ? STATUS_OK : status);
}

/* Those who wait for the part of it in [start, end). The request stays. */
static void wake(struct page_request *request, uint64_t start, uint64_t end, enum status status)
{
    bool taken = request->taken;
    request->taken = true; /* the last one to leave does not end it */
    for (struct list *item = request->waiters.next, *next; item != &request->waiters; item = next) {
        next = item->next;
        struct thread *thread = container_of(item, struct thread, queue);
        if (thread->paging.offset >= start && thread->paging.offset < end)
            wake_one(request, thread, status);
    }
    request->taken = taken;
}

void page_request_init(struct page_request *request, struct pager *pager)
{
    *request = (struct page_request){.pager = pager};
    list_init(&request->event.link);
    list_init(&request->port_link);
    list_init(&request->waiters);
    timer_init(&request->timer, page_request_late);
}

void page_request_post(struct page_request *request, uint64_t label)
{
    struct pager *pager = request->pager;
    request->taken = false;
    list_push_back(&pager->port->requests, &request->port_link);
    if (pager->timeout_ns) {
        uint64_t now = arch_time_ns();
        timer_set(&request->timer, pager->timeout_ns < UINT64_MAX - now ? now + pager->timeout_ns : UINT64_MAX);
    }
    event_post(pager->port, &request->event, label);
}

void page_request_close(struct page_request *request, enum status status)
{
    struct port *port = request->pager->port;
    timer_cancel(&request->timer);
    list_remove(&request->port_link);
    if (!list_empty(&request->event.link)) {
        list_remove(&request->event.link);
        if (port->member.set)
            member_update(&port->member);
    }
    wake(request, 0, UINT64_MAX, status);
}

/* A PAGE_IN request is over; who waits tries again, or is told. */
static void request_end(struct page_request *request, enum status status)
{
    struct pager *pager = request->pager;
    page_request_close(request, status);
    span_remove(&pager->requests, &request->range);
    ledger_free(pager->mem->object.ledger, request, sizeof *request);
}

static void request_fail(struct page_request *request, enum status status)
{
    if (page_request_is_out(request))
        write_back_end(request->pager, status);
    else
        request_end(request, status);
}

void page_request_late(struct timer *timer) { request_fail(container_of(timer, struct page_request, timer), STATUS_TIMED_OUT); }

void page_request_left(struct page_request *request)
{
    if (list_empty(&request->waiters) && !request->taken && !page_request_is_out(request))
        request_end(request, STATUS_OK);
}

uint64_t page_request_take(struct event *event, uint64_t word[MESSAGE_WORDS])
{
    struct page_request *request = container_of(event, struct page_request, event);
    uint64_t start = request->range.start, length = request->range.end - start;
    request->taken = true;
    word[0] = page_request_is_out(request) ? start : request->wanted;
    word[1] = page_request_is_out(request) ? length : MP_SIZE;
    word[2] = start;
    word[3] = length;
    return request->pager->key;
}

/* What the last one did with it is not known, but the content is where it was. */
static void request_again(struct page_request *request)
{
    if (page_request_is_out(request)) {
        write_back_end(request->pager, STATUS_PEER_GONE);
        return;
    }
    list_remove(&request->port_link);
    timer_cancel(&request->timer);
    page_request_post(request, LABEL_PAGE_IN);
}

bool page_request_break(struct port *port, bool taken)
{
    for (struct list *item = port->requests.next; item != &port->requests; item = item->next) {
        struct page_request *request = container_of(item, struct page_request, port_link);
        if (taken && !request->taken)
            continue;
        if (taken && request->pager->mem == swap_object())
            request_again(request);
        else
            request_fail(request, STATUS_PEER_GONE);
        return true;
    }
    return false;
}

/* --- life of pagers ------------------------------------------------------------------------------------------------------------------------ */

enum status pager_create(struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, uint64_t timeout_ns, struct mem_object **mem)
{
    void *memory;
    enum status status = mem_object_make(ledger, MEM_PAGED, size, mem);
    if (status != STATUS_OK)
        return status;
    status = ledger_alloc(ledger, sizeof(struct pager), &memory);
    if (status != STATUS_OK) {
        object_put(&(*mem)->object);
        return status;
    }
    struct pager *pager = memory;
    pager->mem = *mem;
    pager->port = port;
    pager->key = key;
    pager->timeout_ns = timeout_ns;
    page_request_init(&pager->out, pager);
    object_get(&port->object);
    (*mem)->pager = pager;
    reclaim_enter(pager);
    return STATUS_OK;
}

bool pager_end_some(struct mem_object *mem, unsigned steps)
{
    struct pager *pager = mem->pager;
    reclaim_leave(pager);
    if (write_back_busy(pager))
        write_back_end(pager, STATUS_PEER_GONE);
    for (struct tree_node *node; (node = tree_first(&pager->requests)); steps--) {
        if (!steps)
            return false;
        request_end(request_of(span_of(node)), STATUS_OK);
    }
    for (struct tree_node *node; (node = tree_first(&pager->dirty)); steps--) {
        if (!steps)
            return false;
        span_remove(&pager->dirty, span_of(node));
        span_free(span_of(node), mem->map.ledger);
    }
    mem->pager = nullptr;
    object_put(&pager->port->object);
    ledger_free(mem->object.ledger, pager, sizeof *pager);
    return true;
}

void pager_cut(struct mem_object *mem, uint64_t size)
{
    struct pager *pager = mem->pager;
    write_back_cut(pager, size);
    struct span *range = span_at_or_after(&pager->requests, size), *next;
    for (; range; range = next) {
        next = span_next(range);
        struct page_request *request = request_of(range);
        if (request->wanted >= size) {
            request_end(request, STATUS_OK);
            continue;
        }
        wake(request, size, UINT64_MAX, STATUS_OK);
        range->end = size;
    }
}

/* --- asking -------------------------------------------------------------------------------------------------------------------------------- */

static void clip_below(struct span *range, const struct span *before)
{
    if (before && before->end > range->start)
        range->start = before->end;
}

static void clip_above(struct span *range, const struct span *after)
{
    if (after && after->start < range->end)
        range->end = after->start;
}

/* What to ask for with the MP at the offset: its cluster; of one who touches in order, twice as much as last time. Nothing that is present or
 * asked for already. */
static struct span choose_range(struct pager *pager, uint64_t offset)
{
    const struct mem_object *mem = pager->mem;
    uint64_t most = pager->ahead_most ? pager->ahead_most : AHEAD_MOST > cluster_size() ? AHEAD_MOST : cluster_size();
    bool in_order = offset && offset == pager->ahead_at;
    pager->ahead = in_order && pager->ahead * 2 <= most ? pager->ahead * 2 : in_order ? most : cluster_size();
    struct span range = {.start = offset & ~(cluster_size() - 1)};
    range.end = range.start + pager->ahead < mem->size ? range.start + pager->ahead : mem->size;
    clip_below(&range, span_before(&mem->map.extents, offset));
    clip_below(&range, span_before(&pager->requests, offset));
    clip_above(&range, span_at_or_after(&mem->map.extents, offset));
    clip_above(&range, span_at_or_after(&pager->requests, offset));
    pager->ahead_at = range.end;
    return range;
}

/* Does the running thread answer for the port? */
static bool serves(const struct port *port)
{
    const struct thread *thread = this_cpu()->current;
    const struct object *serving = thread ? thread->serving : nullptr;
    return serving && (serving == &port->object || (port->member.set && serving == &port->member.set->object));
}

enum status page_await(struct page_request *request, uint64_t offset)
{
    struct thread *thread = this_cpu()->current;
    if (serves(request->pager->port))
        return STATUS_DEADLOCK;
    if (thread) {
        thread->paging.asked = request;
        thread->paging.asked_offset = offset;
    }
    return PAGE_AWAITED;
}

enum status pager_ask(struct mem_object *mem, uint64_t offset)
{
    struct pager *pager = mem->pager;
    struct span *range = span_at(&pager->requests, offset);
    if (pager->port->dead)
        return STATUS_PEER_GONE;
    if (serves(pager->port))
        return STATUS_DEADLOCK;
    if (!range) {
        void *memory;
        enum status status = ledger_alloc(mem->object.ledger, sizeof(struct page_request), &memory);
        if (status != STATUS_OK)
            return status;
        struct page_request *request = memory;
        page_request_init(request, pager);
        request->range = choose_range(pager, offset);
        request->wanted = offset;
        range = &request->range;
        span_insert(&pager->requests, range);
        page_request_post(request, LABEL_PAGE_IN);
    }
    return page_await(request_of(range), offset);
}

/* --- supplying ------------------------------------------------------------------------------------------------------------------------------ */

enum status pager_range(const struct mem_object *mem, uint64_t offset, uint64_t length)
{
    if (!mem->pager)
        return STATUS_NOT_SUPPORTED;
    if ((offset | length) & (MP_SIZE - 1))
        return STATUS_INVALID_ARGUMENT;
    return offset > mem->size || length > mem->size - offset ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

void pager_answer(struct pager *pager, uint64_t start, uint64_t end, enum status status)
{
    struct span *range = span_at_or_after(&pager->requests, start), *next;
    for (; range && range->start < end; range = next) {
        next = span_next(range);
        struct page_request *request = request_of(range);
        wake(request, start, end, status);
        if (request->wanted >= start && request->wanted < end)
            request_end(request, STATUS_OK);
    }
}

/* Content from a span of user memory, which is there. */
struct user_supplier {
    struct supplier supplier;
    struct space *space;
    uaddr_t buffer;
};

static bool write_from_user(struct supplier *supplier, void *to, uint64_t size)
{
    const struct user_supplier *from = container_of(supplier, struct user_supplier, supplier);
    void *pointer;
    for (uint64_t done = 0, piece; done < size; done += piece) {
        if (!space_find(from->space, from->buffer + done, size - done, PROT_BIT_READ, &pointer, &piece) || !piece)
            return false;
        memcpy((char *)to + done, pointer, piece);
    }
    return true;
}

static enum status touch_all(struct space *space, uaddr_t at, uint64_t length)
{
    void *pointer;
    enum status status = STATUS_OK;
    for (uint64_t done = 0, piece; done < length && status == STATUS_OK; done += piece) {
        piece = 0;
        status = space_touch(space, at + done, length - done, PROT_BIT_READ, &pointer, &piece);
    }
    return status;
}

/* The absent MPs from the offset on, up to *size in all, get the content. */
static enum status supply_piece(struct mem_object *mem, uint64_t offset, uint64_t *size, struct space *from, uaddr_t buffer)
{
    struct user_supplier supplier = {.supplier = {write_from_user}, .space = from, .buffer = buffer};
    struct place place = mem_place(mem, offset);
    if (*size > SUPPLY_AT_ONCE)
        *size = SUPPLY_AT_ONCE;
    struct span *after = span_at_or_after(&mem->map.extents, offset);
    if (*size > place.high - offset)
        *size = place.high - offset;
    if (after && *size > after->start - offset)
        *size = after->start - offset;
    enum status status = touch_all(from, buffer, *size);
    if (status == STATUS_OK)
        status = fill_supplied(&place, offset, size, &supplier.supplier);
    if (status != STATUS_OK)
        return status;
    mem->pager->fresh = offset;
    mem->pager->fresh_end = offset + *size;
    pager_answer(mem->pager, offset, offset + *size, STATUS_OK);
    return STATUS_OK;
}

enum status pager_supply(struct mem_object *mem, uint64_t offset, uint64_t length, struct space *from, uaddr_t buffer, uint64_t *done)
{
    enum status status = pager_range(mem, offset, length);
    if (status == STATUS_OK && !user_range_valid(buffer, length))
        status = STATUS_BAD_ADDRESS;
    while (status == STATUS_OK && *done < length) {
        uint64_t at = offset + *done, piece = length - *done;
        struct span *extent = extent_at(&mem->map, at);
        if (extent) { /* is there already: it may have been written */
            piece = extent->end - at < piece ? extent->end - at : piece;
        } else {
            status = supply_piece(mem, at, &piece, from, buffer + *done);
            if (status != STATUS_OK)
                break;
        }
        *done += piece;
        if (*done < length && arch_interrupt_pending())
            break;
    }
    return *done && status > STATUS_OK ? STATUS_OK : status;
}

enum status pager_refuse(struct mem_object *mem, uint64_t offset, uint64_t length, enum status reason)
{
    enum status status = pager_range(mem, offset, length);
    if (status == STATUS_OK)
        pager_answer(mem->pager, offset, offset + length, reason);
    return status;
}

/* --- checks ---------------------------------------------------------------------------------------------------------------------------------- */

void pager_check(struct mem_object *mem)
{
    const struct pager *pager = mem->pager;
    for (struct tree_node *node = tree_first(&pager->requests); node; node = tree_next(node)) {
        const struct page_request *request = request_of(span_of(node));
        ASSERT(request->range.start <= request->wanted && request->wanted < request->range.end, "a request is for what is wanted");
        ASSERT(request->range.end <= mem->size, "nothing behind the end is asked for");
        ASSERT(!extent_at(&mem->map, request->wanted), "what is present is not wanted");
    }
    write_back_check(pager);
}
