/* user.h: the runtime's way to the program's memory. Both share an address space; what is copied here is refused with EFAULT when the program
 * named memory that is not there or the runtime's own. */
#ifndef POSIX_USER_H
#define POSIX_USER_H

#include "posix.h"

/* May the program mean [address, address + length)? Does not tell whether it is mapped. */
static inline bool user_range(const volatile void *address, uint64_t length)
{
    uint64_t start = (uint64_t)address;
    if (start < USER_BASE || start >= USER_END || length > USER_END - start)
        return length == 0;
    return start + length <= RUNTIME_BASE || start >= RUNTIME_END;
}

/* Copy in or out. Returns 0 or -EFAULT. */
[[nodiscard]] long user_read(void *to, const void *user_from, size_t length);
[[nodiscard]] long user_write(void *user_to, const void *from, size_t length);
[[nodiscard]] long user_clear(void *user_to, size_t length);
/* Length of a string without its NUL; -EFAULT, or -ENAMETOOLONG when it is not shorter than limit. */
[[nodiscard]] long user_string_length(const char *user_string, size_t limit);

#define USER_READ(to, user_from) user_read(&(to), (user_from), sizeof(to))
#define USER_WRITE(user_to, value) user_write((user_to), &(value), sizeof(value))

/* Would writing there work? Asks the kernel: for places where a fault is likely. */
bool user_writable(uint64_t address, uint64_t length);
bool user_readable(uint64_t address, uint64_t length);

#endif
