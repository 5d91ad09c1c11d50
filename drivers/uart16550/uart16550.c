/* uart16550.c: driver of the 16550 UART (National Semiconductor PC16550D data sheet, 1995), at I/O ports or in memory. The divisor stays as
 * firmware set it. */
#include <drive.h>

SERVICE_MANIFEST("name = uart16550\n"
                 "export = console\n"
                 "import = tty\n"
                 "device = console 16550\n"
                 "restart = always\n"
                 "memory = 4M\n")

enum uart_register : unsigned { DATA = 0, INTERRUPTS = 1, FIFO_CONTROL = 2, LINE_CONTROL = 3, MODEM_CONTROL = 4, LINE_STATUS = 5 };

#define INTERRUPT_RECEIVED 0x01u
#define INTERRUPT_SENT 0x02u
#define FIFO_ENABLE 0x01u        /* what is in the FIFOs stays if they were enabled */
#define LINE_8_BITS 0x03u
#define MODEM_READY 0x0bu        /* DTR, RTS, and OUT2, which lets interrupts out of the chip on PCs */
#define STATUS_RECEIVED 0x01u
#define STATUS_SEND_EMPTY 0x20u
#define FIFO_SIZE 16u

static struct registers uart;

static void start(void)
{
    registers_write8(&uart, INTERRUPTS, 0);
    registers_write8(&uart, LINE_CONTROL, LINE_8_BITS);
    registers_write8(&uart, FIFO_CONTROL, FIFO_ENABLE);
    registers_write8(&uart, MODEM_CONTROL, MODEM_READY);
}

/* As long as its FIFO is empty, it takes a FIFO of bytes. */
static unsigned send(const uint8_t *bytes, unsigned count)
{
    unsigned sent = 0;
    while (sent < count && (registers_read8(&uart, LINE_STATUS) & STATUS_SEND_EMPTY))
        for (unsigned i = 0; i < FIFO_SIZE && sent < count; i++)
            registers_write8(&uart, DATA, bytes[sent++]);
    return sent;
}

static unsigned receive(uint8_t *bytes, unsigned room)
{
    unsigned count = 0;
    while (count < room && (registers_read8(&uart, LINE_STATUS) & STATUS_RECEIVED))
        bytes[count++] = registers_read8(&uart, DATA);
    return count;
}

static void interrupts(bool receives, bool sends)
{
    registers_write8(&uart, INTERRUPTS, (receives ? INTERRUPT_RECEIVED : 0) | (sends ? INTERRUPT_SENT : 0));
}

int main(uint64_t argument)
{
    static const struct console_device device = {.start = start, .send = send, .receive = receive, .interrupts = interrupts};
    enum status status = registers_open(&uart, argument, serve_import(2));
    if (status != STATUS_OK)
        os_fatal("no registers: %s", os_status_text(status));
    return console_run(&device, serve_import(0), serve_import(1));
}
