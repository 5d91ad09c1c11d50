/* function.c: base addresses and interrupts of a function. */
#include "pci.h"

uint32_t config_read(const struct function *function, unsigned offset, unsigned width)
{
    uint32_t value = function->host->read(function->place, offset & ~3u) >> (offset & 3) * 8;
    return width == 4 ? value : value & ((1u << width * 8) - 1);
}

void config_write(const struct function *function, unsigned offset, unsigned width, uint32_t value)
{
    unsigned shift = (offset & 3) * 8;
    if (width < 4) {
        uint32_t mask = ((1u << width * 8) - 1) << shift;
        value = (function->host->read(function->place, offset & ~3u) & ~mask) | (value << shift & mask);
        if ((offset & ~3u) == CONFIG_COMMAND)
            value &= 0xffff; /* bits of the status are cleared by ones */
    }
    function->host->write(function->place, offset & ~3u, value);
}

/* --- base addresses --------------------------------------------------------------------------------------------------------------------------- */
enum range_bit : uint32_t { RANGE_PORTS = 1, RANGE_KIND = 6, RANGE_64 = 4 };
#define RANGE_FLAGS 0xfu

static unsigned range_offset(unsigned index)
{
    return CONFIG_RANGE + index * 4;
}

/* What a base address keeps of all ones. */
static uint32_t probe(const struct function *function, unsigned index)
{
    uint32_t was = config_read(function, range_offset(index), 4);
    config_write(function, range_offset(index), 4, UINT32_MAX);
    uint32_t kept = config_read(function, range_offset(index), 4);
    config_write(function, range_offset(index), 4, was);
    return kept;
}

static bool is_wide(uint32_t low)
{
    return (low & RANGE_KIND) == RANGE_64;
}

void ranges_read(struct function *function)
{
    uint32_t command = config_read(function, CONFIG_COMMAND, 2);
    config_write(function, CONFIG_COMMAND, 2, command & ~(uint32_t)(COMMAND_PORTS | COMMAND_MEMORY));
    for (unsigned i = 0; i < RANGES; i++) {
        uint32_t low = config_read(function, range_offset(i), 4), mask = probe(function, i);
        if (low & RANGE_PORTS || (mask & ~RANGE_FLAGS) == 0)
            continue;
        bool wide = is_wide(low) && i + 1 < RANGES;
        uint64_t kept = (mask & ~RANGE_FLAGS) | (uint64_t)(wide ? probe(function, i + 1) : UINT32_MAX) << 32;
        function->range[i].address = (low & ~RANGE_FLAGS) | (wide ? (uint64_t)config_read(function, range_offset(i + 1), 4) << 32 : 0);
        function->range[i].size = ~kept + 1;
        i += wide;
    }
    config_write(function, CONFIG_COMMAND, 2, command);
}

void ranges_place(struct function *function, uint64_t *next)
{
    for (unsigned i = 0; i < RANGES; i++) {
        uint64_t size = function->range[i].size, step = size < OS_PAGE_SIZE ? OS_PAGE_SIZE : size; /* pages of its own */
        if (!size || function->range[i].address)
            continue;
        uint64_t at = (*next + step - 1) & ~(step - 1);
        if (at + step > function->host->window_end || at + step < at) {
            function->range[i].size = 0;
            continue;
        }
        *next = at + step;
        function->range[i].address = at;
        bool wide = is_wide(config_read(function, range_offset(i), 4));
        config_write(function, range_offset(i), 4, (uint32_t)at);
        if (wide)
            config_write(function, range_offset(i + 1), 4, (uint32_t)(at >> 32));
    }
}

/* --- interrupts --------------------------------------------------------------------------------------------------------------------------------- */
enum message_table : unsigned { CAPABILITY_MSIX = 0x11, MSIX_CONTROL = 2, MSIX_TABLE = 4, MSIX_ENTRY_SIZE = 16, MSIX_RANGE_MASK = 7 };
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u
#define CAPABILITIES_MOST 48u

static unsigned capability(const struct function *function, unsigned kind)
{
    if ((config_read(function, CONFIG_STATUS, 2) & STATUS_HAS_CAPABILITIES) == 0)
        return 0;
    unsigned at = config_read(function, CONFIG_CAPABILITIES, 1) & ~3u;
    for (unsigned i = 0; at && i < CAPABILITIES_MOST; i++, at = config_read(function, at + 1, 1) & ~3u)
        if (config_read(function, at, 1) == kind)
            return at;
    return 0;
}

/* Put a message into the first entry of the table. */
static enum status write_entry(const struct function *function, unsigned at, uint64_t address, uint32_t data)
{
    uint32_t table = config_read(function, at + MSIX_TABLE, 4);
    unsigned range = table & MSIX_RANGE_MASK;
    uint64_t offset = table & ~(uint32_t)MSIX_RANGE_MASK, where = 0;
    if (range >= RANGES || function->range[range].size < offset + MSIX_ENTRY_SIZE)
        return STATUS_BAD_FORMAT;
    uint64_t memory_address = function->range[range].address + function->host->to_memory + offset, page = memory_address & ~(uint64_t)(OS_PAGE_SIZE - 1);
    cap_t memory;
    enum status status = os_mem_create_physical(BOOTSTRAP_CONTROL, page, OS_PAGE_SIZE, CACHE_DEVICE, &memory);
    if (status != STATUS_OK)
        return status;
    status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &where);
    os_drop(memory);
    if (status != STATUS_OK)
        return status;
    volatile uint32_t *entry = (volatile uint32_t *)(where + (memory_address - page));
    entry[0] = (uint32_t)address;
    entry[1] = (uint32_t)(address >> 32);
    entry[2] = data;
    entry[3] = 0; /* not masked */
    device_barrier();
    return os_mem_unmap(BOOTSTRAP_TASK, where, OS_PAGE_SIZE);
}

static enum status make_message(struct function *function, unsigned at)
{
    uint64_t address, data;
    enum status status = os_irq_create_message(BOOTSTRAP_CONTROL, &function->irq, &address, &data);
    if (status != STATUS_OK)
        return status;
    config_write(function, CONFIG_COMMAND, 2, config_read(function, CONFIG_COMMAND, 2) | COMMAND_MEMORY | COMMAND_NO_LINE);
    config_write(function, at + MSIX_CONTROL, 2, MSIX_ENABLE | MSIX_MASK_ALL);
    status = write_entry(function, at, address, (uint32_t)data);
    config_write(function, at + MSIX_CONTROL, 2, status == STATUS_OK ? MSIX_ENABLE : 0);
    if (status != STATUS_OK) {
        os_drop(function->irq);
        function->irq = CAP_NULL;
    }
    return status;
}

static enum status make_line(struct function *function)
{
    unsigned pin = config_read(function, CONFIG_PIN, 1);
    int line = pin >= 1 && pin <= 4 ? function->host->line(function->place, pin) : -1;
    if (line < 0)
        return STATUS_NOT_FOUND;
    config_write(function, CONFIG_COMMAND, 2, config_read(function, CONFIG_COMMAND, 2) & ~(uint32_t)COMMAND_NO_LINE);
    return os_irq_create(BOOTSTRAP_CONTROL, (unsigned)line, &function->irq);
}

enum status interrupt_make(struct function *function)
{
    unsigned at = capability(function, CAPABILITY_MSIX);
    enum status status = at ? make_message(function, at) : STATUS_NOT_SUPPORTED;
    function->by_message = status == STATUS_OK;
    return status == STATUS_NOT_SUPPORTED ? make_line(function) : status;
}
