/* offsets.h (riscv64): what assembly knows of C structures; asserted in trap.c. */
#ifndef RISCV64_OFFSETS_H
#define RISCV64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define STARTING_HARTS 8 /* struct starting (cpu.c) */
/* struct thread begins with its frame, thread page and runtime. */
#define THREAD_AT_PAGE 280
#define THREAD_AT_PAGE_ADDRESS 288
#define THREAD_AT_RUNTIME_START 296
#define THREAD_AT_RUNTIME_END 304
#define THREAD_AT_CALL_ENTRY 312
#define THREAD_AT_CPU 320
#define FPU_FCSR 256    /* from the first of its registers */
#define CALL_RETURN 0xff /* abi/arch/riscv64/frame.h: UPCALL_CALL_RETURN */
#define PAGE_FRAME 208  /* struct thread_page: frame */
#define FRAME_X(n) (8 * (n))
#define FRAME_PC_OFFSET 256
#define FRAME_STATUS_OFFSET 264
#define FRAME_CAUSE_OFFSET 272
#define CAUSE_ECALL 8

#endif
