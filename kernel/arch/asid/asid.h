/* asid.h: address space numbers for TLBs that hold entries of several spaces. Shared by the ports that have such.
 * A space has a number of the present generation or gets one when it is loaded. When the numbers are used up a new generation begins: every
 * CPU flushes everything before it loads another space, and the spaces that are loaded keep their numbers for as long as it lasts.
 * struct arch_space has `struct asid asid`. All under the kernel lock. */
#ifndef KERNEL_ASID_H
#define KERNEL_ASID_H

#include <arch/arch.h>
#include <arch/asid/asid_types.h>

extern uint64_t asid_generation;

/* Numbers are 1 .. limit-1; with fewer than two a CPU, all spaces have 0, and the port flushes when it loads one. */
void asid_init(uint64_t limit);
/* Give it a number of the present generation. */
void asid_assign(struct asid *asid);
/* May any CPU hold, or come to use, translations under its number? */
static inline bool asid_is_present(const struct asid *asid) { return asid->generation == asid_generation; }

/* The port's: a new generation began. */
void asid_flush_before_load(void);

#endif
