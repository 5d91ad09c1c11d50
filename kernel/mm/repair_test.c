/* repair_test.c: superpages made in idle time. */
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/repair.h>
#include <mm/reserve.h>
#include <mm/space_fixture.h>

#define OTHER_AT 0x60000000ull
#define SECOND 1000000000ull

static struct space other;

static void start_two(unsigned shift, uint64_t ram)
{
    start(shift, ram);
    host_time_ns = 0;
    REQUIRE_EQUAL(space_init(&other, &ledger), STATUS_OK);
    space.run_ticks = SECOND;
}

static void finish_two(void)
{
    end_space(&other);
    finish();
    host_time_ns = 0;
}

static void map_at(struct space *s, uaddr_t va, uint64_t size)
{
    REQUIRE_EQUAL(space_map(s, NULL, 0, 0, size, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va), STATUS_OK);
}

static void write(struct space *s, uaddr_t va, uint64_t value)
{
    paddr_t pa;
    while (host_access(&s->arch, va, PROT_BIT_WRITE, &pa))
        REQUIRE_EQUAL(space_fault(s, va, PROT_BIT_WRITE), STATUS_OK);
    *(uint64_t *)phys_to_virt(pa) = value;
}

static size_t leaf_when_read(struct space *s, uaddr_t va)
{
    (void)read(s, va);
    return leaf_size(s, va);
}

/* What an idle CPU does in this time. Returns: steps. */
static unsigned idle(uint64_t ns)
{
    unsigned steps = 0;
    for (uint64_t end = host_time_ns + ns; host_time_ns < end;) {
        REQUIRE(steps < 1000000);
        if (repair_some())
            steps++;
        else
            host_time_ns += 250000;
    }
    return steps;
}

/* Two spaces take all memory in turns, a cluster each, so that no superpage comes of it; then `other` gives some back. */
static void fragment(uint64_t size)
{
    map_at(&space, AT, size);
    map_at(&other, OTHER_AT, 16 << 20);
    REQUIRE_EQUAL(space_advise(&space, AT, size, ADVICE_NO_HUGE), STATUS_OK);
    REQUIRE_EQUAL(space_advise(&other, OTHER_AT, 16 << 20, ADVICE_NO_HUGE), STATUS_OK);
    uint64_t clusters = size >> cluster_shift;
    for (uint64_t i = 0; i < clusters; i++) {
        uint64_t scattered = i * 5 % clusters;
        write(&space, AT + (scattered << cluster_shift), scattered + 1);
        write(&other, OTHER_AT + (i << cluster_shift), i + 1000);
    }
    REQUIRE_EQUAL(space_advise(&space, AT, size, ADVICE_HUGE), STATUS_OK);
    repair_wish(&space);
}

static void verify(uint64_t size)
{
    for (uint64_t i = 0; i < size >> cluster_shift; i++)
        REQUIRE_EQUAL(read(&space, AT + (i << cluster_shift)), i + 1);
}

TEST(what_lies_in_pieces_is_put_together_in_idle_time)
{
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    EXPECT(leaf_when_read(&space, AT) <= 65536);
    (void)idle(SECOND);
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(leaf_when_read(&space, AT + SUPER_SIZE), SUPER_SIZE);
    EXPECT_EQUAL(counters.repairs, 2);
    EXPECT(counters.copied_repair_bytes <= 2 * SUPER_SIZE);
    verify(2 * SUPER_SIZE);
    EXPECT_EQUAL(idle(SECOND), 0); /* and that is that */
    finish_two();
}

TEST(copying_is_paid_with_a_share_of_the_owners_time)
{
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    space.run_ticks = 0;
    (void)idle(SECOND);
    EXPECT_EQUAL(counters.copied_repair_bytes, 0);
    space.run_ticks = 4 * 700000; /* enough for one */
    (void)idle(SECOND);
    EXPECT_EQUAL(counters.repairs, 1);
    space.run_ticks = SECOND;
    (void)idle(SECOND);
    EXPECT_EQUAL(counters.repairs, 2);
    verify(2 * SUPER_SIZE);
    finish_two();
}

TEST(copying_is_limited_in_time)
{
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    (void)idle(2000000);
    EXPECT(counters.copied_repair_bytes > 0 && counters.copied_repair_bytes <= 10 * 65536);
    finish_two();
}

TEST(room_is_made_where_most_is_free)
{
    start_two(16, 16 << 20);
    fragment(3 * SUPER_SIZE);
    /* the rest of memory, but for some clusters here and there */
    uint64_t n = 3 * SUPER_SIZE >> 16, held = 0;
    for (paddr_t pa; (pa = clusters_alloc(0, CLUSTER_MOVABLE)); held++)
        frames_note(65536);
    for (uint64_t i = 0; i < n; i++)
        if (i % 8 != 0)
            REQUIRE_EQUAL(space_unmap(&other, OTHER_AT + (i << 16), 65536), STATUS_OK);
    EXPECT(clusters_largest_order() < 5);
    (void)idle(5 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQUAL(leaf_when_read(&space, AT + i * SUPER_SIZE), SUPER_SIZE);
    verify(3 * SUPER_SIZE);
    for (uint64_t i = 0; i < n; i += 8)
        EXPECT_EQUAL(read(&other, OTHER_AT + (i << 16)), i + 1000);
    space_check(&space);
    space_check(&other);
    mm_check();
    EXPECT(held > 0);
}

TEST(what_cannot_move_is_left_alone)
{
    start_two(16, 32 << 20);
    static paddr_t taken[512];
    unsigned count = 0;
    while ((taken[count] = clusters_alloc(0, CLUSTER_MOVABLE)))
        count++;
    frames_note((int64_t)count << 16);
    for (unsigned i = 0; i < count; i++)
        if ((taken[i] >> 16) % 4) {
            clusters_free(taken[i], 1);
            frames_note(-65536);
        }
    fragment(2 * SUPER_SIZE);
    EXPECT(clusters_free_bytes() > 2 * SUPER_SIZE);
    unsigned steps = idle(3 * SECOND);
    EXPECT(steps < 20000);
    EXPECT(leaf_when_read(&space, AT) <= 65536);
    verify(2 * SUPER_SIZE);
    space_check(&space);
    mm_check();
}

TEST(a_block_that_cannot_be_emptied_does_not_keep_others_from_it)
{
    start_two(16, 16 << 20);
    fragment(2 * SUPER_SIZE);
    static paddr_t taken[256];
    unsigned count = 0;
    while ((taken[count] = clusters_alloc(0, CLUSTER_MOVABLE)))
        count++;
    frames_note((int64_t)count << 16);
    paddr_t block = 0;
    for (unsigned i = 0; i < count && !block; i++) /* one that is taken throughout */
        if (!(taken[i] & (SUPER_SIZE - 1)) && i + 31 < count && taken[i + 31] == taken[i] + 31 * 65536)
            block = taken[i];
    REQUIRE(block != 0);
    clusters_free(block, 31); /* most of it is free, and the last cluster is not movable */
    frames_note(-31 * 65536);
    for (uint64_t i = 0; i < 2 * SUPER_SIZE >> 16; i++)
        if (i % 8 != 0)
            REQUIRE_EQUAL(space_unmap(&other, OTHER_AT + (i << 16), 65536), STATUS_OK);
    (void)idle(5 * SECOND);
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(leaf_when_read(&space, AT + SUPER_SIZE), SUPER_SIZE);
    verify(2 * SUPER_SIZE);
    space_check(&space);
    mm_check();
}

TEST(dma_memory_stays_where_it_is)
{
    struct mem_object *dma;
    paddr_t pa;
    start_two(16, 16 << 20);
    REQUIRE_EQUAL(mem_create_dma(&ledger, 4 * MP_SIZE, &dma, &pa), STATUS_OK);
    uaddr_t va = OTHER_AT - (1 << 20);
    REQUIRE_EQUAL(space_map(&other, dma, RIGHTS_ALL, 0, 4 * MP_SIZE, RW | MAP_FIXED_ADDRESS, &va), STATUS_OK);
    write(&other, va, 4711);
    fragment(2 * SUPER_SIZE);
    (void)idle(3 * SECOND);
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(*(uint64_t *)phys_to_virt(pa), 4711);
    *(uint64_t *)phys_to_virt(pa) = 4712; /* a device writes */
    EXPECT_EQUAL(read(&other, va), 4712);
    object_put(&dma->object);
    finish_two();
}

TEST(half_is_enough_where_the_advice_says_so)
{
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    REQUIRE_EQUAL(space_advise(&space, AT + SUPER_SIZE / 2 + 0x10000, SUPER_SIZE / 2 - 0x10000, ADVICE_DROP), STATUS_OK);
    uint64_t pages = ledger.used[LEDGER_PAGES];
    (void)idle(SECOND);
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], pages + SUPER_SIZE / 2 - 0x10000);
    EXPECT_EQUAL(read(&space, AT + SUPER_SIZE - 8), 0);
    EXPECT_EQUAL(read(&space, AT), 1);
    EXPECT_EQUAL(read(&space, AT + SUPER_SIZE / 2), SUPER_SIZE / 2 / 65536 + 1);
    finish_two();
}

TEST(without_the_advice_nothing_is_added)
{
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    REQUIRE_EQUAL(space_advise(&space, AT, 2 * SUPER_SIZE, ADVICE_NO_HUGE), STATUS_OK);
    (void)idle(SECOND);
    EXPECT_EQUAL(counters.copied_repair_bytes, 0);
    finish_two();
}

TEST(a_space_may_end_at_any_moment)
{
    for (unsigned steps = 0; steps < 90; steps++) {
        start_two(16, 32 << 20);
        fragment(2 * SUPER_SIZE);
        for (unsigned i = 0; i < steps; i++, host_time_ns += 250000)
            (void)repair_some();
        if (steps % 3 == 0)
            REQUIRE_EQUAL(space_unmap(&space, AT + SUPER_SIZE / 2, SUPER_SIZE), STATUS_OK);
        if (steps % 3 == 1)
            REQUIRE_EQUAL(space_protect(&space, AT + SUPER_SIZE / 2, SUPER_SIZE, PROT_BIT_READ), STATUS_OK);
        if (steps % 2)
            (void)idle(SECOND / 100);
        space_check(&space);
        finish_two();
    }
}

TEST(what_is_shared_stays)
{
    static struct space child;
    start_two(16, 32 << 20);
    fragment(2 * SUPER_SIZE);
    REQUIRE_EQUAL(space_init(&child, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_clone(&space, &child), STATUS_OK);
    (void)idle(SECOND);
    EXPECT_EQUAL(counters.copied_repair_bytes, 0);
    end_space(&child);
    (void)idle(2 * SECOND); /* nobody has to wish again */
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    verify(2 * SUPER_SIZE);
    finish_two();
}

TEST(copies_on_write_are_put_together_when_the_other_is_gone)
{
    static struct space child;
    start_two(16, 32 << 20);
    map_at(&space, AT, SUPER_SIZE);
    for (uint64_t i = 0; i < SUPER_SIZE >> 16; i++)
        write(&space, AT + (i << 16), i + 1);
    REQUIRE_EQUAL(space_init(&child, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_clone(&space, &child), STATUS_OK);
    for (uint64_t i = 0; i < SUPER_SIZE >> 16; i += 3)
        write(&space, AT + (i << 16), i + 1);
    end_space(&child);
    EXPECT(leaf_when_read(&space, AT) <= 65536);
    (void)idle(SECOND);
    EXPECT_EQUAL(leaf_when_read(&space, AT), SUPER_SIZE);
    verify(SUPER_SIZE);
    finish_two();
}

TEST(a_failure_at_any_allocation_leaves_all_as_it_was)
{
    for (uint64_t n = 1; n < 60; n++) {
        start_two(16, 32 << 20);
        fragment(2 * SUPER_SIZE);
        host_fail_after(n, n % 2);
        (void)idle(SECOND / 50);
        host_fail_after(0, false);
        verify(2 * SUPER_SIZE);
        (void)idle(SECOND / 2);
        verify(2 * SUPER_SIZE);
        finish_two();
    }
}
