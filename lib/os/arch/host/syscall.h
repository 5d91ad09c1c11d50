/* syscall.h (host): system calls of programs under test go to functions that the tests provide. */
#ifndef OS_ARCH_SYSCALL_H
#define OS_ARCH_SYSCALL_H

#include <status.h>
#include <stdint.h>

#define OS_ELF_MACHINE 62

/* lib/os/arch/host/kernel_test.c */
void host_trap(uint64_t number, uint64_t r[9]);

static inline void os_trap(uint64_t number, uint64_t r[9])
{
    host_trap(number, r);
}

static inline enum status os_syscall(uint64_t number, uint64_t r[8])
{
    uint64_t all[9] = {r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]};
    host_trap(number, all);
    for (int i = 1; i < 8; i++)
        r[i] = all[i];
    return (enum status)all[0];
}

#endif
