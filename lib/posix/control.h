/* control.h: ioctl. */
#ifndef POSIX_CONTROL_H
#define POSIX_CONTROL_H

#include "posix.h"

/* What a request reads from and writes to the program's memory at its argument; the same both ways may overlap. */
struct control_span {
    uint16_t input, output; /* bytes */
    bool     known;
};
/* By Linux's generic request number. */
struct control_span control_span(uint32_t request);

/* Carry out a request on memory of the runtime: input and output of the sizes of its span. Requires: known. */
[[nodiscard]] long control_call(struct posix_thread *self, int number, uint32_t request, uint64_t argument, const void *input, void *output);
[[nodiscard]] long posix_ioctl(struct posix_thread *self, int number, uint32_t request, uint64_t argument);

#endif
