/* frame.h (loongarch64): the registers of a user thread, as the kernel saves them and as upcalls show them. r[0] holds nothing.
 * Native system calls: `syscall 0`, number in $a7; r0..r8 of syscalls.idl = $a0..$a6, $t0, $t1; results: status in $a0, r1..r8 in
 * $a1..$a6, $t0, $t1; they destroy $t2..$t8. MMU pages are 16 KiB. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t r[32];
    uint64_t pc;
    uint64_t prmd;  /* forced by the kernel */
    uint64_t cause; /* ESTAT of the last trap: not restored */
};

#define FRAME_PC pc
#define FRAME_SP r[3]
#define FRAME_STATUS r[4]
#define FRAME_NUMBER r[11]
#define FRAME_R0 r[4]
#define FRAME_R1 r[5]
#define FRAME_R2 r[6]
#define FRAME_R3 r[7]
#define FRAME_R4 r[8]
#define FRAME_R5 r[9]
#define FRAME_R6 r[10]
#define FRAME_R7 r[12]
#define FRAME_R8 r[13]
#define FRAME_ARGUMENT r[4]
#define FRAME_TLS r[2]
#define SYSCALL_INSTRUCTION_BYTES 4
#define PAGE_SHIFT 14

/* A foreign system call enters the runtime this many bytes behind the upcall entry. All registers are the program's but $t5..$t8, which it
 * destroys, as Linux does; $t8 = the thread page; thread_page.frame has pc. The runtime goes back by a jump to that. */
#define UPCALL_CALL_OFFSET 64
#endif
