/* vdso_call.h (aarch64): a Linux system call made from the vDSO, and how its functions are named. */
#ifndef LINUX_VDSO_CALL_H
#define LINUX_VDSO_CALL_H

#define VDSO_NAME(name) __kernel_##name

/* Returns: the result, or a negated errno. */
static inline long vdso_call(long number, long a, long b)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
}

#endif
