/* machine.h (mips64el): where a frame keeps what stack traces and signal frames need; the FPU. */
#ifndef POSIX_MACHINE_H
#define POSIX_MACHINE_H

#include <stdint.h>

#define MACHINE_FRAME_POINTER r[30]
#define MACHINE_FRAME_RECORD 0
#define MACHINE_HAS_FRAME_RECORDS false /* the ABI has none */
#define MACHINE_RETURN r[31] /* where a function that has only been called returns to */
#define MACHINE_RETURN_IN_MEMORY false

/* Is this the instruction of a call? The delay slot lies between it and where it returns to. */
#define MACHINE_CALL_DISTANCE 8u
static inline bool machine_is_call(uint32_t instruction)
{
    enum : uint32_t { SPECIAL = 0, JAL = 3, JALR = 9, BAL = 0x0411 };
    return instruction >> 26 == JAL || instruction >> 16 == BAL || (instruction >> 26 == SPECIAL && (instruction & 0x3f) == JALR);
}

struct fpu_image {
    uint64_t f[32];
    uint32_t fcsr;
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
struct frame;
static inline void machine_complete(struct frame *) {}

#endif
