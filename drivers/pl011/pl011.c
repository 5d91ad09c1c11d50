/* pl011.c: driver of Arm's PrimeCell UART (PL011 technical reference manual, DDI 0183). The speed stays as firmware set it. */
#include <drive.h>

SERVICE_MANIFEST("name = pl011\n"
                 "export = console\n"
                 "import = tty\n"
                 "device = console pl011\n"
                 "restart = always\n"
                 "memory = 4M\n")

enum uart_register : unsigned { DATA = 0x00, FLAGS = 0x18, LINE_CONTROL = 0x2c, CONTROL = 0x30, FIFO_LEVELS = 0x34, INTERRUPT_MASK = 0x38, INTERRUPT_CLEAR = 0x44 };

#define FLAG_RECEIVE_EMPTY 0x10u
#define FLAG_SEND_FULL 0x20u
#define LINE_8_BITS_FIFO 0x70u
#define CONTROL_ENABLE 0x301u /* UART, sender, receiver */
#define INTERRUPT_RECEIVED 0x50u /* level reached, or bytes and then silence */
#define INTERRUPT_SENT 0x20u
#define INTERRUPT_ALL 0x7ffu

static struct registers uart;

static void start(void)
{
    registers_write32(&uart, INTERRUPT_MASK, 0);
    registers_write32(&uart, INTERRUPT_CLEAR, INTERRUPT_ALL & ~INTERRUPT_RECEIVED);
    registers_write32(&uart, LINE_CONTROL, LINE_8_BITS_FIFO);
    registers_write32(&uart, FIFO_LEVELS, 0); /* interrupts at an eighth */
    registers_write32(&uart, CONTROL, CONTROL_ENABLE);
}

static unsigned send(const uint8_t *bytes, unsigned count)
{
    unsigned sent = 0;
    while (sent < count && !(registers_read32(&uart, FLAGS) & FLAG_SEND_FULL))
        registers_write32(&uart, DATA, bytes[sent++]);
    return sent;
}

/* Reading the FIFO empty ends the received interrupts; the timeout one is cleared by hand before. */
static unsigned receive(uint8_t *bytes, unsigned room)
{
    unsigned count = 0;
    registers_write32(&uart, INTERRUPT_CLEAR, INTERRUPT_RECEIVED | INTERRUPT_SENT);
    while (count < room && !(registers_read32(&uart, FLAGS) & FLAG_RECEIVE_EMPTY))
        bytes[count++] = (uint8_t)registers_read32(&uart, DATA);
    return count;
}

static void interrupts(bool receives, bool sends)
{
    registers_write32(&uart, INTERRUPT_MASK, (receives ? INTERRUPT_RECEIVED : 0) | (sends ? INTERRUPT_SENT : 0));
}

int main(uint64_t argument)
{
    static const struct console_device device = {.start = start, .send = send, .receive = receive, .interrupts = interrupts};
    enum status status = registers_open(&uart, argument, serve_import(2));
    if (status != STATUS_OK)
        os_fatal("no registers: %s", os_status_text(status));
    return console_run(&device, serve_import(0), serve_import(1));
}
