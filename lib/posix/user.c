/* user.c: copying between the runtime and the program. */
#include "user.h"
#include "native.h"
#include <map.h>
#include <string.h>

/* arch/<isa>/user.S */
long machine_copy(void *to, const void *from, size_t length, uint64_t *recover);
long machine_string_length(const char *string, size_t limit, uint64_t *recover);

static uint64_t *recovery(void)
{
    return &os_thread_page()->recover_pc;
}

long user_read(void *to, const void *user_from, size_t length)
{
    return user_range(user_from, length) && machine_copy(to, user_from, length, recovery()) == 0 ? 0 : -EFAULT;
}

long user_write(void *user_to, const void *from, size_t length)
{
    return user_range(user_to, length) && machine_copy(user_to, from, length, recovery()) == 0 ? 0 : -EFAULT;
}

long user_clear(void *user_to, size_t length)
{
    static const char zeros[256];
    for (size_t done = 0; done < length; done += sizeof zeros)
        if (user_write((char *)user_to + done, zeros, length - done < sizeof zeros ? length - done : sizeof zeros) < 0)
            return -EFAULT;
    return 0;
}

long user_string_length(const char *user_string, size_t limit)
{
    if (!user_range(user_string, 1))
        return -EFAULT;
    long length = machine_string_length(user_string, limit, recovery());
    return length < 0 ? -EFAULT : (size_t)length == limit ? -ENAMETOOLONG : length;
}

static bool user_mapped(uint64_t address, uint64_t length, unsigned prot)
{
    uint64_t end = address + length;
    if (!user_range((void *)address, length))
        return false;
    while (address < end) {
        uint64_t region_start, region_end, flags, offset, resident;
        if (os_mem_query(POSIX_CAP_TASK, address, &region_start, &region_end, &flags, &offset, &resident) != STATUS_OK)
            return false;
        if (region_start > address || (flags & prot) != prot)
            return false;
        address = region_end;
    }
    return true;
}

bool user_writable(uint64_t address, uint64_t length)
{
    return user_mapped(address, length, PROT_BIT_READ | PROT_BIT_WRITE);
}

bool user_readable(uint64_t address, uint64_t length)
{
    return user_mapped(address, length, PROT_BIT_READ);
}
