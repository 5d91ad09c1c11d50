/* offsets.h (aarch64): what assembly knows of C structures; asserted in trap.c. */
#ifndef AARCH64_OFFSETS_H
#define AARCH64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
/* struct thread begins with its frame, thread page and runtime. */
#define THREAD_AT_PAGE 288
#define THREAD_AT_RUNTIME_START 304 /* and, behind it, its end */
#define THREAD_AT_CALL_ENTRY 320
#define PAGE_PENDING 128 /* struct thread_page: upcall_pending */
#define PAGE_FRAME 208   /* struct thread_page: frame */
#define FRAME_X(n) (8 * (n))
#define FRAME_SP_OFFSET 248
#define FRAME_PC_OFFSET 256
#define FRAME_ESR_OFFSET 280

#endif
