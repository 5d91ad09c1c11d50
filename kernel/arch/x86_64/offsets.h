/* offsets.h: constants of entry.S and trampoline.S. The structure offsets are asserted in trap.c. */
#ifndef X86_64_OFFSETS_H
#define X86_64_OFFSETS_H

#define FRAME_RAX 0
#define FRAME_RBX 8
#define FRAME_RCX 16
#define FRAME_RDX 24
#define FRAME_RSI 32
#define FRAME_RDI 40
#define FRAME_RBP 48
#define FRAME_R8_ 56
#define FRAME_R11 80
#define FRAME_RIP 120
#define FRAME_RSP 128
#define FRAME_RFLAGS 136
#define FRAME_FS_BASE 144
#define FRAME_ERROR 152

#define THREAD_PAGE 160
#define THREAD_PAGE_ADDRESS 168
#define THREAD_RUNTIME_START 176
#define THREAD_RUNTIME_END 184
#define THREAD_CALL_ENTRY 192

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define CPU_SELF 16
#define CPU_USER_RSP 24

#define PAGE_FRAME 208 /* struct thread_page: frame */

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10
#define USER_SS 0x23
#define USER_CS 0x2b
#define TSS_SELECTOR 0x30

/* frame.error: bit 63 always, vector in bits 32..39, the hardware's code in bits 0..31. 0 after a system call. */
#define FRAME_BY_INTERRUPT 0x8000000000000000

#endif
