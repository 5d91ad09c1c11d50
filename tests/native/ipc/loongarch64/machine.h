/* machine.h (loongarch64): what the tests of tests/native/ipc need to know of the machine. */
#ifndef TESTS_IPC_MACHINE_H
#define TESTS_IPC_MACHINE_H

#include <frame.h>

/* An instruction of the kernel's. */
static inline void machine_privileged(void)
{
    __asm__ volatile("csrrd $t0, 0" ::: "$t0");
}

/* There are no single steps. */
static inline void machine_no_step(struct frame *)
{
}

/* Data that is no instruction may be fetched where the CPU cannot be trusted to forbid it (docs/limits.md). */
#define EXCEPTION_OF_DATA EXCEPTION_ILLEGAL

#endif
