/* abi.h (mips64el): how a Linux program of the n64 ABI calls, and what its structures look like. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <mips_open.h>
#include <mips_requests.h>
#include <mips_signals.h>
#include <mips_stat.h>
#include <process.h>
#include <thread_page.h>

#define LINUX_MACHINE "mips64"
#define LINUX_PLATFORM "mips64"
#define LINUX_ILLEGAL_CODE 0x80 /* SI_KERNEL */
#define LINUX_BREAK_CODE 1 /* TRAP_BRKPT */
#define LINUX_KERNEL_ADDRESS SIGBUS /* what touching one raises */
#define LINUX_TABLE_BASE 5000u
#define LINUX_NUMBER(frame) ((frame)->r[2])
#define LINUX_A0(frame) ((frame)->r[4])
#define LINUX_A1(frame) ((frame)->r[5])
#define LINUX_A2(frame) ((frame)->r[6])
#define LINUX_A3(frame) ((frame)->r[7])
#define LINUX_A4(frame) ((frame)->r[8])
#define LINUX_A5(frame) ((frame)->r[9])
/* clone(flags, stack, parent tid, tls, child tid) */
#define LINUX_CLONE_TLS(frame) LINUX_A3(frame)
#define LINUX_CLONE_CHILD_TID(frame) LINUX_A4(frame)

/* $2 = value or positive errno, $7 = 1 for an error. */
static inline void linux_set_result(struct frame *frame, long result)
{
    bool failed = result < 0 && result >= -4095;
    frame->r[2] = failed ? mips_errno((unsigned)-result) : (uint64_t)result;
    frame->r[7] = failed;
}

/* The result of a call that is no trap: a negated errno where it failed. */
static inline long linux_call_result(long result)
{
    return result < 0 && result >= -4095 ? -(long)mips_errno((unsigned)-result) : result;
}

/* Make such a call be made again: at the call instruction of a cancellation point (call.S says so in cause), else at the entry, with its number and
 * arguments where a function has them. */
static inline void linux_call_again(struct frame *frame)
{
    bool point = frame->cause;
    frame->r[10] = frame->r[9];
    frame->r[9] = frame->r[8];
    frame->r[8] = frame->r[7];
    frame->r[7] = frame->r[6];
    frame->r[6] = frame->r[5];
    frame->r[5] = frame->r[4];
    frame->r[4] = frame->r[2];
    frame->r[31] = frame->pc;
    frame->r[25] = (uint64_t)call_point;
    frame->pc = point ? frame->pc - 8 : (uint64_t)entry_call; /* a delay slot follows the call */
}

static inline uint64_t linux_hardware(void)
{
    return 0;
}

#endif
