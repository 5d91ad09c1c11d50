/* offsets.h (x86-64): where entry.S finds the program's registers in the thread page. Asserted in fpu.c. */
#ifndef POSIX_OFFSETS_H
#define POSIX_OFFSETS_H

#define UPCALL_CALL_OFFSET 64 /* abi/arch/x86_64/frame.h */

#define MACHINE_UPCALL_PENDING 128
#define MACHINE_UPCALL_STACK 136
#define MACHINE_FRAME 208
#define MACHINE_FLAG_STEP 0x100
#define MACHINE_FLAGS 0x202 /* no conditions, interrupts on */
#define ENTRY_QUICK_LAST 255 /* personality/linux/quick.c */
#define CALL_UNFINISHED (-2002) /* personality/linux/upcall.c */

#define FRAME(name) (MACHINE_FRAME + FRAME_AT_##name)
#define FRAME_AT_RAX 0
#define FRAME_AT_RBX 8
#define FRAME_AT_RCX 16
#define FRAME_AT_RDX 24
#define FRAME_AT_RSI 32
#define FRAME_AT_RDI 40
#define FRAME_AT_RBP 48
#define FRAME_AT_R8 56
#define FRAME_AT_R9 64
#define FRAME_AT_R10 72
#define FRAME_AT_R11 80
#define FRAME_AT_R12 88
#define FRAME_AT_R13 96
#define FRAME_AT_R14 104
#define FRAME_AT_R15 112
#define FRAME_AT_RIP 120
#define FRAME_AT_RSP 128
#define FRAME_AT_RFLAGS 136
#define FRAME_AT_ERROR 152

#endif
