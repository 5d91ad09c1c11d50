/* clusters_test.c: the cluster allocator against a byte per cluster. */
#include <host.h>
#include <mm/clusters.h>
#include <mm/frames.h>
#include <mm/space.h>
#include <string.h>
#include <unit.h>

#define MOST 1024u
static uint8_t used[MOST];

static unsigned index_of(paddr_t pa) { return (unsigned)((pa - HOST_RAM_START) >> cluster_shift); }

static void mark(paddr_t pa, uint64_t count, uint8_t value)
{
    for (unsigned i = index_of(pa); i < index_of(pa) + count; i++) {
        REQUIRE(i < MOST && used[i] != value);
        used[i] = value;
    }
}

static bool any_free_block(unsigned order, unsigned clusters)
{
    for (unsigned i = 0; i + (1u << order) <= clusters; i += 1u << order) {
        unsigned n = 0;
        while (n < 1u << order && !used[i + n])
            n++;
        if (n == 1u << order)
            return true;
    }
    return false;
}

static void start(unsigned shift, uint64_t size)
{
    host_boot_simple(shift, size);
    memset(used, 0, sizeof used);
}

TEST(one_run_after_boot)
{
    start(16, 16 << 20);
    EXPECT_EQUAL(clusters_free_runs(), 1);
    EXPECT_EQUAL(clusters_largest_order(), 7); /* the top cluster holds the list of memory ranges */
    EXPECT(mm_free_bytes() > (16u << 20) - 65536 * 2);
    mm_check();
}

TEST(unmovable_comes_from_the_top_movable_from_the_bottom)
{
    start(16, 16 << 20);
    EXPECT_EQUAL(clusters_alloc(0, CLUSTER_MOVABLE), HOST_RAM_START);
    EXPECT_EQUAL(clusters_alloc(0, CLUSTER_UNMOVABLE), HOST_RAM_START + (16 << 20) - 2 * 65536);
}

TEST(blocks_are_naturally_aligned)
{
    start(16, 64 << 20);
    (void)!clusters_alloc(0, CLUSTER_MOVABLE);
    for (unsigned order = 0; order < 8; order++) {
        EXPECT_EQUAL(clusters_alloc(order, CLUSTER_MOVABLE) & ((65536ull << order) - 1), 0);
        EXPECT_EQUAL(clusters_alloc(order, CLUSTER_UNMOVABLE) & ((65536ull << order) - 1), 0);
    }
    clusters_check();
}

TEST(the_smallest_run_that_fits_is_used)
{
    start(16, 64 << 20);
    paddr_t a = clusters_alloc(0, CLUSTER_MOVABLE), b = clusters_alloc(0, CLUSTER_MOVABLE);
    EXPECT_EQUAL(b, a + 65536);
    clusters_free(a, 1);
    EXPECT_EQUAL(clusters_alloc(0, CLUSTER_MOVABLE), a);
}

static void random_operations(unsigned shift, unsigned clusters, unsigned steps)
{
    struct { paddr_t pa; uint64_t count; } held[256];
    unsigned held_count = 0;
    start(shift, (uint64_t)clusters << shift);
    used[clusters - 1] = 1; /* the allocator's own */
    for (unsigned step = 0; step < steps; step++) {
        unsigned order = (unsigned)unit_random_below(6), what = (unsigned)unit_random_below(8);
        if (what < 4 && held_count < 256) {
            enum cluster_use use = what < 2 ? CLUSTER_MOVABLE : CLUSTER_UNMOVABLE;
            paddr_t pa = clusters_alloc(order, use);
            REQUIRE_EQUAL(pa != 0, any_free_block(order, clusters));
            if (!pa)
                continue;
            REQUIRE_EQUAL((pa >> shift) & ((1u << order) - 1), 0);
            mark(pa, 1ull << order, 1);
            held[held_count].pa = pa;
            held[held_count++].count = 1ull << order;
        } else if (what == 4 && held_count < 256) {
            unsigned at = (unsigned)unit_random_below(clusters - 8), count = 1 + (unsigned)unit_random_below(8);
            paddr_t pa = HOST_RAM_START + ((paddr_t)at << shift);
            bool free = !memchr(used + at, 1, count);
            REQUIRE_EQUAL(clusters_claim(pa, count), free);
            if (!free)
                continue;
            mark(pa, count, 1);
            held[held_count].pa = pa;
            held[held_count++].count = count;
        } else if (held_count) { /* free all or a part of one */
            unsigned i = (unsigned)unit_random_below(held_count);
            uint64_t part = unit_random_below(held[i].count) + 1;
            memset(phys_to_virt(held[i].pa), 0x5a, part << shift < 4096 ? part << shift : 4096);
            clusters_free(held[i].pa, part);
            mark(held[i].pa, part, 0);
            held[i].pa += part << shift;
            held[i].count -= part;
            if (!held[i].count)
                held[i] = held[--held_count];
        }
        if (step % 64 == 0)
            clusters_check();
    }
    while (held_count--)
        clusters_free(held[held_count].pa, held[held_count].count);
    mm_check();
    EXPECT_EQUAL(clusters_free_runs(), 1);
}

TEST(random_operations_64k) { random_operations(16, 512, 60000); }
TEST(random_operations_mp) { random_operations(MP_SHIFT, 1000, 60000); }
TEST(random_operations_256k) { random_operations(18, 200, 60000); }

TEST(several_ranges_and_odd_ends)
{
    const uint64_t sizes[] = {(5 << 20) + 3 * MP_SIZE, 64 << 20, MP_SIZE, (1 << 20) + 4 * MP_SIZE};
    host_boot(16, sizes, 4, 17 * MP_SIZE);
    EXPECT_EQUAL(mm_total_bytes(), sizes[0] + sizes[1] + sizes[2] + sizes[3]);
    mm_check();
}

TEST(released_range_becomes_usable)
{
    host_boot_simple(16, 16 << 20);
    struct boot_info info = host_boot_info;
    info.image = (struct boot_range){HOST_RAM_START + 0x123000, HOST_RAM_START + 0x456000};
    info.kernel = (struct boot_range){HOST_RAM_START + 0x456000, HOST_RAM_START + 0x500000};
    info.reserved[info.reserved_count++] = (struct boot_range){HOST_RAM_START, HOST_RAM_START + 100};
    mm_init(&info, 16);
    mm_check();
    EXPECT_EQUAL(mm_total_bytes(), (16 << 20) - 0x500000 + 0x123000 - MP_SIZE);
    mm_release_range(info.image.start, info.image.end);
    EXPECT_EQUAL(mm_total_bytes(), (16 << 20) - 0xaa000 - MP_SIZE);
    mm_check();
}
