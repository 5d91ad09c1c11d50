/* system.h: what boot leaves for system_info and system_clock. */
#ifndef KERNEL_SYSTEM_H
#define KERNEL_SYSTEM_H

#include <boot_info.h>

struct boot_console {
    enum console_kind kind;
    uint64_t address;
    unsigned irq, stride;
    uint64_t image, kernel_bytes;
    enum pci_kind pci_kind;
    uint64_t pci_address;
    paddr_t fdt; /* the firmware's device tree, 0: none */
    uint64_t fdt_bytes;
};
extern struct boot_console boot_console; /* fixed after boot */
extern uint64_t wall_offset_ns;          /* under the kernel lock */

#endif
