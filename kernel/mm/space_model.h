/* space_model.h: what space_fuzz_test.c compares with: spaces as flat arrays of MPs, objects as arrays of numbers, and the operations on
 * objects. The state is static: one file includes this. */
#ifndef SPACE_MODEL_H
#define SPACE_MODEL_H

#include <host.h>
#include <lib/list.h>
#include <mm/clusters.h>
#include <mm/fill.h>
#include <mm/frames.h>
#include <mm/mp_value.h>
#include <mm/region.h>
#include <unit.h>

#define SPACES 4u
#define PAGES_MOST 1400u
#define OBJECTS 24u
#define OBJECT_PAGES_MOST 1200u
#define BASE (0x10000000ull + 5 * MP_SIZE)

enum kind : uint8_t { NOTHING, ANONYMOUS, OBJECT, COPY };
enum { TOLD_LOCKED = 1, TOLD_NO_CLONE = 2, TOLD_EMPTY = 4 }; /* by advice */

struct page {
    enum kind kind;
    uint8_t prot, max_prot;
    bool shares;   /* MAP_SHARED_CLONE */
    bool own;      /* COPY: has content of its own */
    uint8_t told;  /* TOLD_* */
    uint8_t object;
    uint16_t offset;
    uint64_t value;
};

struct model_object {
    struct mem_object *mem; /* NULL: unused */
    bool held;              /* the test has a reference */
    unsigned pages;
    uint64_t value[OBJECT_PAGES_MOST];
};

static struct space spaces[SPACES];
static bool alive[SPACES];
static unsigned pages_used, object_pages; /* of PAGES_MOST, OBJECT_PAGES_MOST */
static struct page model[SPACES][PAGES_MOST];
static struct model_object objects[OBJECTS];
static struct ledger ledger;
static uint64_t next_value;
static bool failing; /* a failure is being injected into the operation, or there is little memory */
static bool little_memory;
static unsigned superpages; /* that appeared */

static uaddr_t va_of(unsigned page) { return BASE + page * MP_SIZE; }
static unsigned below(uint64_t limit) { return (unsigned)unit_random_below(limit); }
static unsigned readable(unsigned prot) { return prot ? prot | PROT_BIT_READ : 0; }

#include <mm/space_swap.h>

/* --- content ----------------------------------------------------------------------------------------------------------------------------- */

static uint64_t model_value(const struct page *page)
{
    if (page->kind == OBJECT || (page->kind == COPY && !page->own))
        return objects[page->object].value[page->offset];
    return page->value;
}

/* What is there, without making anything present. */
static uint64_t peek(struct space *space, uaddr_t va)
{
    struct region *region = region_at(space, va);
    REQUIRE(region != NULL);
    struct span *extent = region_private(region) ? extent_at(&space->memory, va) : NULL;
    uint64_t offset = va;
    if (!extent && region->mem) {
        offset = region_offset(region, va);
        extent = extent_at(&region->mem->map, offset);
    }
    if (extent && extent_is_out(extent)) {
        uint64_t place = extent_pa(extent, offset) - EXTENT_OUT;
        const struct span *here = extent_at(&swap_held->map, place);
        return here ? read_value(phys_to_virt(extent_pa(here, place))) : swap_stored[place / MP_SIZE];
    }
    return extent ? read_value(phys_to_virt(extent_pa(extent, offset))) : 0;
}

/* Pages of private copies that got content of their own along with a neighbour. */
static void adopt(unsigned s)
{
    for (unsigned i = 0; i < pages_used; i++) {
        struct page *page = &model[s][i];
        if (page->kind != COPY || page->own || !extent_at(&spaces[s].memory, va_of(i)))
            continue;
        page->value = model_value(page);
        page->own = true;
    }
}

/* --- failures ------------------------------------------------------------------------------------------------------------------------------ */

static void operation_begins(void)
{
    failing = little_memory;
    if (below(6) == 0) {
        host_fail_after(1 + below(10), below(4) == 0);
        failing = true;
    } else if (below(24) == 0) {
        for (unsigned kind = 0; kind < 2; kind++)
            ledger.limit[kind] = ledger.used[kind] + below(4) * (kind ? 64 : MP_SIZE);
        failing = true;
    }
}

/* Returns: did it work? Requires that it did, or was made to fail. */
static bool operation_ends(enum status status)
{
    host_fail_after(0, false);
    ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
    if (status == STATUS_OK)
        return true;
    if (!failing || (status != STATUS_NO_MEMORY && status != STATUS_LEDGER_SPENT))
        unit_note("status %d, failing %d", status, failing);
    REQUIRE(failing && (status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT));
    return false;
}

/* The operation must be refused with this status, or be made to fail. */
static void operation_is_refused(enum status status, enum status expected)
{
    if (status == expected)
        (void)operation_ends(STATUS_OK);
    else
        REQUIRE(status != STATUS_OK && !operation_ends(status));
}

/* --- objects --------------------------------------------------------------------------------------------------------------------------------- */

static bool object_shown(unsigned object)
{
    for (unsigned s = 0; s < SPACES; s++)
        for (unsigned i = 0; alive[s] && i < pages_used; i++)
            if (model[s][i].kind >= OBJECT && model[s][i].object == object)
                return true;
    return false;
}

static struct model_object *free_object(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (objects[i].mem && !objects[i].held && !object_shown(i))
            objects[i].mem = NULL; /* the last region took it along */
        if (!objects[i].mem)
            return &objects[i];
    }
    return NULL;
}

static struct model_object *held_object(void)
{
    unsigned first = below(OBJECTS);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[(first + i) % OBJECTS].held)
            return &objects[(first + i) % OBJECTS];
    return NULL;
}

static void object_new(void)
{
    struct model_object *object = free_object();
    if (!object)
        return;
    struct mem_object *mem;
    unsigned pages = 1 + below(object_pages);
    if (!operation_ends(mem_create(&ledger, pages * MP_SIZE, &mem)))
        return;
    *object = (struct model_object){.mem = mem, .held = true, .pages = pages};
}

static void object_clone(void)
{
    struct model_object *from = held_object(), *to = free_object();
    if (!from || !to || !from->pages)
        return;
    unsigned first = below(from->pages), pages = 1 + below(from->pages - first);
    struct mem_object *mem;
    if (!operation_ends(mem_clone(from->mem, &ledger, first * MP_SIZE, pages * MP_SIZE, &mem)))
        return;
    *to = (struct model_object){.mem = mem, .held = true, .pages = pages};
    memcpy(to->value, from->value + first, pages * sizeof to->value[0]);
}

static void object_resize(void)
{
    struct model_object *object = held_object();
    unsigned pages = below(object_pages + 1);
    if (!object || !operation_ends(mem_resize(object->mem, pages * MP_SIZE)))
        return;
    for (unsigned i = pages; i < object_pages; i++)
        object->value[i] = 0;
    object->pages = pages;
}

static void object_touch(void)
{
    struct model_object *object = held_object();
    if (!object)
        return;
    unsigned page = below(object_pages);
    bool write = below(2);
    void *pointer;
    uint64_t length;
    enum status status = mem_touch(object->mem, page * MP_SIZE, write, &pointer, &length);
    SWAPPED(status, mem_touch(object->mem, page * MP_SIZE, write, &pointer, &length));
    if (page >= object->pages) {
        operation_is_refused(status, STATUS_OUT_OF_RANGE);
        return;
    }
    if (!operation_ends(status))
        return;
    REQUIRE(length >= MP_SIZE && length <= (object->pages - page) * MP_SIZE);
    for (unsigned i = 0; i < length / MP_SIZE; i++)
        REQUIRE_EQUAL(read_value((char *)pointer + i * MP_SIZE), object->value[page + i]);
    if (write)
        write_value(pointer, object->value[page] = ++next_value);
}

static void object_drop(void)
{
    struct model_object *object = held_object();
    if (!object || below(3))
        return;
    object->held = false;
    object_put(&object->mem->object);
}

#endif
