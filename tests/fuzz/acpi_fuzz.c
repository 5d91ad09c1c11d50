/* fuzz: boot/acpi.c */
/* Any bytes as a small physical memory with ACPI tables; checksums are put right, so that the readers behind them are reached. */
#include <acpi.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY 4096u
#define RSDP 0u
static alignas(16) uint8_t memory[MEMORY];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

const void *firmware_map(paddr_t pa, size_t size)
{
    return pa <= MEMORY && size <= MEMORY - pa ? memory + pa : nullptr;
}

static void make_sum_zero(uint32_t at, uint32_t length, uint32_t place)
{
    uint8_t sum = 0;
    if (at > MEMORY || length > MEMORY - at || place >= length)
        return;
    memory[at + place] = 0;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + memory[at + i]);
    memory[at + place] = (uint8_t)-sum;
}

/* Each 256 bytes may hold a table: its length is its own affair. */
static void fix_checksums(void)
{
    memcpy(memory + RSDP, "RSD PTR ", 8);
    make_sum_zero(RSDP, 20, 8);
    make_sum_zero(RSDP, 36, 32);
    for (uint32_t at = 256; at + 8 < MEMORY; at += 256) {
        uint32_t length;
        memcpy(&length, memory + at + 4, 4);
        make_sum_zero(at, length, 9);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    memset(memory, 0, sizeof memory);
    memcpy(memory, bytes, length < MEMORY ? length : MEMORY);
    fix_checksums();
    unsigned sum = 0;
    if (acpi_init(RSDP)) {
        struct acpi_fixed fixed;
        sum += acpi_read_fixed(&fixed) + (acpi_hpet() != 0);
        const struct acpi_table *madt = acpi_find("APIC");
        size_t entries = 0;
        for (const struct madt_entry *entry = nullptr; madt && (entry = acpi_madt_next(madt, entry)) != nullptr; entries++) {
            if (entries > MEMORY || (const uint8_t *)entry < memory || (const uint8_t *)entry + entry->length > memory + MEMORY)
                abort();
            sum += entry->type;
        }
    }
    return sum == 1;
}
