/* offsets.h (aarch64): what assembly knows of C structures; asserted in trap.c. */
#ifndef AARCH64_OFFSETS_H
#define AARCH64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
/* Of the thread that runs, for foreign calls (thread.c): its task's runtime and where that takes them, its thread page. */
#define CPU_RUNTIME_START 16
#define CPU_RUNTIME_LENGTH 24
#define CPU_CALL_ENTRY 32
#define CPU_THREAD_PAGE 40
#define PAGE_PENDING 128 /* struct thread_page: upcall_pending */
#define PAGE_FRAME 208   /* struct thread_page: frame */
#define FRAME_X(n) (8 * (n))
#define FRAME_SP_OFFSET 248
#define FRAME_PC_OFFSET 256
#define FRAME_ESR_OFFSET 280

#endif
