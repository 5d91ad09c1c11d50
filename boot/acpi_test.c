/* acpi_test.c: tables made here in a small physical memory, sound and damaged. */
#include <acpi.h>
#include <string.h>
#include <unit.h>

#define MEMORY 8192
alignas(16) static uint8_t memory[MEMORY];

const void *firmware_map(paddr_t pa, size_t size)
{
    return pa <= MEMORY && size <= MEMORY - pa ? memory + pa : NULL;
}

static void put(paddr_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        memory[at + i] = (uint8_t)(value >> (8 * i));
}

static void make_sum_zero(paddr_t at, unsigned length, unsigned place)
{
    uint8_t sum = 0;
    memory[at + place] = 0;
    for (unsigned i = 0; i < length; i++)
        sum = (uint8_t)(sum + memory[at + i]);
    memory[at + place] = (uint8_t)-sum;
}

static void finish_table(paddr_t at, const char *signature, unsigned length)
{
    memcpy(memory + at, signature, 4);
    put(at + 4, length, 4);
    make_sum_zero(at, length, 9);
}

#define RSDP 0x100u
#define ROOT 0x200u
#define MADT 0x400u
#define FADT 0x800u
#define DSDT 0xc00u
#define HPET 0x1000u

static void make_root(bool extended)
{
    memset(memory, 0, sizeof memory);
    memcpy(memory + RSDP, "RSD PTR ", 8);
    put(RSDP + 15, extended ? 2 : 0, 1);
    put(RSDP + (extended ? 24 : 16), ROOT, extended ? 8 : 4);
    make_sum_zero(RSDP, 20, 8);
    unsigned size = extended ? 8 : 4;
    const uint32_t tables[] = {MADT, FADT, HPET};
    for (unsigned i = 0; i < 3; i++)
        put(ROOT + 36 + i * size, tables[i], size);
    finish_table(ROOT, extended ? "XSDT" : "RSDT", 36 + 3 * size);
}

static void make_madt(void)
{
    put(MADT + 36, 0xfee00000, 4);
    const uint8_t entries[] = {0, 8, 0, 7, 1, 0, 0, 0, 1, 12, 3, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, 2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0};
    memcpy(memory + MADT + 44, entries, sizeof entries);
    finish_table(MADT, "APIC", 44 + sizeof entries);
}

static void make_fadt(void)
{
    put(FADT + 40, DSDT, 4);
    put(FADT + 64, 0x604, 4);
    put(FADT + 76, 0x608, 4);
    put(FADT + 108, 0x32, 1);
    put(FADT + 112, 1u << 10, 4);
    put(FADT + 116, 1, 1);
    put(FADT + 120, 0xcf9, 8);
    put(FADT + 128, 0x0f, 1);
    finish_table(FADT, "FACP", 148);
    const uint8_t code[] = {0x10, 0x08, '_', 'S', '5', '_', 0x12, 0x07, 0x04, 0x0a, 0x05, 0x01, 0, 0, 0};
    memcpy(memory + DSDT + 36, code, sizeof code);
    finish_table(DSDT, "DSDT", 36 + sizeof code);
}

static void make_all(bool extended)
{
    make_root(extended);
    make_madt();
    make_fadt();
    put(HPET + 44, 0xfed00000, 8);
    finish_table(HPET, "HPET", 56);
}

TEST(acpi_tables_are_found_through_both_roots)
{
    for (int extended = 0; extended < 2; extended++) {
        make_all(extended != 0);
        REQUIRE(acpi_init(RSDP));
        EXPECT(acpi_find("APIC") == (const void *)(memory + MADT));
        EXPECT(acpi_find("NONE") == NULL);
        EXPECT_EQUAL(acpi_hpet(), 0xfed00000);
    }
}

TEST(acpi_madt_entries)
{
    make_all(true);
    REQUIRE(acpi_init(RSDP));
    const struct acpi_table *madt = acpi_find("APIC");
    REQUIRE(madt != NULL);
    EXPECT_EQUAL(acpi_madt_local_apic(madt), 0xfee00000);
    const struct madt_entry *entry = acpi_madt_next(madt, NULL);
    REQUIRE(entry != NULL && entry->type == MADT_LOCAL_APIC);
    EXPECT_EQUAL(entry->local_apic.id, 7);
    entry = acpi_madt_next(madt, entry);
    REQUIRE(entry != NULL && entry->type == MADT_IO_APIC);
    EXPECT_EQUAL(entry->io_apic.address, 0xfec00000);
    entry = acpi_madt_next(madt, entry);
    REQUIRE(entry != NULL && entry->type == MADT_OVERRIDE);
    EXPECT_EQUAL(entry->override.line, 9);
    EXPECT_EQUAL(entry->override.flags, 13);
    EXPECT(acpi_madt_next(madt, entry) == NULL);
}

TEST(acpi_fixed_hardware)
{
    struct acpi_fixed fixed;
    make_all(true);
    REQUIRE(acpi_init(RSDP));
    REQUIRE(acpi_read_fixed(&fixed));
    EXPECT(fixed.can_power_off);
    EXPECT_EQUAL(fixed.sleep_off_a, 5);
    EXPECT_EQUAL(fixed.sleep_off_b, 1);
    EXPECT_EQUAL(fixed.pm1a_control, 0x604);
    EXPECT_EQUAL(fixed.pm_timer, 0x608);
    EXPECT_EQUAL(fixed.century, 0x32);
    EXPECT(fixed.can_reset && fixed.reset_is_port);
    EXPECT_EQUAL(fixed.reset_address, 0xcf9);
    EXPECT_EQUAL(fixed.reset_value, 0x0f);
}

TEST(acpi_wrong_checksums_are_not_found)
{
    make_all(true);
    memory[MADT + 40]++;
    REQUIRE(acpi_init(RSDP));
    EXPECT(acpi_find("APIC") == NULL);
    memory[ROOT + 30]++;
    EXPECT(!acpi_init(RSDP));
    EXPECT(acpi_find("FACP") == NULL);
    EXPECT(!acpi_init(0));
}

static void read_everything(void)
{
    struct acpi_fixed fixed;
    acpi_read_fixed(&fixed);
    acpi_hpet();
    const struct acpi_table *madt = acpi_find("APIC");
    if (madt == NULL)
        return;
    acpi_madt_local_apic(madt);
    for (const struct madt_entry *entry = NULL; (entry = acpi_madt_next(madt, entry)) != NULL;)
        EXPECT((const uint8_t *)entry + entry->length <= memory + MEMORY);
}

/* Any damage is survived: the sanitizers watch. Sums are repaired, so that the damage is read. */
TEST(acpi_damaged_tables_do_no_harm)
{
    static const struct { unsigned at, sum, length; } tables[] = {
        {RSDP, 8, 20}, {ROOT, 9, 60}, {MADT, 9, 74}, {FADT, 9, 148}, {DSDT, 9, 51}, {HPET, 9, 56},
    };
    for (unsigned round = 0; round < 20000; round++) {
        make_all(round % 2 != 0);
        unsigned which = (unsigned)unit_random_below(6);
        for (unsigned i = 0; i < 3; i++)
            memory[tables[which].at + unit_random_below(tables[which].length)] = (uint8_t)unit_random();
        make_sum_zero(tables[which].at, tables[which].length, tables[which].sum);
        if (acpi_init(RSDP))
            read_everything();
    }
}
