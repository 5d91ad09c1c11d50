/* host.h: what tests may do with the simulated machine. */
#ifndef HOST_H
#define HOST_H

#include <boot/boot_info.h>

/* Start over: RAM of these sizes in bytes, `gap` bytes apart, filled with rubbish; mm_init is done. */
void host_boot(unsigned cluster_shift, const uint64_t *sizes, unsigned count, uint64_t gap);
/* One range. */
void host_boot_simple(unsigned cluster_shift, uint64_t size);
/* From the next boot to the one after: page tables and TLB as software fills them (pairs.h). */
void host_choose_pairs(void);
extern struct boot_info host_boot_info;

/* An access of a user program: 0 if it goes through, else the access that faulted. *pa: the byte's address. */
unsigned host_access(struct arch_space *space, uaddr_t va, unsigned access, paddr_t *pa);
/* Panics if a translation in the TLB is not what the page tables say, or less. */
void host_tlb_check(struct arch_space *space);

/* Do all that waits to be done in steps (object/work.h). */
void host_work(void);

/* Let the n-th allocation from now on fail, and all after it if `sticky`; 0: none does. */
void host_fail_after(uint64_t n, bool sticky);
/* How many allocations there were since. */
uint64_t host_allocations(void);

extern uint64_t host_time_ns;
extern bool host_interrupt_pending;
extern char host_console[4096]; /* what was written last */

#endif
