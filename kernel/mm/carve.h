/* carve.h: pieces smaller than a cluster, and kernel heap. Invariant: a piece of 2^order MPs is naturally aligned in physical memory. */
#ifndef KERNEL_CARVE_H
#define KERNEL_CARVE_H

#include <arch/arch.h>

/* One MP (page tables, thread pages), zeroed or not. Physical address, or 0: no memory. */
[[nodiscard]] paddr_t mp_alloc(unsigned order, bool zero);
void mp_free(paddr_t pa, unsigned order);

/* Kernel objects: size classes on carved MPs; sizes up to MP_SIZE * 4 come from classes or whole pieces. Zeroed. NULL: no memory. */
[[nodiscard]] void *kernel_alloc(size_t size);
void kernel_free(void *memory, size_t size);

#endif
