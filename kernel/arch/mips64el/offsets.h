/* offsets.h (mips64el): what assembly knows of C structures; asserted in trap.c. */
#ifndef MIPS64EL_OFFSETS_H
#define MIPS64EL_OFFSETS_H

#define CPU_CURRENT 0
#define CPU_STACK_TOP 8
#define FRAME_REGISTER(n) (8 * (n))
#define FRAME_HI 256
#define FRAME_LO 264
#define FRAME_PC_OFFSET 272
#define FRAME_STATUS_OFFSET 280
#define FRAME_CAUSE_OFFSET 296
/* struct thread begins with its frame, thread page and runtime. */
#define THREAD_AT_PAGE 304
#define THREAD_AT_PAGE_ADDRESS 312
#define THREAD_AT_RUNTIME_START 320
#define THREAD_AT_RUNTIME_END 328
#define THREAD_AT_CALL_ENTRY 336
#define PAGE_FRAME 208 /* struct thread_page: frame */
#define FPU_FCSR 256   /* from the first of the FPU's registers */
#define FCSR_CAUSES 0x3f000

#define PTE_LOW_BITS 6   /* of ours and RI, XI: rotated to the top for EntryLo */
#define PTE_SMALL_SHIFT 12
#define PTE_BIG_SHIFT 21  /* of level 2 */
#define PTE_TOP_SHIFT 30  /* of entries of the root */
#define PTE_INDEX_BITS 9  /* of tables of level 2 */
#define PTE_VA_BITS 38
#define REFILL_OFFSET 0x80 /* of the exception vectors */
#define REFILL_BYTES 0x100

#endif
