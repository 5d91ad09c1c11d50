/* boot_info.h: what every way of booting boils down to. */
#ifndef BOOT_INFO_H
#define BOOT_INFO_H

#include <arch/arch.h>
#include <info.h>

#define BOOT_RANGES 64

struct boot_range {
    paddr_t start, end; /* bytes, any alignment */
};

enum console_kind : int { CONSOLE_NONE = 0, CONSOLE_16550_PORT = 1, CONSOLE_16550_MEMORY = 2, CONSOLE_PL011 = 3 };

struct boot_info {
    struct boot_range ram[BOOT_RANGES];      /* usable RAM, sorted, disjoint */
    unsigned ram_count;
    struct boot_range reserved[BOOT_RANGES]; /* inside ram: kernel image, boot image, firmware tables, per-CPU stacks; any order */
    unsigned reserved_count;
    struct boot_range image;                 /* the boot image (abi/boot_image.h); start == end: none */
    struct boot_range kernel;                /* the kernel's own image in memory */
    paddr_t fdt;                             /* flattened device tree, 0 if none */
    paddr_t acpi_rsdp;                       /* 0 if none */
    unsigned cpu_count;                      /* CPUs present, at most ARCH_MAX_CPUS; numbered 0.. with the boot CPU 0 */
    struct {
        enum console_kind kind;              /* the UART for a console driver */
        uint64_t address;                    /* physical address or I/O port */
        unsigned irq, stride;
    } console;
    struct {
        enum pci_kind kind;
        paddr_t address;                     /* of a GT-64120's registers */
    } pci;
};

/* ranges.c: for the ways of booting that find ranges one by one. False: the table is full, nothing noted. Empty ranges are ignored. */
bool boot_add_ram(struct boot_info *info, paddr_t start, paddr_t end); /* keeps ram[] sorted and disjoint, joins what touches */
bool boot_reserve(struct boot_info *info, paddr_t start, paddr_t end);
void boot_cut_ram(struct boot_info *info, paddr_t limit); /* leave RAM from there on alone */

#endif
