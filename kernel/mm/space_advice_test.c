/* space_advice_test.c: what regions are told to be: locked, left out of clones, empty in them; what is moved and stays, or is seen twice. */
#include <host.h>
#include <mm/region.h>
#include <string.h>
#include <unit.h>

#define RW (PROT_BIT_READ | PROT_BIT_WRITE)
#define AT 0x20000000ull
#define OTHER 0x30000000ull

static struct ledger ledger;
static struct space space, child;

static void start(unsigned shift)
{
    host_boot_simple(shift, 32 << 20);
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(space_init(&space, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_init(&child, &ledger), STATUS_OK);
}

static void end(struct space *s)
{
    space_check(s);
    host_tlb_check(&s->arch);
    while (!space_destroy_some(s, 3))
        ;
}

static void finish(void)
{
    end(&space);
    end(&child);
    mm_check();
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], 0);
}

static void map_at(uaddr_t va, uint64_t size, uint64_t flags)
{
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, size, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | flags, &va), STATUS_OK);
}

static struct mem_object *map_object(uint64_t size)
{
    struct mem_object *mem;
    uaddr_t va = AT;
    REQUIRE_EQUAL(mem_create(&ledger, size, &mem), STATUS_OK);
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0, size, RW | MAP_FIXED_ADDRESS | MAP_SHARED_CLONE, &va), STATUS_OK);
    return mem;
}

/* NULL: no such access. */
static uint64_t *touch(struct space *s, uaddr_t va, unsigned access)
{
    paddr_t pa;
    while (host_access(&s->arch, va, access, &pa))
        if (space_fault(s, va, access) != STATUS_OK)
            return NULL;
    return phys_to_virt(pa);
}

static void write(uaddr_t va, uint64_t value) { *touch(&space, va, PROT_BIT_WRITE) = value; }
static uint64_t read(struct space *s, uaddr_t va) { return *touch(s, va, PROT_BIT_READ); }

static void write_pages(uaddr_t va, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        write(va + i * MP_SIZE, i + 1);
}

static enum status advise(uaddr_t va, unsigned pages, unsigned advice) { return space_advise(&space, va, pages * MP_SIZE, advice); }

TEST(locked_memory_is_not_dropped)
{
    start(16);
    map_at(AT, 4 * MP_SIZE, 0);
    write_pages(AT, 4);
    EXPECT_EQUAL(advise(AT + MP_SIZE, 1, ADVICE_LOCK), STATUS_OK);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_DROP), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(read(&space, AT), 0); /* came before it */
    EXPECT_EQUAL(read(&space, AT + MP_SIZE), 2);
    EXPECT_EQUAL(read(&space, AT + 2 * MP_SIZE), 3);
    EXPECT_EQUAL(advise(AT + MP_SIZE, 1, ADVICE_LAZY_DROP), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(advise(AT + MP_SIZE, 1, ADVICE_DROP_LOCKED), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + MP_SIZE), 0);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_UNLOCK), STATUS_OK);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_DROP), STATUS_OK);
    EXPECT_EQUAL(advise(AT, 5, ADVICE_LOCK), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_END), STATUS_INVALID_ARGUMENT);
    finish();
}

TEST(clones_get_what_advice_says)
{
    for (unsigned shift = MP_SHIFT; shift <= 18; shift += 2) {
        start(shift);
        map_at(AT, 8 * MP_SIZE, 0);
        write_pages(AT, 8);
        EXPECT_EQUAL(advise(AT + MP_SIZE, 2, ADVICE_NO_CLONE), STATUS_OK);
        EXPECT_EQUAL(advise(AT + 4 * MP_SIZE, 2, ADVICE_CLONE_EMPTY), STATUS_OK);
        EXPECT_EQUAL(advise(AT, 1, ADVICE_LOCK), STATUS_OK);
        REQUIRE_EQUAL(space_clone(&space, &child), STATUS_OK);
        EXPECT_EQUAL(read(&child, AT), 1);
        EXPECT(!touch(&child, AT + MP_SIZE, PROT_BIT_READ) && !touch(&child, AT + 2 * MP_SIZE, PROT_BIT_READ));
        EXPECT_EQUAL(read(&child, AT + 3 * MP_SIZE), 4);
        EXPECT_EQUAL(read(&child, AT + 4 * MP_SIZE), 0);
        EXPECT_EQUAL(read(&child, AT + 5 * MP_SIZE), 0);
        EXPECT_EQUAL(read(&child, AT + 6 * MP_SIZE), 7);
        EXPECT_EQUAL(space_advise(&child, AT, MP_SIZE, ADVICE_DROP), STATUS_OK); /* it is not locked */
        for (unsigned i = 0; i < 8; i++)
            EXPECT_EQUAL(read(&space, AT + i * MP_SIZE), i + 1);
        write(AT + 4 * MP_SIZE, 50);
        EXPECT_EQUAL(read(&child, AT + 4 * MP_SIZE), 0);
        finish();
    }
}

TEST(objects_cannot_be_empty_in_clones)
{
    start(16);
    struct mem_object *mem = map_object(4 * MP_SIZE);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_CLONE_EMPTY), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_LAZY_DROP), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(advise(AT, 4, ADVICE_NO_CLONE), STATUS_OK);
    object_put(&mem->object);
    finish();
}

TEST(removed_content_is_zero_for_everybody)
{
    start(16);
    struct mem_object *mem = map_object(64 * MP_SIZE);
    uaddr_t copy = OTHER;
    REQUIRE_EQUAL(space_map(&space, mem, RIGHT_MEM_READ, 0, 4 * MP_SIZE, RW | MAP_FIXED_ADDRESS | MAP_PRIVATE_COPY, &copy), STATUS_OK);
    write_pages(AT, 64);
    write(OTHER, 77);
    EXPECT_EQUAL(read(&space, OTHER + MP_SIZE), 2);
    uint64_t used = ledger.used[LEDGER_PAGES];
    EXPECT_EQUAL(advise(AT, 3, ADVICE_REMOVE), STATUS_OK);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], used - 3 * MP_SIZE);
    EXPECT_EQUAL(read(&space, AT + 2 * MP_SIZE), 0);
    EXPECT_EQUAL(read(&space, AT + 3 * MP_SIZE), 4);
    EXPECT_EQUAL(read(&space, OTHER), 77);
    EXPECT_EQUAL(advise(OTHER, 1, ADVICE_REMOVE), STATUS_NO_RIGHTS);
    map_at(OTHER + 0x100000, MP_SIZE, 0);
    EXPECT_EQUAL(space_advise(&space, OTHER + 0x100000, MP_SIZE, ADVICE_REMOVE), STATUS_INVALID_ARGUMENT);
    object_put(&mem->object);
    finish();
}

static enum status move(uaddr_t va, unsigned pages, unsigned new_pages, uaddr_t to, uint64_t flags)
{
    uaddr_t where;
    enum status status = space_move(&space, va, pages * MP_SIZE, new_pages * MP_SIZE, to, flags, &where);
    EXPECT(status != STATUS_OK || where == to);
    return status;
}

TEST(a_region_may_stay_when_its_memory_moves)
{
    start(16);
    map_at(AT, 8 * MP_SIZE, 0);
    write_pages(AT, 8);
    EXPECT_EQUAL(move(AT + 2 * MP_SIZE, 3, 3, OTHER, MOVE_MAY | MOVE_FIXED | MOVE_KEEP), STATUS_OK);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQUAL(read(&space, AT + i * MP_SIZE), i >= 2 && i < 5 ? 0 : i + 1);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQUAL(read(&space, OTHER + i * MP_SIZE), i + 3);
    EXPECT_EQUAL(move(AT, 2, 3, OTHER, MOVE_MAY | MOVE_FIXED | MOVE_KEEP), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(move(AT, 2, 2, OTHER, MOVE_FIXED | MOVE_KEEP), STATUS_INVALID_ARGUMENT);
    finish();
}

TEST(an_object_is_seen_a_second_time)
{
    start(16);
    struct mem_object *mem = map_object(8 * MP_SIZE);
    object_put(&mem->object);
    write_pages(AT, 8);
    EXPECT_EQUAL(move(AT + 3 * MP_SIZE, 0, 4, OTHER, MOVE_MAY | MOVE_FIXED | MOVE_KEEP), STATUS_OK);
    EXPECT_EQUAL(read(&space, OTHER), 4);
    write(OTHER + MP_SIZE, 100);
    EXPECT_EQUAL(read(&space, AT + 4 * MP_SIZE), 100);
    EXPECT_EQUAL(move(AT, 0, 8, AT, MOVE_MAY | MOVE_FIXED | MOVE_KEEP), STATUS_OK); /* in place of itself */
    EXPECT_EQUAL(read(&space, AT + 4 * MP_SIZE), 100);
    map_at(OTHER + 0x100000, MP_SIZE, 0);
    EXPECT_EQUAL(move(OTHER + 0x100000, 0, 1, OTHER, MOVE_MAY | MOVE_FIXED | MOVE_KEEP), STATUS_INVALID_ARGUMENT);
    finish();
}

TEST(every_allocation_of_them_may_fail)
{
    for (uint64_t n = 1; n < 12; n++) {
        start(16);
        map_at(AT, 8 * MP_SIZE, 0);
        write_pages(AT, 8);
        host_fail_after(n, false);
        enum status locked = advise(AT + MP_SIZE, 2, ADVICE_LOCK), left_out = advise(AT + 4 * MP_SIZE, 1, ADVICE_CLONE_EMPTY);
        enum status moved = move(AT + 6 * MP_SIZE, 1, 1, OTHER, MOVE_MAY | MOVE_FIXED | MOVE_KEEP);
        host_fail_after(0, false);
        EXPECT_EQUAL(advise(AT + MP_SIZE, 2, ADVICE_DROP), locked == STATUS_OK ? STATUS_INVALID_ARGUMENT : STATUS_OK);
        EXPECT_EQUAL(read(&space, AT + 6 * MP_SIZE), moved == STATUS_OK ? 0 : 7);
        REQUIRE_EQUAL(space_clone(&space, &child), STATUS_OK);
        EXPECT_EQUAL(read(&child, AT + 4 * MP_SIZE), left_out == STATUS_OK ? 0 : 5);
        finish();
    }
}
