/* memory.c: mmap and its family, brk. The kernel keeps the mappings; here are only the rules of POSIX and the end of the data segment.
 * Not here: what can be said about memory that is mapped (memory_advice.c). */
#include "memory.h"
#include "descriptor.h"
#include "layout.h"
#include "native.h"
#include "user.h"
#include <file.h>

enum { PROT_SEMAPHORE = 8, PROT_GROWS_DOWN = 0x01000000, PROT_GROWS_UP = 0x02000000 };

#define MMAP_KNOWN \
    (MMAP_TYPE | MMAP_FIXED | MMAP_ANONYMOUS | MMAP_GROWS_DOWN | MMAP_DENY_WRITE | MMAP_EXECUTABLE | MMAP_LOCKED | MMAP_NO_RESERVE | MMAP_POPULATE | \
     MMAP_NON_BLOCK | MMAP_STACK | MMAP_HUGE | MMAP_SYNC | MMAP_FIXED_NO_REPLACE | MMAP_UNINITIALIZED | MMAP_HUGE_SIZE)

long memory_errno(enum status status)
{
    return status == STATUS_OVERLAP ? -EEXIST : status == STATUS_BAD_ADDRESS || status == STATUS_NOT_FOUND ? -ENOMEM : errno_of(status);
}

bool range_good(uint64_t address, uint64_t length)
{
    return (address & (PAGE_BYTES - 1)) == 0 && length && user_range((void *)address, length);
}

enum status memory_map_anonymous(uint64_t address, uint64_t length, unsigned prot)
{
    uint64_t where;
    return os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, address, length, prot | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_REPLACE, &where);
}

enum status memory_clear(void)
{
    enum status status = os_mem_unmap(POSIX_CAP_TASK, USER_BASE & ~(PAGE_BYTES - 1), RUNTIME_BASE - USER_BASE);
    if (status == STATUS_OK)
        status = os_mem_unmap(POSIX_CAP_TASK, RUNTIME_END, (USER_END & ~(PAGE_BYTES - 1)) - RUNTIME_END);
    return status;
}

/* --- mmap ---------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t map_flags(unsigned prot, unsigned flags)
{
    uint64_t map = prot & 7;
    if (flags & (MMAP_FIXED | MMAP_FIXED_NO_REPLACE))
        map |= MAP_FIXED_ADDRESS;
    if ((flags & (MMAP_FIXED | MMAP_FIXED_NO_REPLACE)) == MMAP_FIXED)
        map |= MAP_REPLACE;
    if (flags & (MMAP_POPULATE | MMAP_LOCKED))
        map |= MAP_POPULATED;
    if (flags & MMAP_LOCKED)
        map |= MAP_LOCKED;
    if (flags & MMAP_GROWS_DOWN)
        map |= MAP_GROWS_DOWN;
    return map;
}

static enum status map_anonymous(uint64_t address, uint64_t length, unsigned flags, uint64_t map, uint64_t *where)
{
    cap_t memory;
    if ((flags & MMAP_TYPE) == MMAP_PRIVATE)
        return os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, address, length, map | MAP_ANONYMOUS, where);
    enum status status = os_mem_create(POSIX_CAP_LEDGER, length, &memory);
    if (status != STATUS_OK)
        return status;
    status = os_mem_map(POSIX_CAP_TASK, memory, 0, address, length, map | MAP_SHARED_CLONE, where);
    ignore(os_cap_drop(memory));
    return status;
}

/* Does a private mapping need its own copy? Code is shared: nobody writes to it. */
static bool wants_copy(unsigned prot, unsigned flags)
{
    return (flags & MMAP_TYPE) == MMAP_PRIVATE && (prot & PROT_BIT_WRITE || !(prot & PROT_BIT_EXEC));
}

static long map_file(uint64_t address, uint64_t length, unsigned prot, unsigned flags, uint64_t map, int number, uint64_t offset, uint64_t *where)
{
    cap_t memory, object = descriptor_object(number);
    uint64_t size;
    if (object == CAP_NULL)
        return -EBADF;
    if ((flags & MMAP_TYPE) == MMAP_SHARED_VALIDATE && flags & (~MMAP_KNOWN | MMAP_SYNC))
        return -EOPNOTSUPP;
    if (offset > INT64_MAX - length)
        return -EOVERFLOW;
    bool copy = wants_copy(prot, flags), shared = (flags & MMAP_TYPE) != MMAP_PRIVATE;
    unsigned wanted = PROT_BIT_READ | (prot & PROT_BIT_EXEC);
    enum status status = file_map(object, wanted | (shared ? PROT_BIT_WRITE : 0), &memory, &size); /* it may be made writable later */
    if (status == STATUS_ACCESS_DENIED && shared && !(prot & PROT_BIT_WRITE))
        status = file_map(object, wanted, &memory, &size);
    if (status != STATUS_OK)
        return status == STATUS_NOT_SUPPORTED ? -ENODEV : errno_of(status);
    status = os_mem_map(POSIX_CAP_TASK, memory, offset, address, length, map | (copy ? MAP_PRIVATE_COPY : MAP_SHARED_CLONE), where);
    ignore(os_cap_drop(memory));
    return status == STATUS_OK ? 0 : memory_errno(status);
}

long posix_mmap(uint64_t address, uint64_t length, unsigned prot, unsigned flags, int number, uint64_t offset)
{
    unsigned type = flags & MMAP_TYPE;
    uint64_t where = 0;
    long result;
    if (!length || offset & (PAGE_BYTES - 1) || (type != MMAP_SHARED && type != MMAP_PRIVATE && type != MMAP_SHARED_VALIDATE))
        return -EINVAL;
    length = page_round(length);
    if (!length || length > USER_END)
        return -ENOMEM;
    flags |= process.lock_future ? MMAP_LOCKED : 0;
    if (flags & (MMAP_FIXED | MMAP_FIXED_NO_REPLACE)) {
        if (!range_good(address, length))
            return address & (PAGE_BYTES - 1) ? -EINVAL : -ENOMEM;
    } else {
        address &= ~(PAGE_BYTES - 1);
        if (!range_good(address, length))
            address = 0;
    }
    if (flags & MMAP_ANONYMOUS)
        result = memory_errno(map_anonymous(address, length, flags, map_flags(prot, flags), &where));
    else
        result = map_file(address, length, prot, flags, map_flags(prot, flags), number, offset, &where);
    return result < 0 ? result : (long)where;
}

long posix_munmap(uint64_t address, uint64_t length)
{
    length = page_round(length);
    return range_good(address, length) ? errno_of(os_mem_unmap(POSIX_CAP_TASK, address, length)) : -EINVAL;
}

/* Region by region, as far as it goes. */
static long protect_regions(uint64_t address, uint64_t end, unsigned prot)
{
    while (address < end) {
        struct mapped_part part = mapped_part(address, end);
        if (part.start != address)
            return -ENOMEM;
        enum status status = os_mem_protect(POSIX_CAP_TASK, address, part.end - address, prot);
        if (status != STATUS_OK)
            return memory_errno(status);
        address = part.end;
    }
    return 0;
}

long posix_mprotect(uint64_t address, uint64_t length, unsigned prot)
{
    unsigned grows = prot & (PROT_GROWS_DOWN | PROT_GROWS_UP);
    if (address & (PAGE_BYTES - 1) || grows == (PROT_GROWS_DOWN | PROT_GROWS_UP))
        return -EINVAL;
    if (!length)
        return 0;
    length = page_round(length);
    if (!length || address + length < address)
        return -ENOMEM;
    if (prot & ~(7u | PROT_SEMAPHORE | grows))
        return -EINVAL;
    if (!range_good(address, length))
        return -ENOMEM;
    uint64_t end = address + length;
    if (grows) {
        struct mapped_part part = mapped_part(address, end);
        if (!part.end || part.start >= end)
            return -ENOMEM;
        if (grows == PROT_GROWS_UP || !(part.flags & MAP_GROWS_DOWN))
            return -EINVAL;
        address = part.region_start;
    }
    enum status status = os_mem_protect(POSIX_CAP_TASK, address, end - address, prot & 7);
    return status == STATUS_OK ? 0 : protect_regions(address, end, prot & 7);
}

long posix_mremap(uint64_t address, uint64_t length, uint64_t new_length, unsigned flags, uint64_t new_address)
{
    enum { MAY_MOVE = 1, FIXED = 2, KEEP = 4 };
    uint64_t where;
    length = page_round(length);
    new_length = page_round(new_length);
    if (flags & ~(unsigned)(MAY_MOVE | FIXED | KEEP) || (flags & (FIXED | KEEP) && !(flags & MAY_MOVE)) || !new_length)
        return -EINVAL;
    if ((flags & KEEP && length != new_length) || !range_good(address, length ? length : PAGE_BYTES))
        return -EINVAL;
    if (flags & FIXED && (!range_good(new_address, new_length) || (new_address < address + length && address < new_address + new_length)))
        return -EINVAL;
    enum status status = os_mem_move(POSIX_CAP_TASK, address, length, new_length, flags & FIXED ? new_address : 0,
                                     (flags & MAY_MOVE ? MOVE_MAY : 0) | (flags & FIXED ? MOVE_FIXED : 0) | (flags & KEEP || !length ? MOVE_KEEP : 0),
                                     &where);
    if (status == STATUS_OVERLAP)
        return -ENOMEM;
    if (status == STATUS_BAD_ADDRESS || status == STATUS_NOT_FOUND)
        return -EFAULT;
    return status == STATUS_OK ? (long)where : errno_of(status);
}

/* --- brk ------------------------------------------------------------------------------------------------------------------------------------- */

static bool brk_grow_locked(uint64_t from, uint64_t to)
{
    uint64_t where, start = page_round(process.brk_start);
    if (to <= from)
        return true;
    if (from > start && os_mem_move(POSIX_CAP_TASK, start, from - start, to - start, 0, 0, &where) == STATUS_OK)
        return true;
    uint64_t flags = PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | (process.lock_future ? MAP_LOCKED | MAP_POPULATED : 0);
    return os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, from, to - from, flags, &where) == STATUS_OK;
}

long posix_brk(uint64_t address)
{
    os_lock(&process.memory_lock);
    uint64_t now = page_round(process.brk_now), wanted = page_round(address);
    bool valid = address >= process.brk_start && address < PROGRAM_PIE_BASE * 2 && user_range((void *)process.brk_start, address - process.brk_start);
    if (valid && wanted < now)
        valid = os_mem_unmap(POSIX_CAP_TASK, wanted, now - wanted) == STATUS_OK;
    else if (valid)
        valid = brk_grow_locked(now, wanted);
    if (valid)
        process.brk_now = address;
    long result = (long)process.brk_now;
    os_unlock(&process.memory_lock);
    return result;
}
