/* ioapic.h: I/O APICs: interrupt lines (global system interrupts) to vectors of one CPU. 82093AA data sheet.
 * Locks: none here; the caller makes sure of one at a time. */
#ifndef KERNEL_IOAPIC_H
#define KERNEL_IOAPIC_H

#include <arch/arch.h>

/* Map one controller whose lines begin at `first_line`; all its lines are masked. Requires: boot. */
void ioapic_add(paddr_t registers, unsigned first_line);
/* One more than the highest line of all controllers. */
unsigned ioapic_lines(void);
/* How a line behaves; before its first ioapic_route. */
struct ioapic_line { bool level, active_low; };
/* Route a line to a vector of the CPU with this local APIC, masked. Lines of no controller are ignored, here and below. */
void ioapic_route(unsigned line, unsigned vector, uint32_t apic_id, struct ioapic_line how);
void ioapic_mask(unsigned line, bool masked);

#endif
