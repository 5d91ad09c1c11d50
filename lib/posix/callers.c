/* callers.c: the table of callers, which call.S reads. Invariant: a word names the thread that calls with that thread pointer, if any does. */
#include "callers.h"
#include "process.h"
#include <string.h>

_Atomic uint64_t callers[CALLERS];
static _Atomic bool used; /* there was a word since the last clearing */

static_assert(RUNTIME_STACKS >> 16 >> CALLER_SHIFT == 0 && RUNTIME_STACK_SIZE == 1 << 16 && (CALLERS & (CALLERS - 1)) == 0);

static _Atomic uint64_t *slot_of(uint64_t pointer)
{
    return &callers[((pointer >> CALLER_LOW) ^ (pointer >> CALLER_HIGH)) & (CALLERS - 1)];
}

static uint64_t word_of(struct posix_thread *thread)
{
    return thread->caller << CALLER_SHIFT | (uint64_t)page_of(thread) >> 16;
}

void caller_forget(struct posix_thread *thread)
{
    if (!thread->caller)
        return;
    uint64_t word = word_of(thread);
    (void)atomic_compare_exchange_strong(slot_of(thread->caller), &word, 0);
    thread->caller = 0;
}

long caller_register(struct posix_thread *thread, uint64_t pointer)
{
    if (pointer == 0 || pointer >> (64 - CALLER_SHIFT))
        return -EINVAL;
    caller_forget(thread);
    thread->caller = pointer;
    atomic_store(&used, true);
    atomic_store(slot_of(pointer), word_of(thread));
    return 0;
}

void caller_expect(struct posix_thread *thread, uint64_t pointer)
{
    if (atomic_load(&used))
        (void)caller_register(thread, pointer);
}

void callers_clear(struct posix_thread *self)
{
    self->caller = 0;
    if (!atomic_load(&used))
        return;
    memset((void *)callers, 0, sizeof callers);
    atomic_store(&used, false);
}
