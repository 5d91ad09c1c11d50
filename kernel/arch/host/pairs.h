/* pairs.h (host): a TLB that software fills with pairs of pages of any size, as on loongarch64 and mips64el, and a second CPU that fills it
 * at bad moments. */
#ifndef HOST_PAIRS_H
#define HOST_PAIRS_H

#include <arch/arch.h>

/* As host_access, host_tlb_check, arch_tlb_flush; count SIZE_MAX: the whole space. */
unsigned pairs_access(struct arch_space *space, uaddr_t va, unsigned access, paddr_t *pa);
void pairs_check(struct arch_space *space);
void pairs_flush(const struct arch_space *space, uaddr_t va, size_t count);
/* Another CPU's program reads around the range just now. */
void pairs_disturb(struct arch_space *space, uaddr_t va, size_t count);

#endif
