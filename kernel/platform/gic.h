/* gic.h: Arm's generic interrupt controller, version 2 (gicv2.c) or 3 and 4 (gicv3.c), one security state's view. Shared lines go to the boot
 * CPU. Between its acknowledgement and unmask a shared line does not come again. Not here: message-signalled interrupts. */
#ifndef KERNEL_GIC_H
#define KERNEL_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define GIC_NONE 1023u
#define GIC_FIRST_SHARED 32u
#define GIC_LINES_LIMIT 1020u

/* What is mapped. cpu: version 2, the CPU interface; version 3, the redistributors. */
struct gic_registers {
    uintptr_t distributor, cpu;
    uint64_t cpu_size;
};

struct gic {
    /* boot_affinity: MPIDR_EL1 of the calling CPU, which gets the shared lines. */
    void (*init)(const struct gic_registers *registers, uint64_t boot_affinity);
    /* The calling CPU's part: its private line `timer` on, IPIs on. False: the controller does not know the CPU. */
    bool (*cpu_init)(unsigned cpu, uint64_t affinity, unsigned timer);
    /* The interrupt to serve, GIC_NONE: none. Private ones (IPIs: below 16) are done with. */
    unsigned (*acknowledge)(void);
    void (*send_ipi)(unsigned cpu, uint64_t affinity);
    void (*mask)(unsigned line);
    void (*unmask)(unsigned line);
    unsigned (*lines)(void); /* numbers below this exist */
};
extern const struct gic gicv2, gicv3;

#endif
