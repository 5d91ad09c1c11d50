/* space_swap.h: swap for random tests of spaces: its pager is a flat array, and memory goes out at random. Static: one file includes this. */
#ifndef SPACE_SWAP_H
#define SPACE_SWAP_H

#include <ipc/ipc.h>
#include <mm/swap.h>
#include <mm/victims.h>

#define PLACES 4096u
#define SWAP_BUFFER 0x40000000ull

static bool swapping;
static struct ledger swap_ledger;
static struct space swap_space;
static struct port *swap_port;
static struct mem_object *swap_held;
static uint64_t swap_stored[PLACES];
static uint64_t went_out, came_in, swap_failures;

static void swap_begin(void)
{
    uaddr_t where = SWAP_BUFFER;
    went_out = came_in = swap_failures = 0;
    swap_ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}, .kept = true};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        swap_ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(port_create(&swap_ledger, 0, &swap_port), STATUS_OK);
    REQUIRE_EQUAL(swap_on(&swap_ledger, swap_port, PLACES * MP_SIZE, 7, &swap_held), STATUS_OK);
    REQUIRE_EQUAL(space_init(&swap_space, &swap_ledger), STATUS_OK);
    REQUIRE_EQUAL(space_map(&swap_space, nullptr, 0, 0, 64 * MP_SIZE, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_POPULATED, &where), STATUS_OK);
}

static void swap_supply(uint64_t start, uint64_t length)
{
    uint64_t done = 0, piece;
    void *pointer;
    for (uint64_t i = 0; i < length / MP_SIZE; i++) {
        REQUIRE_EQUAL(space_touch(&swap_space, SWAP_BUFFER + i * MP_SIZE, MP_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &pointer, &piece), STATUS_OK);
        write_value(pointer, swap_stored[start / MP_SIZE + i]);
    }
    enum status status = pager_supply(swap_held, start, length, &swap_space, SWAP_BUFFER, &done);
    REQUIRE(status == STATUS_OK || failing);
}

/* Some of what is on its way, or with a failure none. */
static void swap_take(bool all)
{
    const struct span *out = &swap_held->pager->out.range;
    while (page_request_is_busy(&swap_held->pager->out)) {
        uint64_t start = out->start, length = all ? out->end - start : (1 + below((out->end - start) / MP_SIZE)) * MP_SIZE;
        bool fails = !all && below(5) == 0;
        for (uint64_t at = start; at < start + length; at += MP_SIZE) {
            const struct span *extent = extent_at(&swap_held->map, at);
            REQUIRE(extent != NULL);
            swap_stored[at / MP_SIZE] = read_value(phys_to_virt(extent_pa(extent, at)));
        }
        swap_failures += fails;
        REQUIRE_EQUAL(pager_written(swap_held, start, length, fails ? STATUS_IO_ERROR : STATUS_OK), STATUS_OK);
        if (!all)
            return;
    }
}

/* What the pager was asked for first. False: nothing. */
static bool swap_serve_one(void)
{
    struct list *item = list_pop_front(&swap_port->events);
    if (!item)
        return false;
    struct event *event = container_of(item, struct event, link);
    uint64_t word[MESSAGE_WORDS];
    REQUIRE_EQUAL(page_request_take(event, word), 7);
    if (event->label == LABEL_PAGE_IN)
        below(3) ? swap_supply(word[2], word[3]) : swap_supply(word[0], MP_SIZE);
    return true;
}

/* Until whoever waits can go on. */
static void swap_serve(void)
{
    host_fail_after(0, false);
    while (swap_serve_one())
        ;
    while (swap_held->pager->requests.root) /* when memory lacked */
        swap_supply(container_of(span_of(swap_held->pager->requests.root), struct page_request, range)->wanted, MP_SIZE);
    swap_take(true);
    came_in++;
}

/* For an operation that is made again while it waits. */
#define SWAPPED(status, operation)                       \
    for (unsigned n = 0; n < 100 && swapping; n++) {     \
        if ((status) != PAGE_AWAITED)                    \
            break;                                       \
        swap_serve();                                    \
        (status) = (operation);                          \
    }

static void swap_at_random(struct extent_map *map, uint64_t base, unsigned pages)
{
    bool more;
    uint64_t bytes, start = base + below(pages) * MP_SIZE, end = start + (1 + below(cluster_size() / MP_SIZE)) * MP_SIZE;
    struct span *extent = span_at_or_after(&map->extents, start);
    if (below(8) == 0) {
        went_out += victims_out(1 + below(40 * MP_SIZE), &more);
    } else if (extent && !extent_is_out(extent)) {
        start = extent->start > start ? extent->start : start;
        went_out += swap_out(map, start, end > start ? end : start + MP_SIZE);
    }
    if (below(4) == 0)
        (void)swap_clean(below(8) == 0, &bytes);
    if (below(3) == 0)
        (void)swap_serve_one();
    if (below(3) == 0)
        swap_take(false);
}

static void swap_end(void)
{
    swap_serve();
    REQUIRE_EQUAL(swap_used_bytes(), 0);
    for (uint64_t bytes = 1; bytes;)
        (void)swap_clean(true, &bytes);
    swap_serve();
    REQUIRE_EQUAL(extents_present(&swap_held->map), 0);
    while (!space_destroy_some(&swap_space, 1))
        ;
    EXPECT(went_out > 0 && came_in > 0 && swap_failures > 0);
}

#endif
