/* open.h (generic): flags of open and mmap, fcntl commands, limits, ioctl requests: already what the runtime speaks. */
#ifndef LINUX_OPEN_H
#define LINUX_OPEN_H

#include <stdint.h>

static inline unsigned open_flags_in(unsigned flags) { return flags; }
static inline unsigned open_flags_out(unsigned flags) { return flags; }

#endif
