/* uart16550.c: see uart16550.h. Registers as in the PC16550D data sheet. */
#include <platform/mmio.h>
#include <platform/uart16550.h>

enum uart_register : unsigned { DATA = 0, INTERRUPT_ENABLE = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, MODEM_CONTROL = 4, LINE_STATUS = 5, SCRATCH = 7 };

#define LINE_STATUS_ROOM 0x20 /* the transmit FIFO is empty */
#define FIFO_SIZE 16

static uint8_t read(const struct uart16550 *uart, enum uart_register which)
{
    uintptr_t at = uart->base + which * uart->stride;
    uint64_t value = 0;
    if (uart->in_memory)
        return mmio_read8(at);
    arch_ioport_read((unsigned)at, 1, &value);
    return (uint8_t)value;
}

static void write(const struct uart16550 *uart, enum uart_register which, uint8_t value)
{
    uintptr_t at = uart->base + which * uart->stride;
    if (uart->in_memory)
        mmio_write8(at, value);
    else
        arch_ioport_write((unsigned)at, 1, value);
}

bool uart16550_init(const struct uart16550 *uart)
{
    write(uart, SCRATCH, 0x5a);
    if (read(uart, SCRATCH) != 0x5a)
        return false;
    write(uart, INTERRUPT_ENABLE, 0);
    write(uart, LINE_CONTROL, 3);
    write(uart, FIFO_CONTROL, 1);
    write(uart, MODEM_CONTROL, 0x0b); /* DTR, RTS, and the gate of the interrupt line on PCs */
    return true;
}

void uart16550_write(const struct uart16550 *uart, const char *text, size_t length)
{
    unsigned room = 0;
    for (size_t i = 0; i < length; i++) {
        if (room < 2) { /* a character may need two */
            while ((read(uart, LINE_STATUS) & LINE_STATUS_ROOM) == 0)
                cpu_relax();
            room = FIFO_SIZE;
        }
        if (text[i] == '\n') {
            write(uart, DATA, '\r');
            room--;
        }
        write(uart, DATA, (uint8_t)text[i]);
        room--;
    }
}
