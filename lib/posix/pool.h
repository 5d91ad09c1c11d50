/* pool.h: the runtime's own memory. Blocks carry no header: who frees one says its size. */
#ifndef POSIX_POOL_H
#define POSIX_POOL_H

#include <stddef.h>

/* A block of at least this many bytes, 16-byte aligned, not cleared; NULL when there is no memory. */
[[nodiscard]] void *pool_allocate(size_t size);
/* NULL is fine. size: as it was allocated. */
void pool_free(void *block, size_t size);
/* A copy of a string; freed with pool_free(s, strlen(s) + 1). */
[[nodiscard]] char *pool_string(const char *text, size_t length);
void pool_string_free(char *text);

#endif
