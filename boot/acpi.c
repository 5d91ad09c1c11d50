/* acpi.c: see acpi.h. ACPI specification 6.4, chapter 5.2. */
#include <acpi.h>
#include <lib/string.h>

struct [[gnu::packed]] rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; /* from here: revision 2 and later */
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
};

#define RSDP_1_SIZE 20
#define TABLE_MAX (16u << 20) /* no table is larger; a length beyond it is garbage */

static const struct acpi_table *root;
static unsigned entry_size; /* of the root table: 4 or 8 */

static bool sums_to_zero(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += bytes[i];
    return sum == 0;
}

static uint64_t read_bytes(const void *at, unsigned count)
{
    const uint8_t *bytes = at;
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static const struct acpi_table *map_table(paddr_t pa)
{
    const struct acpi_table *table = pa != 0 ? firmware_map(pa, sizeof *table) : nullptr;
    if (table == nullptr || table->length < sizeof *table || table->length > TABLE_MAX)
        return nullptr;
    return firmware_map(pa, table->length);
}

bool acpi_init(paddr_t pa)
{
    root = nullptr;
    const struct rsdp *rsdp = pa != 0 ? firmware_map(pa, sizeof *rsdp) : nullptr;
    if (rsdp == nullptr || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 || !sums_to_zero(rsdp, RSDP_1_SIZE))
        return false;
    bool extended = rsdp->revision >= 2 && rsdp->xsdt != 0;
    entry_size = extended ? 8 : 4;
    root = map_table(extended ? rsdp->xsdt : rsdp->rsdt);
    if (root != nullptr && !sums_to_zero(root, root->length))
        root = nullptr;
    return root != nullptr;
}

const struct acpi_table *acpi_find(const char *signature)
{
    if (root == nullptr)
        return nullptr;
    const uint8_t *entries = (const uint8_t *)(root + 1);
    size_t count = (root->length - sizeof *root) / entry_size;
    for (size_t i = 0; i < count; i++) {
        const struct acpi_table *table = map_table(read_bytes(entries + i * entry_size, entry_size));
        if (table != nullptr && memcmp(table->signature, signature, 4) == 0 && sums_to_zero(table, table->length))
            return table;
    }
    return nullptr;
}

/* --- MADT ---------------------------------------------------------------------------------------------------------------------- */
#define MADT_ENTRIES (sizeof(struct acpi_table) + 8) /* after the header: local APIC address and flags */

uint64_t acpi_madt_local_apic(const struct acpi_table *madt)
{
    if (madt->length < MADT_ENTRIES)
        return 0;
    uint64_t address = read_bytes(madt + 1, 4);
    for (const struct madt_entry *entry = nullptr; (entry = acpi_madt_next(madt, entry)) != nullptr;)
        if (entry->type == MADT_LOCAL_APIC_ADDRESS)
            address = entry->local_apic_address.address;
    return address;
}

/* How long an entry of this type is at least. */
static unsigned madt_size(enum madt_type type)
{
    switch (type) {
    case MADT_LOCAL_APIC: return 8;
    case MADT_IO_APIC: return 12;
    case MADT_OVERRIDE: return 10;
    case MADT_LOCAL_APIC_ADDRESS: return 12;
    case MADT_LOCAL_X2APIC: return 16;
    default: return 2;
    }
}

const struct madt_entry *acpi_madt_next(const struct acpi_table *madt, const struct madt_entry *previous)
{
    size_t at = previous == nullptr ? MADT_ENTRIES : (size_t)((const char *)previous - (const char *)madt) + previous->length;
    if (at + 2 > madt->length)
        return nullptr;
    const struct madt_entry *entry = (const struct madt_entry *)((const char *)madt + at);
    if (entry->length < madt_size(entry->type) || at + entry->length > madt->length)
        return nullptr;
    return entry;
}

/* --- FADT ---------------------------------------------------------------------------------------------------------------------- */
#define FADT_DSDT 40
#define FADT_SMI_COMMAND 48
#define FADT_ACPI_ENABLE 52
#define FADT_PM1A_EVENT 56
#define FADT_PM1A_CONTROL 64
#define FADT_PM1B_CONTROL 68
#define FADT_PM_TIMER 76
#define FADT_CENTURY 108
#define FADT_FLAGS 112
#define FADT_RESET_SPACE 116
#define FADT_RESET_ADDRESS 120
#define FADT_RESET_VALUE 128
#define FADT_X_DSDT 140
#define FLAG_RESET_REGISTER (1u << 10)

static uint64_t field(const struct acpi_table *table, unsigned offset, unsigned size)
{
    return offset + size <= table->length ? read_bytes((const char *)table + offset, size) : 0;
}

/* One integer of byte code: ZeroOp, OneOp, or BytePrefix and a byte. Returns bytes used, 0: something else. */
static unsigned aml_byte(const uint8_t *code, size_t left, uint8_t *value)
{
    if (left >= 1 && (code[0] == 0 || code[0] == 1)) {
        *value = code[0];
        return 1;
    }
    if (left >= 2 && code[0] == 0x0a) {
        *value = code[1];
        return 2;
    }
    return 0;
}

/* Name(_S5, Package(n) {a, b, ...}): NameOp, the name, PackageOp, length, count, elements. */
static bool find_sleep_off(const struct acpi_table *dsdt, struct acpi_fixed *fixed)
{
    const uint8_t *code = (const uint8_t *)dsdt;
    for (size_t at = sizeof *dsdt; at + 8 < dsdt->length; at++) {
        if (memcmp(code + at, "_S5_\x12", 5) != 0)
            continue;
        size_t next = at + 5;
        next += 1 + (code[next] >> 6); /* the package's length takes 1 to 4 bytes */
        next += 1;                     /* count */
        if (next >= dsdt->length)
            return false;
        unsigned used = aml_byte(code + next, dsdt->length - next, &fixed->sleep_off_a);
        fixed->sleep_off_b = fixed->sleep_off_a;
        if (used != 0)
            aml_byte(code + next + used, dsdt->length - next - used, &fixed->sleep_off_b);
        return used != 0;
    }
    return false;
}

bool acpi_read_fixed(struct acpi_fixed *fixed)
{
    *fixed = (struct acpi_fixed){};
    const struct acpi_table *fadt = acpi_find("FACP");
    if (fadt == nullptr)
        return false;
    fixed->smi_command = (uint16_t)field(fadt, FADT_SMI_COMMAND, 4);
    fixed->acpi_enable = (uint8_t)field(fadt, FADT_ACPI_ENABLE, 1);
    fixed->pm1a_event = (uint16_t)field(fadt, FADT_PM1A_EVENT, 4);
    fixed->pm1a_control = (uint16_t)field(fadt, FADT_PM1A_CONTROL, 4);
    fixed->pm1b_control = (uint16_t)field(fadt, FADT_PM1B_CONTROL, 4);
    fixed->pm_timer = (uint16_t)field(fadt, FADT_PM_TIMER, 4);
    fixed->century = (uint8_t)field(fadt, FADT_CENTURY, 1);
    if ((field(fadt, FADT_FLAGS, 4) & FLAG_RESET_REGISTER) != 0) {
        uint64_t space = field(fadt, FADT_RESET_SPACE, 1);
        fixed->reset_is_port = space == 1;
        fixed->can_reset = space <= 1;
        fixed->reset_address = field(fadt, FADT_RESET_ADDRESS, 8);
        fixed->reset_value = (uint8_t)field(fadt, FADT_RESET_VALUE, 1);
    }
    uint64_t dsdt_address = field(fadt, FADT_X_DSDT, 8);
    const struct acpi_table *dsdt = map_table(dsdt_address != 0 ? dsdt_address : field(fadt, FADT_DSDT, 4));
    fixed->can_power_off = fixed->pm1a_control != 0 && dsdt != nullptr && find_sleep_off(dsdt, fixed);
    return true;
}

uint64_t acpi_hpet(void)
{
    const struct acpi_table *hpet = acpi_find("HPET");
    if (hpet == nullptr || field(hpet, 40, 1) != 0) /* generic address: in memory */
        return 0;
    return field(hpet, 44, 8);
}
