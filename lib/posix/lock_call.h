/* lock_call.h: the operations of the futex call on locks with an owner. */
#ifndef POSIX_LOCK_CALL_H
#define POSIX_LOCK_CALL_H

#include "posix.h"

/* Take the lock, waiting until then; deadline_ns: of the kernel's clock. */
[[nodiscard]] long lock_take(struct posix_thread *self, uint32_t *word, unsigned flags, uint64_t deadline_ns);
/* Take it if it is free: -EAGAIN. */
[[nodiscard]] long lock_try(struct posix_thread *self, uint32_t *word);
[[nodiscard]] long lock_give_up(struct posix_thread *self, uint32_t *word, unsigned flags);

#endif
