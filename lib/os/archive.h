/* archive.h: reads cpio archives of the "newc" format from memory. Trusts nothing in them. */
#ifndef OS_ARCHIVE_H
#define OS_ARCHIVE_H

#include <stddef.h>
#include <status.h>
#include <stdint.h>

struct archive {
    const uint8_t *bytes;
    size_t         length;
    size_t         at; /* of the next header */
};

struct archive_entry {
    const char    *name; /* NUL terminated, inside the archive; without leading "./" or "/" */
    size_t         name_length;
    uint32_t       mode, uid, gid, links, modified_s, inode;
    uint32_t       device_major, device_minor; /* of a device node */
    const uint8_t *data; /* of a file, or the text of a symbolic link (not terminated) */
    size_t         size;
    size_t         offset; /* of data in the archive */
};

void archive_open(struct archive *archive, const void *bytes, size_t length);

/* Returns: OK and the next entry; NOT_FOUND after the last; BAD_FORMAT when what follows is no archive. */
[[nodiscard]] enum status archive_next(struct archive *archive, struct archive_entry *entry);

/* Returns: OK and the entry of this name; NOT_FOUND; BAD_FORMAT. */
[[nodiscard]] enum status archive_find(const void *bytes, size_t length, const char *name, size_t name_length, struct archive_entry *entry);

#endif
