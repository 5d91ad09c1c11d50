/* machine.h (aarch64): where a frame keeps what stack traces and signal frames need; the FPU. */
#ifndef POSIX_MACHINE_H
#define POSIX_MACHINE_H

#include <frame.h>
#include <stdint.h>

#define MACHINE_FRAME_POINTER x[29]
#define MACHINE_FRAME_RECORD 0 /* bytes from the frame pointer to {caller's frame pointer, return address} */
#define MACHINE_HAS_FRAME_RECORDS true
#define MACHINE_RETURN x[30] /* where a function that has only been called returns to */
#define MACHINE_RETURN_IN_MEMORY false
#define MACHINE_CALL_DISTANCE 4u
static inline bool machine_is_call(uint32_t) { return false; } /* not needed: there are frame records */

struct fpu_image {
    uint32_t fpsr, fpcr;
    alignas(8) unsigned char q[32][16];
};
void fpu_save(struct fpu_image *image);
void fpu_restore(const struct fpu_image *image);
/* As a program starts. */
void fpu_reset(void);

/* What the child of a fork must keep. */
#define fpu_kept fpu_image
static inline void fpu_keep(struct fpu_kept *kept) { fpu_save(kept); }
static inline void fpu_take_up(const struct fpu_kept *kept) { fpu_restore(kept); }

/* Put into the frame what the kernel leaves in registers. */
static inline void machine_complete(struct frame *frame)
{
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(frame->tls));
}

#endif
