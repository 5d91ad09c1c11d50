/* vdso_call.h (loongarch64): a Linux system call made from the vDSO, and how its functions are named. */
#ifndef LINUX_VDSO_CALL_H
#define LINUX_VDSO_CALL_H

#define VDSO_NAME(name) __vdso_##name

/* Returns: the result, or a negated errno. */
static inline long vdso_call(long number, long a, long b)
{
    register long a7 __asm__("$a7") = number, a0 __asm__("$a0") = a, a1 __asm__("$a1") = b;
    __asm__ volatile("syscall 0" : "+r"(a0) : "r"(a7), "r"(a1) : "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
    return a0;
}

#endif
