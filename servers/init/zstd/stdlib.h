/* stdlib.h: for the zstd sources: memory comes from init's heap. */
#ifndef INIT_ZSTD_STDLIB_H
#define INIT_ZSTD_STDLIB_H
#include <heap.h>
#define malloc(size) os_allocate(size)
#define calloc(count, size) os_allocate_zeroed((count) * (size))
#define free(block) os_free(block)
#endif
