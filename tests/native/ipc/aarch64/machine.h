/* machine.h (aarch64): what the tests of tests/native/ipc need to know of the machine. */
#ifndef TESTS_IPC_MACHINE_H
#define TESTS_IPC_MACHINE_H

#include <frame.h>

/* An instruction of the kernel's. */
static inline void machine_privileged(void)
{
    __asm__ volatile("msr daifset, #2");
}

/* There are no single steps. */
static inline void machine_no_step(struct frame *)
{
}

#define EXCEPTION_OF_DATA EXCEPTION_PAGE_FAULT

#endif
