/* lapic.c: see lapic.h. */
#include <platform/lapic.h>
#include <platform/mmio.h>

enum lapic_register : unsigned {
    LAPIC_ID = 0x20, LAPIC_PRIORITY = 0x80, LAPIC_EOI = 0xb0, LAPIC_SPURIOUS = 0xf0, LAPIC_REQUESTS = 0x200, LAPIC_COMMAND = 0x300,
    LAPIC_COMMAND_TARGET = 0x310, LAPIC_TIMER = 0x320, LAPIC_LINT0 = 0x350, LAPIC_LINT1 = 0x360, LAPIC_ERROR = 0x370,
    LAPIC_TIMER_COUNT = 0x380, LAPIC_TIMER_LEFT = 0x390, LAPIC_TIMER_DIVIDE = 0x3e0,
};

#define SOFTWARE_ENABLE 0x100u
#define MASKED 0x10000u
#define DELIVER_NMI 0x400u
#define DIVIDE_BY_1 0xbu
#define COMMAND_BUSY 0x1000u
#define COMMAND_ASSERT 0x4000u
#define COMMAND_INIT 0x500u
#define COMMAND_STARTUP 0x600u

static uintptr_t base; /* the same address reaches each CPU's own */

void lapic_init(paddr_t registers)
{
    base = device_map(registers, 0x1000);
}

static uint32_t read(unsigned offset) { return mmio_read32(base + offset); }
static void write(unsigned offset, uint32_t value) { mmio_write32(base + offset, value); }

void lapic_enable(unsigned spurious_vector, unsigned timer_vector)
{
    write(LAPIC_SPURIOUS, SOFTWARE_ENABLE | spurious_vector);
    write(LAPIC_LINT0, MASKED);
    write(LAPIC_LINT1, DELIVER_NMI);
    write(LAPIC_ERROR, MASKED);
    write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
    write(LAPIC_TIMER_COUNT, 0);
    write(LAPIC_TIMER, timer_vector);
    write(LAPIC_PRIORITY, 0);
    write(LAPIC_EOI, 0);
}

uint32_t lapic_id(void) { return read(LAPIC_ID) >> 24; }
void lapic_end_of_interrupt(void) { write(LAPIC_EOI, 0); }

bool lapic_pending(unsigned first, unsigned end)
{
    for (unsigned word = first / 32; word <= (end - 1) / 32; word++)
        if (read(LAPIC_REQUESTS + word * 16) != 0)
            return true;
    return false;
}

void lapic_timer_set(uint32_t count) { write(LAPIC_TIMER_COUNT, count); }
uint32_t lapic_timer_left(void) { return read(LAPIC_TIMER_LEFT); }

static void send(uint32_t id, uint32_t command)
{
    while ((read(LAPIC_COMMAND) & COMMAND_BUSY) != 0)
        cpu_relax();
    write(LAPIC_COMMAND_TARGET, id << 24);
    write(LAPIC_COMMAND, command);
}

void lapic_send_fixed(uint32_t id, unsigned vector) { send(id, COMMAND_ASSERT | vector); }
void lapic_send_init(uint32_t id) { send(id, COMMAND_ASSERT | COMMAND_INIT); }
void lapic_send_startup(uint32_t id, unsigned page) { send(id, COMMAND_ASSERT | COMMAND_STARTUP | page); }
