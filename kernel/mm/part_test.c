/* part_test.c: objects that show a part of another one: what they reach, and what they do not. */
#include <mm/space_fixture.h>

static struct mem_object *whole, *part;

/* Eight pages, whose first byte is their number, and a part of three of them. */
static void begin(void)
{
    void *pointer;
    uint64_t length;
    start(16, 64 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 8 * MP, &whole), STATUS_OK);
    for (uint64_t i = 0; i < 8; i++) {
        REQUIRE_EQUAL(mem_touch(whole, i * MP, true, &pointer, &length), STATUS_OK);
        *(uint8_t *)pointer = (uint8_t)i;
    }
    REQUIRE_EQUAL(mem_part(whole, &ledger, 2 * MP, 3 * MP, &part), STATUS_OK);
}

static void end(void)
{
    object_put(&part->object);
    object_put(&whole->object);
    finish();
}

static uint8_t byte_at(uaddr_t va)
{
    uint8_t byte = 0xff;
    EXPECT_EQUAL(copy_from_user(&space, &byte, va, 1), STATUS_OK);
    return byte;
}

TEST(part_is_as_large_as_it_was_made)
{
    struct mem_object *other;
    void *pointer;
    uint64_t length;
    begin();
    EXPECT_EQUAL(mem_size(part), 3 * MP);
    EXPECT_EQUAL(mem_resident_bytes(part), 3 * MP);
    REQUIRE_EQUAL(mem_touch(part, 2 * MP, false, &pointer, &length), STATUS_OK);
    EXPECT(*(uint8_t *)pointer == 4 && length == MP);
    REQUIRE_EQUAL(mem_touch(part, 0, true, &pointer, &length), STATUS_OK);
    EXPECT(*(uint8_t *)pointer == 2 && length <= 3 * MP);
    EXPECT_EQUAL(mem_touch(part, 3 * MP, false, &pointer, &length), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_resize(part, 4 * MP), STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(mem_part(whole, &ledger, 0, 0, &other), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(mem_part(whole, &ledger, 1, MP, &other), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(mem_part(whole, &ledger, 7 * MP, 2 * MP, &other), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_part(whole, &ledger, -MP, 2 * MP, &other), STATUS_OUT_OF_RANGE);
    end();
}

TEST(part_is_mapped_and_no_more)
{
    uaddr_t where = AT, again;
    begin();
    EXPECT_EQUAL(space_map(&space, part, RIGHTS_ALL, MP, 3 * MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(space_map(&space, part, RIGHTS_ALL, -2 * MP, MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OUT_OF_RANGE);
    REQUIRE_EQUAL(space_map(&space, part, RIGHTS_ALL, MP, 2 * MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    EXPECT(byte_at(AT) == 3 && byte_at(AT + MP) == 4);
    EXPECT_EQUAL(space_move(&space, AT, 2 * MP, 3 * MP, 0, 0, &again), STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(space_move(&space, AT, 2 * MP, 3 * MP, 0, MOVE_MAY, &again), STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(space_move(&space, AT, 0, 3 * MP, 0, MOVE_MAY | MOVE_KEEP, &again), STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(space_move(&space, AT + MP, 0, 2 * MP, 0, MOVE_MAY | MOVE_KEEP, &again), STATUS_NOT_SUPPORTED);
    REQUIRE_EQUAL(space_move(&space, AT + MP, MP, MP, AT + 16 * MP, MOVE_MAY | MOVE_FIXED, &again), STATUS_OK);
    EXPECT_EQUAL(byte_at(again), 4);
    EXPECT_EQUAL(space_move(&space, again, MP, 2 * MP, 0, MOVE_MAY, &again), STATUS_NOT_SUPPORTED);
    where = AT + 32 * MP;
    REQUIRE_EQUAL(space_map(&space, part, RIGHTS_ALL, 0, MP, RW | MAP_FIXED_ADDRESS | MAP_PRIVATE_COPY, &where), STATUS_OK);
    EXPECT_EQUAL(byte_at(where), 2);
    EXPECT_EQUAL(space_move(&space, where, MP, 2 * MP, 0, MOVE_MAY, &again), STATUS_NOT_SUPPORTED);
    space_check(&space);
    end();
}

/* What is written through one is seen through the other; a clone of the part is its own. */
TEST(part_shows_what_the_whole_has)
{
    struct mem_object *clone, *smaller;
    void *pointer;
    uint64_t length;
    uaddr_t where = AT;
    begin();
    REQUIRE_EQUAL(mem_clone(part, &ledger, MP, 2 * MP, &clone), STATUS_OK);
    EXPECT_EQUAL(mem_clone(part, &ledger, 2 * MP, 2 * MP, &smaller), STATUS_OUT_OF_RANGE);
    REQUIRE_EQUAL(mem_part(part, &ledger, MP, MP, &smaller), STATUS_OK);
    REQUIRE_EQUAL(mem_touch(whole, 3 * MP, true, &pointer, &length), STATUS_OK);
    *(uint8_t *)pointer = 77;
    REQUIRE_EQUAL(mem_touch(smaller, 0, false, &pointer, &length), STATUS_OK);
    EXPECT_EQUAL(*(uint8_t *)pointer, 77);
    REQUIRE_EQUAL(mem_touch(clone, 0, false, &pointer, &length), STATUS_OK);
    EXPECT_EQUAL(*(uint8_t *)pointer, 3);
    REQUIRE_EQUAL(space_map(&space, smaller, RIGHTS_ALL, 0, MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    EXPECT_EQUAL(byte_at(AT), 77);
    object_put(&smaller->object);
    object_put(&clone->object);
    end();
}

/* The whole shrinks, or goes, before the part does. */
TEST(whole_ends_before_its_part)
{
    struct mem_object *clone;
    void *pointer;
    uint64_t length;
    uaddr_t where = AT;
    begin();
    REQUIRE_EQUAL(space_map(&space, part, RIGHTS_ALL, 0, 3 * MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    REQUIRE_EQUAL(mem_resize(whole, 3 * MP), STATUS_OK);
    EXPECT_EQUAL(mem_touch(part, 0, false, &pointer, &length), STATUS_OK);
    EXPECT_EQUAL(mem_touch(part, MP, false, &pointer, &length), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(space_fault(&space, AT + MP, PROT_BIT_READ), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_clone(part, &ledger, 0, 2 * MP, &clone), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_resident_bytes(part), MP);
    object_get(&part->object);
    object_put(&whole->object);
    EXPECT_EQUAL(byte_at(AT), 2);
    object_get(&part->whole->object); /* for the end */
    object_put(&part->object);
    end();
}

TEST(parts_that_cannot_be_paid)
{
    struct mem_object *other;
    begin();
    ledger.limit[LEDGER_KERNEL] = ledger.used[LEDGER_KERNEL];
    EXPECT_EQUAL(mem_part(whole, &ledger, 0, MP, &other), STATUS_LEDGER_SPENT);
    ledger.limit[LEDGER_KERNEL] = UINT64_MAX;
    host_fail_after(1, true);
    for (unsigned i = 0; i < 100; i++) {
        enum status status = mem_part(whole, &ledger, 0, MP, &other);
        EXPECT(status == STATUS_NO_MEMORY || status == STATUS_OK);
        if (status == STATUS_OK)
            object_put(&other->object);
    }
    host_fail_after(0, false);
    end();
}
