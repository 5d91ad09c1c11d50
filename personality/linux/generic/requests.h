/* requests.h (generic): numbers that differ on few machines: here they are already what the runtime speaks. */
#ifndef LINUX_REQUESTS_H
#define LINUX_REQUESTS_H

#include <control.h>
#include <open.h>
#include <stdint.h>

static inline unsigned mmap_flags_in(unsigned flags) { return flags; }
static inline unsigned fcntl_command_in(unsigned command) { return command; }
static inline unsigned limit_resource_in(unsigned resource) { return resource; }
static inline long linux_ioctl(struct posix_thread *self, int number, uint32_t request, uint64_t argument)
{
    return posix_ioctl(self, number, request, argument);
}
/* pipe without flags */
static inline long linux_pipe_pair(struct frame *, int *user_pair) { return posix_pipe(user_pair, 0); }

#endif
