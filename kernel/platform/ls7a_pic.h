/* ls7a_pic.h: the interrupt controller of the Loongson 7A bridge ("PCH-PIC"): its lines to vectors of the same number. */
#ifndef KERNEL_LS7A_PIC_H
#define KERNEL_LS7A_PIC_H

#include <stdint.h>

/* All lines masked, level triggered. registers: mapped. */
void ls7a_pic_init(uintptr_t registers);
unsigned ls7a_pic_lines(void);
void ls7a_pic_mask(unsigned line);
void ls7a_pic_unmask(unsigned line);

#endif
