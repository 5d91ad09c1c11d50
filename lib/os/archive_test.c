/* archive_test.c: cpio archives, sound ones and cut or damaged ones. */
#include <archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unit.h>

static struct {
    uint8_t bytes[4096];
    size_t  length;
} cpio;

static void pad(void)
{
    while (cpio.length % 4)
        cpio.bytes[cpio.length++] = 0;
}

static void add(const char *name, unsigned mode, const void *data, size_t size)
{
    cpio.length += (size_t)sprintf((char *)cpio.bytes + cpio.length, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 7u, mode, 1u, 2u,
                                   1u, 99u, size, 0u, 0u, 4u, 5u, strlen(name) + 1, 0u);
    memcpy(cpio.bytes + cpio.length, name, strlen(name) + 1);
    cpio.length += strlen(name) + 1;
    pad();
    memcpy(cpio.bytes + cpio.length, data, size);
    cpio.length += size;
    pad();
}

static void make(void)
{
    cpio.length = 0;
    add("bin", 0040755, "", 0);
    add("./bin/sh", 0120777, "busybox", 7);
    add("/etc/motd", 0100644, "hello\n", 6);
    add("TRAILER!!!", 0, "", 0);
}

TEST(entries_come_in_order_with_all_their_fields)
{
    struct archive archive;
    struct archive_entry entry;
    make();
    archive_open(&archive, cpio.bytes, cpio.length);
    REQUIRE(archive_next(&archive, &entry) == STATUS_OK);
    EXPECT(strcmp(entry.name, "bin") == 0);
    EXPECT_EQUAL(entry.mode, 0040755);
    EXPECT_EQUAL(entry.size, 0);
    REQUIRE(archive_next(&archive, &entry) == STATUS_OK);
    EXPECT(strcmp(entry.name, "bin/sh") == 0);
    EXPECT_EQUAL(entry.name_length, 6);
    REQUIRE_EQUAL(entry.size, 7);
    EXPECT(memcmp(entry.data, "busybox", 7) == 0);
    EXPECT_EQUAL(entry.inode, 7);
    EXPECT_EQUAL(entry.uid, 1);
    EXPECT_EQUAL(entry.gid, 2);
    EXPECT_EQUAL(entry.modified_s, 99);
    EXPECT_EQUAL(entry.device_major, 4);
    EXPECT_EQUAL(entry.device_minor, 5);
    REQUIRE(archive_next(&archive, &entry) == STATUS_OK);
    EXPECT(strcmp(entry.name, "etc/motd") == 0);
    EXPECT(archive_next(&archive, &entry) == STATUS_NOT_FOUND);
}

TEST(an_entry_is_found_by_name)
{
    struct archive_entry entry;
    make();
    REQUIRE(archive_find(cpio.bytes, cpio.length, "etc/motd", 8, &entry) == STATUS_OK);
    EXPECT(memcmp(cpio.bytes + entry.offset, "hello\n", 6) == 0);
    EXPECT(archive_find(cpio.bytes, cpio.length, "etc/mot", 7, &entry) == STATUS_NOT_FOUND);
}

/* Every prefix, in memory of exactly that length, so that the sanitizer sees a byte too far. */
TEST(every_cut_is_an_error_and_no_overrun)
{
    make();
    for (size_t length = 0; length < cpio.length - 120; length++) {
        uint8_t *copy = malloc(length + 1);
        REQUIRE(copy);
        memcpy(copy, cpio.bytes, length);
        struct archive archive;
        struct archive_entry entry;
        archive_open(&archive, copy, length);
        enum status status;
        while ((status = archive_next(&archive, &entry)) == STATUS_OK)
            ;
        if (status != STATUS_BAD_FORMAT && status != STATUS_NOT_FOUND)
            unit_note("cut at %zu: %d", length, status);
        EXPECT(status == STATUS_BAD_FORMAT || status == STATUS_NOT_FOUND);
        free(copy);
    }
}

TEST(damage_never_gives_data_outside)
{
    for (int round = 0; round < 2000; round++) {
        make();
        for (int i = 0; i < 3; i++)
            cpio.bytes[unit_random_below(cpio.length)] = (uint8_t)"0f8\0\xff"[unit_random_below(5)];
        struct archive archive;
        struct archive_entry entry;
        archive_open(&archive, cpio.bytes, cpio.length);
        while (archive_next(&archive, &entry) == STATUS_OK)
            REQUIRE(entry.offset <= cpio.length && entry.size <= cpio.length - entry.offset);
    }
}
