/* carve_test.c: pieces of clusters and the kernel heap. */
#include <host.h>
#include <mm/carve.h>
#include <mm/clusters.h>
#include <mm/frames.h>
#include <mm/space.h>
#include <string.h>
#include <unit.h>

#define SLOTS 512u

static void check_pattern(paddr_t pa, uint64_t size, uint8_t value)
{
    const uint8_t *bytes = phys_to_virt(pa);
    REQUIRE(bytes[0] == value && bytes[size - 1] == value && bytes[size / 2] == value);
}

static void random_pieces(unsigned shift, unsigned steps)
{
    struct { paddr_t pa; uint64_t size; unsigned order; bool kernel; uint8_t value; } held[SLOTS];
    unsigned count = 0;
    host_boot_simple(shift, 4 << 20);
    uint64_t free_at_start = mm_free_bytes();
    for (unsigned step = 0; step < steps; step++) {
        if (count < SLOTS && unit_random_below(8) < 4) {
            unsigned order = (unsigned)unit_random_below(4) * (unsigned)unit_random_below(3);
            bool kernel = unit_random_below(2);
            paddr_t pa = kernel ? mp_alloc(order, false) : frames_alloc(order);
            if (!pa)
                continue;
            REQUIRE_EQUAL(pa & ((MP_SIZE << order) - 1), 0);
            held[count].pa = pa;
            held[count].size = MP_SIZE << order;
            held[count].order = order;
            held[count].kernel = kernel;
            held[count].value = (uint8_t)unit_random();
            memset(phys_to_virt(pa), held[count].value, MP_SIZE << order);
            count++;
        } else if (count) {
            unsigned i = (unsigned)unit_random_below(count);
            check_pattern(held[i].pa, held[i].size, held[i].value);
            uint64_t part = held[i].kernel ? held[i].size : (unit_random_below(held[i].size >> MP_SHIFT) + 1) << MP_SHIFT;
            if (held[i].kernel)
                mp_free(held[i].pa, held[i].order);
            else
                frames_free(held[i].pa, part);
            held[i].pa += part;
            held[i].size -= part;
            if (!held[i].size)
                held[i] = held[--count];
        }
        if (step % 128 == 0)
            mm_check();
    }
    while (count--)
        if (held[count].kernel)
            mp_free(held[count].pa, held[count].order);
        else
            frames_free(held[count].pa, held[count].size);
    mm_check();
    EXPECT(mm_free_bytes() + 2 * MP_SIZE >= free_at_start); /* a page of records may stay */
}

TEST(random_pieces_of_64k) { random_pieces(16, 60000); }
TEST(random_pieces_of_256k) { random_pieces(18, 60000); }
TEST(random_pieces_of_two_mps) { random_pieces(MP_SHIFT + 1, 60000); }
TEST(random_pieces_of_mp) { random_pieces(MP_SHIFT, 60000); }

TEST(piece_is_zeroed_when_asked)
{
    host_boot_simple(16, 4 << 20);
    paddr_t pa = mp_alloc(1, true);
    const uint64_t *words = phys_to_virt(pa);
    for (unsigned i = 0; i < 2 * MP_SIZE / 8; i++)
        REQUIRE(words[i] == 0);
    mp_free(pa, 1);
}

TEST(freeing_single_mps_of_whole_clusters_needs_no_memory)
{
    host_boot_simple(16, 4 << 20);
    paddr_t clusters[64];
    unsigned count = 0;
    while ((clusters[count] = clusters_alloc(0, CLUSTER_MOVABLE)) != 0)
        count++;
    while (frames_alloc(0))
        ;
    while (mp_alloc(0, false))
        ;
    frames_note((int64_t)count << 16);
    host_fail_after(1, true);
    for (unsigned i = 0; i < count; i++) /* every second MP */
        for (unsigned mp = 0; mp < 16; mp += 2)
            frames_free(clusters[i] + mp * MP_SIZE, MP_SIZE);
    mm_check();
    for (unsigned i = 0; i < count; i++)
        for (unsigned mp = 1; mp < 16; mp += 2)
            frames_free(clusters[i] + mp * MP_SIZE, MP_SIZE);
    mm_check();
    EXPECT(clusters_free_bytes() + (3 << 16) >= (uint64_t)count << 16);
}

/* More records at once than pages of them may stay. */
TEST(records_keep_no_cluster_of_users)
{
    enum { COUNT = 500 };
    static paddr_t clusters[COUNT];
    host_boot_simple(16, 64 << 20);
    for (unsigned i = 0; i < COUNT; i++)
        REQUIRE((clusters[i] = clusters_alloc(0, CLUSTER_MOVABLE)) != 0);
    frames_note(COUNT * 65536);
    for (unsigned i = 0; i < COUNT; i++)
        frames_free(clusters[i] + i % 16 * MP_SIZE, MP_SIZE);
    EXPECT(carve_own_bytes() >= COUNT / 64 * MP_SIZE);
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned hole = i % 16;
        frames_free(clusters[i], hole * MP_SIZE);
        frames_free(clusters[i] + (hole + 1) * MP_SIZE, (15 - hole) * MP_SIZE);
    }
    mm_check();
    for (unsigned i = 0; i < COUNT; i++)
        EXPECT(clusters_claim(clusters[i], 1));
    EXPECT(carve_own_bytes() <= 4 * MP_SIZE);
}

TEST(claim_takes_free_neighbours_only)
{
    host_boot_simple(16, 4 << 20);
    paddr_t cluster = clusters_alloc(0, CLUSTER_MOVABLE);
    frames_note(65536);
    frames_free(cluster + 4 * MP_SIZE, 4 * MP_SIZE); /* may keep one for its record */
    frames_free(cluster + 12 * MP_SIZE, 4 * MP_SIZE);
    EXPECT(frames_claim(cluster + 12 * MP_SIZE, 2 * MP_SIZE));
    EXPECT(!frames_claim(cluster + 12 * MP_SIZE, 2 * MP_SIZE));
    EXPECT(!frames_claim(cluster, MP_SIZE));
    EXPECT(!frames_claim(cluster + 10 * MP_SIZE, 4 * MP_SIZE));
    mm_check();
}

TEST(heap_objects_are_zero_aligned_and_apart)
{
    struct { uint8_t *at; size_t size; uint8_t value; } held[SLOTS] = {};
    host_boot_simple(16, 16 << 20);
    uint64_t free_at_start = mm_free_bytes();
    for (unsigned step = 0; step < 60000; step++) {
        unsigned i = (unsigned)unit_random_below(SLOTS);
        if (held[i].at) {
            for (size_t b = 0; b < held[i].size; b += 1 + held[i].size / 16)
                REQUIRE(held[i].at[b] == held[i].value);
            kernel_free(held[i].at, held[i].size);
            held[i].at = NULL;
            continue;
        }
        held[i].size = 1 + (size_t)unit_random_below(unit_random_below(8) ? 600 : 3 * MP_SIZE);
        held[i].value = (uint8_t)(1 + unit_random_below(255));
        held[i].at = kernel_alloc(held[i].size);
        REQUIRE(held[i].at != NULL);
        REQUIRE_EQUAL((uintptr_t)held[i].at & 15, 0);
        REQUIRE(held[i].size % 64 || !((uintptr_t)held[i].at & 63));
        for (size_t b = 0; b < held[i].size; b++)
            REQUIRE(held[i].at[b] == 0);
        memset(held[i].at, held[i].value, held[i].size);
        if (step % 256 == 0)
            mm_check();
    }
    for (unsigned i = 0; i < SLOTS; i++)
        kernel_free(held[i].at, held[i].size);
    mm_check();
    EXPECT(mm_free_bytes() + 48 * MP_SIZE >= free_at_start); /* an empty slab a class may stay */
}
