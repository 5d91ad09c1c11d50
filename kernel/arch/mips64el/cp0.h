/* cp0.h (mips64el): coprocessor 0 (MIPS64 Privileged Resource Architecture, release 3 and later). */
#ifndef MIPS64EL_CP0_H
#define MIPS64EL_CP0_H

/* Registers by number and select. */
#define CP0_INDEX $0
#define CP0_ENTRYLO0 $2
#define CP0_ENTRYLO1 $3
#define CP0_CONTEXT $4
#define CP0_USERLOCAL $4, 2
#define CP0_PAGEMASK $5
#define CP0_PAGEGRAIN $5, 1
#define CP0_WIRED $6
#define CP0_HWRENA $7
#define CP0_BADVADDR $8
#define CP0_BADINSTR $8, 1
#define CP0_COUNT $9
#define CP0_ENTRYHI $10
#define CP0_COMPARE $11
#define CP0_STATUS $12
#define CP0_INTCTL $12, 1
#define CP0_CAUSE $13
#define CP0_EPC $14
#define CP0_EBASE $15, 1
#define CP0_CONFIG3 $16, 3
#define CP0_CONFIG4 $16, 4
#define CP0_KSCRATCH_CPU $31, 2
#define CP0_KSCRATCH_ROOT $31, 3
#define CP0_KSCRATCH_THREAD $31, 4

#define STATUS_IE 0x1
#define STATUS_EXL 0x2
#define STATUS_USER 0x10
#define STATUS_64 0xe0           /* KX, SX, UX */
#define STATUS_FR 0x04000000
#define STATUS_CU1 0x20000000
#define INTERRUPT_IP(n) (0x100 << (n)) /* in Status and Cause */
#define INTERRUPT_BOARD INTERRUPT_IP(2)
#define INTERRUPT_IPI INTERRUPT_IP(6)
#define INTERRUPT_TIMER INTERRUPT_IP(7)
#define STATUS_KERNEL (STATUS_FR | STATUS_64 | INTERRUPT_BOARD | INTERRUPT_IPI | INTERRUPT_TIMER)
#define STATUS_OF_USER (STATUS_KERNEL | STATUS_USER | STATUS_EXL | STATUS_IE)

#define CAUSE_CODE 0x7c
#define CAUSE_SYSCALL (8 << 2)
#define CAUSE_IV 0x00800000
#define CAUSE_BRANCH_DELAY 0x80000000u
#define PAGEGRAIN_INHIBIT 0xe8000000 /* RIE, XIE, ELPA, IEC */
#define HWRENA_ALL 0x2000000f
#define ENTRYHI_INVALID 0x400
#define ENTRYHI_ASID 0x3ff
#define CONFIG3_NEEDED (1u << 12 | 1u << 13)         /* RXI, ULRI */
#define CONFIG4_INVALIDATE(config4) ((config4) >> 29 & 3)
#define CONFIG4_SCRATCH_NEEDED (7u << 18)            /* KScratch1 to 3 */
#define CONFIG4_ASID_10 (1u << 28)

#ifndef __ASSEMBLER__
#include <stdint.h>

#define CP0_TEXT_(...) #__VA_ARGS__
#define CP0_TEXT(...) CP0_TEXT_(__VA_ARGS__)

#define cp0_read(reg)                                                             \
    ({                                                                            \
        uint64_t cp0_value;                                                       \
        __asm__ volatile("dmfc0 %0, " CP0_TEXT(reg) : "=r"(cp0_value)::"memory"); \
        cp0_value;                                                                \
    })
#define cp0_write(reg, value) __asm__ volatile("dmtc0 %z0, " CP0_TEXT(reg) ::"Jr"((uint64_t)(value)) : "memory")
#define cp0_read32(reg)                                                          \
    ({                                                                           \
        uint32_t cp0_value;                                                      \
        __asm__ volatile("mfc0 %0, " CP0_TEXT(reg) : "=r"(cp0_value)::"memory"); \
        cp0_value;                                                               \
    })
#define cp0_write32(reg, value) __asm__ volatile("mtc0 %z0, " CP0_TEXT(reg) ::"Jr"((uint32_t)(value)) : "memory")
#define cp0_hazard() __asm__ volatile("ehb" ::: "memory")
#endif

#endif
