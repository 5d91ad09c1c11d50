/* abi.h (aarch64): how a Linux program calls, and what its structures look like. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <open_arm.h>
#include <generic/requests.h>
#include <generic/sigaction_restorer.h>
#include <generic/signals.h>
#include <generic/stat.h>
#include <generic/statfs.h>
#include <process.h>
#include <thread_page.h>

#define LINUX_MACHINE "aarch64"
#define LINUX_PLATFORM "aarch64"
#define LINUX_ILLEGAL_CODE 1 /* ILL_ILLOPC */
#define LINUX_BREAK_CODE 1 /* TRAP_BRKPT */
#define LINUX_KERNEL_ADDRESS SIGSEGV /* what touching one raises */
#define LINUX_TABLE_BASE 0u
#define LINUX_NUMBER(frame) ((frame)->x[8])
#define LINUX_A0(frame) ((frame)->x[0])
#define LINUX_A1(frame) ((frame)->x[1])
#define LINUX_A2(frame) ((frame)->x[2])
#define LINUX_A3(frame) ((frame)->x[3])
#define LINUX_A4(frame) ((frame)->x[4])
#define LINUX_A5(frame) ((frame)->x[5])
/* clone(flags, stack, parent tid, tls, child tid) */
#define LINUX_CLONE_TLS(frame) LINUX_A3(frame)
#define LINUX_CLONE_CHILD_TID(frame) LINUX_A4(frame)

static inline void linux_set_result(struct frame *frame, long result)
{
    frame->x[0] = (uint64_t)result;
}

/* The result of a call that is no trap: a negated errno where it failed. */
static inline long linux_call_result(long result)
{
    return result;
}

/* Make such a call be made again: at the call instruction of a cancellation point (call.S says so in esr), else at the entry, with its number and
 * arguments where a function has them. */
static inline void linux_call_again(struct frame *frame)
{
    bool point = frame->esr;
    for (int i = 6; i > 0; i--)
        frame->x[0 + i] = frame->x[0 + i - 1];
    frame->x[0] = frame->x[8];
    frame->x[30] = frame->pc;
    frame->x[8] = (uint64_t)call_point;
    frame->pc = point ? frame->pc - 4 : (uint64_t)entry_call;
}

/* Processor features as the C libraries look for them. */
static inline uint64_t linux_hardware(void)
{
    return 1u << 0 | 1u << 1; /* floating point, vectors */
}

#endif
