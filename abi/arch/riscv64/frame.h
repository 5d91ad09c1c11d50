/* frame.h (riscv64): the registers of a user thread, as the kernel saves them and as upcalls show them. x[0] holds nothing.
 * Native system calls: `ecall`, number in a7; r0..r8 of syscalls.idl = a0..a6, t0, t1; results: status in a0, r1..r8 in a1..a6, t0, t1;
 * t2 .. t6 and a7 are lost. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t x[32];
    uint64_t pc;
    uint64_t status; /* sstatus of the thread: the kernel keeps only the floating-point field */
    uint64_t cause;  /* of the last trap: not restored */
};

#define FRAME_PC pc
#define FRAME_SP x[2]
#define FRAME_STATUS x[10]
#define FRAME_NUMBER x[17]
#define FRAME_R0 x[10]
#define FRAME_R1 x[11]
#define FRAME_R2 x[12]
#define FRAME_R3 x[13]
#define FRAME_R4 x[14]
#define FRAME_R5 x[15]
#define FRAME_R6 x[16]
#define FRAME_R7 x[5]
#define FRAME_R8 x[6]
#define FRAME_ARGUMENT x[10]
#define FRAME_TLS x[4]
#define SYSCALL_INSTRUCTION_BYTES 4
#define PAGE_SHIFT 12

/* A foreign system call enters the runtime this many bytes behind the upcall entry. All registers are the program's but t0, the thread page;
 * thread_page.frame has t0 (x[5]) and pc. `ecall` in the runtime with a7 = UPCALL_CALL_RETURN goes back to pc, t0 to t2 and a7 of
 * thread_page.frame; all else is as the runtime leaves it. Whether an interrupt is pending is for the runtime to see, in its critical range. */
#define UPCALL_CALL_OFFSET 64
#define UPCALL_CALL_RETURN 0xff
#endif
