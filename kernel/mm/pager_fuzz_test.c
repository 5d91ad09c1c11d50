/* pager_fuzz_test.c: random faults, writes, supplies, refusals, write-backs, evictions and changes of size of an object with a pager, while
 * allocations fail at random, against two flat arrays: what the pager has, and what programs must see. */
#include <host.h>
#include <mm/clusters.h>
#include <mm/frames.h>
#include <mm/mp_value.h>
#include <mm/reclaim.h>
#include <mm/region.h>
#include <unit.h>

#define RW (PROT_BIT_READ | PROT_BIT_WRITE)
#define PAGES_MOST 1300u
#define SHOWN 0x20000000ull  /* of the object: to be written, */
#define READ 0x30000000ull   /* only to be read, in the other space, */
#define COPY 0x40000000ull   /* and as a private copy there */
#define BUFFER 0x50000000ull
#define BUFFER_PAGES 40u

static struct ledger ledger;
static struct space spaces[2];
static struct port *port;
static struct mem_object *mem;
static unsigned pages, pages_most;
static uint64_t stored[PAGES_MOST], seen[PAGES_MOST], copied[PAGES_MOST];
static bool own[PAGES_MOST]; /* the private copy has content of its own */
static uint64_t next_value;
static bool failing;
static unsigned supplied, evicted, written_back, superpages;

static unsigned below(uint64_t limit) { return (unsigned)unit_random_below(limit); }
static void fail_sometimes(void)
{
    failing = below(6) == 0;
    if (failing && below(2))
        host_fail_after(1 + below(8), below(4) == 0);
    else if (failing)
        for (unsigned kind = 0; kind < 2; kind++)
            ledger.limit[kind] = ledger.used[kind] + below(4) * (kind ? 64 : MP_SIZE);
}

/* Returns: did it work? It may fail only where that was wanted. */
static bool worked(enum status status)
{
    host_fail_after(0, false);
    ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
    if (status == STATUS_OK || status == PAGE_AWAITED)
        return status == STATUS_OK;
    REQUIRE(failing && (status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT));
    return false;
}

static bool is_present(unsigned page) { return extent_at(&mem->map, page * MP_SIZE); }

/* --- programs --------------------------------------------------------------------------------------------------------------------------- */

/* An access through the tables and the TLB as a program makes it. */
static bool access(struct space *space, uaddr_t va, unsigned kind, void **pointer)
{
    paddr_t pa;
    enum status status = STATUS_OK;
    for (unsigned i = 0; status == STATUS_OK; i++) {
        REQUIRE(i < 4);
        if (!host_access(&space->arch, va, kind, &pa)) {
            (void)worked(STATUS_OK);
            *pointer = phys_to_virt(pa);
            return true;
        }
        status = space_fault(space, va, kind);
    }
    if (status == STATUS_OUT_OF_RANGE && va < BUFFER && (va & 0xfffffff) / MP_SIZE >= pages)
        status = PAGE_AWAITED;
    (void)worked(status);
    return false;
}

static void adopt(void)
{
    for (unsigned i = 0; i < pages_most; i++)
        if (!own[i] && extent_at(&spaces[1].memory, COPY + i * MP_SIZE)) {
            own[i] = true;
            copied[i] = seen[i];
        }
}

static void touch(void)
{
    unsigned page = below(pages_most), how = below(4);
    uaddr_t base = how < 2 ? SHOWN : how == 2 ? READ : COPY;
    void *pointer;
    bool write = how == 1 || (how == 3 && below(2));
    fail_sometimes();
    bool done = access(&spaces[how >= 2], base + page * MP_SIZE, write ? PROT_BIT_WRITE : PROT_BIT_READ, &pointer);
    adopt();
    if (!done)
        return;
    REQUIRE(page < pages);
    REQUIRE_EQUAL(read_value(pointer), how == 3 && own[page] ? copied[page] : seen[page]);
    if (write)
        write_value(pointer, *(how == 3 ? &copied[page] : &seen[page]) = ++next_value);
}

static void touch_object(void)
{
    unsigned page = below(pages_most);
    bool write = below(2);
    void *pointer;
    uint64_t length;
    fail_sometimes();
    enum status status = mem_touch(mem, page * MP_SIZE, write, &pointer, &length);
    if (page >= pages && status == STATUS_OUT_OF_RANGE)
        status = PAGE_AWAITED;
    if (!worked(status))
        return;
    REQUIRE(length >= MP_SIZE && length <= (pages - page) * MP_SIZE);
    for (unsigned i = 0; i < length / MP_SIZE; i++)
        REQUIRE_EQUAL(read_value((char *)pointer + i * MP_SIZE), seen[page + i]);
    for (unsigned i = 0; write && i < length / MP_SIZE; i++)
        write_value((char *)pointer + i * MP_SIZE, seen[page + i] = ++next_value);
}

/* --- the pager ------------------------------------------------------------------------------------------------------------------------------ */

static void supply(unsigned page, unsigned count)
{
    uint64_t done = 0;
    void *pointer;
    if (count > BUFFER_PAGES)
        count = BUFFER_PAGES;
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(access(&spaces[0], BUFFER + i * MP_SIZE, PROT_BIT_WRITE, &pointer));
        write_value(pointer, stored[page + i]);
    }
    fail_sometimes();
    supplied += worked(pager_supply(mem, page * MP_SIZE, count * MP_SIZE, &spaces[0], BUFFER, &done));
    REQUIRE(failing || done == count * MP_SIZE);
}

static void supply_any(void)
{
    unsigned page = below(pages_most);
    if (page < pages)
        supply(page, 1 + below(pages - page));
}

static void take_back(uint64_t offset, uint64_t length)
{
    for (uint64_t at = offset, run; at < offset + length; at += run) {
        void *pointer;
        REQUIRE_EQUAL(mem_touch(mem, at, false, &pointer, &run), STATUS_OK);
        if (run > offset + length - at)
            run = offset + length - at;
        for (uint64_t i = 0; i < run / MP_SIZE; i++)
            stored[at / MP_SIZE + i] = read_value((char *)pointer + i * MP_SIZE);
    }
}

/* What it was asked for last, some of it, or a refusal. */
static void serve(void)
{
    struct list *item = list_pop_front(&port->events);
    if (!item)
        return;
    struct event *event = container_of(item, struct event, link);
    uint64_t word[MESSAGE_WORDS];
    REQUIRE_EQUAL(page_request_take(event, word), 7);
    if (event->label == LABEL_PAGE_OUT)
        return; /* written later */
    REQUIRE(word[0] >= word[2] && word[0] < word[2] + word[3] && word[2] + word[3] <= pages * MP_SIZE);
    switch (below(4)) {
    case 0: supply((unsigned)(word[0] / MP_SIZE), 1); break;
    case 1: REQUIRE_EQUAL(pager_refuse(mem, word[2], word[3], STATUS_IO_ERROR), STATUS_OK); break;
    default: supply((unsigned)(word[2] / MP_SIZE), (unsigned)(word[3] / MP_SIZE)); break;
    }
}

static void write_back(void)
{
    enum status status;
    unsigned page = below(pages_most);
    fail_sometimes();
    (void)pager_write_back(mem, page * MP_SIZE, (page + 1 + below(100)) * MP_SIZE, &status);
    (void)worked(status);
}

static void write_back_some(void)
{
    const struct span *out = &mem->pager->out.range;
    if (out->start == out->end)
        return;
    uint64_t start = out->start, length = (1 + below((out->end - start) / MP_SIZE)) * MP_SIZE;
    bool fails = below(5) == 0;
    take_back(start, length);
    REQUIRE_EQUAL(pager_written(mem, start, length, fails ? STATUS_IO_ERROR : STATUS_OK), STATUS_OK);
    written_back += !fails;
}

static void evict(void)
{
    unsigned page = below(pages_most);
    uint64_t bytes;
    if (page >= pages)
        return;
    fail_sometimes();
    (void)worked(pager_evict(mem, page * MP_SIZE, (page + 1 + below(pages - page)) * MP_SIZE, &bytes));
    evicted += (unsigned)(bytes / MP_SIZE);
}

static void take_any_back(void)
{
    struct page_request *started;
    uint64_t before = mem->map.held;
    fail_sometimes();
    for (unsigned i = below(20); i; i--)
        if (reclaim(below(2) ? &ledger : nullptr, &started) == RECLAIM_STARTED)
            REQUIRE(started == &mem->pager->out && page_request_is_busy(started));
    (void)worked(STATUS_OK);
    evicted += (unsigned)((before - mem->map.held) / MP_SIZE);
}

static void resize(void)
{
    unsigned to = below(2) ? pages_most - below(pages_most / 4) : below(pages_most + 1);
    if (below(8))
        return;
    fail_sometimes();
    if (!worked(mem_resize(mem, to * MP_SIZE)))
        return;
    for (unsigned i = to; i < pages_most; i++)
        stored[i] = seen[i] = 0;
    pages = to;
}

/* All of it goes, and comes again in order. */
static void renew(void)
{
    void *pointer;
    if (below(64))
        return;
    failing = false;
    REQUIRE(worked(mem_resize(mem, 0)) && worked(mem_resize(mem, pages_most * MP_SIZE)));
    pages = pages_most;
    for (unsigned i = 0; i < pages; i++)
        stored[i] = seen[i] = ++next_value;
    for (unsigned i = 0; i < pages; i += BUFFER_PAGES) {
        uint64_t done = 0;
        unsigned count = pages - i < BUFFER_PAGES ? pages - i : BUFFER_PAGES;
        for (unsigned k = 0; k < count; k++) {
            REQUIRE(access(&spaces[0], BUFFER + k * MP_SIZE, PROT_BIT_WRITE, &pointer));
            write_value(pointer, stored[i + k]);
        }
        REQUIRE(worked(pager_supply(mem, i * MP_SIZE, count * MP_SIZE, &spaces[0], BUFFER, &done)));
    }
    REQUIRE(access(&spaces[1], READ, PROT_BIT_READ, &pointer));
    REQUIRE_EQUAL(read_value(pointer), seen[0]);
    struct arch_mapping mapping;
    superpages += arch_query(&spaces[1].arch, READ, &mapping) && mapping.size > cluster_size();
}

static void forget_tables(void)
{
    struct space *space = &spaces[below(2)];
    uaddr_t va = (below(2) ? SHOWN : READ) + below(pages_most) * MP_SIZE;
    if (arch_unmap(&space->arch, va, 1 + below(pages_most)))
        space_flush(space, va, pages_most);
}

/* --- the machine ---------------------------------------------------------------------------------------------------------------------------- */

static void map(struct space *space, struct mem_object *object, uaddr_t at, unsigned count, uint64_t flags)
{
    REQUIRE_EQUAL(space_map(space, object, RIGHTS_ALL, 0, count * MP_SIZE, flags | MAP_FIXED_ADDRESS, &at), STATUS_OK);
}

static void start(unsigned shift, unsigned count)
{
    host_boot_simple(shift, 64 << 20);
    host_interrupt_pending = false;
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    ledger.limit[0] = ledger.limit[1] = ledger.limit[2] = ledger.limit[3] = UINT64_MAX;
    pages = pages_most = count;
    for (unsigned i = 0; i < count; i++) {
        stored[i] = seen[i] = ++next_value;
        own[i] = false;
    }
    REQUIRE_EQUAL(port_create(&ledger, 0, &port), STATUS_OK);
    REQUIRE_EQUAL(pager_create(&ledger, port, count * MP_SIZE, 7, 0, &mem), STATUS_OK);
    for (unsigned s = 0; s < 2; s++)
        REQUIRE_EQUAL(space_init(&spaces[s], &ledger), STATUS_OK);
    map(&spaces[0], mem, SHOWN, count, RW);
    map(&spaces[0], nullptr, BUFFER, BUFFER_PAGES, RW | MAP_ANONYMOUS);
    map(&spaces[1], mem, READ, count, PROT_BIT_READ);
    map(&spaces[1], mem, COPY, count, RW | MAP_PRIVATE_COPY);
}

static void finish(void)
{
    object_put(&mem->object);
    for (unsigned s = 0; s < 2; s++)
        while (!space_destroy_some(&spaces[s], 1))
            ;
    host_work();
    REQUIRE(list_empty(&port->requests) && list_empty(&port->events));
    object_put(&port->object);
    host_work();
    mm_check();
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], 0);
    EXPECT_EQUAL(ledger.object.references, 1);
    EXPECT_EQUAL(carve_user_bytes(), 0);
}

static void check_all(void)
{
    for (unsigned s = 0; s < 2; s++) {
        space_check(&spaces[s]);
        host_tlb_check(&spaces[s].arch);
    }
    mem_check(mem);
    for (unsigned i = 0; i < pages; i++)
        if (!is_present(i))
            REQUIRE_EQUAL(stored[i], seen[i]); /* nothing that was written is lost */
}

static void run(unsigned shift, unsigned count, unsigned steps)
{
    static void (*const operations[])(void) = {touch, touch, touch, touch_object, serve,      serve, supply_any,
                                               write_back, write_back_some, write_back_some, evict, resize,     forget_tables, renew, take_any_back};
    supplied = evicted = written_back = superpages = 0;
    start(shift, count);
    for (unsigned step = 0; step < steps; step++) {
        operations[below(sizeof operations / sizeof operations[0])]();
        if (step % 16 == 0)
            check_all();
    }
    check_all();
    finish();
    EXPECT(supplied > 0 && evicted > 0 && written_back > 0);
    EXPECT_EQUAL(superpages > 0, count > 1000);
}

TEST(pagers_match_the_model_mp) { run(MP_SHIFT, 100, 60000); }
TEST(pagers_match_the_model_64k) { run(16, 150, 60000); }
TEST(pagers_match_the_model_256k) { run(18, 200, 60000); }

TEST(pagers_match_the_model_with_superpages) { run(16, 1300, 30000); }

TEST(pagers_match_the_model_with_pairs)
{
    host_choose_pairs();
    run(16, 150, 60000);
}
