/* acpi.h: reading ACPI's static tables. Not here: the machine's byte code (only the sleep type of S5 is looked for in it).
 * Everything is checked against the tables' lengths: firmware is not trusted to be well-formed. */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include <arch/arch.h>

struct [[gnu::packed]] acpi_table {
    char signature[4];
    uint32_t length; /* with this header */
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
};

/* The port's: make firmware tables readable. Returns NULL when it cannot. */
const void *firmware_map(paddr_t pa, size_t size);

/* Find the tables. False: no valid root table there; then acpi_find finds nothing. */
bool acpi_init(paddr_t rsdp);
/* The first table of that signature with a right checksum, NULL if there is none. */
const struct acpi_table *acpi_find(const char *signature);

/* MADT: interrupt controllers and CPUs. */
enum madt_type : uint8_t { MADT_LOCAL_APIC = 0, MADT_IO_APIC = 1, MADT_OVERRIDE = 2, MADT_LOCAL_APIC_ADDRESS = 5, MADT_LOCAL_X2APIC = 9 };
struct [[gnu::packed]] madt_entry {
    enum madt_type type;
    uint8_t length;
    union {
        struct [[gnu::packed]] { uint8_t processor, id; uint32_t flags; } local_apic; /* flags: 1 enabled, 2 can be */
        struct [[gnu::packed]] { uint8_t id, reserved; uint32_t address, first_line; } io_apic;
        struct [[gnu::packed]] { uint8_t bus, source; uint32_t line; uint16_t flags; } override; /* flags: polarity 3, trigger 3 << 2 */
        struct [[gnu::packed]] { uint16_t reserved; uint64_t address; } local_apic_address;
        struct [[gnu::packed]] { uint16_t reserved; uint32_t id, flags, processor; } local_x2apic;
    };
};
uint64_t acpi_madt_local_apic(const struct acpi_table *madt); /* physical address of the registers */
/* The entry after `previous`, the first one for NULL; NULL at the end. */
const struct madt_entry *acpi_madt_next(const struct acpi_table *madt, const struct madt_entry *previous);

/* FADT: fixed hardware. Ports are 0 where there is none. */
struct acpi_fixed {
    uint16_t smi_command, pm1a_event, pm1a_control, pm1b_control, pm_timer;
    uint8_t acpi_enable, century;          /* written to smi_command to leave legacy mode; RTC register of the century */
    uint8_t sleep_off_a, sleep_off_b;      /* SLP_TYP of S5 for the two control registers */
    bool can_power_off;
    bool can_reset, reset_is_port;
    uint8_t reset_value;
    uint64_t reset_address;
};
bool acpi_read_fixed(struct acpi_fixed *fixed);

/* Physical address of the HPET's registers, 0: none. */
uint64_t acpi_hpet(void);

#endif
