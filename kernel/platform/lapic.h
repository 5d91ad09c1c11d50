/* lapic.h: the local APIC of each x86 CPU, through memory (xAPIC). Intel SDM volume 3, chapter "APIC". Each function is about the calling
 * CPU's own. */
#ifndef KERNEL_LAPIC_H
#define KERNEL_LAPIC_H

#include <arch/arch.h>

/* Map the registers. Requires: boot, once. */
void lapic_init(paddr_t registers);
/* Switch it on, accept all priorities, timer one shot on its vector, local inputs masked. On each CPU. */
void lapic_enable(unsigned spurious_vector, unsigned timer_vector);
uint32_t lapic_id(void);
void lapic_end_of_interrupt(void);
/* Is a vector of [first, end) waiting for this CPU? first and end - 1 are read in whole words of 32 vectors. */
bool lapic_pending(unsigned first, unsigned end);

/* Count down from `count` at the bus rate, then interrupt; 0 stops. */
void lapic_timer_set(uint32_t count);
uint32_t lapic_timer_left(void);

void lapic_send_fixed(uint32_t id, unsigned vector);
void lapic_send_init(uint32_t id);
void lapic_send_startup(uint32_t id, unsigned page);

#endif
