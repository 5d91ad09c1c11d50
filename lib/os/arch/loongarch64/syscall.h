/* syscall.h (loongarch64): the system call instruction. Registers: abi/arch/loongarch64/frame.h. Contract: lib/os/os.h. */
#ifndef OS_ARCH_SYSCALL_H
#define OS_ARCH_SYSCALL_H

#include <status.h>
#include <stdint.h>

#define OS_ELF_MACHINE 258
#define OS_MACHINE_NAME "loongarch64" /* as uname -m says */

static inline void os_trap(uint64_t number, uint64_t r[9])
{
    register uint64_t call __asm__("$a7") = number;
    register uint64_t r0 __asm__("$a0") = r[0];
    register uint64_t r1 __asm__("$a1") = r[1];
    register uint64_t r2 __asm__("$a2") = r[2];
    register uint64_t r3 __asm__("$a3") = r[3];
    register uint64_t r4 __asm__("$a4") = r[4];
    register uint64_t r5 __asm__("$a5") = r[5];
    register uint64_t r6 __asm__("$a6") = r[6];
    register uint64_t r7 __asm__("$t0") = r[7];
    register uint64_t r8 __asm__("$t1") = r[8];
    __asm__ volatile("syscall 0" : "+r"(call), "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8) : : "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
    r[0] = r0;
    r[1] = r1;
    r[2] = r2;
    r[3] = r3;
    r[4] = r4;
    r[5] = r5;
    r[6] = r6;
    r[7] = r7;
    r[8] = r8;
}

static inline enum status os_syscall(uint64_t number, uint64_t r[8])
{
    register uint64_t call __asm__("$a7") = number;
    register uint64_t r0 __asm__("$a0") = r[0];
    register uint64_t r1 __asm__("$a1") = r[1];
    register uint64_t r2 __asm__("$a2") = r[2];
    register uint64_t r3 __asm__("$a3") = r[3];
    register uint64_t r4 __asm__("$a4") = r[4];
    register uint64_t r5 __asm__("$a5") = r[5];
    register uint64_t r6 __asm__("$a6") = r[6];
    register uint64_t r7 __asm__("$t0") = r[7];
    __asm__ volatile("syscall 0" : "+r"(call), "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7) : : "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
    r[1] = r1;
    r[2] = r2;
    r[3] = r3;
    r[4] = r4;
    r[5] = r5;
    r[6] = r6;
    r[7] = r7;
    return (enum status)r0;
}

#endif
