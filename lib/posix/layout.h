/* layout.h: where things are in the address space of a POSIX process; the part above RUNTIME_BASE that abi/process_page.h leaves to the
 * runtime, and the program's stack. */
#ifndef POSIX_LAYOUT_H
#define POSIX_LAYOUT_H

#include <process_page.h>

#define RUNTIME_POOL_FIRST  (RUNTIME_BASE + 0x40000ull) /* up to RUNTIME_IMAGE: its first pieces, in page tables that are there anyway */
#define RUNTIME_STACKS_END  (RUNTIME_BASE + 0x500000000ull)
#define RUNTIME_DESCRIPTORS RUNTIME_STACKS_END /* the descriptor table when it outgrows its first part */
#define RUNTIME_POOL        (RUNTIME_BASE + 0x510000000ull)
#define RUNTIME_POOL_END    RUNTIME_SCRATCH
#define RUNTIME_SCRATCH     (RUNTIME_BASE + 0x700000000ull) /* windows onto files while exec and stack traces read them */

#define PROGRAM_STACK_TOP   0x2fffff0000ull
#define PROGRAM_STACK_SIZE  0x800000ull /* what RLIMIT_STACK says */
#define PROGRAM_PIE_BASE    0x1000000000ull
#define PROGRAM_INTERPRETER_BASE 0x2000000000ull

#endif
