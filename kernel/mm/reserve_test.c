/* reserve_test.c: reservations, and the leaves that come of them. */
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/reserve.h>
#include <mm/space_fixture.h>

#define LARGE (1ull << arch_leaf_shift(1))

static struct space other;

static void map_at(struct space *s, uaddr_t va, uint64_t size, uint64_t flags)
{
    REQUIRE_EQUAL(space_map(s, NULL, 0, 0, size, flags | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va), STATUS_OK);
}

static enum status write(struct space *s, uaddr_t va, uint64_t value)
{
    paddr_t pa;
    while (host_access(&s->arch, va, PROT_BIT_WRITE, &pa)) {
        enum status status = space_fault(s, va, PROT_BIT_WRITE);
        if (status != STATUS_OK)
            return status;
    }
    *(uint64_t *)phys_to_virt(pa) = value;
    return STATUS_OK;
}

static paddr_t pa_of(struct space *s, uaddr_t va) { return extent_pa(extent_at(&s->memory, va), va); }

/* Touch each cluster of the range once, in any order. */
static void touch_at_random(struct space *s, uaddr_t va, uint64_t size)
{
    uint64_t count = size >> cluster_shift, step = count / 2 + 1 + 2 * unit_random_below(count / 4 + 1), at = unit_random_below(count);
    while (count % step == 0 || (step % 2 == 0))
        step++;
    for (uint64_t i = 0; i < count; i++, at = (at + step) % count)
        REQUIRE_EQUAL(write(s, va + (at << cluster_shift), at + 1), STATUS_OK);
}

TEST(the_first_touch_keeps_an_aligned_block)
{
    start(16, 32 << 20);
    uint64_t free = mm_free_bytes();
    map_at(&space, AT, SUPER_SIZE, RW);
    REQUIRE_EQUAL(write(&space, AT + 0x70000, 1), STATUS_OK);
    EXPECT_EQUAL(pa_of(&space, AT + 0x70000) & (SUPER_SIZE - 1), 0x70000);
    EXPECT_EQUAL(blocks_count(), 1);
    EXPECT_EQUAL(blocks_free_bytes(), SUPER_SIZE - 65536);
    EXPECT(free - mm_free_bytes() < 2 * 65536); /* what is kept is free */
    paddr_t block = pa_of(&space, AT + 0x70000) & ~(SUPER_SIZE - 1);
    for (unsigned i = 0; i < 32; i++) { /* others go elsewhere */
        paddr_t pa = clusters_alloc(0, i % 2 ? CLUSTER_MOVABLE : CLUSTER_UNMOVABLE);
        EXPECT(pa && (pa < block || pa >= block + SUPER_SIZE));
        EXPECT(!clusters_claim(block, 1));
        frames_note(65536);
    }
    check(&space);
}

static void fill_in_any_order(unsigned shift, bool pairs)
{
    for (unsigned round = 0; round < 8; round++) {
        if (pairs)
            host_choose_pairs();
        start(shift, 32 << 20);
        map_at(&space, AT - 2 * MP_SIZE, 2 * SUPER_SIZE, RW);
        touch_at_random(&space, AT, SUPER_SIZE);
        EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE);
        EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE - MP_SIZE), SUPER_SIZE);
        EXPECT_EQUAL(counters.promotions, 1);
        EXPECT_EQUAL(counters.copied_gather_bytes + counters.copied_cow_bytes, 0);
        EXPECT_EQUAL(counters.reservations_filled, 1);
        for (uint64_t at = 0; at < SUPER_SIZE; at += cluster_size())
            REQUIRE_EQUAL(read(&space, AT + at), (at >> cluster_shift) + 1);
        finish();
    }
}

TEST(a_block_filled_in_any_order_becomes_a_superpage_without_copying) { fill_in_any_order(16, false); }
TEST(so_it_does_with_clusters_of_an_mp) { fill_in_any_order(MP_SHIFT, false); }
TEST(so_it_does_with_clusters_of_256k) { fill_in_any_order(18, false); }
TEST(so_it_does_with_pairs) { fill_in_any_order(16, true); }

static void fill_large(bool pairs)
{
    if (pairs)
        host_choose_pairs();
    start(16, 64 << 20);
    map_at(&space, AT, LARGE, RW);
    touch_at_random(&space, AT, LARGE);
    EXPECT_EQUAL(leaf_size(&space, AT), LARGE);
    EXPECT_EQUAL(counters.reservations_made, 1);
    /* one level at a time, and only around what changes */
    REQUIRE_EQUAL(space_protect(&space, AT + SUPER_SIZE + 0x30000, MP_SIZE, PROT_BIT_READ), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT + LARGE - MP_SIZE), SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE), 65536);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE + 0x30000), MP_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE + 0x40000), 65536);
    EXPECT(counters.demotions >= 2);
    REQUIRE_EQUAL(space_protect(&space, AT + SUPER_SIZE + 0x30000, MP_SIZE, RW), STATUS_OK);
    REQUIRE_EQUAL(write(&space, AT + SUPER_SIZE + 0x30000, 9), STATUS_OK);
    check(&space);
    REQUIRE_EQUAL(space_unmap(&space, AT + 0x10000, MP_SIZE), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&space, AT), 65536);
    EXPECT_EQUAL(leaf_size(&space, AT + 0x10000), 0);
    EXPECT_EQUAL(read(&space, AT + SUPER_SIZE + 0x30000), 9);
    finish();
}

TEST(larger_leaves_are_prepared_too_and_split_one_level_at_a_time) { fill_large(false); }
TEST(larger_leaves_of_pairs_are_split_one_level_at_a_time) { fill_large(true); }

TEST(reservations_never_make_an_allocation_fail)
{
    start(16, 32 << 20);
    for (unsigned i = 0; i < 12; i++) {
        map_at(&space, AT + i * 2 * SUPER_SIZE, SUPER_SIZE, RW);
        REQUIRE_EQUAL(write(&space, AT + i * 2 * SUPER_SIZE, i + 1), STATUS_OK);
    }
    EXPECT(blocks_count() >= 10);
    uint64_t clusters = 0;
    for (; clusters_alloc(0, CLUSTER_MOVABLE); clusters++)
        frames_note(65536);
    EXPECT_EQUAL(clusters_free_bytes(), 0);
    EXPECT(clusters >= (32 << 20) / 65536 - 12 - 4);
    EXPECT_EQUAL(blocks_count(), 0);
    for (unsigned i = 0; i < 12; i++)
        EXPECT_EQUAL(read(&space, AT + i * 2 * SUPER_SIZE), i + 1);
    check(&space);
}

TEST(the_coldest_reservation_is_broken_first)
{
    start(16, 32 << 20);
    for (unsigned i = 0; i < 4; i++) {
        map_at(&space, AT + i * 2 * SUPER_SIZE, SUPER_SIZE, RW);
        REQUIRE_EQUAL(write(&space, AT + i * 2 * SUPER_SIZE, 1), STATUS_OK);
    }
    REQUIRE_EQUAL(write(&space, AT + 0x10000, 1), STATUS_OK); /* the second one is the coldest now */
    uint64_t count = blocks_count();
    while (blocks_count() == count) {
        REQUIRE(clusters_alloc(0, CLUSTER_MOVABLE) != 0);
        frames_note(65536);
    }
    paddr_t kept = pa_of(&space, AT), broken = pa_of(&space, AT + 2 * SUPER_SIZE);
    REQUIRE_EQUAL(write(&space, AT + 0x20000, 1), STATUS_OK);
    EXPECT_EQUAL(pa_of(&space, AT + 0x20000), kept + 0x20000);
    EXPECT_EQUAL(counters.reservations_broken, 1);
    EXPECT(!clusters_claim(kept + 0x30000, 1));
    EXPECT(clusters_claim(broken + SUPER_SIZE - 0x10000, 1));
    frames_note(65536);
    check(&space);
}

TEST(what_is_unmapped_goes_back_to_its_reservation)
{
    start(16, 32 << 20);
    map_at(&space, AT, SUPER_SIZE, RW);
    touch_at_random(&space, AT, SUPER_SIZE / 2);
    paddr_t pa = pa_of(&space, AT);
    REQUIRE_EQUAL(space_advise(&space, AT, 4 * 65536, ADVICE_DROP), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 1);
    check(&space);
    REQUIRE_EQUAL(write(&space, AT + 65536, 1), STATUS_OK);
    EXPECT_EQUAL(pa_of(&space, AT + 65536), pa + 65536);
    REQUIRE_EQUAL(space_unmap(&space, AT, SUPER_SIZE), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 0);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(clusters_largest_order(), 8);
    finish();
}

TEST(stacks_are_not_reserved_for)
{
    start(16, 64 << 20);
    for (unsigned i = 0; i < 8; i++) {
        map_at(&space, AT + i * 16 * SUPER_SIZE, 4 * SUPER_SIZE, RW);
        REQUIRE_EQUAL(write(&space, AT + i * 16 * SUPER_SIZE + 4 * SUPER_SIZE - 8, 1), STATUS_OK);
        REQUIRE_EQUAL(write(&space, AT + i * 16 * SUPER_SIZE + 4 * SUPER_SIZE - 65536 - 8, 1), STATUS_OK);
    }
    EXPECT_EQUAL(blocks_count(), 0);
    finish();
}

TEST(a_block_is_filled_in_order_with_detours)
{
    start(16, 32 << 20);
    map_at(&space, AT, 2 * SUPER_SIZE, RW);
    uint64_t free = clusters_free_bytes();
    for (unsigned i = 0; i < 8; i++) {
        REQUIRE_EQUAL(write(&space, AT + i * 65536, i), STATUS_OK);
        check(&space);
    }
    EXPECT(clusters_free_bytes() >= free - 10 * 65536);
    REQUIRE_EQUAL(write(&space, AT + 20 * 65536, 20), STATUS_OK);
    check(&space);
    for (unsigned i = 8; i < 18; i++)
        REQUIRE_EQUAL(write(&space, AT + i * 65536, i), STATUS_OK);
    check(&space);
    REQUIRE_EQUAL(space_advise(&space, AT + 16 * 65536, 2 * 65536, ADVICE_DROP), STATUS_OK); /* beside what is kept ahead */
    check(&space);
    for (unsigned i = 16; i < 32; i++)
        REQUIRE_EQUAL(write(&space, AT + i * 65536, i), STATUS_OK);
    check(&space);
    EXPECT_EQUAL(blocks_count(), 0);
    EXPECT_EQUAL(pa_of(&space, AT + SUPER_SIZE - 65536), pa_of(&space, AT) + SUPER_SIZE - 65536);
    for (unsigned i = 0; i < 32; i++)
        EXPECT_EQUAL(read(&space, AT + i * 65536), i);
    finish();
}

TEST(advice_decides)
{
    start(16, 32 << 20);
    map_at(&space, AT, 2 * SUPER_SIZE, RW);
    EXPECT_EQUAL(space_advise(&space, AT, SUPER_SIZE, ADVICE_NO_HUGE), STATUS_OK);
    EXPECT_EQUAL(space_advise(&space, AT + SUPER_SIZE, 2 * SUPER_SIZE, ADVICE_NO_HUGE), STATUS_BAD_ADDRESS);
    touch_at_random(&space, AT, 2 * SUPER_SIZE);
    EXPECT(leaf_size(&space, AT) <= 65536);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE), SUPER_SIZE);
    EXPECT_EQUAL(space_advise(&space, AT, 2 * SUPER_SIZE, ADVICE_NO_HUGE), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE), 0);
    (void)read(&space, AT + SUPER_SIZE);
    EXPECT(leaf_size(&space, AT + SUPER_SIZE) <= 4 * 65536);
    EXPECT_EQUAL(space_advise(&space, AT, 2 * SUPER_SIZE, ADVICE_HUGE), STATUS_OK);
    (void)read(&space, AT + SUPER_SIZE + 5 * MP_SIZE);
    struct region_info info;
    REQUIRE_EQUAL(space_query(&space, AT, &info), STATUS_OK);
    EXPECT_EQUAL(info.end, AT + 2 * SUPER_SIZE); /* one region again */
    finish();
}

TEST(a_growing_heap_becomes_superpages)
{
    start(16, 64 << 20);
    uaddr_t heap = AT + 0x51000;
    for (uint64_t size = 0; size < 5 * SUPER_SIZE; size += 0x21000) {
        map_at(&space, heap + size, 0x21000, RW);
        for (uint64_t at = 0; at < 0x21000; at += MP_SIZE)
            REQUIRE_EQUAL(write(&space, heap + size + at, at), STATUS_OK);
    }
    for (unsigned i = 2; i < 5; i++)
        EXPECT_EQUAL(leaf_size(&space, AT + i * SUPER_SIZE), SUPER_SIZE);
    EXPECT(counters.copied_gather_bytes < 64 * MP_SIZE);
    finish();
}

TEST(a_clone_that_writes_everything_gets_superpages_of_its_own)
{
    start(16, 64 << 20);
    map_at(&space, AT, 2 * SUPER_SIZE, RW);
    touch_at_random(&space, AT, 2 * SUPER_SIZE);
    REQUIRE_EQUAL(space_init(&other, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_clone(&space, &other), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(read(&other, AT), 1);
    EXPECT_EQUAL(leaf_size(&other, AT), SUPER_SIZE); /* the same one, read-only */
    for (uint64_t at = 0; at < 2 * SUPER_SIZE; at += MP_SIZE)
        REQUIRE_EQUAL(write(&other, AT + at, at + 7), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&other, AT), SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&other, AT + SUPER_SIZE), SUPER_SIZE);
    EXPECT_EQUAL(counters.copied_cow_bytes, 2 * SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE); /* and the first keeps its own */
    REQUIRE_EQUAL(write(&space, AT, 3), STATUS_OK);
    EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(counters.copied_cow_bytes, 2 * SUPER_SIZE);
    EXPECT_EQUAL(read(&other, AT), 7);
    end_space(&other);
    finish();
}

TEST(an_object_is_reserved_for_too)
{
    struct mem_object *mem;
    start(16, 32 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 2 * SUPER_SIZE, &mem), STATUS_OK);
    uaddr_t where = AT;
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0, 2 * SUPER_SIZE, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    touch_at_random(&space, AT, 2 * SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, AT + SUPER_SIZE), SUPER_SIZE);
    mem_check(mem);
    REQUIRE_EQUAL(mem_resize(mem, 0x10000), STATUS_OK);
    mem_check(mem);
    object_put(&mem->object);
    finish();
}

TEST(moved_memory_takes_its_reservation_along)
{
    uaddr_t where;
    start(16, 32 << 20);
    map_at(&space, AT, SUPER_SIZE, RW);
    touch_at_random(&space, AT, SUPER_SIZE / 4);
    REQUIRE_EQUAL(space_move(&space, AT, SUPER_SIZE, 2 * SUPER_SIZE, AT + 8 * SUPER_SIZE, MOVE_FIXED, &where), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 1);
    touch_at_random(&space, where, 2 * SUPER_SIZE);
    EXPECT_EQUAL(leaf_size(&space, where), SUPER_SIZE);
    map_at(&space, AT, SUPER_SIZE, RW);
    REQUIRE_EQUAL(write(&space, AT, 1), STATUS_OK);
    REQUIRE_EQUAL(space_move(&space, AT, SUPER_SIZE / 2, SUPER_SIZE / 2, AT + SUPER_SIZE, MOVE_FIXED, &where), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 0);
    REQUIRE_EQUAL(write(&space, AT + SUPER_SIZE / 2, 1), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + SUPER_SIZE), 1);
    finish();
}

TEST(a_spent_ledger_means_no_reservation_and_nothing_else)
{
    start(16, 32 << 20);
    map_at(&space, AT, SUPER_SIZE, RW);
    uint64_t before = ledger.used[LEDGER_KERNEL];
    REQUIRE_EQUAL(write(&space, AT, 1), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 1);
    REQUIRE_EQUAL(space_advise(&space, AT, SUPER_SIZE, ADVICE_DROP), STATUS_OK);
    REQUIRE_EQUAL(write(&space, AT, 1), STATUS_OK);
    uint64_t needed = ledger.used[LEDGER_KERNEL] - before; /* with the record */
    REQUIRE_EQUAL(space_advise(&space, AT, SUPER_SIZE, ADVICE_DROP), STATUS_OK);
    ledger.limit[LEDGER_KERNEL] = before + needed;
    EXPECT_EQUAL(write(&space, AT, 1), STATUS_OK);
    EXPECT_EQUAL(blocks_count(), 0);
    ledger.limit[LEDGER_KERNEL] = UINT64_MAX;
    finish();
}

static void count_all(uaddr_t va, uint64_t size, unsigned steps, unsigned long long *bytes)
{
    uaddr_t end = va + size;
    for (unsigned i = 0; i < MAPPING_SIZES; i++)
        bytes[i] = 0;
    while (va < end)
        va = arch_count_mappings(&space.arch, va, end, steps, bytes);
    REQUIRE_EQUAL(va, end);
}

TEST(the_sizes_of_mappings_are_told)
{
    unsigned long long bytes[MAPPING_SIZES], in_steps[MAPPING_SIZES];
    start(16, 64 << 20);
    map_at(&space, AT, LARGE + SUPER_SIZE, RW);
    touch_at_random(&space, AT, LARGE);
    REQUIRE_EQUAL(space_protect(&space, AT + SUPER_SIZE + 0x30000, MP_SIZE, PROT_BIT_READ), STATUS_OK);
    count_all(AT - 5 * SUPER_SIZE, 20 * SUPER_SIZE, 1000, bytes);
    count_all(AT - 5 * SUPER_SIZE, 20 * SUPER_SIZE, 1, in_steps);
    unsigned long long sum = 0;
    for (unsigned i = 0; i < MAPPING_SIZES; i++) {
        EXPECT_EQUAL(bytes[i], in_steps[i]);
        sum += bytes[i];
    }
    EXPECT_EQUAL(sum, LARGE);
    EXPECT_EQUAL(bytes[arch_leaf_shift(0) - 12], LARGE - SUPER_SIZE);
    EXPECT_EQUAL(bytes[16 - 12], SUPER_SIZE - 65536);
    EXPECT_EQUAL(bytes[0], 65536);
    finish();
}

TEST(what_is_held_is_told)
{
    uint64_t value, kernel;
    start(16, 64 << 20);
    map_at(&space, AT, SUPER_SIZE, RW);
    REQUIRE_EQUAL(write(&space, AT, 1), STATUS_OK);
    EXPECT(memory_figure(MEMORY_REGIONS, &value) && value == sizeof(struct region));
    EXPECT(memory_figure(MEMORY_EXTENTS, &value) && value == sizeof(struct span));
    EXPECT(memory_figure(MEMORY_PAGE_TABLES, &value) && value == arch_space_table_bytes(&space.arch));
    EXPECT(memory_figure(MEMORY_RESERVATIONS, &value) && value == 1);
    EXPECT(memory_figure(MEMORY_RUNS_OF_ORDER + 8, &value) && value == 1); /* 16 MiB of what is left */
    EXPECT(!memory_figure(MEMORY_HELD_END, &value) && !memory_figure(MEMORY_DONE_END, &value) && !memory_figure(UINT64_MAX, &value));
    finish();
    EXPECT(memory_figure(MEMORY_REGIONS, &value) && value == 0);
    EXPECT(memory_figure(MEMORY_EXTENTS, &value) && value == 0);
    EXPECT(memory_figure(MEMORY_PAGE_TABLES, &value) && value == 0);
    EXPECT(memory_figure(MEMORY_OBJECT_RECORDS, &value) && value == 0);
    EXPECT(memory_figure(MEMORY_KERNEL, &kernel) && memory_figure(MEMORY_HEAP, &value) && value <= kernel);
}
