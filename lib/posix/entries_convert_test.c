/* entries_convert_test.c: tests of directory entries in place. */
#include "entries.h"
#include <file.h>
#include <string.h>
#include <unit.h>

/* Append a record for the name. Returns: the new length. */
static size_t put(char *buffer, size_t at, const char *name, uint64_t inode)
{
    struct file_entry entry = {.inode = inode, .next_position = at + 1, .name_length = (uint16_t)strlen(name), .type = 8};
    entry.record_length = (uint16_t)((offsetof(struct file_entry, name) + strlen(name) + 1 + 7) & ~7ull);
    memcpy(buffer + at, &entry, sizeof entry);
    memcpy(buffer + at + offsetof(struct file_entry, name), name, strlen(name) + 1);
    return at + entry.record_length;
}

TEST(entries_become_the_programs)
{
    alignas(8) char buffer[512];
    static const char *const names[] = {".", "..", "a", "file.txt", "a name of some length, longer than most"};
    size_t length = 0;
    for (unsigned i = 0; i < 5; i++)
        length = put(buffer, length, names[i], 100 + i);
    REQUIRE(entries_convert(buffer, length));
    size_t at = 0;
    for (unsigned i = 0; i < 5; i++) {
        uint64_t inode, next;
        uint16_t record;
        memcpy(&inode, buffer + at, 8);
        memcpy(&next, buffer + at + 8, 8);
        memcpy(&record, buffer + at + 16, 2);
        EXPECT_EQUAL(inode, 100 + i);
        EXPECT_EQUAL(next, at + 1);
        EXPECT_EQUAL(buffer[at + 18], 8);
        EXPECT(strcmp(buffer + at + 19, names[i]) == 0);
        at += record;
    }
    EXPECT_EQUAL(at, length);
}

TEST(entries_that_make_no_sense_are_refused)
{
    alignas(8) char buffer[64];
    struct file_entry entry;
    size_t length = put(buffer, 0, "name", 1);
    EXPECT(!entries_convert(buffer, length - 8));
    memcpy(&entry, buffer, sizeof entry);
    entry.name_length = 60;
    memcpy(buffer, &entry, sizeof entry);
    EXPECT(!entries_convert(buffer, length));
    entry.name_length = 4;
    entry.record_length = 0;
    memcpy(buffer, &entry, sizeof entry);
    EXPECT(!entries_convert(buffer, length));
    EXPECT(entries_convert(buffer, 0));
}
