/* csr.h (loongarch64): control and status registers, I/O control registers (LoongArch Reference Manual, volume 1). */
#ifndef LOONGARCH64_CSR_H
#define LOONGARCH64_CSR_H

#define CSR_CRMD 0x0
#define CSR_PRMD 0x1
#define CSR_EUEN 0x2
#define CSR_ECFG 0x4
#define CSR_ESTAT 0x5
#define CSR_ERA 0x6
#define CSR_BADV 0x7
#define CSR_BADI 0x8
#define CSR_EENTRY 0xc
#define CSR_TLBIDX 0x10
#define CSR_ASID 0x18
#define CSR_PGDL 0x19
#define CSR_PGDH 0x1a
#define CSR_STLBPS 0x1e
#define CSR_CPUID 0x20
#define CSR_PRCFG2 0x22
#define CSR_SAVE0 0x30
#define CSR_SAVE1 0x31
#define CSR_SAVE2 0x32
#define CSR_SAVE3 0x33
#define CSR_SAVE4 0x34
#define CSR_TCFG 0x41
#define CSR_TICLR 0x44
#define CSR_TLBRENTRY 0x88
#define CSR_TLBRBADV 0x89
#define CSR_TLBRERA 0x8a       /* where the last refill was needed; bit 0: now */
#define CSR_TLBRSAVE 0x8b
#define CSR_TLBRELO0 0x8c
#define CSR_TLBRELO1 0x8d
#define CSR_TLBREHI 0x8e
#define CSR_DMW0 0x180
#define CSR_DMW1 0x181
#define CSR_DMW2 0x182
#define CSR_DMW3 0x183

#define CRMD_IE 0x4
#define CRMD_PAGED 0xb0        /* PG, and cached accesses should translation be off; PLV 0, interrupts off */
#define PRMD_USER 0x7          /* PLV 3, interrupts on */
#define EUEN_FPE 0x1
#define ECFG_VECTORS_OF_TWO 0x10000
#define INTERRUPT_IO (1u << 2) /* ECFG.LIE, ESTAT.IS: IP0 of the extended I/O interrupts */
#define INTERRUPT_TIMER (1u << 11)
#define INTERRUPT_IPI (1u << 12)
#define DMW_KERNEL_UNCACHED 0x8000000000000001
#define DMW_KERNEL_CACHED 0x9000000000000011
#define PAGE_SIZE_BITS 14

#define IOCSR_MISC 0x420
#define IOCSR_MISC_EXTIOI (1ull << 48)
#define IOCSR_IPI_STATUS 0x1000
#define IOCSR_IPI_ENABLE 0x1004
#define IOCSR_IPI_CLEAR 0x100c
#define IOCSR_MAILBOX 0x1020   /* 0: where a waiting CPU is to go */
#define IOCSR_MAILBOX1 0x1028  /* 1: its struct cpu */
#define IOCSR_IPI_SEND 0x1040
#define IPI_MAIL 0u            /* the bit number of what CPUs send */
#define IOCSR_MAIL_SEND 0x1048

#ifndef __ASSEMBLER__
#include <stdint.h>

#define csr_read(csr)                                                             \
    ({                                                                            \
        uint64_t csr_value;                                                       \
        __asm__ volatile("csrrd %0, %1" : "=r"(csr_value) : "i"(csr) : "memory"); \
        csr_value;                                                                \
    })
/* csrwr gives back the old value. */
#define csr_write(csr, value)                                                     \
    ({                                                                            \
        uint64_t csr_value = (value);                                             \
        __asm__ volatile("csrwr %0, %1" : "+r"(csr_value) : "i"(csr) : "memory"); \
        csr_value;                                                                \
    })

static inline uint32_t iocsr_read32(uint32_t address)
{
    uint32_t value;
    __asm__ volatile("iocsrrd.w %0, %1" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void iocsr_write32(uint32_t address, uint32_t value)
{
    __asm__ volatile("iocsrwr.w %0, %1" ::"r"(value), "r"(address) : "memory");
}

static inline uint64_t iocsr_read64(uint32_t address)
{
    uint64_t value;
    __asm__ volatile("iocsrrd.d %0, %1" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void iocsr_write64(uint32_t address, uint64_t value)
{
    __asm__ volatile("iocsrwr.d %0, %1" ::"r"(value), "r"(address) : "memory");
}

static inline uint32_t cpucfg(uint32_t word)
{
    uint32_t value;
    __asm__("cpucfg %0, %1" : "=r"(value) : "r"(word));
    return value;
}

static inline uint64_t stable_counter(void)
{
    uint64_t value;
    __asm__ volatile("rdtime.d %0, $zero" : "=r"(value));
    return value;
}
#endif

#endif
