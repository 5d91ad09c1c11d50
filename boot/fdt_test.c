/* fdt_test.c: trees made here, token by token, sound and damaged. */
#include <fdt_boot.h>
#include <stdlib.h>
#include <string.h>
#include <unit.h>

/* A tree under construction. */
static struct {
    uint8_t structure[2048];
    char strings[512];
    uint32_t length, strings_length;
} tree;
alignas(4) static uint8_t blob[4096];

static void put(uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        tree.structure[tree.length++] = (uint8_t)(value >> shift);
}

static void put_bytes(const void *bytes, size_t length)
{
    memcpy(tree.structure + tree.length, bytes, length);
    for (tree.length += (uint32_t)length; tree.length % 4; tree.length++)
        tree.structure[tree.length] = 0;
}

static void begin(const char *name)
{
    put(1);
    put_bytes(name, strlen(name) + 1);
}

static void end(void)
{
    put(2);
}

static void property(const char *name, const void *value, size_t length)
{
    put(3);
    put((uint32_t)length);
    put(tree.strings_length);
    put_bytes(value, length);
    memcpy(tree.strings + tree.strings_length, name, strlen(name) + 1);
    tree.strings_length += (uint32_t)strlen(name) + 1;
}

static void text(const char *name, const char *value)
{
    property(name, value, strlen(value) + 1);
}

static void cells(const char *name, unsigned count, const uint32_t *values)
{
    put(3);
    put(4 * count);
    put(tree.strings_length);
    for (unsigned i = 0; i < count; i++)
        put(values[i]);
    memcpy(tree.strings + tree.strings_length, name, strlen(name) + 1);
    tree.strings_length += (uint32_t)strlen(name) + 1;
}
#define CELLS(name, ...) cells(name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

static void set(uint32_t offset, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        blob[offset + (uint32_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

static void reset(void)
{
    memset(&tree, 0, sizeof tree);
    memset(blob, 0, sizeof blob);
}

/* Header, one reservation, structure, strings. Returns the size. */
static uint32_t finish(void)
{
    put(9);
    uint32_t structure = 72, strings = structure + tree.length, size = strings + tree.strings_length;
    const uint32_t header[] = {0xd00dfeed, size, structure, strings, 40, 17, 16, 0, tree.strings_length, tree.length};
    for (uint32_t i = 0; i < 10; i++)
        set(4 * i, header[i]);
    set(44, 0x80000000); /* the reservation's address, size */
    set(52, 0x1000);
    memcpy(blob + structure, tree.structure, tree.length);
    memcpy(blob + strings, tree.strings, tree.strings_length);
    return size;
}

static uint32_t make_machine(void)
{
    reset();
    begin("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    CELLS("interrupt-parent", 5);
    begin("chosen");
    text("stdout-path", "serial0:115200n8");
    CELLS("linux,initrd-start", 0, 0x88000000);
    CELLS("linux,initrd-end", 0, 0x88100000);
    end();
    begin("aliases");
    text("serial0", "/soc/serial@10000000");
    end();
    begin("memory@80000000");
    text("device_type", "memory");
    CELLS("reg", 0, 0x80000000, 0, 0x10000000, 0, 0x90000000, 0, 0x1000000, 1, 0, 0, 0x1000);
    end();
    begin("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    for (uint32_t i = 0; i < 3; i++) {
        begin(i == 0 ? "cpu@0" : i == 1 ? "cpu@1" : "cpu@2");
        text("device_type", "cpu");
        CELLS("reg", i);
        if (i == 1)
            text("status", "disabled");
        end();
    }
    end();
    begin("reserved-memory");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    property("ranges", "", 0);
    begin("firmware@80000000");
    CELLS("reg", 0, 0x80000000, 0, 0x40000);
    end();
    end();
    begin("soc");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0x10000000, 0, 0x50000000, 0x1000000);
    begin("serial@10000000");
    property("compatible", "vendor,uart\0ns16550a", 21);
    CELLS("reg", 0x10000100, 0x100);
    CELLS("reg-shift", 2);
    CELLS("interrupts", 10);
    end();
    begin("plic@c000000");
    text("compatible", "riscv,plic0");
    CELLS("phandle", 5);
    CELLS("#interrupt-cells", 1);
    CELLS("reg", 0xc000000, 0x1000);
    end();
    end();
    end();
    return finish();
}

TEST(fdt_machine_is_read)
{
    uint32_t size = make_machine();
    struct fdt fdt;
    struct boot_info info = {.kernel = {0x80200000, 0x80300000}};
    REQUIRE(fdt_open(&fdt, blob, size));
    REQUIRE(fdt_fill_boot_info(&fdt, 0x8f000000, &info));
    REQUIRE_EQUAL(info.ram_count, 2);
    EXPECT_EQUAL(info.ram[0].start, 0x80000000);
    EXPECT_EQUAL(info.ram[0].end, 0x91000000);
    EXPECT_EQUAL(info.ram[1].start, 0x100000000);
    EXPECT_EQUAL(info.image.start, 0x88000000);
    EXPECT_EQUAL(info.image.end, 0x88100000);
    EXPECT_EQUAL(info.reserved_count, 5); /* the reservation, firmware, kernel, image, tree */
    EXPECT_EQUAL(info.console.kind, CONSOLE_16550_MEMORY);
    EXPECT_EQUAL(info.console.address, 0x50000100);
    EXPECT_EQUAL(info.console.stride, 4);
    EXPECT_EQUAL(info.console.irq, 10);
}

TEST(fdt_cpus_put_the_running_one_first)
{
    struct fdt fdt;
    REQUIRE(fdt_open(&fdt, blob, make_machine()));
    uint64_t ids[8];
    REQUIRE_EQUAL(fdt_cpus(&fdt, 2, ids, 8), 2);
    EXPECT_EQUAL(ids[0], 2);
    EXPECT_EQUAL(ids[1], 0);
    EXPECT_EQUAL(fdt_cpus(&fdt, 2, ids, 1), 1);
}

TEST(fdt_address_outside_the_bus_is_refused)
{
    struct fdt fdt;
    struct fdt_node node;
    uint64_t address, size;
    REQUIRE(fdt_open(&fdt, blob, make_machine()));
    REQUIRE(fdt_find_compatible(&fdt, "riscv,plic0", &node));
    EXPECT(!fdt_reg(&node, 0, &address, &size));
}

TEST(fdt_paths_and_texts)
{
    struct fdt fdt;
    struct fdt_node node;
    REQUIRE(fdt_open(&fdt, blob, make_machine()));
    EXPECT(fdt_find_path(&fdt, "/soc/serial", 11, &node));
    EXPECT(fdt_find_path(&fdt, "/soc/serial@10000000", 20, &node));
    EXPECT(!fdt_find_path(&fdt, "/serial", 7, &node));
    EXPECT(!fdt_find_path(&fdt, "/soc/seri", 9, &node));
    EXPECT(fdt_isa_has("rv64imac_sstc_svnapot", "sstc"));
    EXPECT(fdt_isa_has("rv64imac_sstc_svnapot", "svnapot"));
    EXPECT(!fdt_isa_has("rv64imac_sstcx_svnapot", "sstc"));
}

TEST(fdt_depth_is_bounded)
{
    reset();
    for (int i = 0; i < 40; i++)
        begin("n");
    struct fdt fdt;
    struct fdt_node node;
    REQUIRE(fdt_open(&fdt, blob, finish()));
    unsigned seen = 0;
    for (fdt_start(&fdt, &node); fdt_next(&node);)
        seen++;
    EXPECT_EQUAL(seen, FDT_DEPTH);
}

/* Every truncation and many random damages: no read outside the blob (the sanitizer's affair), and every walk ends. */
TEST(fdt_damaged_trees_end)
{
    uint32_t size = make_machine();
    for (int round = 0; round < 20000; round++) {
        size_t limit = unit_random_below(2) ? size : unit_random_below(size) + 1;
        uint8_t *copy = malloc(limit);
        memcpy(copy, blob, limit);
        for (uint64_t damages = unit_random_below(4); damages > 0; damages--)
            copy[unit_random_below(limit)] = (uint8_t)unit_random();
        struct fdt fdt;
        if (!fdt_open(&fdt, copy, limit)) {
            free(copy);
            continue;
        }
        struct boot_info info = {.kernel = {0x80200000, 0x80300000}};
        (void)fdt_fill_boot_info(&fdt, 0x8f000000, &info);
        uint64_t ids[8];
        EXPECT(fdt_cpus(&fdt, 0, ids, 8) >= 1);
        free(copy);
    }
}
