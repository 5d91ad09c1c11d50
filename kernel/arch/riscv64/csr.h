/* csr.h (riscv64): control and status registers. */
#ifndef RISCV64_CSR_H
#define RISCV64_CSR_H

#define SSTATUS_SPIE (1ull << 5)
#define SSTATUS_FS   (3ull << 13) /* off; 3: dirty */
#define SIP_SOFTWARE (1ull << 1)
#define SIP_TIMER    (1ull << 5)
#define SIP_EXTERNAL (1ull << 9)
#define SATP_SV39    (8ull << 60)
#define SATP_ASID_SHIFT 44
#define CSR_STIMECMP 0x14d

#ifndef __ASSEMBLER__
#define csr_read(csr)                                                    \
    ({                                                                   \
        uint64_t csr_value;                                              \
        __asm__ volatile("csrr %0, " #csr : "=r"(csr_value)::"memory"); \
        csr_value;                                                       \
    })
#define csr_write(csr, value) __asm__ volatile("csrw " #csr ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) __asm__ volatile("csrs " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) __asm__ volatile("csrc " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#endif

#endif
