/* uart16550.h: a 16550 UART as the kernel's debug output, polled. Not here: input and interrupts, which are a user-space driver's. */
#ifndef KERNEL_UART16550_H
#define KERNEL_UART16550_H

#include <stddef.h>
#include <stdint.h>

struct uart16550 {
    bool in_memory;   /* else at I/O ports */
    uintptr_t base;   /* mapped kernel address, or port */
    unsigned stride;  /* bytes from one register to the next */
};

/* 8 bits, FIFO on, no interrupts; the speed stays as firmware set it. Returns false when nothing answers there. */
bool uart16550_init(const struct uart16550 *uart);
/* '\n' is sent as "\r\n". Usable without uart16550_init where firmware or the emulator has set the UART up. */
void uart16550_write(const struct uart16550 *uart, const char *text, size_t length);

#endif
