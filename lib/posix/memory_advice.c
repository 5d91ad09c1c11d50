/* memory_advice.c: madvise, mlock, msync, mincore: what can be said and asked about memory that is mapped. Not here: mapping it (memory.c).
 * Linux goes through a range region by region: what comes before an error has happened; holes are an error of the whole, at once or at the end.
 * Nothing is ever paged out, so locked memory is memory that is present, and of which nothing may be dropped. */
#include "memory.h"
#include "native.h"
#include "user.h"

struct mapped_part mapped_part(uint64_t at, uint64_t end)
{
    uint64_t start, region_end, flags, offset, resident;
    if (os_mem_query(POSIX_CAP_TASK, at, &start, &region_end, &flags, &offset, &resident) != STATUS_OK)
        return (struct mapped_part){};
    return (struct mapped_part){
        .start = start > at ? start : at, .end = region_end < end ? region_end : end, .region_start = start, .flags = flags,
    };
}

/* Is the range one that pages can be looked for in? A start of a page; not beyond what addresses can be. */
static bool range_sane(uint64_t address, uint64_t length) { return page_round(length) >= length && address + page_round(length) >= address; }

/* --- madvise ------------------------------------------------------------------------------------------------------------------------------- */

enum linux_advice {
    NORMAL = 0, RANDOM = 1, SEQUENTIAL = 2, WILL_NEED = 3, DONT_NEED = 4, FREE = 8, REMOVE = 9, DONT_FORK = 10, DO_FORK = 11, HUGE = 14, NO_HUGE = 15,
    DONT_DUMP = 16, DO_DUMP = 17, WIPE_ON_FORK = 18, KEEP_ON_FORK = 19, COLD = 20, PAGE_OUT = 21, POPULATE_READ = 22, POPULATE_WRITE = 23,
    DONT_NEED_LOCKED = 24,
};
enum { NOTHING_TO_DO = -1, UNKNOWN = -2 };

static int kernel_advice(unsigned advice)
{
    switch (advice) {
    case NORMAL:
    case RANDOM:
    case SEQUENTIAL:
    case WILL_NEED:
    case DONT_DUMP:
    case DO_DUMP:
    case COLD:
    case PAGE_OUT: return NOTHING_TO_DO;
    case DONT_NEED: return ADVICE_DROP;
    case DONT_NEED_LOCKED: return ADVICE_DROP_LOCKED;
    case FREE: return ADVICE_LAZY_DROP;
    case REMOVE: return ADVICE_REMOVE;
    case DONT_FORK: return ADVICE_NO_CLONE;
    case DO_FORK: return ADVICE_CLONE;
    case WIPE_ON_FORK: return ADVICE_CLONE_EMPTY;
    case KEEP_ON_FORK: return ADVICE_CLONE_FULL;
    case HUGE: return ADVICE_HUGE;
    case NO_HUGE: return ADVICE_NO_HUGE;
    case POPULATE_READ:
    case POPULATE_WRITE: return ADVICE_POPULATE;
    default: return UNKNOWN;
    }
}

static long advise_part(const struct mapped_part *part, unsigned advice)
{
    int kernel = kernel_advice(advice);
    if ((advice == COLD || advice == PAGE_OUT) && part->flags & MAP_LOCKED)
        return -EINVAL;
    if (kernel == ADVICE_POPULATE && !(part->flags & (advice == POPULATE_READ ? PROT_BIT_READ : PROT_BIT_WRITE)))
        return -EINVAL;
    if (kernel == NOTHING_TO_DO)
        return 0;
    enum status status = os_mem_advise(POSIX_CAP_TASK, part->start, part->end - part->start, (uint64_t)kernel);
    if (kernel == ADVICE_POPULATE && status == STATUS_OUT_OF_RANGE)
        return -EFAULT;
    return status == STATUS_NO_RIGHTS ? -EACCES : memory_errno(status);
}

/* Region by region. Populating ends at a hole. */
static long advise_parts(uint64_t address, uint64_t end, unsigned advice)
{
    long holes = 0;
    while (address < end) {
        struct mapped_part part = mapped_part(address, end);
        if (part.start != address)
            holes = -ENOMEM;
        if (!part.end || part.start >= end || (holes && kernel_advice(advice) == ADVICE_POPULATE))
            return -ENOMEM;
        long result = advise_part(&part, advice);
        if (result < 0)
            return result;
        address = part.end;
    }
    return holes;
}

long posix_madvise(uint64_t address, uint64_t length, unsigned advice)
{
    int kernel = kernel_advice(advice);
    if (kernel == UNKNOWN || address & (PAGE_BYTES - 1) || !range_sane(address, length))
        return -EINVAL;
    length = page_round(length);
    if (!length)
        return 0;
    if (!range_good(address, length))
        return -ENOMEM;
    if (kernel >= 0 && kernel != ADVICE_POPULATE && os_mem_advise(POSIX_CAP_TASK, address, length, (uint64_t)kernel) == STATUS_OK)
        return 0;
    return advise_parts(address, address + length, advice);
}

/* --- mlock ----------------------------------------------------------------------------------------------------------------------------------- */

/* Lock or unlock region by region as far as there is no hole. */
static long lock_parts(uint64_t address, uint64_t end, enum advice advice)
{
    while (address < end) {
        struct mapped_part part = mapped_part(address, end);
        if (!part.end || part.start != address)
            return -ENOMEM;
        enum status status = os_mem_advise(POSIX_CAP_TASK, address, part.end - address, advice);
        if (status != STATUS_OK)
            return memory_errno(status);
        address = part.end;
    }
    return 0;
}

static long populate_locked(uint64_t address, uint64_t end)
{
    while (address < end) {
        struct mapped_part part = mapped_part(address, end);
        if (!part.end || part.start != address || !(part.flags & 7))
            return -ENOMEM;
        enum status status = os_mem_advise(POSIX_CAP_TASK, address, part.end - address, ADVICE_POPULATE);
        if (status != STATUS_OK)
            return status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT ? -EAGAIN : -ENOMEM;
        address = part.end;
    }
    return 0;
}

/* The pages of a range. False: there can be no such. */
static bool round_range(uint64_t *address, uint64_t *length)
{
    uint64_t inside = *address & (PAGE_BYTES - 1), whole = *length + inside;
    *address -= inside;
    *length = page_round(whole);
    return *length >= whole && whole >= inside && *address + *length >= *address;
}

static long lock_range(uint64_t address, uint64_t length, enum advice advice)
{
    if (!length)
        return 0;
    return range_good(address, length) ? lock_parts(address, address + length, advice) : -ENOMEM;
}

long posix_mlock(uint64_t address, uint64_t length, unsigned flags)
{
    enum { ON_FAULT = 1 };
    if (flags & ~(unsigned)ON_FAULT || !round_range(&address, &length))
        return -EINVAL;
    long result = lock_range(address, length, ADVICE_LOCK);
    return result < 0 || flags & ON_FAULT ? result : populate_locked(address, address + length);
}

long posix_munlock(uint64_t address, uint64_t length)
{
    return round_range(&address, &length) ? lock_range(address, length, ADVICE_UNLOCK) : -EINVAL;
}

/* All of the program's regions; what fails does not matter. */
static void lock_all(enum advice advice, bool populate)
{
    uint64_t at = USER_BASE;
    for (struct mapped_part part; (part = mapped_part(at, USER_END)).end; at = part.end) {
        if (!range_good(part.start, part.end - part.start))
            continue;
        ignore(os_mem_advise(POSIX_CAP_TASK, part.start, part.end - part.start, advice));
        if (populate)
            ignore(os_mem_advise(POSIX_CAP_TASK, part.start, part.end - part.start, ADVICE_POPULATE));
    }
}

long posix_mlockall(unsigned flags)
{
    enum { CURRENT = 1, FUTURE = 2, ON_FAULT = 4 };
    if (!(flags & (CURRENT | FUTURE)) || flags & ~(unsigned)(CURRENT | FUTURE | ON_FAULT))
        return -EINVAL;
    process.lock_future = flags & FUTURE;
    if (flags & CURRENT)
        lock_all(ADVICE_LOCK, !(flags & ON_FAULT));
    return 0;
}

long posix_munlockall(void)
{
    process.lock_future = false;
    lock_all(ADVICE_UNLOCK, false);
    return 0;
}

/* --- msync, mincore ---------------------------------------------------------------------------------------------------------------------------- */

/* A shared mapping shows the server's own memory object: there is nothing to carry over. */
long posix_msync(uint64_t address, uint64_t length, unsigned flags)
{
    enum { ASYNC = 1, INVALIDATE = 2, SYNC = 4 };
    if (address & (PAGE_BYTES - 1) || flags & ~(unsigned)(ASYNC | INVALIDATE | SYNC) || (flags & ASYNC && flags & SYNC))
        return -EINVAL;
    if (!range_sane(address, length))
        return -ENOMEM;
    uint64_t end = address + page_round(length);
    long holes = 0;
    while (address < end) {
        struct mapped_part part = mapped_part(address, end);
        if (!part.end || part.start >= end)
            return -ENOMEM;
        if (part.start != address)
            holes = -ENOMEM;
        if (flags & INVALIDATE && part.flags & MAP_LOCKED)
            return -EBUSY;
        address = part.end;
    }
    return holes;
}

long posix_mincore(uint64_t address, uint64_t length, uint8_t *user_vector)
{
    if (address & (PAGE_BYTES - 1))
        return -EINVAL;
    if (!range_sane(address, length) || address + length > USER_END)
        return -ENOMEM;
    length = page_round(length);
    if (!user_range(user_vector, length / PAGE_BYTES))
        return -EFAULT;
    if (!length)
        return 0;
    return range_good(address, length) ? memory_errno(os_mem_resident(POSIX_CAP_TASK, address, length, (uaddr_t)user_vector)) : -ENOMEM;
}
