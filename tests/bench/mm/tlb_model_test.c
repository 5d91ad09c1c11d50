/* The model against what was counted in the emulator with TLBs that are exact (QEMU, no hidden entries): refills a pass over pairs in order. */
#include "tlb_model.h"
#include <unit.h>

static const struct tlb_model joint = {"64 pairs", {{1, 64, 64, 12, 63, 21, 1}}};
static const struct tlb_model stlb = {"2048 pairs of 64 KiB", {{1, 2048, 8, 16, 16, 63, 1}, {1, 64, 64, 12, 63, 22, 1}}};
static const struct tlb_model two_levels = {"two levels", {{1, 4, 4, 12, 21, 0, 0}, {2, 16, 4, 12, 21, 0, 0}}};

enum { WARM = 100, PASSES = 400 };

static unsigned misses_a_pass(const struct tlb_model *model, unsigned pairs, unsigned shift)
{
    struct tlb *tlb = tlb_create(model);
    unsigned misses = 0;
    for (unsigned pass = 0; pass < WARM + PASSES; pass++)
        for (unsigned i = 0; i < pairs; i++)
            misses += tlb_access(tlb, (uint64_t)i << (shift + 1), shift) == 0 && pass >= WARM;
    tlb_destroy(tlb);
    return (misses + PASSES / 2) / PASSES;
}

#define EXPECT_ABOUT(value, counted) EXPECT((value) * 50 >= (counted) * 49 && (value) * 50 <= (counted) * 51)

TEST(a_joint_tlb_misses_as_counted)
{
    EXPECT_EQUAL(misses_a_pass(&joint, 64, 12), 0);
    EXPECT_EQUAL(misses_a_pass(&joint, 65, 12), 2);
    EXPECT_ABOUT(misses_a_pass(&joint, 96, 14), 57);
    EXPECT_ABOUT(misses_a_pass(&joint, 128, 16), 103);
}

TEST(an_stlb_misses_as_counted)
{
    EXPECT_EQUAL(misses_a_pass(&stlb, 2048, 16), 0);
    EXPECT_ABOUT(misses_a_pass(&stlb, 2304, 16), 512);
    EXPECT_ABOUT(misses_a_pass(&stlb, 4096, 16), 3315);
    EXPECT_ABOUT(misses_a_pass(&stlb, 96, 14), 57);
}

TEST(what_left_the_first_level_is_found_in_the_second)
{
    struct tlb *tlb = tlb_create(&two_levels);
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQUAL(tlb_access(tlb, (uint64_t)i << 12, 12), 0);
    EXPECT_EQUAL(tlb_access(tlb, 7 << 12, 12), 1);
    EXPECT_EQUAL(tlb_access(tlb, 0, 12), 2);
    EXPECT_EQUAL(tlb_access(tlb, 0xfff, 12), 1);
    EXPECT_EQUAL(tlb_access(tlb, 0, 21), 0); /* another size */
    tlb_destroy(tlb);
}
