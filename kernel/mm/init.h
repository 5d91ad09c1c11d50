/* init.h: which physical memory the kernel manages. */
#ifndef KERNEL_MM_INIT_H
#define KERNEL_MM_INIT_H

#include <arch/arch.h>

/* Does the range overlap memory that was handed to the allocator? */
bool mm_manages(paddr_t start, paddr_t end);
/* Is it RAM, managed or reserved, which the direct map reaches? */
bool mm_is_ram(paddr_t pa);

#endif
