/* sysreg.h (aarch64): values of system registers (Arm Architecture Reference Manual, chapter D17). */
#ifndef AARCH64_SYSREG_H
#define AARCH64_SYSREG_H

/* MAIR_EL1, by the index in page table entries. 0: memory, write-back; 1: device nGnRE; 2: memory, not cached. */
#define MAIR_VALUE 0x4404ff

/* TCR_EL1 without IPS, HA, HD: T0SZ = T1SZ = 25 (39 bits), 4 KiB granules, walks write-back and inner shareable, 16-bit ASIDs in TTBR0. */
#define TCR_VALUE 0x10b5193519
#define TCR_IPS_SHIFT 32
#define TCR_HA_SHIFT 39 /* hardware sets the access flag */
#define TCR_HD_SHIFT 40 /* and the dirty state */

/* SCTLR_EL1: M C I, stack alignment checks, EIS EOS, EL0 may use wfi wfe, dc zva, ctr_el0 and cache maintenance; nTLSMD LSMAOE TSCXT. */
#define SCTLR_VALUE 0x3455d81d
#define SCTLR_SPAN (1 << 23) /* do not set PAN on exceptions */
#define SCTLR_OFF 0x30500800 /* its fixed bits, MMU off */

#define CPACR_FPU (3 << 20)
#define PSTATE_OF_USER 0xf1001000 /* what programs may set: NZCV, DIT, SSBS */
#define ESR_CLASS_SHIFT 26
#define ESR_SVC 0x15
#define ESR_SVC_0 0x56000000 /* `svc 0`: class, length of the instruction, immediate */

#ifndef __ASSEMBLER__
#define sysreg_read(name)                                                  \
    ({                                                                     \
        uint64_t sysreg_value;                                             \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value)::"memory"); \
        sysreg_value;                                                      \
    })
#define sysreg_write(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define isb() __asm__ volatile("isb" ::: "memory")
#endif

#endif
