/* fdt_boot.h: what the machines that boot with a device tree have in common. */
#ifndef BOOT_FDT_BOOT_H
#define BOOT_FDT_BOOT_H

#include <boot_info.h>
#include <fdt.h>

/* Fill info->ram, reserved (the firmware's, the tree's own memory, the boot image, the kernel's), image, fdt and console.
 * Requires: info->kernel is set, the rest zero. False: there is no memory in the tree, or more ranges than the tables hold. */
bool fdt_fill_boot_info(const struct fdt *fdt, paddr_t fdt_address, struct boot_info *info);
/* The CPUs that may be used, by their reg value: `first` (the running one) is put at 0. Returns: how many, at most `limit`. */
unsigned fdt_cpus(const struct fdt *fdt, uint64_t first, uint64_t *ids, unsigned limit);
/* Does a RISC-V isa string like rv64imac_sstc_svinval name an extension of several letters? */
bool fdt_isa_has(const char *isa, const char *extension);

#endif
