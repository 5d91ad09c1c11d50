/* poll.h: waiting for several descriptors. */
#ifndef POSIX_POLL_H
#define POSIX_POLL_H

#include "posix.h"

struct posix_poll { /* struct pollfd */
    int32_t number;
    int16_t events, ready;
};

#define POLL_IN 0x001
#define POLL_PRIORITY 0x002
#define POLL_OUT 0x004
#define POLL_ERROR 0x008
#define POLL_HANG_UP 0x010
#define POLL_INVALID 0x020
#define POLL_READ_NORMAL 0x040
#define POLL_WRITE_NORMAL 0x100

/* deadline_ns: absolute; 0: do not wait. Returns: how many are ready, -EINTR. polls is memory of the runtime or checked. */
[[nodiscard]] long poll_wait(struct posix_thread *self, struct posix_poll *polls, unsigned count, uint64_t deadline_ns);

[[nodiscard]] long posix_poll(struct posix_thread *self, struct posix_poll *user_polls, uint64_t count, uint64_t deadline_ns);
/* Bit sets of `count` descriptors, 64 a word, NULL: none. */
[[nodiscard]] long posix_select(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except, uint64_t deadline_ns);

#endif
