/* pl011.c: see pl011.h. Registers as in Arm DDI 0183. */
#include <platform/mmio.h>
#include <platform/pl011.h>

enum pl011_register : uint32_t { DATA = 0x0, FLAGS = 0x18, LINE_CONTROL = 0x2c, CONTROL = 0x30, INTERRUPT_MASK = 0x38 };
#define FLAG_TRANSMIT_FULL (1u << 5)
#define LINE_8_BITS_FIFO 0x70
#define CONTROL_ON 0x301 /* enabled, transmit, receive */

void pl011_init(uintptr_t registers)
{
    mmio_write32(registers + INTERRUPT_MASK, 0);
    mmio_write32(registers + LINE_CONTROL, LINE_8_BITS_FIFO);
    mmio_write32(registers + CONTROL, CONTROL_ON);
}

static void put(uintptr_t registers, char c)
{
    while (mmio_read32(registers + FLAGS) & FLAG_TRANSMIT_FULL)
        cpu_relax();
    mmio_write32(registers + DATA, (uint8_t)c);
}

void pl011_write(uintptr_t registers, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            put(registers, '\r');
        put(registers, text[i]);
    }
}
