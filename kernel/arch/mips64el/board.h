/* board.h (mips64el): what differs between boards. Filled by boot/mips64el/boot.c and the board's file, fixed after it. */
#ifndef MIPS64EL_BOARD_H
#define MIPS64EL_BOARD_H

#include <arch/arch.h>

struct board {
    unsigned irq_lines;
    void (*init)(void);                   /* the interrupt controller: all lines masked, to the boot CPU's IP2 */
    int (*claim)(void);                   /* a line that is pending, masked and acknowledged by now; -1: none */
    void (*mask)(unsigned irq);
    void (*unmask)(unsigned irq);
    void (*ipi_send)(unsigned cpu);       /* NULL: the board has none */
    void (*ipi_clear)(void);              /* of the calling CPU */
    uint64_t (*measure_count_hz)(void);   /* the rate of Count */
    uint64_t (*wall_clock)(void);
    void (*power_off)(void);
    void (*restart)(void);
    paddr_t io_ports;                     /* where I/O port 0 is */
};
extern const struct board malta_board;

struct machine {
    const struct boot_info *boot;
    const struct board *board;
    uint64_t count_hz;
};
extern struct machine machine;

/* space.c */
void space_make_ready(struct cpu *cpu, struct arch_space *space); /* give it an ASID, flush what must be, before it is loaded */
void tlb_init(void);               /* of the calling CPU */
void tlb_drop(uaddr_t va);         /* the pair around va of the loaded space */

void tlb_drop_invalid(uaddr_t va); /* the same, if nothing is in it */

/* interrupt.c */
void interrupts_init(unsigned cpu);
bool interrupts_handle(uint32_t pending); /* bits of Cause that Status lets through; false: it was nothing */
void time_init(void);

/* entry.S */
extern char exception_vectors[];
extern const char refill_12[], refill_14[], refill_16[], refill_18[]; /* by LEAF_SHIFT */
extern struct { uint64_t present; struct cpu *cpu; } parking[ARCH_MAX_CPUS]; /* start.S: CPUs that wait to be started */
void cpu_wait(void); /* until an interrupt is pending; interrupts are off before and after */
void fpu_save_registers(uint64_t *state);
void fpu_load_registers(const uint64_t *state);

#endif
