#include <boot_info.h>
#include <unit.h>

TEST(ram_is_sorted_and_joined)
{
    struct boot_info info = {0};
    EXPECT(boot_add_ram(&info, 0x5000, 0x6000));
    EXPECT(boot_add_ram(&info, 0x1000, 0x2000));
    EXPECT(boot_add_ram(&info, 0x8000, 0x9000));
    EXPECT(boot_add_ram(&info, 0x3000, 0x3000));
    REQUIRE_EQUAL(info.ram_count, 3);
    EXPECT_EQUAL(info.ram[0].start, 0x1000);
    EXPECT_EQUAL(info.ram[2].end, 0x9000);
    EXPECT(boot_add_ram(&info, 0x2000, 0x5800));
    REQUIRE_EQUAL(info.ram_count, 2);
    EXPECT_EQUAL(info.ram[0].start, 0x1000);
    EXPECT_EQUAL(info.ram[0].end, 0x6000);
    EXPECT(boot_add_ram(&info, 0, 0x10000));
    REQUIRE_EQUAL(info.ram_count, 1);
    EXPECT_EQUAL(info.ram[0].end, 0x10000);
}

TEST(full_tables_say_so)
{
    struct boot_info info = {0};
    for (paddr_t i = 0; i < BOOT_RANGES; i++) {
        EXPECT(boot_add_ram(&info, i * 0x2000, i * 0x2000 + 0x1000));
        EXPECT(boot_reserve(&info, i * 0x2000, i * 0x2000 + 0x1000));
    }
    EXPECT(!boot_add_ram(&info, BOOT_RANGES * 0x2000, BOOT_RANGES * 0x2000 + 1));
    EXPECT(!boot_reserve(&info, BOOT_RANGES * 0x2000, BOOT_RANGES * 0x2000 + 1));
    EXPECT(boot_reserve(&info, 0x10, 0x20)); /* inside one that is there */
}
