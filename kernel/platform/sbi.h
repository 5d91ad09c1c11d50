/* sbi.h: calls of the RISC-V Supervisor Binary Interface. */
#ifndef KERNEL_SBI_H
#define KERNEL_SBI_H

#include <stdint.h>

struct sbi_result {
    int64_t error; /* 0: done */
    uint64_t value;
};

static inline struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t a0 __asm__("a0") = a;
    register uint64_t a1 __asm__("a1") = b;
    register uint64_t a2 __asm__("a2") = c;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(int64_t)a0, a1};
}

#define SBI_TIME   0x54494d45u
#define SBI_IPI    0x735049u
#define SBI_RFENCE 0x52464e43u
#define SBI_HSM    0x48534du
#define SBI_SRST   0x53525354u
#define SBI_LEGACY_PUTCHAR  1u
#define SBI_LEGACY_SHUTDOWN 8u

static inline void sbi_set_timer(uint64_t ticks) { sbi_call(SBI_TIME, 0, ticks, 0, 0); }
static inline void sbi_send_ipi(uint64_t hart) { sbi_call(SBI_IPI, 0, 1, hart, 0); }
static inline struct sbi_result sbi_hart_start(uint64_t hart, uint64_t physical, uint64_t argument) { return sbi_call(SBI_HSM, 0, hart, physical, argument); }
static inline void sbi_put_character(char c) { sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0); }
/* On all harts: a mask base of all ones. Returns when they have done it. */
static inline void sbi_fence_i_everywhere(void) { sbi_call(SBI_RFENCE, 0, 0, UINT64_MAX, 0); }
static inline void sbi_flush_tlb_everywhere(void)
{
    register uint64_t a0 __asm__("a0") = 0;
    register uint64_t a1 __asm__("a1") = UINT64_MAX;
    register uint64_t a2 __asm__("a2") = 0;
    register uint64_t a3 __asm__("a3") = UINT64_MAX;
    register uint64_t a6 __asm__("a6") = 1;
    register uint64_t a7 __asm__("a7") = SBI_RFENCE;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
}
static inline void sbi_system_reset(uint32_t type) { sbi_call(SBI_SRST, 0, type, 0, 0); }

#endif
