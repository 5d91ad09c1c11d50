/* host.c: host bridges: configuration by the PC's ports, by memory (ECAM, as a device tree names it), or by the registers of a GT-64120. */
#include "pci.h"

#include <info.h>

#define ADDRESS_PORT 0xcf8u
#define ADDRESS_ENABLE 0x80000000u

static uint64_t figure(enum system_figure what)
{
    uint64_t value;
    return os_system_info(BOOTSTRAP_CONTROL, what, &value) == STATUS_OK ? value : 0;
}

static int no_line(unsigned, unsigned)
{
    return -1;
}

static uint32_t address_of(unsigned place, unsigned offset)
{
    return ADDRESS_ENABLE | place << 8 | offset;
}

static volatile uint8_t *map(uint64_t address, uint64_t size)
{
    uint64_t page = address & ~(uint64_t)(OS_PAGE_SIZE - 1), where = 0;
    cap_t memory;
    size = os_page_round(address - page + size);
    enum status status = os_mem_create_physical(BOOTSTRAP_CONTROL, page, size, CACHE_DEVICE, &memory);
    if (status != STATUS_OK)
        return nullptr;
    status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE, &where);
    os_drop(memory);
    return status == STATUS_OK ? (volatile uint8_t *)where + (address - page) : nullptr;
}

/* --- the PC's configuration ports, set up by firmware ---------------------------------------------------------------------------------------- */
static cap_t ports;

static uint32_t ports_read(unsigned place, unsigned offset)
{
    uint64_t value = UINT32_MAX;
    if (os_ioport_write(ports, 0, 4, address_of(place, offset)) != STATUS_OK || os_ioport_read(ports, 4, 4, &value) != STATUS_OK)
        return UINT32_MAX;
    return (uint32_t)value;
}

static void ports_write(unsigned place, unsigned offset, uint32_t value)
{
    if (os_ioport_write(ports, 0, 4, address_of(place, offset)) == STATUS_OK)
        (void)os_ioport_write(ports, 4, 4, value);
}

static const struct host *ports_host(void)
{
    static const struct host host = {.read = ports_read, .write = ports_write, .line = no_line, .last_bus = 255};
    return os_ioport_create(BOOTSTRAP_CONTROL, ADDRESS_PORT, 8, &ports) == STATUS_OK ? &host : nullptr;
}

/* --- GT-64120 and PIIX4, as on the Malta board; no firmware set anything up ---------------------------------------------------------------- */
#define BRIDGE_SIZE 0x1000u
#define BRIDGE_WINDOW 0x10000000ull
#define BRIDGE_WINDOW_END 0x17e00000ull
#define SOUTH_BRIDGE (10u << 3)
#define ROUTES 0x60u                 /* PIIX4 data sheet, 4.1.10: a byte a line */
#define LINES_OF_ROUTES 0x050b0a09u  /* 9, 10, 11, 5: level triggered */

static volatile uint8_t *bridge;

static uint32_t bridge_read(unsigned place, unsigned offset)
{
    *(volatile uint32_t *)(bridge + ADDRESS_PORT) = address_of(place, offset);
    device_barrier();
    return *(volatile uint32_t *)(bridge + ADDRESS_PORT + 4);
}

static void bridge_write(unsigned place, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(bridge + ADDRESS_PORT) = address_of(place, offset);
    device_barrier();
    *(volatile uint32_t *)(bridge + ADDRESS_PORT + 4) = value;
    device_barrier();
}

/* The board's slots are devices 18 to 21, whose pins go round; those of others go straight. */
static int bridge_line(unsigned place, unsigned pin)
{
    unsigned device = place_device(place), route = pin - 1;
    if (device >= 18 && device <= 21)
        route += device - 18;
    return (int)(LINES_OF_ROUTES >> route % 4 * 8 & 0xff);
}

static const struct host *bridge_host(void)
{
    static const struct host host = {.read = bridge_read, .write = bridge_write, .line = bridge_line, .window = BRIDGE_WINDOW, .window_end = BRIDGE_WINDOW_END};
    bridge = map(figure(SYSTEM_PCI_ADDRESS), BRIDGE_SIZE);
    if (!bridge)
        return nullptr;
    bridge_write(SOUTH_BRIDGE, ROUTES, LINES_OF_ROUTES);
    return &host;
}

/* --- ECAM: PCI Express Base 3.0, 7.2.2 ------------------------------------------------------------------------------------------------------ */
#define BUS_SIZE 0x100000u

static struct {
    struct host host;
    uint64_t address, size;
    volatile uint8_t *bus[256]; /* mapped when used */
} ecam;

static volatile uint32_t *ecam_at(unsigned place, unsigned offset)
{
    unsigned bus = place_bus(place) - ecam.host.first_bus;
    uint64_t at = (uint64_t)bus * BUS_SIZE;
    if (bus >= ARRAY_LENGTH(ecam.bus) || at + BUS_SIZE > ecam.size)
        return nullptr;
    if (!ecam.bus[bus])
        ecam.bus[bus] = map(ecam.address + at, BUS_SIZE);
    return ecam.bus[bus] ? (volatile uint32_t *)(ecam.bus[bus] + ((place & 0xff) << 12) + offset) : nullptr;
}

static uint32_t ecam_read(unsigned place, unsigned offset)
{
    volatile uint32_t *at = ecam_at(place, offset);
    return at ? *at : UINT32_MAX;
}

static void ecam_write(unsigned place, unsigned offset, uint32_t value)
{
    volatile uint32_t *at = ecam_at(place, offset);
    if (at)
        *at = value;
    device_barrier();
}

/* The range of memory below 4 GiB among the tree's: three cells for the bus's address, two each for the CPU's and the size. */
static void ecam_window(const struct fdt_node *node)
{
    enum : unsigned { CELLS = 7, KIND_MASK = 0x3000000, KIND_MEMORY = 0x2000000 };
    uint32_t cell[CELLS];
    for (unsigned i = 0;; i += CELLS) {
        for (unsigned j = 0; j < CELLS; j++)
            if (!fdt_cell(node, "ranges", i + j, &cell[j]))
                return;
        if ((cell[0] & KIND_MASK) != KIND_MEMORY)
            continue;
        ecam.host.window = (uint64_t)cell[1] << 32 | cell[2];
        ecam.host.window_end = ecam.host.window + ((uint64_t)cell[5] << 32 | cell[6]);
        ecam.host.to_memory = ((uint64_t)cell[3] << 32 | cell[4]) - ecam.host.window;
        return;
    }
}

static const struct host *ecam_host(void)
{
    struct fdt fdt;
    struct fdt_node node;
    uint32_t first = 0, last = 255;
    if (device_tree_open(&fdt) != STATUS_OK)
        return nullptr;
    bool found = fdt_find_compatible(&fdt, "pci-host-ecam-generic", &node) && fdt_reg(&node, 0, &ecam.address, &ecam.size);
    if (found) {
        (void)fdt_cell(&node, "bus-range", 0, &first);
        (void)fdt_cell(&node, "bus-range", 1, &last);
        ecam.host = (struct host){.read = ecam_read, .write = ecam_write, .line = no_line, .first_bus = first, .last_bus = last};
        ecam_window(&node);
    }
    os_free((void *)fdt.blob);
    return found ? &ecam.host : nullptr;
}

const struct host *host_find(void)
{
    switch (figure(SYSTEM_PCI_KIND)) {
    case PCI_PORTS: return ports_host();
    case PCI_GT64120: return bridge_host();
    default: return ecam_host();
    }
}
