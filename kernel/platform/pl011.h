/* pl011.h: an Arm PL011 UART as the kernel's debug output, polled. Speed and format stay as firmware set them. */
#ifndef KERNEL_PL011_H
#define KERNEL_PL011_H

#include <stddef.h>
#include <stdint.h>

void pl011_init(uintptr_t registers); /* mapped */
/* '\n' is sent as "\r\n". */
void pl011_write(uintptr_t registers, const char *text, size_t length);

#endif
