/* heap_test.c: random allocation against a model that knows every block's content. */
#include <heap.h>

#include <host_kernel.h>
#include <unit.h>

#define SLOTS 500

static struct {
    uint8_t *block;
    size_t   size;
    uint8_t  fill;
} slots[SLOTS];

static void fill(size_t i, size_t size, uint8_t value)
{
    for (size_t k = 0; k < size; k++)
        slots[i].block[k] = value;
    slots[i].size = size;
    slots[i].fill = value;
}

static void check(size_t i, size_t size)
{
    for (size_t k = 0; k < size; k++)
        REQUIRE_EQUAL(slots[i].block[k], slots[i].fill);
}

static size_t some_size(void)
{
    size_t limit = (size_t)1 << unit_random_below(18);
    return unit_random_below(limit + 1);
}

static void random_step(void)
{
    size_t i = unit_random_below(SLOTS), size = some_size();
    if (!slots[i].block) {
        slots[i].block = os_allocate(size);
        REQUIRE(slots[i].block);
        EXPECT_EQUAL((uintptr_t)slots[i].block % 16, 0);
        return fill(i, size, (uint8_t)unit_random());
    }
    check(i, slots[i].size);
    if (unit_random_below(3) == 0) {
        size_t kept = size < slots[i].size ? size : slots[i].size;
        slots[i].block = os_reallocate(slots[i].block, size);
        REQUIRE(slots[i].block);
        check(i, kept);
        return fill(i, size, slots[i].fill);
    }
    os_free(slots[i].block);
    slots[i].block = NULL;
}

static void free_all(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].block)
            check(i, slots[i].size);
        os_free(slots[i].block);
        slots[i].block = NULL;
    }
}

TEST(random_blocks_keep_their_content)
{
    for (int round = 0; round < 5; round++) {
        for (int step = 0; step < 20000; step++)
            random_step();
        free_all();
        struct heap_figures figures;
        os_heap_figures(&figures);
        EXPECT_EQUAL(figures.used, 0);
        EXPECT(figures.mapped <= 256 << 10); /* a spare chunk at most */
        EXPECT_EQUAL(figures.mapped, host_memory_mapped);
    }
}

TEST(no_memory_is_an_answer)
{
    host_memory_limit = 1 << 20;
    EXPECT(!os_allocate(2 << 20));
    EXPECT(!os_allocate(SIZE_MAX));
    EXPECT(!os_allocate(SIZE_MAX - 64));
    void *blocks[2048];
    size_t count = 0;
    while (count < 2048 && (blocks[count] = os_allocate(1000)))
        count++;
    EXPECT(count > 700 && count < 1049);
    void *grown = os_reallocate(blocks[0], 900000);
    EXPECT(!grown);
    for (size_t i = 0; i < count; i++)
        os_free(blocks[i]);
    host_memory_limit = SIZE_MAX;
    void *block = os_allocate(2 << 20);
    EXPECT(block);
    os_free(block);
}

TEST(zeroed_blocks_are_zero)
{
    for (int i = 0; i < 100; i++) {
        uint8_t *block = os_allocate_zeroed(1000);
        REQUIRE(block);
        for (int k = 0; k < 1000; k++)
            REQUIRE_EQUAL(block[k], 0);
        block[5] = 1;
        os_free(block);
    }
}

TEST(arrays_grow)
{
    uint32_t *array = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 10000; count++) {
        REQUIRE(GROW(array, count, capacity));
        array[count] = (uint32_t)count;
    }
    for (size_t i = 0; i < 10000; i++)
        REQUIRE_EQUAL(array[i], i);
    os_free(array);
}
