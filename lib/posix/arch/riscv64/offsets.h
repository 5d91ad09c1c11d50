/* offsets.h (riscv64): where entry.S finds the program's registers in the thread page. Asserted in offsets.c. */
#ifndef POSIX_OFFSETS_H
#define POSIX_OFFSETS_H

#define MACHINE_CALL_OFFSET 64     /* abi/arch/riscv64/frame.h: UPCALL_CALL_OFFSET */
#define MACHINE_CALL_RETURN 0xff   /* UPCALL_CALL_RETURN */

#define MACHINE_UPCALL_PENDING 128
#define MACHINE_UPCALL_STACK 136
#define ENTRY_QUICK_LAST 255 /* personality/linux/quick.c */
#define CALL_UNFINISHED (-2002) /* personality/linux/upcall.c */
#define FRAME_X(n) (208 + 8 * (n))
#define FRAME_PC_AT FRAME_X(32)
#define FRAME_CAUSE_AT FRAME_X(34)

#include <callers_table.h>

#endif
