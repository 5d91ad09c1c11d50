/* kernel_tables.h: making the kernel's mappings; boot only. */
#ifndef X86_64_KERNEL_TABLES_H
#define X86_64_KERNEL_TABLES_H

#include <arch/arch.h>

/* Tables are taken from [pages, end), which the boot tables reach (below 1 GiB). */
void kernel_tables_init(paddr_t pages, paddr_t end);
paddr_t kernel_tables_end(void); /* what is used of it */
void kernel_tables_map_ram(paddr_t start, paddr_t end);
/* Map the image and load the tables on this CPU: the direct map works from here on. */
void kernel_tables_finish(void);

#endif
