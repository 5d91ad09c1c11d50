/* usercopy.c: the kernel reads and writes user memory, through the direct map, never through user addresses.
 * Invariant: a pointer given out holds until something else is made present in the same space or object, or the kernel lock is given up.
 * Locks: the space's (today: the kernel lock). */
#include <lib/string.h>
#include <mm/init.h>
#include <mm/region.h>

static bool range_valid(uaddr_t va, uint64_t length)
{
    return va >= USER_BASE && va <= USER_END && length <= USER_END - va;
}

enum status space_touch(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer, uint64_t *piece)
{
    if (!range_valid(va, length))
        return STATUS_BAD_ADDRESS;
    struct arch_mapping mapping;
    while (!arch_query(&space->arch, va, &mapping) || access & ~mapping.prot) {
        enum status status = space_fault(space, va, access);
        if (status != STATUS_OK)
            return status;
    }
    if (!mm_is_ram(mapping.pa)) /* device registers: the direct map need not reach them */
        return STATUS_BAD_ADDRESS;
    uint64_t inside = va & (mapping.size - 1), room = mapping.size - inside;
    *pointer = phys_to_virt((mapping.pa & ~(mapping.size - 1)) + inside);
    *piece = length < room ? length : room;
    return STATUS_OK;
}

enum status copy_from_user(struct space *space, void *to, uaddr_t from, uint64_t length)
{
    if (!range_valid(from, length))
        return STATUS_BAD_ADDRESS;
    for (char *at = to; length;) {
        void *pointer;
        uint64_t piece;
        enum status status = space_touch(space, from, length, PROT_BIT_READ, &pointer, &piece);
        if (status != STATUS_OK)
            return status;
        memcpy(at, pointer, piece);
        at += piece;
        from += piece;
        length -= piece;
    }
    return STATUS_OK;
}

enum status copy_to_user(struct space *space, uaddr_t to, const void *from, uint64_t length)
{
    if (!range_valid(to, length))
        return STATUS_BAD_ADDRESS;
    for (const char *at = from; length;) {
        void *pointer;
        uint64_t piece;
        enum status status = space_touch(space, to, length, PROT_BIT_WRITE, &pointer, &piece);
        if (status != STATUS_OK)
            return status;
        memcpy(pointer, at, piece);
        at += piece;
        to += piece;
        length -= piece;
    }
    return STATUS_OK;
}

/* Making one end present may move the other, within its cluster; the third touch finds both present and moves nothing. */
static enum status touch_both(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length, void **target,
                              void **source, uint64_t *piece)
{
    enum status status = space_touch(from_space, from, length, PROT_BIT_READ, source, piece);
    if (status == STATUS_OK)
        status = space_touch(to_space, to, *piece, PROT_BIT_WRITE, target, piece);
    uint64_t length_now = *piece;
    if (status == STATUS_OK)
        status = space_touch(from_space, from, length_now, PROT_BIT_READ, source, piece);
    return status;
}

enum status copy_user_to_user(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length, uint64_t *done)
{
    if (!range_valid(to, length) || !range_valid(from, length))
        return STATUS_BAD_ADDRESS;
    while (*done < length) {
        void *source = nullptr, *target = nullptr;
        uint64_t piece = 0;
        enum status status = touch_both(to_space, to + *done, from_space, from + *done, length - *done, &target, &source, &piece);
        if (status != STATUS_OK)
            return status;
        memmove(target, source, piece);
        *done += piece;
        if (*done < length && arch_interrupt_pending())
            break;
    }
    return STATUS_OK;
}

enum status space_locate(struct space *space, uaddr_t va, struct mem_object **mem, uint64_t *offset)
{
    struct region *region = region_at(space, va);
    if (!region || region->flags & REGION_PINNED)
        return STATUS_BAD_ADDRESS;
    bool private = region_private(region);
    *mem = private ? (struct mem_object *)space : region->mem;
    *offset = private ? va : region_offset(region, va);
    return STATUS_OK;
}
