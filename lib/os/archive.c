/* archive.c: reads cpio "newc" archives. Format: pax(1) of FreeBSD, cpio(5): a header of 110 ASCII bytes, the name, the data; each
 * padded to 4 bytes. */
#include <archive.h>

#include <string.h>

#define HEADER 110
#define LAST_NAME "TRAILER!!!"

enum field : unsigned { INODE, MODE, UID, GID, LINKS, MODIFIED, SIZE, DEVICE_MAJOR, DEVICE_MINOR, RAW_MAJOR, RAW_MINOR, NAME_SIZE, CHECK, FIELDS };

void archive_open(struct archive *archive, const void *bytes, size_t length)
{
    *archive = (struct archive){.bytes = bytes, .length = length};
}

/* Eight hexadecimal digits. */
static bool read_field(const uint8_t *at, uint32_t *value)
{
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++) {
        unsigned c = at[i], lower = c | 0x20, digit;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (lower >= 'a' && lower <= 'f')
            digit = lower - 'a' + 10;
        else
            return false;
        sum = sum << 4 | digit;
    }
    *value = sum;
    return true;
}

static bool read_header(const uint8_t *at, uint32_t field[FIELDS])
{
    if (memcmp(at, "070701", 6) != 0 && memcmp(at, "070702", 6) != 0)
        return false;
    for (unsigned i = 0; i < FIELDS; i++)
        if (!read_field(at + 6 + i * 8, &field[i]))
            return false;
    return true;
}

static size_t pad(size_t offset)
{
    return (offset + 3) & ~(size_t)3;
}

/* Names are given without what makes them absolute or relative to the archive's root. */
static void trim_name(struct archive_entry *entry)
{
    for (;;) {
        size_t skip = entry->name[0] == '/' ? 1 : entry->name[0] == '.' && entry->name[1] == '/' ? 2 : 0;
        if (!skip)
            break;
        entry->name += skip;
        entry->name_length -= skip;
    }
    if (entry->name_length == 1 && entry->name[0] == '.') {
        entry->name++;
        entry->name_length = 0;
    }
}

enum status archive_next(struct archive *archive, struct archive_entry *entry)
{
    uint32_t field[FIELDS];
    if (archive->at > archive->length || archive->length - archive->at < HEADER)
        return STATUS_BAD_FORMAT;
    const uint8_t *header = archive->bytes + archive->at;
    if (!read_header(header, field))
        return STATUS_BAD_FORMAT;
    size_t left = archive->length - archive->at - HEADER;
    size_t name_size = field[NAME_SIZE];
    const char *name = (const char *)header + HEADER;
    if (name_size < 1 || name_size > left || name[name_size - 1] != 0)
        return STATUS_BAD_FORMAT;
    size_t name_length = strnlen(name, name_size); /* more zeros may follow, to align the data */
    size_t offset = pad(archive->at + HEADER + name_size);
    if (offset > archive->length || field[SIZE] > archive->length - offset)
        return STATUS_BAD_FORMAT;
    if (name_length == sizeof LAST_NAME - 1 && memcmp(name, LAST_NAME, sizeof LAST_NAME) == 0)
        return STATUS_NOT_FOUND;
    *entry = (struct archive_entry){
        .name = name, .name_length = name_length, .mode = field[MODE], .uid = field[UID], .gid = field[GID], .links = field[LINKS],
        .modified_s = field[MODIFIED], .inode = field[INODE], .device_major = field[RAW_MAJOR], .device_minor = field[RAW_MINOR],
        .data = archive->bytes + offset, .size = field[SIZE], .offset = offset,
    };
    trim_name(entry);
    archive->at = pad(offset + entry->size);
    return STATUS_OK;
}

enum status archive_find(const void *bytes, size_t length, const char *name, size_t name_length, struct archive_entry *entry)
{
    struct archive archive;
    archive_open(&archive, bytes, length);
    for (;;) {
        enum status status = archive_next(&archive, entry);
        if (status != STATUS_OK)
            return status;
        if (entry->name_length == name_length && memcmp(entry->name, name, name_length) == 0)
            return STATUS_OK;
    }
}
