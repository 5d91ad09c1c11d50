/* listing_test.c: records of file.list as their reader takes them, up to the end of the room that there is. */
#include <listing.h>
#include <unit.h>

static alignas(8) char window[1024];
static enum status writes = STATUS_OK;

enum status request_write(struct request *rq, uint64_t offset, const void *from, size_t length)
{
    REQUIRE(offset + length <= rq->out_length);
    if (writes == STATUS_OK)
        memcpy(window + offset, from, length);
    return writes;
}

static const struct file_entry *record_at(uint64_t offset) { return (const struct file_entry *)(window + offset); }

TEST(records_follow_each_other)
{
    char name[256];
    struct request rq = {.out_length = sizeof window};
    struct listing listing = {.rq = &rq};
    memset(name, 'n', sizeof name);
    memset(window, 0xff, sizeof window);
    EXPECT(listing_add(&listing, ".", 1, 7, 0040755, 1));
    EXPECT(listing_add(&listing, "not terminated", 3, 8, 0120777, 5));
    EXPECT(listing_add(&listing, name, 255, 9, 0100644, 6));
    uint64_t length, at = 0, lengths[] = {1, 3, 255}, types[] = {4, 10, 8}, next[] = {1, 5, 6};
    EXPECT_EQUAL(listing_end(&listing, &length), STATUS_OK);
    for (unsigned i = 0; i < 3; at += record_at(at)->record_length, i++) {
        const struct file_entry *record = record_at(at);
        EXPECT_EQUAL(record->inode, 7 + i);
        EXPECT_EQUAL(record->type, types[i]);
        EXPECT_EQUAL(record->next_position, next[i]);
        EXPECT_EQUAL(record->name_length, lengths[i]);
        EXPECT_EQUAL(record->record_length % 8, 0);
        EXPECT_EQUAL(strlen(record->name), lengths[i]);
    }
    EXPECT_EQUAL(at, length);
    EXPECT_EQUAL(memcmp(record_at(LISTING_RECORD(1))->name, "not", 4), 0);
}

TEST(records_are_whole)
{
    for (uint64_t room = 0; room < 100; room++) {
        struct request rq = {.out_length = room};
        struct listing listing = {.rq = &rq};
        uint64_t length, count = 0;
        while (listing_add(&listing, "four", 4, 1, 0100644, count + 1))
            count++;
        EXPECT_EQUAL(count, room / LISTING_RECORD(4));
        EXPECT_EQUAL(listing_end(&listing, &length), count ? STATUS_OK : STATUS_INVALID_ARGUMENT);
        EXPECT_EQUAL(length, count * LISTING_RECORD(4));
    }
}

TEST(nothing_to_list_is_fine_and_a_bad_window_is_told)
{
    struct request rq = {.out_length = sizeof window};
    struct listing listing = {.rq = &rq};
    uint64_t length;
    EXPECT_EQUAL(listing_end(&listing, &length), STATUS_OK);
    EXPECT_EQUAL(length, 0);
    writes = STATUS_BAD_ADDRESS;
    EXPECT(!listing_add(&listing, "name", 4, 1, 0100644, 1));
    writes = STATUS_OK;
    EXPECT_EQUAL(listing_end(&listing, &length), STATUS_BAD_ADDRESS);
}
