/* fuzz: lib/os/archive.c */
/* Any bytes as a cpio archive: every name and all data lie inside it, and the walk ends. */
#include <archive.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct archive archive;
    struct archive_entry entry;
    archive_open(&archive, bytes, length);
    unsigned sum = 0;
    for (size_t entries = 0; archive_next(&archive, &entry) == STATUS_OK; entries++) {
        if (entries > length || entry.name[entry.name_length] != 0)
            abort();
        for (size_t i = 0; i < entry.name_length; i++)
            sum += (unsigned char)entry.name[i];
        for (size_t i = 0; i < entry.size; i++)
            sum += entry.data[i];
        if (entry.size && entry.data != bytes + entry.offset)
            abort();
    }
    if (archive_find(bytes, length, "bin/sh", 6, &entry) == STATUS_OK && entry.name_length != 6)
        abort();
    return sum == 1;
}
