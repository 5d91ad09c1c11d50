/* pit8254.h: counter 2 of the old PC timer, which has no interrupt, as a clock. */
#ifndef KERNEL_PIT8254_H
#define KERNEL_PIT8254_H

#include <stdint.h>

#define PIT8254_HZ 1193182

void pit8254_init(void);
uint32_t pit8254_read(void); /* counts up, 16 bits */

#endif
