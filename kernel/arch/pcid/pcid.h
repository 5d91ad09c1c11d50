/* pcid.h: address space numbers that a space keeps for life, for TLBs that hold entries of several spaces (process-context identifiers).
 * Other than with arch/asid, no switch has to ask whether a number is still good; what is paid for that is that spaces beyond the
 * hardware's numbers have none: they are number 0, and loading one flushes what the last one left.
 * All under the kernel lock. */
#ifndef KERNEL_PCID_H
#define KERNEL_PCID_H

#include <stdint.h>

#define PCID_COUNT 4096u /* numbers of the architecture, 0 included */

/* numbers: how many the hardware has, at most PCID_COUNT; 0: none. Nobody has one. */
void pcid_init(unsigned numbers);
/* A number for a new space, or 0. *stale: bit per CPU that must flush it before it first loads the space. */
unsigned pcid_take(uint64_t *stale);
/* The space has ended and no CPU has it loaded. cpus: bit per CPU that may hold translations under the number. 0 may be given back, too. */
void pcid_give(unsigned number, uint64_t cpus);

#endif
