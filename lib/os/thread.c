/* thread.c: further threads of a native program. Not here: the first thread, which the program's creator makes.
 * Invariant: blocks_used bit i = block i above the first at NATIVE_STACKS belongs to a thread that runs or starts. A thread clears its own
 * bit before it ends; until it has ended, its thread page keeps the block from being used (OVERLAP). */
#include <os.h>

#define USUAL_STACK ((size_t)16 << 10)
#define BLOCKS_PER_WORD 64

static struct os_lock threads_lock;
static uint64_t      *blocks_used;
static size_t         block_words;

struct start {
    void (*entry)(struct start *start); /* first: os_start calls it */
    void (*function)(void *argument);
    void *argument;
    size_t block;
};

static uint64_t block_address(size_t block)
{
    return NATIVE_STACKS + (block + 1) * NATIVE_STACK_SIZE;
}

/* Make room for one more word of bits. */
static bool blocks_grow(void)
{
    uint64_t *more = os_reallocate(blocks_used, (block_words + 1) * sizeof *more);
    if (!more)
        return false;
    blocks_used = more;
    blocks_used[block_words++] = 0;
    return true;
}

/* Requires: threads_lock. Returns: OK, a block that was free and a thread whose page is in it. */
static enum status block_take_locked(size_t *block, cap_t *thread)
{
    for (size_t i = 0;; i++) {
        if (i == block_words * BLOCKS_PER_WORD && !blocks_grow())
            return STATUS_NO_MEMORY;
        if (blocks_used[i / BLOCKS_PER_WORD] >> i % BLOCKS_PER_WORD & 1)
            continue;
        enum status status = os_thread_create(BOOTSTRAP_TASK, block_address(i), thread);
        if (status == STATUS_OVERLAP)
            continue;
        if (status == STATUS_OK)
            blocks_used[i / BLOCKS_PER_WORD] |= 1ull << i % BLOCKS_PER_WORD;
        *block = i;
        return status;
    }
}

static void block_give_back(size_t block)
{
    os_lock(&threads_lock);
    blocks_used[block / BLOCKS_PER_WORD] &= ~(1ull << block % BLOCKS_PER_WORD);
    os_unlock(&threads_lock);
}

static void thread_main(struct start *at)
{
    struct start start = *at;
    os_free(at);
    start.function(start.argument);
    block_give_back(start.block);
    for (;;)
        (void)os_thread_exit();
}

/* Defined by crt0: the first instruction of every thread. */
extern const char _start[];

static enum status map_stack(size_t block, size_t size)
{
    uint64_t end = block_address(block) + NATIVE_STACK_SIZE, where;
    return os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, end - size, size,
                      PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_REPLACE, &where);
}

enum status os_thread_run(void (*function)(void *argument), void *argument, size_t stack_size, cap_t *thread)
{
    size_t size = os_page_round(stack_size ? stack_size : USUAL_STACK);
    if (size > NATIVE_STACK_MOST(OS_PAGE_SIZE))
        return STATUS_TOO_BIG;
    struct start *start = NEW(struct start);
    if (!start)
        return STATUS_NO_MEMORY;
    *start = (struct start){.entry = thread_main, .function = function, .argument = argument};
    os_lock(&threads_lock);
    enum status status = block_take_locked(&start->block, thread);
    os_unlock(&threads_lock);
    if (status != STATUS_OK)
        goto free_start;
    status = map_stack(start->block, size);
    if (status == STATUS_OK)
        status = os_thread_start(*thread, (uintptr_t)_start, os_stack_top(block_address(start->block)), (uintptr_t)start);
    if (status == STATUS_OK)
        return STATUS_OK;
    (void)os_thread_kill(*thread);
    os_drop(*thread);
    block_give_back(start->block);
free_start:
    os_free(start);
    return status;
}
