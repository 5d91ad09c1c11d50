/* space_test.c: named properties of spaces and memory objects: what the fuzz test of the same folder does not say in words. */
#include <lib/list.h>
#include <mm/clusters.h>
#include <mm/fill.h>
#include <mm/space_fixture.h>
#include <string.h>

static struct space child, grandchild, third;

static enum status map_at(struct space *s, uaddr_t va, uint64_t pages, uint64_t flags)
{
    return space_map(s, NULL, 0, 0, pages * MP, flags | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &va);
}

static uaddr_t map_anywhere(struct space *s, uint64_t size, uint64_t flags)
{
    uaddr_t where = 0;
    REQUIRE_EQUAL(space_map(s, NULL, 0, 0, size, flags | MAP_ANONYMOUS, &where), STATUS_OK);
    return where;
}

static enum status map_object(struct space *s, struct mem_object *mem, uaddr_t va, uint64_t offset, uint64_t pages, uint64_t flags)
{
    return space_map(s, mem, RIGHTS_ALL, offset, pages * MP, flags | MAP_FIXED_ADDRESS, &va);
}

/* As a program; the status of the fault that could not be helped. */
static enum status reach(struct space *s, uaddr_t va, unsigned access, uint64_t **word)
{
    paddr_t pa;
    while (host_access(&s->arch, va, access, &pa)) {
        enum status status = space_fault(s, va, access);
        if (status != STATUS_OK)
            return status;
    }
    *word = phys_to_virt(pa);
    return STATUS_OK;
}

static enum status write(struct space *s, uaddr_t va, uint64_t value)
{
    uint64_t *word;
    enum status status = reach(s, va, PROT_BIT_WRITE, &word);
    if (status == STATUS_OK)
        *word = value;
    return status;
}

static unsigned regions(const struct space *s)
{
    unsigned count = 0;
    for (struct tree_node *node = tree_first(&s->regions); node; node = tree_next(node))
        count++;
    return count;
}

static unsigned extents(const struct space *s)
{
    unsigned count = 0;
    for (struct tree_node *node = tree_first(&s->memory.extents); node; node = tree_next(node))
        count++;
    return count;
}

/* --- allocation ---------------------------------------------------------------------------------------------------------------------------- */

TEST(one_page_maps_cost_one_page)
{
    start(16, 16 << 20);
    for (unsigned i = 0; i < 20; i++) {
        REQUIRE_EQUAL(map_at(&space, AT + i * 0x100000, 1, RW), STATUS_OK);
        EXPECT_EQUAL(write(&space, AT + i * 0x100000, i), STATUS_OK);
    }
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 20 * MP);
    EXPECT_EQUAL(carve_user_bytes(), 20 * MP);
    finish();
}

TEST(a_fault_maps_the_whole_cluster)
{
    start(16, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 64, RW), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT + 0x15000, 1), STATUS_OK);
    for (unsigned i = 0; i < 16; i++)
        EXPECT(leaf_size(&space, AT + 0x10000 + i * MP) == 65536);
    EXPECT_EQUAL(leaf_size(&space, AT + 0xf000), 0);
    EXPECT_EQUAL(leaf_size(&space, AT + 0x20000), 0);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 65536);
    finish();
}

TEST(a_region_filled_in_order_becomes_one_run_and_superpages)
{
    start(16, 64 << 20);
    uaddr_t at = map_anywhere(&space, 8 << 20, RW);
    EXPECT_EQUAL(at & (SUPER_SIZE - 1), 0);
    for (uint64_t offset = 0; offset < 8 << 20; offset += MP)
        REQUIRE_EQUAL(write(&space, at + offset, offset), STATUS_OK);
    EXPECT_EQUAL(extents(&space), 1);
    for (uint64_t offset = 0; offset < 8 << 20; offset += MP) {
        REQUIRE_EQUAL(read(&space, at + offset), offset);
        REQUIRE_EQUAL(leaf_size(&space, at + offset), SUPER_SIZE);
    }
    space_check(&space);
    host_tlb_check(&space.arch);
    finish();
}

TEST(a_heap_that_grows_by_pages_becomes_whole_clusters)
{
    start(16, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 1, RW), STATUS_OK);
    for (unsigned i = 0; i < 64; i++) {
        REQUIRE_EQUAL(write(&space, AT + i * MP, i + 1), STATUS_OK);
        REQUIRE_EQUAL(map_at(&space, AT + (i + 1) * MP, 1, RW), STATUS_OK);
        REQUIRE_EQUAL(regions(&space), 1);
    }
    for (unsigned i = 0; i < 64; i++)
        EXPECT_EQUAL(read(&space, AT + i * MP), i + 1);
    for (unsigned cluster = 0; cluster < 4; cluster++) {
        struct span *extent = extent_at(&space.memory, AT + cluster * 0x10000);
        EXPECT_EQUAL(extent_pa(extent, AT + cluster * 0x10000) & 0xffff, 0);
        EXPECT(extent->end >= AT + (cluster + 1) * 0x10000);
    }
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 64 * MP);
    space_check(&space);
    finish();
}

TEST(holes_of_a_cluster_heal_when_used_again)
{
    start(16, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 32, RW), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT, 7), STATUS_OK);
    paddr_t pa = extent_at(&space.memory, AT)->value;
    EXPECT_EQUAL(space_advise(&space, AT + 3 * MP, 2 * MP, ADVICE_DROP), STATUS_OK);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 14 * MP);
    EXPECT_EQUAL(read(&space, AT + 3 * MP), 0);
    EXPECT_EQUAL(extents(&space), 1);
    EXPECT_EQUAL(extent_at(&space.memory, AT)->value, pa);
    finish();
}

TEST(every_cluster_can_be_had_while_memory_is_free)
{
    start(16, 16 << 20);
    uaddr_t at = map_anywhere(&space, 12 << 20, RW);
    for (uint64_t offset = 0; offset < 12 << 20; offset += 65536)
        REQUIRE_EQUAL(write(&space, at + offset, 1), STATUS_OK);
    for (uint64_t offset = 65536; offset < 12 << 20; offset += 2 * 65536) /* a checkerboard */
        REQUIRE_EQUAL(space_unmap(&space, at + offset, 65536), STATUS_OK);
    uaddr_t next = map_anywhere(&space, 5 << 20, RW);
    for (uint64_t offset = 0; offset < 5 << 20; offset += 65536) {
        REQUIRE_EQUAL(write(&space, next + offset, 1), STATUS_OK);
        REQUIRE(leaf_size(&space, next + offset) >= 65536);
    }
    finish();
}

TEST(dropped_and_unmapped_memory_comes_back_zero)
{
    start(18, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 64, RW), STATUS_OK);
    for (unsigned i = 0; i < 64; i++)
        EXPECT_EQUAL(write(&space, AT + i * MP, 99), STATUS_OK);
    EXPECT_EQUAL(space_unmap(&space, AT + 10 * MP, 7 * MP), STATUS_OK);
    EXPECT_EQUAL(map_at(&space, AT + 10 * MP, 7, RW), STATUS_OK);
    EXPECT_EQUAL(space_advise(&space, AT + 30 * MP, MP, ADVICE_LAZY_DROP), STATUS_OK);
    for (unsigned i = 0; i < 64; i++)
        EXPECT_EQUAL(read(&space, AT + i * MP), (i >= 10 && i < 17) || i == 30 ? 0 : 99);
    EXPECT_EQUAL(regions(&space), 1);
    finish();
}

/* --- every range of a window ------------------------------------------------------------------------------------------------------------------ */

static void each_range(unsigned shift, uint64_t base, void (*prepare)(uaddr_t))
{
    const unsigned pages = 64;
    start(shift, 64 << 20);
    for (unsigned first = 0; first < pages; first += 3)
        for (unsigned count = 1; first + count <= pages; count += 5) {
            prepare(base);
            bool unmap = (first + count) & 1;
            uaddr_t va = base + first * MP;
            EXPECT_EQUAL(unmap ? space_unmap(&space, va, count * MP) : space_protect(&space, va, count * MP, PROT_BIT_READ), STATUS_OK);
            for (unsigned i = 0; i < pages; i++) {
                bool inside = i >= first && i < first + count;
                REQUIRE_EQUAL(write(&space, base + i * MP, i), inside ? STATUS_BAD_ADDRESS : STATUS_OK);
                if (!inside || !unmap)
                    REQUIRE_EQUAL(read(&space, base + i * MP), inside ? 1000 + i : i);
            }
            space_check(&space);
            host_tlb_check(&space.arch);
            REQUIRE_EQUAL(space_unmap(&space, base & ~(SUPER_SIZE - 1), SUPER_SIZE), STATUS_OK);
        }
    finish();
}

static void fill_window(uaddr_t base)
{
    for (unsigned i = 0; i < 64; i++)
        REQUIRE_EQUAL(write(&space, base + i * MP, 1000 + i), STATUS_OK);
}

static void prepare_plain(uaddr_t base)
{
    REQUIRE_EQUAL(map_at(&space, base, 64, RW), STATUS_OK);
    fill_window(base);
}

static void prepare_super(uaddr_t base)
{
    REQUIRE_EQUAL(map_at(&space, base & ~(SUPER_SIZE - 1), SUPER_SIZE / MP, RW | MAP_POPULATED), STATUS_OK);
    REQUIRE_EQUAL(leaf_size(&space, base), SUPER_SIZE);
    fill_window(base);
}

TEST(every_range_of_hinted_clusters_can_be_cut) { each_range(16, AT, prepare_plain); }
TEST(every_range_of_plain_pages_can_be_cut) { each_range(MP_SHIFT, AT + 3 * MP, prepare_plain); }
TEST(every_range_of_a_superpage_can_be_cut) { each_range(16, AT + 0x31000, prepare_super); }
TEST(every_range_of_256k_clusters_can_be_cut) { each_range(18, AT + 0x5000, prepare_plain); }

/* --- objects ------------------------------------------------------------------------------------------------------------------------------------ */

TEST(the_second_mapper_sees_what_the_first_wrote)
{
    struct mem_object *mem;
    start(16, 16 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 40 * MP, &mem), STATUS_OK);
    REQUIRE_EQUAL(space_init(&child, &ledger), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT, 0, 40, RW), STATUS_OK);
    REQUIRE_EQUAL(map_object(&child, mem, AT + 0x7000, 5 * MP, 30, RW), STATUS_OK);
    for (unsigned i = 0; i < 40; i++)
        EXPECT_EQUAL(write(&space, AT + i * MP, 100 + i), STATUS_OK);
    for (unsigned i = 0; i < 30; i++)
        EXPECT_EQUAL(read(&child, AT + 0x7000 + i * MP), 105 + i);
    EXPECT_EQUAL(write(&child, AT + 0x7000, 1), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + 5 * MP), 1);
    space_check(&child);
    end_space(&child);
    object_put(&mem->object);
    finish();
}

TEST(truncated_and_extended_again_is_zero)
{
    struct mem_object *mem;
    start(16, 16 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 16 * MP, &mem), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT, 0, 20, RW), STATUS_OK);
    for (unsigned i = 0; i < 16; i++)
        EXPECT_EQUAL(write(&space, AT + i * MP, 5), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT + 16 * MP, 5), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_resize(mem, 3 * MP), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT + 3 * MP, 5), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(mem_resident_bytes(mem), 3 * MP);
    EXPECT_EQUAL(mem_resize(mem, 18 * MP), STATUS_OK);
    for (unsigned i = 0; i < 18; i++)
        EXPECT_EQUAL(read(&space, AT + i * MP), i < 3 ? 5 : 0);
    mem_check(mem);
    object_put(&mem->object);
    finish();
}

TEST(a_private_copy_shows_the_object_until_it_is_written)
{
    struct mem_object *mem;
    start(16, 16 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 32 * MP, &mem), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT, 0, 32, RW), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT + 0x100000, 0, 32, RW | MAP_PRIVATE_COPY), STATUS_OK);
    for (unsigned i = 0; i < 32; i++)
        EXPECT_EQUAL(write(&space, AT + i * MP, i), STATUS_OK);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 32 * MP);
    EXPECT_EQUAL(read(&space, AT + 0x100000 + 20 * MP), 20);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 32 * MP);
    EXPECT_EQUAL(write(&space, AT + 0x100000 + 20 * MP, 77), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + 20 * MP), 20);
    EXPECT_EQUAL(write(&space, AT + 2 * MP, 88), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + 0x100000 + 2 * MP), 88);
    EXPECT_EQUAL(space_advise(&space, AT + 0x100000, 32 * MP, ADVICE_DROP), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + 0x100000 + 20 * MP), 20);
    object_put(&mem->object);
    finish();
}

TEST(rights_of_the_capability_bound_the_mapping)
{
    struct mem_object *mem;
    uaddr_t where = 0;
    start(16, 16 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, MP, &mem), STATUS_OK);
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_READ, 0, MP, RW, &where), STATUS_NO_RIGHTS);
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_WRITE, 0, MP, RW, &where), STATUS_NO_RIGHTS);
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_WRITE, 0, MP, PROT_BIT_WRITE, &where), STATUS_NO_RIGHTS);
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_READ, 0, MP, PROT_BIT_READ | PROT_BIT_EXEC, &where), STATUS_NO_RIGHTS);
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_WRITE, 0, MP, 0, &where), STATUS_OK);
    EXPECT_EQUAL(space_protect(&space, where, MP, PROT_BIT_WRITE), STATUS_NO_RIGHTS);
    where = 0;
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_READ, 0, MP, PROT_BIT_READ, &where), STATUS_OK);
    EXPECT_EQUAL(space_protect(&space, where, MP, RW), STATUS_NO_RIGHTS);
    EXPECT_EQUAL(space_protect(&space, where, MP, 0), STATUS_OK);
    where = 0;
    EXPECT_EQUAL(space_map(&space, mem, RIGHT_MEM_READ, 0, MP, PROT_BIT_READ | MAP_PRIVATE_COPY, &where), STATUS_OK);
    EXPECT_EQUAL(space_protect(&space, where, MP, RW), STATUS_OK);
    where = 0;
    EXPECT_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0, MP, PROT_BIT_READ | PROT_BIT_READ << MAP_MAX_PROT_SHIFT, &where), STATUS_OK);
    EXPECT_EQUAL(space_protect(&space, where, MP, RW), STATUS_NO_RIGHTS);
    object_put(&mem->object);
    finish();
}

TEST(dma_memory_is_one_run_of_exactly_its_size)
{
    struct mem_object *mem;
    paddr_t pa;
    start(16, 16 << 20);
    for (uint64_t pages = 1; pages < 300; pages += 37) {
        REQUIRE_EQUAL(mem_create_dma(&ledger, pages * MP, &mem, &pa), STATUS_OK);
        EXPECT_EQUAL(carve_user_bytes(), pages * MP);
        EXPECT_EQUAL(ledger.used[LEDGER_PAGES], pages * MP);
        EXPECT_EQUAL(mem_resize(mem, MP), STATUS_NOT_SUPPORTED);
        mem_check(mem);
        object_put(&mem->object);
        EXPECT_EQUAL(carve_user_bytes(), 0);
    }
    EXPECT_EQUAL(mem_create_dma(&ledger, 1ull << 40, &mem, &pa), STATUS_NO_MEMORY);
    finish();
}

TEST(physical_objects_are_for_what_is_not_managed)
{
    struct mem_object *mem;
    void *pointer;
    uint64_t length, word;
    uaddr_t where = AT;
    start(16, 16 << 20);
    EXPECT_EQUAL(mem_create_physical(&ledger, HOST_RAM_START, MP, CACHE_NORMAL, &mem), STATUS_NO_RIGHTS);
    REQUIRE_EQUAL(mem_create_physical(&ledger, 0xfe000000, 4 * MP, CACHE_DEVICE, &mem), STATUS_OK);
    EXPECT_EQUAL(mem_touch(mem, 0, false, &pointer, &length), STATUS_NOT_SUPPORTED);
    REQUIRE_EQUAL(space_map(&space, mem, RIGHTS_ALL, MP, 2 * MP, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    EXPECT_EQUAL(space_fault(&space, AT, PROT_BIT_WRITE), STATUS_OK);
    paddr_t pa;
    EXPECT_EQUAL(host_access(&space.arch, AT + MP, PROT_BIT_WRITE, &pa), 0);
    EXPECT_EQUAL(pa, 0xfe000000 + 2 * MP);
    EXPECT_EQUAL(copy_from_user(&space, &word, AT, 8), STATUS_BAD_ADDRESS);
    where = 0;
    EXPECT_EQUAL(space_map(&space, mem, RIGHTS_ALL, 0, MP, RW | MAP_PRIVATE_COPY, &where), STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(mem_clone(mem, &ledger, 0, MP, &mem), STATUS_NOT_SUPPORTED);
    object_put(&mem->object);
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    finish();
}

/* --- clones ------------------------------------------------------------------------------------------------------------------------------------------ */

static void clone_space(struct space *from, struct space *to)
{
    REQUIRE_EQUAL(space_init(to, &ledger), STATUS_OK);
    REQUIRE_EQUAL(space_clone(from, to), STATUS_OK);
}

/* A forks B, B forks C, B writes: A and C still show one frame, so a write of A must copy. */
TEST(three_generations_share_exactly)
{
    start(16, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 16, RW), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT, 1), STATUS_OK);
    clone_space(&space, &child);
    clone_space(&child, &grandchild);
    EXPECT_EQUAL(write(&child, AT, 2), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT, 3), STATUS_OK);
    EXPECT_EQUAL(read(&grandchild, AT), 1);
    EXPECT_EQUAL(read(&child, AT), 2);
    EXPECT_EQUAL(write(&grandchild, AT, 4), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT), 3);
    clone_space(&grandchild, &third);
    end_space(&grandchild);
    EXPECT_EQUAL(read(&third, AT), 4);
    space_check(&third);
    end_space(&child);
    end_space(&third);
    finish();
}

TEST(the_last_sharer_writes_in_place)
{
    start(16, 16 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 16, RW), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT, 1), STATUS_OK);
    paddr_t pa = extent_at(&space.memory, AT)->value;
    clone_space(&space, &child);
    end_space(&child);
    EXPECT_EQUAL(write(&space, AT, 2), STATUS_OK);
    EXPECT_EQUAL(extent_at(&space.memory, AT)->value, pa);
    EXPECT_EQUAL(carve_user_bytes(), 65536);
    finish();
}

TEST(fork_and_exit_storm_returns_everything)
{
    start(16, 32 << 20);
    REQUIRE_EQUAL(map_at(&space, AT, 50, RW), STATUS_OK);
    for (unsigned i = 0; i < 50; i += 3)
        EXPECT_EQUAL(write(&space, AT + i * MP, i), STATUS_OK);
    EXPECT_EQUAL(space_unmap(&space, AT + 20 * MP, 5 * MP), STATUS_OK);
    uint64_t user = carve_user_bytes();
    for (unsigned round = 0; round < 300; round++) {
        clone_space(&space, &child);
        for (unsigned n = 0; n < 3; n++)
            (void)!write(&child, AT + unit_random_below(50) * MP, round);
        if (round & 1)
            (void)!space_unmap(&child, AT + unit_random_below(40) * MP, 3 * MP);
        end_space(&child);
    }
    EXPECT_EQUAL(carve_user_bytes(), user);
    for (unsigned i = 0; i < 50; i += 3)
        if (i < 20 || i >= 25)
            EXPECT_EQUAL(read(&space, AT + i * MP), i);
    finish();
}

TEST(a_clone_follows_the_flags_of_regions)
{
    struct mem_object *mem;
    start(16, 16 << 20);
    REQUIRE_EQUAL(mem_create(&ledger, 4 * MP, &mem), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT, 0, 4, RW | MAP_SHARED_CLONE), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT + 0x100000, 0, 4, RW), STATUS_OK);
    REQUIRE_EQUAL(map_object(&space, mem, AT + 0x200000, 0, 4, RW), STATUS_OK);
    REQUIRE_EQUAL(map_at(&space, AT + 0x300000, 4, RW | MAP_NO_CLONE), STATUS_OK);
    REQUIRE_EQUAL(map_at(&space, AT + 0x400000, 4, RW | MAP_SHARED_CLONE), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT + 0x100000, 1), STATUS_OK);
    EXPECT_EQUAL(write(&space, AT + 0x300000, 1), STATUS_OK);
    clone_space(&space, &child);
    EXPECT_EQUAL(write(&child, AT + 0x300000, 1), STATUS_BAD_ADDRESS);
    EXPECT_EQUAL(write(&child, AT, 2), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT), 2);
    EXPECT_EQUAL(read(&child, AT + 0x100000), 1);
    EXPECT_EQUAL(write(&child, AT + 0x100000, 3), STATUS_OK);
    EXPECT_EQUAL(read(&child, AT + 0x200000), 3);
    EXPECT_EQUAL(read(&space, AT + 0x100000), 2);
    EXPECT_EQUAL(write(&child, AT + 0x400000, 4), STATUS_OK);
    EXPECT_EQUAL(read(&space, AT + 0x400000), 4);
    end_space(&child);
    object_put(&mem->object);
    finish();
}
