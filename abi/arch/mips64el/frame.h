/* frame.h (mips64el): the registers of a user thread, as the kernel saves them and as upcalls show them. r[0] holds nothing.
 * Native system calls: `syscall`, number in $2; r0..r8 of syscalls.idl = $4..$11, $12; results: status in $2, r1..r8 in $5..$11, $12. They
 * destroy $1, $3, $13..$15, $24, $25, HI and LO. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t r[32];
    uint64_t hi, lo, pc;
    uint64_t status; /* CP0 Status of the thread: the kernel keeps only CU1 and FR */
    uint64_t tls;    /* UserLocal */
    uint64_t cause;  /* of the last trap: not restored */
};

#define FRAME_PC pc
#define FRAME_SP r[29]
#define FRAME_STATUS r[2]
#define FRAME_NUMBER r[2]
#define FRAME_R0 r[4]
#define FRAME_R1 r[5]
#define FRAME_R2 r[6]
#define FRAME_R3 r[7]
#define FRAME_R4 r[8]
#define FRAME_R5 r[9]
#define FRAME_R6 r[10]
#define FRAME_R7 r[11]
#define FRAME_R8 r[12]
#define FRAME_ARGUMENT r[4]
#define FRAME_TLS tls
#define SYSCALL_INSTRUCTION_BYTES 4
#define PAGE_SHIFT 12

/* A foreign system call enters the runtime this many bytes behind the upcall entry. All registers are the program's but $1, $3, HI and LO,
 * which it destroys, as Linux does; $1 = the thread page; thread_page.frame has pc. The runtime goes back by a jump to that. */
#define UPCALL_CALL_OFFSET 64
#endif
