/* machine.h (x86-64): where a frame keeps what stack traces and signal frames need; the FPU. */
#ifndef POSIX_MACHINE_H
#define POSIX_MACHINE_H

#include <stddef.h>
#include <stdint.h>
#include <frame.h>

#define MACHINE_FRAME_POINTER rbp
#define MACHINE_FRAME_RECORD 0 /* bytes from the frame pointer to {caller's frame pointer, return address} */
#define MACHINE_HAS_FRAME_RECORDS true
#define MACHINE_RETURN rsp /* where a function that has only been called returns to */
#define MACHINE_RETURN_IN_MEMORY true /* the register points to it */
#define MACHINE_CALL_DISTANCE 4u
static inline bool machine_is_call(uint32_t) { return false; } /* not needed: there are frame records */

/* Bytes of the registers' image, of XSAVE where the system has it, else of FXSAVE. Aligned to 64. */
size_t fpu_size(void);
void fpu_save(void *area);
/* Requires: the image was made by fpu_save, or is as harmless: what the processor refuses becomes an exception of the program. */
void fpu_restore(const void *area);
/* As a program starts. */
void fpu_reset(void);

/* What the child of a fork must keep: the ABI keeps no registers over a call, but the modes. */
struct fpu_kept {
    uint32_t mxcsr;
    uint16_t control;
};
static inline void fpu_keep(struct fpu_kept *kept) { __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(kept->mxcsr), "=m"(kept->control)); }
static inline void fpu_take_up(const struct fpu_kept *kept) { __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(kept->mxcsr), "m"(kept->control)); }

/* Can a program read and write its FS base itself? */
bool fs_base_readable(void);
/* Put into the frame what the kernel leaves in registers. */
static inline void machine_complete(struct frame *frame)
{
    if (fs_base_readable())
        __asm__ volatile("rdfsbase %0" : "=r"(frame->fs_base));
}

#endif
