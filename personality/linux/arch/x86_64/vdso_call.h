/* vdso_call.h (x86-64): a Linux system call made from the vDSO, and how its functions are named. */
#ifndef LINUX_VDSO_CALL_H
#define LINUX_VDSO_CALL_H

#define VDSO_NAME(name) __vdso_##name
#define VDSO_HAS_TIME 1

/* Returns: the result, or a negated errno. */
static inline long vdso_call(long number, long a, long b)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}

#endif
