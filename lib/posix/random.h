/* random.h: unpredictable bytes. */
#ifndef POSIX_RANDOM_H
#define POSIX_RANDOM_H

#include "posix.h"

/* Take the seed from the system's generator; the first process, once. */
void random_start(struct posix_thread *self);
/* A forked child must not repeat its parent. */
void random_fork(void);
void random_bytes(void *to, size_t length);
[[nodiscard]] long posix_random(void *user_buffer, size_t length, unsigned flags);

#endif
