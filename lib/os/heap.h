/* heap.h: memory of a program. Grows by mapping anonymous memory until the ledger says no, gives whole free chunks back. Threads may
 * use it at the same time. Blocks are aligned to 16 bytes. */
#ifndef OS_HEAP_H
#define OS_HEAP_H

#include <stddef.h>

struct heap_figures {
    size_t mapped; /* bytes mapped for the heap */
    size_t used;   /* bytes in allocated blocks, headers included */
};

/* Returns: the block, or NULL when there is no memory; size 0 gives a block of the smallest size. */
[[nodiscard, gnu::malloc]] void *os_allocate(size_t size);
[[nodiscard, gnu::malloc]] void *os_allocate_zeroed(size_t size);
/* Grow or shrink, moving if need be. Returns: NULL when there is no memory; the old block then stays. A null block: os_allocate. */
[[nodiscard]] void *os_reallocate(void *block, size_t size);
/* NULL is fine. */
void os_free(void *block);

void os_heap_figures(struct heap_figures *figures);

/* NEW(struct x): a zeroed object, or NULL. */
#define NEW(type) ((type *)os_allocate_zeroed(sizeof(type)))

/* Make room for one more element in a growing array. Returns: false when there is no memory; nothing changed then.
 * GROW(array, count, capacity): array of any type, count used, capacity allocated. */
[[nodiscard]] bool os_grow(void **array, size_t element_size, size_t count, size_t *capacity);
#define GROW(array, count, capacity) os_grow((void **)&(array), sizeof *(array), (count), &(capacity))

#endif
