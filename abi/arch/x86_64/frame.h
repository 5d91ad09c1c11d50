/* frame.h (x86-64): the registers of a user thread, as the kernel saves them and as upcalls show them.
 * Native system calls: number in rax; r0..r8 of syscalls.idl = rdi rsi rdx r10 r8 r9 r12 r13 r14; results: status in rax, r1..r8 in
 * rsi rdx r10 r8 r9 r12 r13 r14. `syscall` destroys rcx and r11. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rsp, rflags;
    uint64_t fs_base;
    uint64_t error; /* of the last trap: not restored */
};

#define FRAME_PC rip
#define FRAME_SP rsp
#define FRAME_STATUS rax
#define FRAME_NUMBER rax
#define FRAME_R0 rdi
#define FRAME_R1 rsi
#define FRAME_R2 rdx
#define FRAME_R3 r10
#define FRAME_R4 r8
#define FRAME_R5 r9
#define FRAME_R6 r12
#define FRAME_R7 r13
#define FRAME_R8 r14
#define FRAME_ARGUMENT rdi  /* first argument of a C function */
#define FRAME_TLS fs_base
#define SYSCALL_INSTRUCTION_BYTES 2
#define PAGE_SHIFT 12

/* A foreign system call enters the runtime this many bytes behind the upcall entry, with all registers still the program's but rcx and r11.
 * thread_page.frame has rip, rflags and fs_base; the runtime saves what else it needs, and gives the program back by a jump to rip. */
#define UPCALL_CALL_OFFSET 64
#endif
