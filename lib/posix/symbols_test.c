/* symbols_test.c: names of functions out of an ELF file made here. */
#include "symbols.h"
#include <string.h>
#include <unit.h>

#define SECTIONS 64u
#define SYMBOLS (SECTIONS + 3 * 64)
#define STRINGS (SYMBOLS + 4 * 24)
#define SIZE (STRINGS + 32)

static void put(uint8_t *image, size_t at, uint64_t value, size_t size)
{
    memcpy(image + at, &value, size);
}

static void put_section(uint8_t *image, unsigned index, uint32_t type, uint64_t offset, uint64_t size, uint32_t link)
{
    size_t at = SECTIONS + index * 64;
    put(image, at + 4, type, 4);
    put(image, at + 24, offset, 8);
    put(image, at + 32, size, 8);
    put(image, at + 40, link, 4);
}

static void put_symbol(uint8_t *image, unsigned index, uint32_t name, uint8_t type, uint64_t value, uint64_t size)
{
    size_t at = SYMBOLS + index * 24;
    put(image, at, name, 4);
    image[at + 4] = type;
    put(image, at + 6, 1, 2);
    put(image, at + 8, value, 8);
    put(image, at + 16, size, 8);
}

/* alpha 0x1000..0x1100, beta (no size) 0x2000, "data" at 0x1080 which is no function. */
static void make(uint8_t image[SIZE])
{
    memset(image, 0, SIZE);
    memcpy(image, "\177ELF\2\1\1", 7);
    put(image, 40, SECTIONS, 8);
    put(image, 58, 64, 2);
    put(image, 60, 3, 2);
    put_section(image, 1, 2, SYMBOLS, 4 * 24, 2);
    put_section(image, 2, 3, STRINGS, 32, 0);
    put_symbol(image, 1, 1, 2, 0x1000, 0x100);
    put_symbol(image, 2, 7, 2, 0x2000, 0);
    put_symbol(image, 3, 12, 1, 0x1080, 8);
    memcpy(image + STRINGS, "\0alpha\0beta\0data", 17);
}

static bool found(const uint8_t *image, size_t size, uint64_t address, const char *name, uint64_t offset)
{
    struct symbol symbol;
    return symbol_find(image, size, address, &symbol) && symbol.name_length == strlen(name) && memcmp(symbol.name, name, symbol.name_length) == 0 &&
           symbol.offset == offset;
}

TEST(symbol_around_an_address)
{
    uint8_t image[SIZE];
    struct symbol symbol;
    make(image);
    EXPECT(found(image, SIZE, 0x1000, "alpha", 0));
    EXPECT(found(image, SIZE, 0x1080, "alpha", 0x80));
    EXPECT(found(image, SIZE, 0x10ff, "alpha", 0xff));
    EXPECT(!symbol_find(image, SIZE, 0x1100, &symbol));
    EXPECT(!symbol_find(image, SIZE, 0xfff, &symbol));
    EXPECT(found(image, SIZE, 0x2345, "beta", 0x345));
    EXPECT(!symbol_find(image, SIZE, 0x3000, &symbol));
}

TEST(symbol_of_a_damaged_file_is_not_found)
{
    struct symbol symbol;
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t image[SIZE];
        make(image);
        for (unsigned i = 0; i < 4; i++)
            image[unit_random_below(SIZE)] = (uint8_t)unit_random();
        size_t size = unit_random_below(2) ? SIZE : unit_random_below(SIZE);
        if (symbol_find(image, size, 0x1000 + unit_random_below(0x2000), &symbol))
            REQUIRE((const uint8_t *)symbol.name >= image && (const uint8_t *)symbol.name + symbol.name_length <= image + size);
    }
}
