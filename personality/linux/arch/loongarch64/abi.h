/* abi.h (loongarch64): how a Linux program calls, and what its structures look like. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <generic/open.h>
#include <generic/requests.h>
#include <generic/sigaction.h>
#include <generic/signals.h>
#include <generic/stat.h>
#include <generic/statfs.h>
#include <process.h>
#include <thread_page.h>

#define LINUX_MACHINE "loongarch64"
#define LINUX_PLATFORM "loongarch64"
#define LINUX_ILLEGAL_CODE 0x80 /* SI_KERNEL */
#define LINUX_BREAK_CODE 1 /* TRAP_BRKPT */
#define LINUX_KERNEL_ADDRESS SIGSEGV /* what touching one raises */
#define LINUX_TABLE_BASE 0u
#define LINUX_NUMBER(frame) ((frame)->r[11])
#define LINUX_A0(frame) ((frame)->r[4])
#define LINUX_A1(frame) ((frame)->r[5])
#define LINUX_A2(frame) ((frame)->r[6])
#define LINUX_A3(frame) ((frame)->r[7])
#define LINUX_A4(frame) ((frame)->r[8])
#define LINUX_A5(frame) ((frame)->r[9])
/* clone(flags, stack, parent tid, child tid, tls) */
#define LINUX_CLONE_TLS(frame) LINUX_A4(frame)
#define LINUX_CLONE_CHILD_TID(frame) LINUX_A3(frame)

static inline void linux_set_result(struct frame *frame, long result)
{
    frame->r[4] = (uint64_t)result;
}

/* The result of a call that is no trap: a negated errno where it failed. */
static inline long linux_call_result(long result)
{
    return result;
}

/* Make such a call be made again: at the call instruction of a cancellation point (call.S says so in cause), else at the entry, with its number and
 * arguments where a function has them. */
static inline void linux_call_again(struct frame *frame)
{
    bool point = frame->cause;
    for (int i = 6; i > 0; i--)
        frame->r[4 + i] = frame->r[4 + i - 1];
    frame->r[4] = frame->r[11];
    frame->r[1] = frame->pc;
    frame->r[12] = (uint64_t)call_point;
    frame->pc = point ? frame->pc - 4 : (uint64_t)entry_call;
}

/* Processor features as the C libraries look for them. */
static inline uint64_t linux_hardware(void)
{
    return 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3; /* cpucfg, atomics, unaligned access, floating point */
}

#endif
