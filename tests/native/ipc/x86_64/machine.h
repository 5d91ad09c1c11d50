/* machine.h (x86_64): what the tests of tests/native/ipc need to know of the machine. */
#ifndef TESTS_IPC_MACHINE_H
#define TESTS_IPC_MACHINE_H

#include <frame.h>

/* An instruction of the kernel's. */
static inline void machine_privileged(void)
{
    __asm__ volatile("cli");
}

/* A step is an exception of its own: none in this frame. */
static inline void machine_no_step(struct frame *frame)
{
    frame->rflags &= ~0x100ull;
}

#define EXCEPTION_OF_DATA EXCEPTION_PAGE_FAULT

#endif
