/* plic.h: the RISC-V platform-level interrupt controller, all lines routed to one context. A line is masked from its claim until it is
 * completed, which plic_unmask does. */
#ifndef KERNEL_PLIC_H
#define KERNEL_PLIC_H

#include <stdint.h>

/* registers: mapped. lines: numbers 1 .. lines-1 exist. */
void plic_init(uintptr_t registers, unsigned context, unsigned lines);
/* The line to serve, 0: none. It does not come again before plic_unmask. */
unsigned plic_claim(void);
void plic_mask(unsigned line);
void plic_unmask(unsigned line);

#endif
