/* robust.h: locks of the C library whose owner ended. */
#ifndef POSIX_ROBUST_H
#define POSIX_ROBUST_H

#include "posix.h"

/* The thread names its list, or 0: none. */
void robust_set(struct posix_thread *self, uint64_t list);
/* Walk the thread's list of robust locks: mark each as left by its owner, wake one waiter. */
void robust_release(struct posix_thread *self);

#endif
