/* entries_convert.c: directory entries as servers send them become the program's, in the same place, since those are never longer. */
#include "entries.h"
#include <file.h>
#include <string.h>

struct program_entry { /* struct linux_dirent64 */
    uint64_t inode;
    int64_t  next_position;
    uint16_t record_length;
    uint8_t  type;
    char     name[];
};

static_assert(offsetof(struct program_entry, name) <= offsetof(struct file_entry, name));

bool entries_convert(void *buffer, size_t length)
{
    for (size_t at = 0; at < length;) {
        char *record = (char *)buffer + at;
        struct file_entry entry;
        if (length - at < sizeof entry)
            return false;
        memcpy(&entry, record, sizeof entry);
        if (entry.record_length < offsetof(struct file_entry, name) + entry.name_length + 1u || entry.record_length > length - at || entry.record_length % 8)
            return false;
        struct program_entry converted = {.inode = entry.inode, .next_position = (int64_t)entry.next_position, .record_length = entry.record_length, .type = entry.type};
        memmove(record + offsetof(struct program_entry, name), record + offsetof(struct file_entry, name), entry.name_length + 1u);
        memcpy(record, &converted, offsetof(struct program_entry, name));
        at += entry.record_length;
    }
    return true;
}
