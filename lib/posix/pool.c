/* pool.c: the runtime's own memory: free lists of powers of two. Small blocks are cut from a first piece in .bss (most processes never
 * need more) and then from chunks; blocks above POOL_LARGE are mapped one by one, and give their memory back while they are free.
 * All mappings are in [RUNTIME_POOL_FIRST, RUNTIME_IMAGE) or [RUNTIME_POOL, RUNTIME_POOL_END).
 * Invariant: a block of class c is on free_blocks[c] or belongs to one user. */
#include "pool.h"
#include "layout.h"
#include "native.h"

#define SMALLEST_SHIFT 4u
#define POOL_LARGE 0x10000ull
#define CLASSES 25u /* 16 bytes ... 256 MiB */
#define CHUNK 0x40000ull

struct free_block {
    struct free_block *next;
};

static struct free_block *free_blocks[CLASSES];
alignas(16) static char first_piece[4096];
static char *fresh = first_piece, *fresh_end = first_piece + sizeof first_piece;
static uint64_t next_address = RUNTIME_POOL_FIRST;

static unsigned class_of(size_t size)
{
    return size <= 1u << SMALLEST_SHIFT ? 0 : (unsigned)(64 - SMALLEST_SHIFT - (unsigned)__builtin_clzll(size - 1));
}

static void *map_locked(uint64_t length)
{
    uint64_t where;
    if (next_address < RUNTIME_IMAGE && next_address + length > RUNTIME_IMAGE)
        next_address = RUNTIME_POOL;
    if (next_address + length > RUNTIME_POOL_END)
        return NULL;
    if (os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, next_address, length, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where) != STATUS_OK)
        return NULL;
    next_address += length + PAGE_BYTES;
    return (void *)where;
}

/* Put what is left of the fresh piece on the free lists, largest blocks first. */
static void retire_fresh_locked(void)
{
    for (unsigned class = class_of(POOL_LARGE) + 1; class-- > 0;) {
        size_t size = (size_t)1 << (class + SMALLEST_SHIFT);
        while ((size_t)(fresh_end - fresh) >= size) {
            struct free_block *block = (struct free_block *)fresh;
            fresh += size;
            block->next = free_blocks[class];
            free_blocks[class] = block;
        }
    }
}

static void *allocate_locked(unsigned class)
{
    size_t size = (size_t)1 << (class + SMALLEST_SHIFT);
    struct free_block *block = free_blocks[class];
    if (block) {
        free_blocks[class] = block->next;
        return block;
    }
    if (size > POOL_LARGE)
        return map_locked(size);
    if ((size_t)(fresh_end - fresh) < size) {
        char *chunk = map_locked(CHUNK);
        if (!chunk)
            return NULL;
        retire_fresh_locked();
        fresh = chunk;
        fresh_end = chunk + CHUNK;
    }
    fresh += size;
    return fresh - size;
}

void *pool_allocate(size_t size)
{
    unsigned class = class_of(size);
    if (class >= CLASSES)
        return NULL;
    os_lock(&process.pool_lock);
    void *block = allocate_locked(class);
    os_unlock(&process.pool_lock);
    return block;
}

void pool_free(void *block, size_t size)
{
    if (!block)
        return;
    struct free_block *freed = block;
    unsigned class = class_of(size);
    if (size > POOL_LARGE)
        ignore(os_mem_advise(POSIX_CAP_TASK, (uaddr_t)block, (uint64_t)1 << (class + SMALLEST_SHIFT), ADVICE_DROP));
    os_lock(&process.pool_lock);
    freed->next = free_blocks[class];
    free_blocks[class] = freed;
    os_unlock(&process.pool_lock);
}

char *pool_string(const char *text, size_t length)
{
    char *copy = pool_allocate(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void pool_string_free(char *text)
{
    if (text)
        pool_free(text, strlen(text) + 1);
}
