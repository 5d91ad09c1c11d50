/* space_place_test.c: where regions go, how they grow and move, what the kernel does to user memory, and failures in the middle of it all. */
#include <lib/list.h>
#include <mm/clusters.h>
#include <mm/fill.h>
#include <mm/space_fixture.h>
#include <string.h>

static struct space other;

static uaddr_t map_anywhere(uint64_t size, uint64_t flags)
{
    uaddr_t where = 0;
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 0, size, flags | MAP_ANONYMOUS, &where), STATUS_OK);
    return where;
}

static enum status map_at(uaddr_t va, uint64_t pages, uint64_t flags)
{
    return space_map(&space, NULL, 0, 0, pages * MP, flags | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va);
}

static enum status put(struct space *s, uaddr_t va, uint64_t value) { return copy_to_user(s, va, &value, sizeof value); }

static uint64_t get(struct space *s, uaddr_t va)
{
    uint64_t value = ~0ull;
    REQUIRE_EQUAL(copy_from_user(s, &value, va, sizeof value), STATUS_OK);
    return value;
}

/* --- where ------------------------------------------------------------------------------------------------------------------------------------- */

TEST(regions_go_below_the_top_and_below_each_other)
{
    start(16, 32 << 20);
    EXPECT_EQUAL(map_anywhere(MP, RW), SPACE_MAP_TOP - MP);
    EXPECT_EQUAL(map_anywhere(MP, RW), SPACE_MAP_TOP - 2 * MP);
    EXPECT_EQUAL(map_anywhere(MP, PROT_BIT_READ), SPACE_MAP_TOP - 3 * MP);
    EXPECT_EQUAL(map_anywhere(65536, RW) & 0xffff, 0);
    EXPECT_EQUAL(map_anywhere(3 << 20, RW) & (SUPER_SIZE - 1), 0);
    EXPECT_EQUAL(map_anywhere(MP, RW), SPACE_MAP_TOP - 4 * MP);
    finish();
}

TEST(an_object_is_placed_congruent_to_its_offset)
{
    struct mem_object *mem;
    uaddr_t where = 0;
    start(16, 32 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 8 << 20, &mem), STATUS_OK);
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0x123000, 4 << 20, RW, &where), STATUS_OK);
    EXPECT_EQUAL(where & (SUPER_SIZE - 1), 0x123000);
    object_put(&mem->object);
    finish();
}

TEST(a_free_hint_is_taken_a_used_one_is_not)
{
    uaddr_t where = AT;
    start(16, 32 << 20);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, 4 * MP, RW | MAP_ANONYMOUS, &where), STATUS_OK);
    EXPECT_EQUAL(where, AT);
    where = AT + MP;
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, 4 * MP, RW | MAP_ANONYMOUS, &where), STATUS_OK);
    EXPECT(where != AT + MP);
    EXPECT_EQUAL(map_at(AT + MP, 1, RW), STATUS_OVERLAP);
    finish();
}

TEST(the_whole_of_user_space_can_be_filled)
{
    start(16, 32 << 20);
    uint64_t mapped = 0;
    for (uint64_t size = 1ull << 37; size >= MP; size /= 2) {
        uaddr_t where = 0;
        while (space_map(&space, NULL, 0, 0, size, MAP_ANONYMOUS, &where) == STATUS_OK) {
            mapped += size;
            where = 0;
        }
    }
    EXPECT_EQUAL(mapped, USER_END - USER_BASE);
    EXPECT_EQUAL(space.mapped_bytes, USER_END - USER_BASE);
    space_destroy_some(&space, 0);
    finish();
}

TEST(bad_ranges_are_refused)
{
    uaddr_t where = AT + 1;
    start(16, 32 << 20);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, MP, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(map_at(0, 1, RW), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(map_at(USER_END - MP, 2, RW), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(map_at(1ull << 63, 1, RW), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, 0, RW | MAP_ANONYMOUS, &where), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, MP + 1, RW | MAP_ANONYMOUS, &where), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, MP, RW, &where), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, MP, RW | MAP_ANONYMOUS | 1u << 30, &where), STATUS_INVALID_ARGUMENT);
    where = 0;
    EXPECT_EQUAL(space_map(&space, NULL, 0, 0, 1ull << 45, RW | MAP_ANONYMOUS, &where), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_unmap(&space, AT, 0), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_unmap(&space, AT, UINT64_MAX & ~(MP - 1)), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_protect(&space, AT, MP, RW), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(space_protect(&space, AT, MP, 8), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_advise(&space, AT, MP, 99), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(space_fault(&space, 0, PROT_BIT_READ), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(space_fault(&space, ~0ull, PROT_BIT_READ), STATUS_BAD_ADDRESS);
    finish();
}

/* --- growing and moving ---------------------------------------------------------------------------------------------------------------------------- */

TEST(a_stack_grows_down_to_its_limit)
{
    uaddr_t where = AT;
    start(16, 32 << 20);
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 64 * MP, 4 * MP, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_GROWS_DOWN, &where), STATUS_OK);
    uaddr_t end = AT + 4 * MP;
    EXPECT_EQUAL(put(&space, end - 10 * MP, 1), STATUS_OK);
    EXPECT_EQUAL(put(&space, end - 64 * MP, 1), STATUS_OK);
    EXPECT_EQUAL(put(&space, end - 65 * MP, 1), STATUS_BAD_ADDRESS);
    struct region_info info;
    REQUIRE_EQUAL(space_query(&space, AT, &info), STATUS_OK);
    EXPECT_EQUAL(info.start, end - 64 * MP);
    EXPECT_EQUAL(info.flags & MAP_GROWS_DOWN, MAP_GROWS_DOWN);
    finish();
}

TEST(a_stack_keeps_its_distance)
{
    uaddr_t where = AT;
    start(16, 32 << 20);
    REQUIRE_EQUAL(space_map(&space, NULL, 0, 8 << 20, MP, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_GROWS_DOWN, &where), STATUS_OK);
    REQUIRE_EQUAL(map_at(AT - (2 << 20), 1, RW), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT - (1 << 20) + MP, 1), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT - (1 << 20), 1), STATUS_BAD_ADDRESS);
    finish();
}

TEST(a_guard_page_inside_a_cluster_guards)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 16, RW), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT, 1), STATUS_OK);
    EXPECT_EQUAL(space_protect(&space, AT + 5 * MP, MP, 0), STATUS_OK);
    EXPECT_EQUAL(space_fault(&space, AT + 5 * MP, PROT_BIT_READ), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(put(&space, AT + 4 * MP, 2), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 6 * MP, 2), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 5 * MP, 2), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(space_protect(&space, AT + 5 * MP, MP, RW), STATUS_OK);
    space_check(&space);
    host_tlb_check(&space.arch);
    finish();
}

TEST(a_region_moves_with_its_content_and_grows)
{
    uaddr_t where = 0;
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 20, RW), STATUS_OK);
    for (unsigned i = 0; i < 20; i++)
        EXPECT_EQUAL(put(&space, AT + i * MP, i + 1), STATUS_OK);
    REQUIRE_EQUAL(map_at(AT + 20 * MP, 1, PROT_BIT_READ), STATUS_OK);
    EXPECT_EQUAL(space_move(&space, AT, 20 * MP, 40 * MP, 0, 0, &where), STATUS_NO_MEMORY);
    REQUIRE_EQUAL(space_move(&space, AT, 20 * MP, 40 * MP, 0, MOVE_MAY, &where), STATUS_OK);
    EXPECT_EQUAL((where ^ AT) & 0x1ffff, 0);
    for (unsigned i = 0; i < 40; i++)
        EXPECT_EQUAL(get(&space, where + i * MP), i < 20 ? i + 1 : 0);
    EXPECT_EQUAL(space_fault(&space, AT, PROT_BIT_READ), STATUS_BAD_ADDRESS);
    uaddr_t odd = AT + 0x100000 + 3 * MP; /* not congruent with the clusters */
    REQUIRE_EQUAL(space_move(&space, where + 7 * MP, 10 * MP, 10 * MP, odd, MOVE_FIXED, &where), STATUS_OK);
    for (unsigned i = 0; i < 10; i++)
        EXPECT_EQUAL(get(&space, odd + i * MP), i + 8);
    space_check(&space);
    host_tlb_check(&space.arch);
    finish();
}

TEST(pinned_pages_belong_to_the_kernel)
{
    start(16, 32 << 20);
    paddr_t pa = mp_alloc(0, true);
    EXPECT_EQUAL(space_map_pinned(&space, AT, pa, RW), STATUS_OK);
    EXPECT_EQUAL(space_map_pinned(&space, AT, pa, RW), STATUS_OVERLAP);
    EXPECT_EQUAL(put(&space, AT, 42), STATUS_OK);
    EXPECT_EQUAL(*(uint64_t *)phys_to_virt(pa), 42);
    REQUIRE_EQUAL(space_init(&other, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_clone(&space, &other), STATUS_OK);
    EXPECT_EQUAL(put(&other, AT, 1), STATUS_BAD_ADDRESS);
    end_space(&other);
    space_unmap_pinned(&space, AT, pa + MP);
    EXPECT_EQUAL(put(&space, AT, 43), STATUS_OK);
    space_unmap_pinned(&space, AT, pa);
    EXPECT_EQUAL(put(&space, AT, 44), STATUS_BAD_ADDRESS);
    mp_free(pa, 0);
    finish();
}

/* --- the kernel's copies ------------------------------------------------------------------------------------------------------------------------------- */

TEST(copies_cross_pages_and_stop_at_holes)
{
    static char out[5 * 4096], in[5 * 4096];
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 4, RW), STATUS_OK);
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 7 + i / 251);
    EXPECT_EQUAL(copy_to_user(&space, AT + 100, out, 3 * MP), STATUS_OK);
    EXPECT_EQUAL(copy_from_user(&space, in, AT + 100, 3 * MP), STATUS_OK);
    EXPECT(memcmp(out, in, 3 * MP) == 0);
    EXPECT_EQUAL(copy_to_user(&space, AT + 3 * MP + 1, out, MP), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(copy_from_user(&space, in, USER_END - 4, 8), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(copy_from_user(&space, in, ~0ull - 3, 8), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(copy_from_user(&space, in, AT, UINT64_MAX), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(copy_from_user(&space, in, AT, 0), STATUS_OK);
    finish();
}

TEST(copies_between_pages_of_one_cluster)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 3, RW), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT, 5), STATUS_OK); /* a piece */
    REQUIRE_EQUAL(map_at(AT + 3 * MP, 13, RW), STATUS_OK);
    uint64_t done = 0; /* the target makes the pieces a cluster, and so moves the source */
    EXPECT_EQUAL(copy_user_to_user(&space, AT + 10 * MP, &space, AT, 2 * MP, &done), STATUS_OK);
    EXPECT_EQUAL(done, 2 * MP);
    EXPECT_EQUAL(get(&space, AT + 10 * MP), 5);
    finish();
}

TEST(long_copies_stop_for_interrupts)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 64, RW), STATUS_OK);
    host_interrupt_pending = true;
    uint64_t done = 0, rounds = 0;
    while (done < 32 * MP) {
        uint64_t before = done;
        REQUIRE_EQUAL(copy_user_to_user(&space, AT + 32 * MP, &space, AT, 32 * MP, &done), STATUS_OK);
        REQUIRE(done > before);
        rounds++;
    }
    EXPECT(rounds > 1);
    host_interrupt_pending = false;
    finish();
}

TEST(futex_words_have_one_identity)
{
    struct mem_object *mem;
    uint64_t a, b, a_offset, b_offset;
    uaddr_t one = 0, two = 0;
    start(16, 32 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 4 * MP, &mem), STATUS_OK);
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0, 4 * MP, RW, &one), STATUS_OK);
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, MP, 2 * MP, RW, &two), STATUS_OK);
    EXPECT_EQUAL(space_locate(&space, one + MP + 12, &a, &a_offset), STATUS_OK);
    EXPECT_EQUAL(space_locate(&space, two + 12, &b, &b_offset), STATUS_OK);
    EXPECT(a == b && a_offset == b_offset);
    EXPECT_EQUAL(space_locate(&space, AT, &b, &b_offset), STATUS_BAD_ADDRESS);
    object_put(&mem->object);
    finish();
}

TEST(residency_is_told_by_the_page)
{
    uint8_t bytes[40];
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 40, RW), STATUS_OK);
    REQUIRE_EQUAL(map_at(AT + 0x100000, 1, RW), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 20 * MP, 1), STATUS_OK);
    uint64_t done = 0;
    EXPECT_EQUAL(space_resident_map(&space, AT, 40, &space, AT + 0x100000, &done), STATUS_OK);
    EXPECT_EQUAL(done, 40);
    EXPECT_EQUAL(copy_from_user(&space, bytes, AT + 0x100000, 40), STATUS_OK);
    for (unsigned i = 0; i < 40; i++)
        EXPECT_EQUAL(bytes[i], i >= 16 && i < 32);
    EXPECT_EQUAL(space_resident_bytes(&space), 17 * MP);
    done = 0;
    EXPECT_EQUAL(space_resident_map(&space, AT, 41, &space, AT + 0x100000, &done), STATUS_NO_MEMORY);
    finish();
}

/* --- every failure ------------------------------------------------------------------------------------------------------------------------------------------ */

/* Run it with the first, second, third ... allocation failing, until it gets through; each time everything must be as before. */
static void each_failure(enum status (*operation)(void), void (*verify)(void))
{
    for (uint64_t n = 1;; n++) {
        uint64_t pages = ledger.used[LEDGER_PAGES], kernel = ledger.used[LEDGER_KERNEL], user = carve_user_bytes();
        host_fail_after(n, false);
        enum status status = operation();
        host_fail_after(0, false);
        if (status == STATUS_OK)
            return;
        REQUIRE_EQUAL(status, STATUS_NO_MEMORY);
        REQUIRE_EQUAL(ledger.used[LEDGER_PAGES], pages);
        REQUIRE_EQUAL(ledger.used[LEDGER_KERNEL], kernel);
        REQUIRE_EQUAL(carve_user_bytes(), user);
        verify();
        space_check(&space);
        mm_check();
        REQUIRE(n < 1000);
    }
}

static void verify_pattern(void)
{
    for (unsigned i = 0; i < 48; i++)
        REQUIRE_EQUAL(get(&space, AT + i * MP), i + 1);
}

static void prepare_pattern(void)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 48, RW), STATUS_OK);
    for (unsigned i = 0; i < 48; i++)
        REQUIRE_EQUAL(put(&space, AT + i * MP, i + 1), STATUS_OK);
}

static enum status fork_it(void)
{
    enum status status = space_init(&other, &ledger);
    if (status != STATUS_OK)
        return status;
    status = space_clone(&space, &other);
    if (status != STATUS_OK)
        end_space(&other);
    return status;
}

static enum status unmap_middle(void) { return space_unmap(&space, AT + 5 * MP, 20 * MP); }
static enum status protect_middle(void) { return space_protect(&space, AT + 5 * MP, 20 * MP, PROT_BIT_READ); }
static enum status map_over_middle(void) { return map_at(AT + 5 * MP, 20, PROT_BIT_READ | MAP_REPLACE); }
static enum status move_middle(void)
{
    uaddr_t where;
    return space_move(&space, AT + 5 * MP, 20 * MP, 20 * MP, AT + 0x200000, MOVE_FIXED, &where);
}

static void each_failure_of(enum status (*operation)(void), bool forked)
{
    prepare_pattern();
    if (forked)
        REQUIRE_EQUAL(fork_it(), STATUS_OK);
    each_failure(operation, verify_pattern);
    if (forked)
        end_space(&other);
    finish();
}

TEST(every_failure_in_fork_changes_nothing)
{
    prepare_pattern();
    each_failure(fork_it, verify_pattern);
    end_space(&other);
    finish();
}
TEST(every_failure_in_unmap_changes_nothing) { each_failure_of(unmap_middle, false); }
TEST(every_failure_in_unmap_after_fork_changes_nothing) { each_failure_of(unmap_middle, true); }
TEST(every_failure_in_protect_changes_nothing) { each_failure_of(protect_middle, false); }
TEST(every_failure_in_map_over_changes_nothing) { each_failure_of(map_over_middle, true); }
TEST(every_failure_in_move_changes_nothing) { each_failure_of(move_middle, true); }

TEST(ledger_limits_are_kept)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(AT, 64, RW), STATUS_OK);
    ledger.limit[LEDGER_PAGES] = 2 * 65536;
    EXPECT_EQUAL(put(&space, AT, 1), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 0x10000, 1), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 0x20000, 1), STATUS_LEDGER_SPENT);
    EXPECT_EQUAL(space_unmap(&space, AT, 65536), STATUS_OK);
    EXPECT_EQUAL(put(&space, AT + 0x20000, 1), STATUS_OK);
    finish();
}

/* An interrupt that waits ends it after a part, and the rest can be asked for. */
TEST(resident_map_in_parts)
{
    start(16, 32 << 20);
    EXPECT_EQUAL(map_at(AT, 300, RW), STATUS_OK);
    EXPECT_EQUAL(map_at(AT + 0x1000000, 1, RW), STATUS_OK);
    for (unsigned i = 0; i < 300; i += 3)
        EXPECT_EQUAL(space_fault(&space, AT + i * MP, PROT_BIT_WRITE), STATUS_OK);
    uint64_t done = 0, rounds = 0;
    host_interrupt_pending = true;
    while (done < 300 && rounds < 100) {
        uint64_t here = 0;
        EXPECT_EQUAL(space_resident_map(&space, AT + done * MP, 300 - done, &space, AT + 0x1000000 + done, &here), STATUS_OK);
        EXPECT(here > 0 && here <= 64);
        done += here;
        rounds++;
    }
    host_interrupt_pending = false;
    EXPECT_EQUAL(rounds, 5);
    uint8_t bytes[300];
    EXPECT_EQUAL(copy_from_user(&space, bytes, AT + 0x1000000, sizeof bytes), STATUS_OK);
    for (unsigned i = 0; i < 300; i += 3)
        EXPECT_EQUAL(bytes[i], 1);
    finish();
}
