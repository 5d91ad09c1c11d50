/* mips_requests.h: flags of mmap, fcntl commands, limits, ioctl requests and their structures. */
#ifndef LINUX_REQUESTS_H
#define LINUX_REQUESTS_H

#include <posix.h>

unsigned mmap_flags_in(unsigned flags);
unsigned fcntl_command_in(unsigned command);
unsigned limit_resource_in(unsigned resource);
long linux_ioctl(struct posix_thread *self, int number, uint32_t request, uint64_t argument);
/* pipe without flags gives its descriptors in two registers. */
long linux_pipe_pair(struct frame *frame, int *unused);

/* struct termios, to and from the runtime's. */
struct generic_termios {
    uint32_t input, output, control, local;
    uint8_t  line, characters[19];
};
struct mips_termios {
    uint32_t input, output, control, local;
    uint8_t  line, characters[23];
};
void termios_in(struct generic_termios *generic, const struct mips_termios *mips);
void termios_out(struct mips_termios *mips, const struct generic_termios *generic);
/* The generic request for one of mips; itself when there is none. */
uint32_t ioctl_request_in(uint32_t request);

#endif
