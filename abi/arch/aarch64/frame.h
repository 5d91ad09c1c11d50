/* frame.h (aarch64): the registers of a user thread, as the kernel saves them and as upcalls show them.
 * Native system calls: `svc 0`, number in x8; r0..r8 of syscalls.idl = x0..x7, x9; results: status in x0, r1..r8 in x1..x7, x9;
 * x10 .. x17 are lost. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t x[31];
    uint64_t sp, pc, pstate;
    uint64_t tls; /* tpidr_el0 */
    uint64_t esr; /* of the last trap: not restored */
};

#define FRAME_PC pc
#define FRAME_SP sp
#define FRAME_STATUS x[0]
#define FRAME_NUMBER x[8]
#define FRAME_R0 x[0]
#define FRAME_R1 x[1]
#define FRAME_R2 x[2]
#define FRAME_R3 x[3]
#define FRAME_R4 x[4]
#define FRAME_R5 x[5]
#define FRAME_R6 x[6]
#define FRAME_R7 x[7]
#define FRAME_R8 x[9]
#define FRAME_ARGUMENT x[0]
#define FRAME_TLS tls
#define SYSCALL_INSTRUCTION_BYTES 4
#define PAGE_SHIFT 12

/* A foreign system call enters the runtime this many bytes behind the upcall entry. All registers are the program's but x16, the thread page;
 * thread_page.frame has x16, x17, pc and pstate. `svc 1` in the runtime goes back to these four; all else is as the runtime leaves it. When an
 * interrupt is pending it is the resume system call. */
#define UPCALL_CALL_OFFSET 64
#endif
