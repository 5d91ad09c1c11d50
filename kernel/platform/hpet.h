/* hpet.h: the counter of the high precision event timer; its comparators are not used. */
#ifndef KERNEL_HPET_H
#define KERNEL_HPET_H

#include <arch/arch.h>

/* Map it and let it count. Returns its rate in Hz, 0 if it makes no sense. Requires: boot. */
uint64_t hpet_init(paddr_t registers);
uint32_t hpet_read(void); /* the low half of the counter */

#endif
