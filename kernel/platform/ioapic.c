/* ioapic.c: see ioapic.h. */
#include <platform/ioapic.h>
#include <platform/mmio.h>

#define CONTROLLERS 16

#define REGISTER_VERSION 1
#define REGISTER_ENTRY(line) (0x10 + 2 * (line))

#define ENTRY_ACTIVE_LOW 0x2000u
#define ENTRY_LEVEL 0x8000u
#define ENTRY_MASKED 0x10000u

struct controller {
    uintptr_t base;
    unsigned first, count;
};

static struct controller controllers[CONTROLLERS];
static unsigned controller_count;

static uint32_t read(const struct controller *c, unsigned which)
{
    mmio_write32(c->base, which);
    return mmio_read32(c->base + 0x10);
}

static void write(const struct controller *c, unsigned which, uint32_t value)
{
    mmio_write32(c->base, which);
    mmio_write32(c->base + 0x10, value);
}

void ioapic_add(paddr_t registers, unsigned first_line)
{
    if (controller_count == CONTROLLERS)
        return;
    struct controller *c = &controllers[controller_count++];
    c->base = device_map(registers, 0x1000);
    c->first = first_line;
    c->count = (read(c, REGISTER_VERSION) >> 16 & 0xff) + 1;
    for (unsigned line = 0; line < c->count; line++)
        write(c, REGISTER_ENTRY(line), ENTRY_MASKED);
}

unsigned ioapic_lines(void)
{
    unsigned end = 0;
    for (unsigned i = 0; i < controller_count; i++)
        if (controllers[i].first + controllers[i].count > end)
            end = controllers[i].first + controllers[i].count;
    return end;
}

static const struct controller *controller_of(unsigned line)
{
    for (unsigned i = 0; i < controller_count; i++)
        if (line - controllers[i].first < controllers[i].count)
            return &controllers[i];
    return nullptr;
}

void ioapic_route(unsigned line, unsigned vector, uint32_t apic_id, struct ioapic_line how)
{
    const struct controller *c = controller_of(line);
    if (c == nullptr)
        return;
    unsigned entry = REGISTER_ENTRY(line - c->first);
    write(c, entry, ENTRY_MASKED);
    write(c, entry + 1, apic_id << 24);
    write(c, entry, ENTRY_MASKED | (how.level ? ENTRY_LEVEL : 0) | (how.active_low ? ENTRY_ACTIVE_LOW : 0) | vector);
}

void ioapic_mask(unsigned line, bool masked)
{
    const struct controller *c = controller_of(line);
    if (c == nullptr)
        return;
    unsigned entry = REGISTER_ENTRY(line - c->first);
    uint32_t value = read(c, entry);
    write(c, entry, masked ? value | ENTRY_MASKED : value & ~ENTRY_MASKED);
}
