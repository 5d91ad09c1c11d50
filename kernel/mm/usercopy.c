/* usercopy.c: the kernel reads and writes user memory, through the direct map, never through user addresses.
 * Invariant: a pointer given out holds until something else is made present in the same space or object, or the kernel lock is given up.
 * Locks: the space's (today: the kernel lock). */
#include <lib/string.h>
#include <mm/init.h>
#include <mm/region.h>

#define OVERLAP_AT_ONCE 2048u /* of what is copied byte by byte, because its ends overlap */

bool space_find(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer, uint64_t *piece)
{
    paddr_t pa;
    uint64_t found = arch_find(&space->arch, va, length, access, &pa);
    if (found == 0) [[clang::unlikely]]
        return false;
    *pointer = phys_to_virt(pa);
    *piece = mm_ram_bytes(pa, found); /* device registers: the direct map need not reach them */
    return true;
}

enum status space_touch(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer, uint64_t *piece)
{
    if (!user_range_valid(va, length))
        return STATUS_BAD_ADDRESS;
    while (!space_find(space, va, length, access, pointer, piece)) {
        enum status status = space_fault(space, va, access);
        if (status != STATUS_OK)
            return status;
    }
    return *piece != 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}

enum status copy_from_user(struct space *space, void *to, uaddr_t from, uint64_t length)
{
    if (!user_range_valid(from, length))
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
    if (!user_range_valid(to, length))
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

/* Making one end present may move the other, within its cluster: both are looked for again after a fault. */
static enum status touch_both(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length, void **target,
                              void **source, uint64_t *piece)
{
    for (;;) {
        enum status status;
        if (!space_find(from_space, from, length, PROT_BIT_READ, source, piece))
            status = space_fault(from_space, from, PROT_BIT_READ);
        else if (*piece == 0)
            return STATUS_BAD_ADDRESS;
        else if (!space_find(to_space, to, *piece, PROT_BIT_WRITE, target, piece))
            status = space_fault(to_space, to, PROT_BIT_WRITE);
        else
            return *piece != 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
        if (status != STATUS_OK)
            return status;
    }
}

/* In pieces, with faults where they are needed. */
[[gnu::noinline]] static enum status copy_in_pieces(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length,
                                                    uint64_t *done)
{
    while (*done < length) {
        void *source = nullptr, *target = nullptr;
        uint64_t piece = 0, left = length - *done, most = left < COPY_AT_ONCE ? left : COPY_AT_ONCE;
        enum status status = touch_both(to_space, to + *done, from_space, from + *done, most, &target, &source, &piece);
        if (status != STATUS_OK)
            return status;
        if ((uintptr_t)target - (uintptr_t)source < piece && piece > OVERLAP_AT_ONCE) [[clang::unlikely]]
            piece = OVERLAP_AT_ONCE;
        memmove(target, source, piece);
        *done += piece;
        if (*done < length && arch_interrupt_pending())
            break;
    }
    return STATUS_OK;
}

/* A range that lies within the page tables' reach, present and in one piece: where. It may not be the program's, which then is seen. */
[[gnu::always_inline]] static inline bool all_there(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer)
{
    paddr_t pa;
    if (arch_find(&space->arch, va, length, access, &pa) != length || mm_ram_bytes(pa, length) != length) [[clang::unlikely]]
        return false;
    *pointer = phys_to_virt(pa);
    return true;
}

enum status copy_user_to_user(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length, uint64_t *done)
{
    void *source, *target;
    bool short_way = ((to | from) >> USER_BITS) == 0 && length - 1 < COPY_AT_ONCE && *done == 0;
    if (short_way && all_there(from_space, from, length, PROT_BIT_READ, &source) && all_there(to_space, to, length, PROT_BIT_WRITE, &target) &&
        (uintptr_t)target - (uintptr_t)source >= length) [[clang::likely]] {
        memcpy(target, source, length);
        *done = length;
        return STATUS_OK;
    }
    if (!user_range_valid(to, length) || !user_range_valid(from, length))
        return STATUS_BAD_ADDRESS;
    return copy_in_pieces(to_space, to, from_space, from, length, done);
}

enum status space_locate(struct space *space, uaddr_t va, uint64_t *owner, uint64_t *offset)
{
    struct region *region = region_at(space, va);
    if (!region || region->flags & REGION_PINNED)
        return STATUS_BAD_ADDRESS;
    bool private = region_private(region);
    *owner = private ? (uintptr_t)space : region->mem->serial;
    *offset = private ? va : region_offset(region, va);
    return STATUS_OK;
}
