/* machine.h (riscv64): what the device tree says about this machine. Filled by boot/riscv64/boot.c, fixed after it. */
#ifndef RISCV64_MACHINE_H
#define RISCV64_MACHINE_H

#include <arch/arch.h>

struct machine {
    const struct boot_info *boot;
    uint64_t hart[ARCH_MAX_CPUS]; /* by CPU number */
    uint64_t timebase_hz;
    bool has_sstc, has_svnapot, has_svpbmt, has_svinval;
    paddr_t plic;                 /* 0: none */
    uint64_t plic_size;
    unsigned plic_lines;          /* numbers below this exist */
    unsigned plic_context;        /* S-mode of the boot CPU */
    paddr_t goldfish_rtc;         /* 0: none */
};
extern struct machine machine;

/* space.c */
void kernel_space_create(void);          /* final tables of the kernel, on the boot CPU; loads them */
uintptr_t kernel_stack_create(unsigned cpu); /* returns its top, 0: no memory */
extern uint64_t kernel_satp;
void space_make_ready(struct cpu *cpu, struct arch_space *space); /* give it an ASID, flush what must be, before it is loaded */

/* thread.c */

/* interrupt.c */
void interrupts_init(unsigned cpu);
void interrupt_handle(uint64_t code); /* of scause, without its top bit */
void timer_init_machine(void);

/* entry.S */
void trap_entry(void);
void secondary_entry(void);
void fpu_save_registers(uint64_t *state);
void fpu_load_registers(const uint64_t *state);

#endif
