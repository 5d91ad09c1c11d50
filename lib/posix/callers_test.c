/* callers_test.c: tests of the table of callers, read as call.S reads it. */
#define _GNU_SOURCE
#include "callers.h"
#include <sys/mman.h>
#include <unit.h>

extern _Atomic uint64_t callers[CALLERS];

static struct posix_thread *threads(unsigned n)
{
    static char *pages;
    if (!pages)
        pages = mmap((void *)0x20000000, 16 * RUNTIME_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return thread_of((struct thread_page *)(pages + n * RUNTIME_STACK_SIZE));
}

/* As call.S does. Returns: the thread page, or NULL. */
static struct thread_page *found(uint64_t pointer)
{
    uint64_t word = callers[((pointer >> CALLER_LOW) ^ (pointer >> CALLER_HIGH)) & (CALLERS - 1)];
    if (word >> CALLER_SHIFT != pointer)
        return nullptr;
    return (struct thread_page *)(word << (64 - CALLER_SHIFT) >> (64 - CALLER_SHIFT) << 16);
}

TEST(callers_are_found_until_they_end)
{
    struct posix_thread *a = threads(0), *b = threads(1);
    uint64_t at = 0x2fffe12340, far = at - ((uint64_t)CALLERS << CALLER_HIGH);
    callers_clear(a);
    EXPECT(!found(at) && !found(0));
    EXPECT(caller_register(a, 0) == -EINVAL && caller_register(a, 1ull << 38) == -EINVAL && caller_register(a, UINT64_MAX) == -EINVAL);
    EXPECT(caller_register(a, at) == 0 && found(at) == page_of(a));
    EXPECT(!found(at + 16) && !found(far) && !found(at | 1ull << 40));
    EXPECT(caller_register(a, at + 0x100000) == 0 && !found(at) && found(at + 0x100000) == page_of(a));
    EXPECT(caller_register(b, at) == 0 && found(at) == page_of(b) && found(at + 0x100000) == page_of(a));
    caller_forget(a);
    EXPECT(!found(at + 0x100000) && found(at) == page_of(b));
    callers_clear(b);
    EXPECT(!found(at));
}

TEST(callers_of_one_slot_take_turns)
{
    struct posix_thread *a = threads(0), *b = threads(1);
    uint64_t first = 0x1000000000, second = first ^ (uint64_t)CALLERS << CALLER_HIGH; /* the same word */
    EXPECT(caller_register(a, first) == 0 && caller_register(b, second) == 0);
    EXPECT(!found(first) && found(second) == page_of(b));
    caller_forget(a); /* its word is another's now */
    EXPECT(found(second) == page_of(b));
    EXPECT(caller_register(a, first) == 0 && found(first) == page_of(a) && !found(second));
    caller_forget(a);
    caller_forget(b);
    EXPECT(!found(first) && !found(second));
}

/* A thread that does not run yet is entered only where somebody called before. */
TEST(callers_are_expected)
{
    struct posix_thread *a = threads(0), *b = threads(1);
    callers_clear(a);
    callers_clear(b);
    caller_expect(b, 0x1234560000);
    EXPECT(!found(0x1234560000));
    EXPECT(caller_register(a, 0x1230000000) == 0);
    caller_expect(b, 0x1234560000);
    EXPECT(found(0x1234560000) == page_of(b) && found(0x1230000000) == page_of(a));
    callers_clear(a);
    callers_clear(b);
}
