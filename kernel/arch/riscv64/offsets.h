/* offsets.h (riscv64): what assembly knows of C structures; asserted in trap.c. */
#ifndef RISCV64_OFFSETS_H
#define RISCV64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define CPU_SCRATCH 16
/* Of the thread that runs, for foreign calls (thread.c): its task's runtime and where that takes them, its thread page. */
#define CPU_RUNTIME_START 24
#define CPU_RUNTIME_LENGTH 32
#define CPU_CALL_ENTRY 40
#define CPU_THREAD_PAGE 48
#define CPU_THREAD_PAGE_ADDRESS 56
#define CALL_RETURN 0xff  /* abi/arch/riscv64/frame.h: UPCALL_CALL_RETURN */
#define PAGE_PENDING 128 /* struct thread_page: upcall_pending */
#define PAGE_FRAME 208   /* struct thread_page: frame */
#define FRAME_X(n) (8 * (n))
#define FRAME_PC_OFFSET 256
#define FRAME_STATUS_OFFSET 264
#define FRAME_CAUSE_OFFSET 272
#define CAUSE_ECALL 8

#endif
