/* locks.h: fcntl and flock locks. */
#ifndef POSIX_LOCKS_H
#define POSIX_LOCKS_H

#include "descriptor.h"

struct posix_lock { /* struct flock of 64-bit Linux */
    int16_t type, whence;
    int32_t pad;
    int64_t start, length;
    int32_t pid, pad2;
};

enum lock_command : unsigned { LOCK_GET = 0, LOCK_SET = 1, LOCK_SET_WAIT = 2 };

[[nodiscard]] long lock_fcntl(struct posix_thread *self, struct descriptor *descriptor, enum lock_command command, struct posix_lock *user_lock);
[[nodiscard]] long posix_flock(struct posix_thread *self, int number, unsigned operation);
/* Give back all byte range locks of this process on the object. */
void lock_release_all(cap_t object);

#endif
