/* zero_pool_test.c: clusters zeroed ahead. */
#include <host.h>
#include <string.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <mm/fill.h>
#include <mm/frames.h>
#include <mm/space.h>
#include <mm/zero_pool.h>
#include <unit.h>

#define RW (PROT_BIT_READ | PROT_BIT_WRITE)
#define AT 0x20000000ull

/* All memory is full of ones, but for what the allocator has in it. */
static void start(unsigned shift, uint64_t ram)
{
    host_boot_simple(shift, ram);
    paddr_t all[2048];
    unsigned count = 0;
    for (; count < 2048 && (all[count] = clusters_alloc(0, CLUSTER_MOVABLE)); count++)
        memset(phys_to_virt(all[count]), 0xff, cluster_size());
    while (count--)
        clusters_free(all[count], 1);
}

static bool is_zero(paddr_t pa, uint64_t size)
{
    const uint64_t *words = phys_to_virt(pa);
    for (uint64_t i = 0; i < size / 8; i++)
        if (words[i])
            return false;
    return true;
}

static unsigned fill_pool(void)
{
    struct zeroing zeroing = {};
    unsigned count = 0;
    for (; zeroing_begin(&zeroing); count++)
        while (zeroing_step(&zeroing)) {
        }
    EXPECT_EQUAL(zeroing.pa, 0);
    return count;
}

TEST(zeroed_ahead_clusters_are_zero_and_counted_free)
{
    struct zeroing zeroing = {};
    start(16, 16 << 20);
    uint64_t before = mm_free_bytes();
    EXPECT(zeroing_begin(&zeroing));
    EXPECT_EQUAL(mm_free_bytes(), before);
    EXPECT_EQUAL(zero_pool_take_one(), 0);
    while (zeroing_step(&zeroing)) {
        EXPECT(zeroing_begin(&zeroing)); /* goes on with the same */
        EXPECT_EQUAL(mm_free_bytes(), before);
    }
    zeroing_end(&zeroing);
    EXPECT_EQUAL(mm_free_bytes(), before);
    paddr_t pa = zero_pool_take_one();
    REQUIRE(pa != 0);
    EXPECT(is_zero(pa, 65536));
    EXPECT_EQUAL(mm_free_bytes(), before - 65536);
    EXPECT(fill_pool() > 0);
    clusters_free(pa, 1);
    EXPECT(zero_pool_drain());
    EXPECT(!zero_pool_drain());
    EXPECT_EQUAL(mm_free_bytes(), before);
    EXPECT_EQUAL(clusters_free_runs(), 1);
    mm_check();
}

TEST(cluster_that_is_half_zeroed_goes_back)
{
    struct zeroing zeroing = {}, other = {};
    start(16, 16 << 20);
    uint64_t before = mm_free_bytes(), runs = clusters_free_runs();
    zeroing_end(&zeroing); /* none */
    EXPECT(zeroing_begin(&zeroing));
    EXPECT(zeroing_begin(&other)); /* two CPUs at a time */
    EXPECT(zeroing.pa != other.pa);
    EXPECT(zeroing_step(&zeroing));
    zeroing_end(&other);
    zeroing_end(&zeroing);
    EXPECT_EQUAL(zero_pool_take_one(), 0);
    EXPECT_EQUAL(mm_free_bytes(), before);
    EXPECT_EQUAL(clusters_free_runs(), runs);
    mm_check();
}

TEST(the_pool_is_bounded_and_given_back_when_nothing_else_is_free)
{
    start(16, 128 << 20);
    uint64_t before = mm_free_bytes(), count = 0;
    (void)fill_pool();
    EXPECT(zero_pool_bytes() > SUPER_SIZE);
    EXPECT(zero_pool_bytes() <= before / 32);
    EXPECT_EQUAL(mm_free_bytes(), before);
    while (clusters_alloc(0, CLUSTER_MOVABLE))
        count++;
    frames_note((int64_t)(count << 16));
    EXPECT_EQUAL(count << 16, before & ~0xffffull);
    EXPECT_EQUAL(zero_pool_held(), 0);
    mm_check();
}

TEST(zeroed_blocks_follow_each_other)
{
    start(16, 512 << 20);
    (void)fill_pool();
    paddr_t last = 0, pa;
    unsigned order = arch_leaf_shift(0) - 16, count = 0;
    EXPECT_EQUAL(zero_pool_take(order + 1), 0);
    for (; (pa = zero_pool_take(order)); count++, last = pa) {
        EXPECT(!(pa & (SUPER_SIZE - 1)));
        EXPECT(is_zero(pa, SUPER_SIZE));
        EXPECT(!last || pa == last + SUPER_SIZE);
    }
    EXPECT(count > 1);
}

TEST(a_block_may_be_given_back_while_a_cpu_zeroes_in_it)
{
    struct zeroing zeroing = {};
    start(16, 128 << 20);
    uint64_t before = mm_free_bytes();
    for (unsigned i = 0; i < 20; i++) { /* into the block */
        EXPECT(zeroing_begin(&zeroing));
        while (zeroing_step(&zeroing)) {
        }
    }
    EXPECT(zeroing_begin(&zeroing));
    EXPECT(zeroing_step(&zeroing));
    EXPECT(zero_pool_drain());
    EXPECT_EQUAL(zero_pool_held(), 1);
    EXPECT_EQUAL(mm_free_bytes(), before);
    while (zeroing_step(&zeroing)) {
    }
    zeroing_end(&zeroing);
    EXPECT(zero_pool_drain());
    EXPECT_EQUAL(zero_pool_held(), 0);
    EXPECT_EQUAL(mm_free_bytes(), before);
    mm_check();
}

static struct ledger ledger;
static struct space space;

static void space_start(void)
{
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(space_init(&space, &ledger), STATUS_OK);
}

static uint64_t *touched(uaddr_t va)
{
    paddr_t pa;
    while (host_access(&space.arch, va, PROT_BIT_WRITE, &pa))
        REQUIRE_EQUAL(space_fault(&space, va, PROT_BIT_WRITE), STATUS_OK);
    return phys_to_virt(pa);
}

/* Every fault of it, in any order, shows zeros, whoever wrote them. */
static void touch_all(uint64_t size, uint64_t step)
{
    uint64_t count = size >> 16;
    for (uint64_t i = 0; i < count; i++) {
        uaddr_t cluster = AT + (i * step % count << 16);
        for (uint64_t at = 0; at < 65536; at += MP_SIZE) {
            uint64_t *words = touched(cluster + at);
            for (unsigned k = 0; k < MP_SIZE / 8; k++)
                REQUIRE(words[k] == 0);
            words[0] = cluster + at;
        }
    }
}

static void faults_take_zeroed_memory(uint64_t step)
{
    start(16, 128 << 20);
    space_start();
    (void)fill_pool();
    uint64_t ready = zero_pool_bytes(), size = 3 * SUPER_SIZE; /* with as much above it, less than the next leaf */
    uaddr_t va = AT;
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, size, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va), STATUS_OK);
    touch_all(size, step);
    EXPECT(counters.zeroed_ahead_bytes <= ready);
    EXPECT_EQUAL(counters.zeroed_ahead_bytes, SUPER_SIZE);
    struct arch_mapping mapping;
    REQUIRE(arch_query(&space.arch, AT, &mapping));
    EXPECT_EQUAL(mapping.size, SUPER_SIZE);
    REQUIRE_EQUAL(space_unmap(&space, AT + SUPER_SIZE / 2, 65536), STATUS_OK); /* and goes back with what was written */
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, 65536, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &(uaddr_t){AT + SUPER_SIZE / 2}), STATUS_OK);
    EXPECT_EQUAL(*touched(AT + SUPER_SIZE / 2), 0);
    mm_check();
    while (!space_destroy_some(&space, 10))
        ;
    mm_check();
}

TEST(faults_in_order_take_zeroed_memory) { faults_take_zeroed_memory(1); }
TEST(faults_in_any_order_take_zeroed_memory) { faults_take_zeroed_memory(37); }

TEST(what_was_freed_into_a_zeroed_block_is_zeroed_again)
{
    start(16, 128 << 20);
    space_start();
    (void)fill_pool();
    uaddr_t va = AT;
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, SUPER_SIZE, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va), STATUS_OK);
    touch_all(8 * 65536, 1);
    REQUIRE_EQUAL(space_advise(&space, AT + 2 * 65536, 2 * 65536, ADVICE_DROP), STATUS_OK);
    for (uint64_t at = 2 * 65536; at < 4 * 65536; at += MP_SIZE)
        EXPECT_EQUAL(*touched(AT + at), 0);
    for (uint64_t at = 8 * 65536; at < SUPER_SIZE; at += MP_SIZE)
        EXPECT_EQUAL(*touched(AT + at), 0);
    mm_check();
    while (!space_destroy_some(&space, 10))
        ;
    mm_check();
}
