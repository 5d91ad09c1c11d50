/* machine.h (loongarch64): what boot found out about this machine. Filled by boot/loongarch64/boot.c, fixed after it. */
#ifndef LOONGARCH64_MACHINE_H
#define LOONGARCH64_MACHINE_H

#include <arch/arch.h>

struct machine {
    const struct boot_info *boot;
    uint64_t cpu_id[ARCH_MAX_CPUS]; /* by CPU number */
    uint64_t counter_hz;
    paddr_t pic;                    /* interrupt controller of the bridge; 0: none */
    paddr_t rtc;
    paddr_t message_address;        /* what devices write to, ... */
    struct arch_message_lines message_lines; /* ... and with it a number of these */
    paddr_t power;                  /* ACPI sleep control register, reset register at +2 */
};
extern struct machine machine;

/* space.c */
void space_make_ready(struct cpu *cpu, struct arch_space *space); /* give it an ASID, flush what must be, before it is loaded */
void tlb_init(void); /* of the calling CPU */

/* interrupt.c */
void interrupts_init(unsigned cpu);
void interrupts_handle(uint64_t pending); /* bits of ESTAT that ECFG lets through */
void time_init(void);

/* thread.c */
void fpu_off(struct cpu *cpu);

/* entry.S */
extern char trap_vectors[], tlb_refill[], secondary_entry[];
extern const char refill_14[], refill_16[], refill_17[], refill_18[]; /* by cluster_shift */
void cpu_wait(void); /* until an interrupt is pending; interrupts are off before and after */
void fpu_save_registers(uint64_t *state);
void fpu_load_registers(const uint64_t *state);

#endif
