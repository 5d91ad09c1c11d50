/* smp.h: what boot tells smp.c, and the page below 1 MiB through which CPUs start. */
#ifndef X86_64_SMP_H
#define X86_64_SMP_H

#include <arch/arch.h>

#define TRAMPOLINE 0x8000ull /* physical; reserved by boot */

extern uint32_t smp_apic_ids[ARCH_MAX_CPUS]; /* [0] is the boot CPU's */
extern unsigned smp_apic_id_count;

/* trampoline.S: position-independent 16-bit code and the words it reads. */
extern char trampoline_start[], trampoline_end[], trampoline_data[];
struct trampoline_data {
    uint32_t root, efer;
    uint64_t stack, cpu, entry;
};

/* The boot tables: the upper half is the kernel's, the lower maps the first GiB to itself. Only for starting CPUs. */
extern uint64_t boot_root[512];

#endif
