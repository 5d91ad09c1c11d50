/* tables_test.c: page tables are paid for by the task's ledger, and what is large is given back in steps. */
#include <mm/space_fixture.h>
#include <object/work.h>

#define FAR (1ull << 30) /* so that each page has a table of its own */

static uaddr_t map_page(unsigned i)
{
    uaddr_t where = FAR * (i + 1);
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, MP_SIZE, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    return where;
}

TEST(tables_are_paid_for)
{
    start(16, 64 << 20);
    uint64_t before = ledger.used[LEDGER_KERNEL] - arch_space_table_bytes(&space.arch);
    for (unsigned i = 0; i < 50; i++)
        (void)map_page(i);
    uint64_t mapped = ledger.used[LEDGER_KERNEL] - arch_space_table_bytes(&space.arch);
    size_t tables = arch_space_table_bytes(&space.arch);
    EXPECT_EQUAL(tables, MP_SIZE);
    uint64_t spans = 0;
    for (unsigned i = 0; i < 50; i++) {
        EXPECT_EQUAL(space_fault(&space, FAR * (i + 1), PROT_BIT_WRITE), STATUS_OK);
        EXPECT(arch_space_table_bytes(&space.arch) >= tables + MP_SIZE);
        tables = arch_space_table_bytes(&space.arch);
        spans = ledger.used[LEDGER_KERNEL] - tables - mapped;
        EXPECT(spans <= (i + 1) * 128);
    }
    for (unsigned i = 0; i < 50; i++)
        EXPECT_EQUAL(space_unmap(&space, FAR * (i + 1), MP_SIZE), STATUS_OK);
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL] - arch_space_table_bytes(&space.arch), before);
    finish();
}

static bool found(uaddr_t va)
{
    void *pointer;
    uint64_t piece;
    return space_find(&space, va, MP_SIZE, PROT_BIT_READ, &pointer, &piece);
}

/* A look begins in the table of the last one: when that has gone, its memory may be a table of other addresses. */
TEST(what_was_unmapped_is_not_found_in_its_old_table)
{
    start(16, 64 << 20);
    uaddr_t first = FAR;
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, 4 << 20, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &first), STATUS_OK);
    EXPECT_EQUAL(space_fault(&space, first, PROT_BIT_WRITE), STATUS_OK);
    EXPECT(found(first) && found(first));
    EXPECT_EQUAL(space_unmap(&space, first, 4 << 20), STATUS_OK);
    for (unsigned i = 1; i < 10; i++) {
        EXPECT_EQUAL(space_fault(&space, map_page(i), PROT_BIT_WRITE), STATUS_OK);
        EXPECT(!found(first));
    }
    EXPECT(found(FAR * 2) && !found(first) && found(FAR * 10) && !found(first));
    finish();
}

/* The fault says that the limit is reached, and goes through when it is raised. */
TEST(no_room_for_a_table)
{
    start(16, 64 << 20);
    for (unsigned i = 0; i < 30; i++) {
        uaddr_t va = map_page(i);
        ledger.limit[LEDGER_KERNEL] = ledger.used[LEDGER_KERNEL] + 100 * (i % 3) + i / 3 * 500;
        enum status status = space_fault(&space, va, PROT_BIT_WRITE);
        EXPECT(status == STATUS_LEDGER_SPENT || (status == STATUS_OK && i / 3 * 500 > MP_SIZE));
        ledger.limit[LEDGER_KERNEL] = UINT64_MAX;
        EXPECT_EQUAL(space_fault(&space, va, PROT_BIT_WRITE), STATUS_OK);
    }
    finish();
}

TEST(no_memory_for_a_table)
{
    start(16, 64 << 20);
    uaddr_t va = map_page(0);
    for (uint64_t fail = 1; fail < 4; fail++) {
        host_fail_after(fail, true);
        EXPECT_EQUAL(space_fault(&space, va, PROT_BIT_WRITE), STATUS_NO_MEMORY);
        host_fail_after(0, false);
    }
    EXPECT_EQUAL(space_fault(&space, va, PROT_BIT_WRITE), STATUS_OK);
    finish();
}

TEST(task_without_room_for_its_root)
{
    struct space other;
    start(16, 64 << 20);
    ledger.limit[LEDGER_KERNEL] = ledger.used[LEDGER_KERNEL] + MP_SIZE;
    EXPECT_EQUAL(space_init(&other, &ledger), STATUS_LEDGER_SPENT);
    ledger.limit[LEDGER_KERNEL] = UINT64_MAX;
    finish();
}

TEST(tables_end_in_steps)
{
    start(16, 64 << 20);
    for (unsigned i = 0; i < 100; i++)
        EXPECT_EQUAL(space_fault(&space, map_page(i), PROT_BIT_WRITE), STATUS_OK);
    for (unsigned steps = 0; space.regions.root || space.memory.extents.root; steps++) {
        EXPECT(steps < 250);
        EXPECT(!space_destroy_some(&space, 1));
    }
    size_t tables = arch_space_table_bytes(&space.arch);
    for (unsigned steps = 0; steps < 100; steps++) {
        EXPECT(!space_destroy_some(&space, 1));
        EXPECT(tables - arch_space_table_bytes(&space.arch) <= MP_SIZE);
        tables = arch_space_table_bytes(&space.arch);
    }
    finish();
}

/* What a large object held goes in steps after its end, and its ledger is paid back by then. */
TEST(large_object_ends_in_steps)
{
    start(16, 64 << 20);
    struct mem_object *mem, *other;
    REQUIRE_EQUAL(mem_create(&ledger, 64 << 20, &mem), STATUS_OK);
    REQUIRE_EQUAL(mem_create(&ledger, 64 << 20, &other), STATUS_OK);
    void *memory;
    uint64_t length;
    for (uint64_t i = 0; i < 200; i++) { /* in turns, so that extents of one do not join */
        EXPECT_EQUAL(mem_touch(mem, i << 18, true, &memory, &length), STATUS_OK);
        EXPECT_EQUAL(mem_touch(other, i << 18, true, &memory, &length), STATUS_OK);
    }
    uint64_t used = ledger.used[LEDGER_PAGES];
    object_put(&mem->object);
    EXPECT(ledger.used[LEDGER_PAGES] > used / 2 + used / 4);
    EXPECT(work_wanted);
    host_work();
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], used / 2);
    object_put(&other->object);
    finish();
}
