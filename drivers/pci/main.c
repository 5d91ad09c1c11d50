/* main.c: pci: finds the functions on the bus, gives those without addresses theirs, offers each to init, and gives drivers what is theirs. Buses
 * behind bridges are searched where firmware has numbered them. */
#include "pci.h"

#include <protocols/bus_server.h>

SERVICE_MANIFEST("name = pci\n"
                 "start = boot\n"
                 "may = offer\n"
                 "control = device info\n"
                 "memory = 4M\n")

#define VIRTIO_VENDOR 0x1af4u
#define VIRTIO_FIRST 0x1000u  /* of before version 1, which may be of version 1 as well: the subsystem is the kind */
#define VIRTIO_MODERN 0x1040u /* + kind */
#define VIRTIO_END 0x1080u
#define PLACES_A_BUS 256u

static struct function **functions;
static size_t function_count, function_capacity;

/* --- what drivers ask ----------------------------------------------------------------------------------------------------------------------------- */
static enum status registers(void *self, struct request *, uint64_t index, cap_t *memory, uint64_t *offset, uint64_t *size)
{
    const struct function *function = self;
    if (index >= RANGES || !function->range[index].size)
        return STATUS_NOT_FOUND;
    uint64_t address = function->range[index].address + function->host->to_memory;
    *size = function->range[index].size;
    *offset = address & (OS_PAGE_SIZE - 1);
    config_write(function, CONFIG_COMMAND, 2, config_read(function, CONFIG_COMMAND, 2) | COMMAND_MEMORY);
    return os_mem_create_physical(BOOTSTRAP_CONTROL, address - *offset, os_page_round(*offset + *size), CACHE_DEVICE, memory);
}

static enum status interrupt(void *self, struct request *, uint64_t index, cap_t *irq, uint64_t *by_message)
{
    struct function *function = self;
    if (index != 0)
        return STATUS_NOT_FOUND;
    enum status status = function->irq ? STATUS_OK : interrupt_make(function);
    *by_message = function->by_message;
    return status == STATUS_OK ? os_cap_derive(function->irq, RIGHT_IRQ_BIND | RIGHT_IRQ_ACK, irq) : status;
}

static enum status read(void *self, struct request *, uint64_t offset, uint64_t width, uint64_t *value)
{
    if (width != 1 && width != 2 && width != 4)
        return STATUS_INVALID_ARGUMENT;
    if (offset >= CONFIG_SIZE)
        return STATUS_OUT_OF_RANGE;
    if (offset % width)
        return STATUS_INVALID_ARGUMENT;
    *value = config_read(self, (unsigned)offset, (unsigned)width);
    return STATUS_OK;
}

static enum status enable(void *self, struct request *, uint64_t on)
{
    const struct function *function = self;
    uint32_t command = config_read(function, CONFIG_COMMAND, 2);
    config_write(function, CONFIG_COMMAND, 2, on ? command | COMMAND_MASTER : command & ~(uint32_t)COMMAND_MASTER);
    return STATUS_OK;
}

static bool dispatch(void *self, struct request *rq)
{
    static const struct bus_ops ops = {.registers = registers, .interrupt = interrupt, .read = read, .enable = enable};
    return bus_dispatch(&ops, self, rq);
}

/* --- the search ------------------------------------------------------------------------------------------------------------------------------------- */
static void add(const struct host *host, unsigned place)
{
    struct function *function = NEW(struct function);
    if (!function || !GROW(functions, function_count, function_capacity))
        os_fatal("no memory");
    *function = (struct function){.host = host, .place = place};
    ranges_read(function);
    functions[function_count++] = function;
}

static void search(const struct host *host, unsigned bus);

static void look(const struct host *host, unsigned place)
{
    struct function function = {.host = host, .place = place};
    bool bridge = (config_read(&function, CONFIG_HEADER, 1) & ~HEADER_FUNCTIONS) == HEADER_BRIDGE;
    unsigned secondary = bridge ? config_read(&function, CONFIG_SECONDARY, 1) : 0;
    if (secondary > place_bus(place) && secondary <= host->last_bus)
        search(host, secondary);
    else if (config_read(&function, CONFIG_CLASS + 1, 1) != CLASS_BRIDGE)
        add(host, place);
}

static void search(const struct host *host, unsigned bus)
{
    for (unsigned place = bus * PLACES_A_BUS; place < (bus + 1) * PLACES_A_BUS; place++) {
        struct function function = {.host = host, .place = place};
        bool there = config_read(&function, CONFIG_VENDOR, 2) != 0xffff;
        bool more = there && config_read(&function, CONFIG_HEADER, 1) & HEADER_FUNCTIONS;
        if (there)
            look(host, place);
        if (place % 8 == 0 && !more)
            place += 7;
    }
}

/* Behind all that has an address already. */
static void place_all(const struct host *host)
{
    uint64_t next = host->window;
    for (size_t i = 0; i < function_count; i++)
        for (unsigned j = 0; j < RANGES; j++) {
            uint64_t end = functions[i]->range[j].address + functions[i]->range[j].size;
            if (functions[i]->range[j].address >= host->window && end <= host->window_end && end > next)
                next = end;
        }
    for (size_t i = 0; i < function_count; i++)
        ranges_place(functions[i], &next);
}

static uint32_t virtio_kind(const struct function *function)
{
    uint32_t device = config_read(function, CONFIG_DEVICE, 2);
    if (config_read(function, CONFIG_VENDOR, 2) != VIRTIO_VENDOR || device < VIRTIO_FIRST || device >= VIRTIO_END)
        return 0;
    return device >= VIRTIO_MODERN ? device - VIRTIO_MODERN : config_read(function, CONFIG_SUBSYSTEM, 2);
}

static void offer(struct function *function)
{
    static const struct serve_type type = {.dispatch = dispatch};
    char name[16];
    cap_t facet;
    enum status status = serve_open(&type, function, &facet, nullptr);
    if (status != STATUS_OK)
        os_fatal("no facet: %s", os_status_text(status));
    os_format(name, sizeof name, "pci %04x:%04x", config_read(function, CONFIG_VENDOR, 2), config_read(function, CONFIG_DEVICE, 2));
    bus_offer(function->place, name, virtio_kind(function), facet);
}

static bool dispatch_root(void *, struct request *)
{
    return false;
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch_root};
    static const struct server server = {.root = &root};
    serve_start(&server);
    const struct host *host = host_find();
    if (host) {
        search(host, host->first_bus);
        place_all(host);
    }
    for (size_t i = 0; i < function_count; i++)
        offer(functions[i]);
    return serve_run(&server);
}
