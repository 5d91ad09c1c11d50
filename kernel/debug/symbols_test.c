#include <debug/symbols.h>
#include <lib/string.h>
#include <unit.h>

static const struct symbol three[] = {{0, 0}, {0x10, 6}, {0x40, 13}};
static const struct symbol_table table = {0x1000, 0x1050, 3, three, "first\0second\0third"};

TEST(address_inside_a_function_is_found)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(&table, 0x1012, &offset);
    REQUIRE(name);
    EXPECT(strcmp(name, "second") == 0);
    EXPECT_EQUAL(offset, 2);
}

TEST(first_and_last_byte_are_found)
{
    uintptr_t offset = 0;
    const char *first = symbol_find(&table, 0x1000, &offset), *last = symbol_find(&table, 0x104f, &offset);
    REQUIRE(first && last);
    EXPECT(strcmp(first, "first") == 0);
    EXPECT(strcmp(last, "third") == 0);
    EXPECT_EQUAL(offset, 0xf);
}

TEST(address_outside_has_no_name)
{
    uintptr_t offset = 7;
    EXPECT(!symbol_find(&table, 0xfff, &offset));
    EXPECT(!symbol_find(&table, 0x1050, &offset));
    EXPECT(!symbol_find(&(struct symbol_table){}, 0, &offset));
    EXPECT_EQUAL(offset, 7);
}
