/* descriptor.c: the descriptor table. Entries of the first processes' few descriptors are in .bss; the rest in a range of their own, so
 * the table never moves again.
 * Invariant: under descriptors_lock, entries below lowest_free are in use and those from highest on are free. */
#include "descriptor.h"
#include "layout.h"
#include "locks.h"
#include "native.h"
#include "pool.h"

#define FIRST_ENTRIES 64u

static struct descriptor first_entries[FIRST_ENTRIES];
struct descriptor_table descriptors = {.entries = first_entries, .room = FIRST_ENTRIES};

/* Move to the large range. */
static bool grow_locked(void)
{
    uint64_t where;
    if (descriptors.room == DESCRIPTORS_MOST)
        return false;
    if (os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, RUNTIME_DESCRIPTORS, DESCRIPTORS_MOST * sizeof(struct descriptor),
                   PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where) != STATUS_OK)
        return false;
    struct descriptor *entries = (struct descriptor *)where;
    memcpy(entries, first_entries, sizeof first_entries);
    descriptors.entries = entries;
    atomic_store_explicit(&descriptors.room, DESCRIPTORS_MOST, memory_order_release);
    return true;
}

static bool is_free(unsigned number)
{
    return number >= descriptors.highest || descriptors.entries[number].object == CAP_NULL;
}

static void set_locked(unsigned number, cap_t object, unsigned kind, unsigned flags, char *path)
{
    struct descriptor *descriptor = &descriptors.entries[number];
    descriptor->kind = (uint8_t)kind;
    descriptor->flags = (uint8_t)flags;
    descriptor->path = path;
    atomic_store_explicit(&descriptor->object, object, memory_order_release);
    if (number >= descriptors.highest)
        descriptors.highest = number + 1;
}

/* Returns: what the entry held, which is free now. */
static struct descriptor take_locked(unsigned number)
{
    struct descriptor taken = descriptors.entries[number];
    atomic_store_explicit(&descriptors.entries[number].object, CAP_NULL, memory_order_relaxed);
    descriptors.entries[number].path = NULL;
    if (number < descriptors.lowest_free)
        descriptors.lowest_free = number;
    while (descriptors.highest && descriptors.entries[descriptors.highest - 1].object == CAP_NULL)
        descriptors.highest--;
    return taken;
}

static void release(struct descriptor *descriptor)
{
    if (descriptor->flags & DESCRIPTOR_LOCKS)
        lock_release_all(descriptor->object);
    ignore(os_cap_drop(descriptor->object));
    pool_string_free(descriptor->path);
}

static long add_locked(cap_t object, unsigned kind, unsigned flags, char *path, unsigned from)
{
    uint64_t limit = process.descriptor_limit < DESCRIPTORS_MOST ? process.descriptor_limit : DESCRIPTORS_MOST;
    unsigned number = from > descriptors.lowest_free ? from : descriptors.lowest_free;
    if (from >= limit)
        return -EINVAL;
    while (number < limit && !is_free(number))
        number++;
    if (from <= descriptors.lowest_free)
        descriptors.lowest_free = number;
    if (number >= limit)
        return -EMFILE;
    if (number >= descriptors.room && !grow_locked())
        return -ENOMEM;
    set_locked(number, object, kind, flags, path);
    if (number == descriptors.lowest_free)
        descriptors.lowest_free = number + 1;
    return number;
}

long descriptor_add(cap_t object, unsigned kind, unsigned flags, char *path, unsigned from)
{
    os_lock(&process.descriptors_lock);
    long result = add_locked(object, kind, flags, path, from);
    os_unlock(&process.descriptors_lock);
    return result;
}

long descriptor_replace(unsigned number, cap_t object, unsigned kind, unsigned flags, char *path)
{
    struct descriptor old = {};
    os_lock(&process.descriptors_lock);
    long result = number;
    if (number >= process.descriptor_limit || number >= DESCRIPTORS_MOST)
        result = -EBADF;
    else if (number >= descriptors.room && !grow_locked())
        result = -ENOMEM;
    else {
        if (!is_free(number))
            old = take_locked(number);
        set_locked(number, object, kind, flags, path);
        if (number == descriptors.lowest_free)
            descriptors.lowest_free = number + 1;
    }
    os_unlock(&process.descriptors_lock);
    if (old.object != CAP_NULL)
        release(&old);
    return result;
}

long descriptor_close(unsigned number)
{
    struct descriptor old = {};
    os_lock(&process.descriptors_lock);
    if (!is_free(number))
        old = take_locked(number);
    os_unlock(&process.descriptors_lock);
    if (old.object == CAP_NULL)
        return -EBADF;
    release(&old);
    return 0;
}

void descriptor_close_on_exec(void)
{
    for (unsigned number = 0; number < descriptors.highest; number++)
        if (descriptors.entries[number].object != CAP_NULL && descriptors.entries[number].flags & DESCRIPTOR_CLOSE_ON_EXEC)
            (void)descriptor_close(number);
}
