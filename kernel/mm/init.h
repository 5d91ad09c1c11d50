/* init.h: which physical memory the kernel manages. */
#ifndef KERNEL_MM_INIT_H
#define KERNEL_MM_INIT_H

#include <arch/arch.h>

/* Does the range overlap memory that was handed to the allocator? */
bool mm_manages(paddr_t start, paddr_t end);
/* Is it RAM, managed or reserved, which the direct map reaches? */
bool mm_is_ram(paddr_t pa);
/* How many bytes from pa on are, up to `length`. */
uint64_t mm_find_ram(paddr_t pa, uint64_t length);
extern struct mm_range { paddr_t start, end; } mm_near_ram; /* a range of RAM: where mm_find_ram looked last */
static inline uint64_t mm_ram_bytes(paddr_t pa, uint64_t length)
{
    bool inside = pa >= mm_near_ram.start && pa + length <= mm_near_ram.end;
    return inside ? length : mm_find_ram(pa, length);
}

#endif
