/* machine.h (aarch64): what the device tree and the ID registers say about this machine. Filled by boot/aarch64/boot.c, fixed after it. */
#ifndef AARCH64_MACHINE_H
#define AARCH64_MACHINE_H

#include <arch/arch.h>

struct machine {
    const struct boot_info *boot;
    uint64_t affinity[ARCH_MAX_CPUS]; /* by CPU number */
    uint64_t counter_hz;
    bool psci_by_smc;                 /* else by hvc */
    bool has_psci;
    bool gic_is_v3;                   /* else version 2 */
    paddr_t gic_distributor, gic_cpu; /* gic_cpu: redistributors, or the CPU interface of version 2 */
    uint64_t gic_distributor_size, gic_cpu_size;
    unsigned timer_line;              /* the virtual timer's private interrupt */
    paddr_t pl031;                    /* 0: none */
};
extern struct machine machine;

/* space.c */
void kernel_space_create(void);              /* final tables of the kernel, on the boot CPU */
uintptr_t kernel_stack_create(unsigned cpu); /* returns its top, 0: no memory */
void space_make_ready(struct cpu *cpu, struct arch_space *space); /* give it an ASID of the present generation */
extern uint64_t kernel_ttbr;                 /* of TTBR1; start.S reads it for other CPUs */

/* interrupt.c */
void interrupts_init(unsigned cpu);
void timer_init_machine(void);

/* cpu.c */
void console_init(void); /* from boot.c, when DEVICE_WINDOW shows the UART */

/* entry.S, start.S */
extern char vectors[];
void secondary_entry(void);
void replace_kernel_tables(uint64_t ttbr, paddr_t self); /* self: where replace_kernel_tables is, physically */
void fpu_save_registers(uint64_t *state);
void fpu_load_registers(const uint64_t *state);

#endif
