/* abi.h (aarch64): how a Linux program calls, and what its structures look like. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <open_arm.h>
#include <generic/requests.h>
#include <generic/sigaction_restorer.h>
#include <generic/signals.h>
#include <generic/stat.h>
#include <generic/statfs.h>
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

/* Processor features as the C libraries look for them. */
static inline uint64_t linux_hardware(void)
{
    return 1u << 0 | 1u << 1; /* floating point, vectors */
}

#endif
