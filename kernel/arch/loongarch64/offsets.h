/* offsets.h (loongarch64): what assembly knows of C structures; asserted in trap.c. */
#ifndef LOONGARCH64_OFFSETS_H
#define LOONGARCH64_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define FRAME_REGISTER(n) (8 * (n))
#define FRAME_PC_OFFSET 256
#define FRAME_CAUSE_OFFSET 272
/* struct thread begins with its frame, thread page and runtime. */
#define THREAD_AT_PAGE 280
#define THREAD_AT_PAGE_ADDRESS 288
#define THREAD_AT_RUNTIME_START 296
#define THREAD_AT_RUNTIME_END 304
#define THREAD_AT_CALL_ENTRY 312
#define PAGE_FRAME 208 /* struct thread_page: frame */
/* From the first of the FPU's registers. */
#define FPU_FCC 256
#define FPU_FCSR 264

#define CODE_SYSCALL 0xb
#define PTE_SMALL_SHIFT 14 /* of leaves of level 0; those of level 1 are clusters */
#define PTE_BIG_SHIFT 22   /* of level 2 */
#define PTE_HUGE_SHIFT 25  /* of level 3 */
#define PTE_TOP_SHIFT 30   /* of entries of the root */
#define PTE_VA_BITS 38
#define REFILL_BYTES 448

#endif
