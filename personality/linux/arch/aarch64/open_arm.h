/* open_arm.h (aarch64): flags of open: four of them differ from the generic ones. */
#ifndef LINUX_OPEN_H
#define LINUX_OPEN_H

#include <stdint.h>

#define ARM_DIRECTORY 040000u
#define ARM_NO_FOLLOW 0100000u
#define ARM_DIRECT    0200000u
#define ARM_LARGE     0400000u
#define GENERIC_DIRECT    040000u
#define GENERIC_LARGE     0100000u
#define GENERIC_DIRECTORY 0200000u
#define GENERIC_NO_FOLLOW 0400000u

static inline unsigned open_flags_in(unsigned flags)
{
    return (flags & ~(ARM_DIRECTORY | ARM_NO_FOLLOW | ARM_DIRECT | ARM_LARGE)) | (flags & ARM_DIRECTORY ? GENERIC_DIRECTORY : 0) |
           (flags & ARM_NO_FOLLOW ? GENERIC_NO_FOLLOW : 0) | (flags & ARM_DIRECT ? GENERIC_DIRECT : 0) | (flags & ARM_LARGE ? GENERIC_LARGE : 0);
}

static inline unsigned open_flags_out(unsigned flags)
{
    return (flags & ~(ARM_DIRECTORY | ARM_NO_FOLLOW | ARM_DIRECT | ARM_LARGE)) | (flags & GENERIC_DIRECTORY ? ARM_DIRECTORY : 0) |
           (flags & GENERIC_NO_FOLLOW ? ARM_NO_FOLLOW : 0) | (flags & GENERIC_DIRECT ? ARM_DIRECT : 0) | (flags & GENERIC_LARGE ? ARM_LARGE : 0);
}

#endif
