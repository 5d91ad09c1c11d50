/* futex.h: the futex call. */
#ifndef POSIX_FUTEX_H
#define POSIX_FUTEX_H

#include "names.h"
#include "posix.h"

[[nodiscard]] long posix_futex(struct posix_thread *self, uint32_t *user_word, unsigned operation, uint32_t value, uint64_t timeout_or_count, uint32_t *user_other, uint32_t value3);

#endif
