/* system.h: what boot leaves for system_info and system_clock. */
#ifndef KERNEL_SYSTEM_H
#define KERNEL_SYSTEM_H

#include <boot_info.h>

struct boot_console {
    enum console_kind kind;
    uint64_t address;
    unsigned irq, stride;
    uint64_t image, kernel_bytes;
};
extern struct boot_console boot_console; /* fixed after boot */
extern uint64_t wall_offset_ns;          /* under the kernel lock */

#endif
