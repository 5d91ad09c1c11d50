/* entries.c: reading directories. */
#include "entries.h"
#include "descriptor.h"
#include "native.h"
#include "user.h"
#include <file.h>

long posix_entries(int number, void *user_buffer, size_t length)
{
    struct descriptor *descriptor = descriptor_find(number);
    uint64_t count = 0;
    if (!descriptor)
        return -EBADF;
    if (!user_range(user_buffer, length))
        return -EFAULT;
    enum status status = file_list(descriptor->object, user_buffer, length, &count);
    if (status != STATUS_OK)
        return status == STATUS_NOT_SUPPORTED ? -ENOTDIR : errno_of(status);
    return count <= length && entries_convert(user_buffer, count) ? (long)count : -EIO;
}
