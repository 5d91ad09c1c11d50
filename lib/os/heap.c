/* heap.c: memory of a program: two-level segregated fit (Masmano et al., ECRTS 2004) over chunks mapped from the kernel.
 * Invariants: blocks tile a chunk between its header and its end mark; two free blocks never touch; a free block is in the bin of its
 * size; a chunk that is one free block is given back unless it is the only such one and small. */
#include <heap.h>

#include <bootstrap.h>
#include <check.h>
#include <list.h>
#include <map.h>
#include <os_thread.h>
#include <status.h>
#include <string.h>
#include <syscalls.h>

#define PAGE ((size_t)1 << PAGE_SHIFT)
#define GRANULE ((size_t)16)
#define SMALLEST ((size_t)32)
#define LARGEST ((size_t)1 << 40)
#define FIRST_CHUNK ((size_t)16 << 10)
#define MOST_GROWTH ((size_t)1 << 20)

#define USED ((size_t)1)          /* the block is allocated */
#define PREVIOUS_USED ((size_t)2) /* so is the one before it: the word before this one is then that block's content */
#define FIRST ((size_t)4)         /* it is the first of its chunk */
#define FLAGS (USED | PREVIOUS_USED | FIRST)

/* Lies at 8 modulo 16, so that what follows the head is aligned. A free block's last word is its size. */
struct block {
    size_t        head; /* size in bytes, head included | flags */
    struct block *next, **where; /* of a free block: its bin */
};

struct chunk {
    struct list link;
    size_t      size;
    size_t      reserved; /* here is the first block's head */
};

#define LOG_FIRST 5u
#define SPLIT 4u
#define BINS ((41 - LOG_FIRST) * SPLIT)
#define MAP_WORDS ((BINS + 63) / 64)

static struct heap {
    struct os_lock lock;
    struct list    chunks;
    struct block  *bin[BINS];
    uint64_t       filled[MAP_WORDS]; /* bit = the bin holds blocks */
    size_t         mapped, used;
    struct chunk  *spare;             /* a chunk that is one free block, or NULL */
} heap = {.chunks = LIST_INITIALIZER(heap.chunks)};

static inline size_t size_of(const struct block *block) { return block->head & ~FLAGS; }
static inline struct block *block_at(void *base, ptrdiff_t offset) { return (struct block *)((char *)base + offset); }
static inline struct block *after(struct block *block) { return block_at(block, (ptrdiff_t)size_of(block)); }
static inline size_t *last_word(struct block *block) { return (size_t *)((char *)block + size_of(block)) - 1; }
static inline struct block *first_block(struct chunk *chunk) { return block_at(chunk, offsetof(struct chunk, reserved)); }
#define CHUNK_OVERHEAD (offsetof(struct chunk, reserved) + sizeof(size_t)) /* before the first block, and the end mark */
static_assert(offsetof(struct chunk, reserved) % GRANULE == 8);

static unsigned bin_of(size_t size)
{
    unsigned log = 63u - (unsigned)__builtin_clzl(size);
    return (log - LOG_FIRST) * SPLIT + (unsigned)(size >> (log - 2) & (SPLIT - 1));
}

static void bin_insert(struct block *block)
{
    unsigned bin = bin_of(size_of(block));
    block->next = heap.bin[bin];
    block->where = &heap.bin[bin];
    if (block->next)
        block->next->where = &block->next;
    heap.bin[bin] = block;
    heap.filled[bin / 64] |= 1ull << bin % 64;
    *last_word(block) = size_of(block);
}

static void bin_remove(struct block *block)
{
    *block->where = block->next;
    if (block->next)
        block->next->where = block->where;
    unsigned bin = bin_of(size_of(block));
    if (!heap.bin[bin])
        heap.filled[bin / 64] &= ~(1ull << bin % 64);
}

/* Returns: the first filled bin from this one on, or BINS. */
static unsigned bin_search(unsigned bin)
{
    for (unsigned word = bin / 64, shift = bin % 64; word < MAP_WORDS; word++, shift = 0) {
        uint64_t bits = heap.filled[word] >> shift << shift;
        if (bits)
            return word * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return BINS;
}

/* Returns: a free block of at least this size, still in its bin. */
static struct block *find(size_t size)
{
    unsigned bin = bin_of(size);
    if (heap.bin[bin] && size_of(heap.bin[bin]) >= size)
        return heap.bin[bin];
    bin = bin_search(bin + 1);
    return bin < BINS ? heap.bin[bin] : nullptr;
}

/* Returns: the chunk that is nothing but this free block, or NULL. */
static struct chunk *whole_chunk(struct block *block)
{
    bool whole = (block->head & FIRST) && size_of(after(block)) == 0;
    return whole ? (struct chunk *)((char *)block - offsetof(struct chunk, reserved)) : nullptr;
}

/* Map a chunk in which a block of this size fits, and make it one free block. */
static bool grow(size_t size)
{
    size_t growth = heap.mapped / 2 < FIRST_CHUNK ? FIRST_CHUNK : heap.mapped / 2 > MOST_GROWTH ? MOST_GROWTH : heap.mapped / 2;
    size_t length = size + CHUNK_OVERHEAD > growth ? size + CHUNK_OVERHEAD : growth;
    length = (length + PAGE - 1) & ~(PAGE - 1);
    uint64_t where;
    if (os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, length, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS, &where) != STATUS_OK)
        return false;
    struct chunk *chunk = (struct chunk *)where;
    chunk->size = length;
    list_push_back(&heap.chunks, &chunk->link);
    heap.mapped += length;
    struct block *block = first_block(chunk);
    block->head = (length - CHUNK_OVERHEAD) | PREVIOUS_USED | FIRST;
    after(block)->head = USED; /* the end mark: size 0 */
    bin_insert(block);
    return true;
}

/* Give the chunk of a block that is free and all of it back, or keep it as the spare. */
static void release(struct block *block, struct chunk *chunk)
{
    if (!heap.spare && chunk->size <= MOST_GROWTH / 4) {
        heap.spare = chunk;
        return;
    }
    bin_remove(block);
    list_remove(&chunk->link);
    size_t size = chunk->size;
    if (os_mem_unmap(BOOTSTRAP_TASK, (uintptr_t)chunk, size) == STATUS_OK)
        heap.mapped -= size;
}

/* Cut a used block to size if what is left over makes a block. */
static void trim(struct block *block, size_t size)
{
    size_t rest = size_of(block) - size;
    if (rest < SMALLEST)
        return;
    block->head = size | (block->head & FLAGS);
    struct block *left = after(block);
    left->head = rest | PREVIOUS_USED;
    struct block *next = after(left);
    if (!(next->head & USED)) {
        bin_remove(next);
        left->head += size_of(next);
        next = after(left);
    }
    next->head &= ~PREVIOUS_USED;
    bin_insert(left);
}

static struct block *take(size_t size)
{
    struct block *block = find(size);
    if (!block) {
        if (!grow(size))
            return nullptr;
        block = find(size);
    }
    bin_remove(block);
    block->head |= USED;
    after(block)->head |= PREVIOUS_USED;
    if (heap.spare && block == first_block(heap.spare))
        heap.spare = nullptr;
    trim(block, size);
    heap.used += size_of(block);
    return block;
}

static void give_back(struct block *block)
{
    heap.used -= size_of(block);
    block->head &= ~USED;
    struct block *next = after(block);
    if (!(next->head & USED)) {
        bin_remove(next);
        block->head += size_of(next);
    }
    if (!(block->head & PREVIOUS_USED)) {
        struct block *previous = block_at(block, -(ptrdiff_t)((size_t *)block)[-1]);
        bin_remove(previous);
        previous->head += size_of(block);
        block = previous;
    }
    after(block)->head &= ~PREVIOUS_USED;
    bin_insert(block);
    struct chunk *chunk = whole_chunk(block);
    if (chunk)
        release(block, chunk);
}

/* Returns: the size of a block for so many bytes, 0 when there can be none. */
static size_t block_size(size_t size)
{
    if (size > LARGEST / 2)
        return 0;
    size_t needed = (size + sizeof(size_t) + GRANULE - 1) & ~(GRANULE - 1);
    return needed < SMALLEST ? SMALLEST : needed;
}

static struct block *block_of(void *memory)
{
    struct block *block = block_at(memory, -(ptrdiff_t)sizeof(size_t));
    ASSERT(((uintptr_t)memory & (GRANULE - 1)) == 0 && (block->head & USED) && (after(block)->head & PREVIOUS_USED));
    return block;
}

void *os_allocate(size_t size)
{
    size_t needed = block_size(size);
    if (!needed)
        return nullptr;
    os_lock(&heap.lock);
    struct block *block = take(needed);
    os_unlock(&heap.lock);
    return block ? (size_t *)block + 1 : nullptr;
}

void *os_allocate_zeroed(size_t size)
{
    void *memory = os_allocate(size);
    return memory ? memset(memory, 0, size) : nullptr;
}

void os_free(void *memory)
{
    if (!memory)
        return;
    os_lock(&heap.lock);
    give_back(block_of(memory));
    os_unlock(&heap.lock);
}

/* Let the block take over the free one behind it if that makes it large enough. */
static bool extend(struct block *block, size_t needed)
{
    struct block *next = after(block);
    if ((next->head & USED) || size_of(block) + size_of(next) < needed)
        return false;
    bin_remove(next);
    heap.used += size_of(next);
    block->head += size_of(next);
    after(block)->head |= PREVIOUS_USED;
    return true;
}

static bool resize_in_place(struct block *block, size_t needed)
{
    if (size_of(block) < needed && !extend(block, needed))
        return false;
    size_t before = size_of(block);
    trim(block, needed);
    heap.used -= before - size_of(block);
    return true;
}

void *os_reallocate(void *memory, size_t size)
{
    if (!memory)
        return os_allocate(size);
    size_t needed = block_size(size);
    if (!needed)
        return nullptr;
    os_lock(&heap.lock);
    struct block *block = block_of(memory);
    bool done = resize_in_place(block, needed);
    size_t content = size_of(block) - sizeof(size_t);
    os_unlock(&heap.lock);
    if (done)
        return memory;
    void *moved = os_allocate(size);
    if (!moved)
        return nullptr;
    memcpy(moved, memory, content < size ? content : size);
    os_free(memory);
    return moved;
}

void os_heap_figures(struct heap_figures *figures)
{
    os_lock(&heap.lock);
    *figures = (struct heap_figures){.mapped = heap.mapped, .used = heap.used};
    os_unlock(&heap.lock);
}

bool os_grow(void **array, size_t element_size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? *capacity * 2 : 8, bytes;
    if (__builtin_mul_overflow(more, element_size, &bytes))
        return false;
    void *grown = os_reallocate(*array, bytes);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}
