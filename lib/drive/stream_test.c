#include <stream.h>
#include <unit.h>

/* Take up to `room` of the bytes of a write. Returns: how many the answer counts. */
static size_t give(struct stream *stream, uint64_t position, size_t length, size_t room, size_t *new)
{
    size_t repeated = stream_repeated(stream, position, length), left = length - repeated;
    *new = left < room ? left : room;
    stream->next += *new;
    return repeated + *new;
}

TEST(stream_takes_each_byte_once)
{
    struct stream stream = {};
    size_t new;
    EXPECT(give(&stream, 1000, 10, 100, &new) == 10 && new == 10);
    EXPECT(give(&stream, 1010, 5, 3, &new) == 3 && new == 3);
    EXPECT(give(&stream, 1013, 2, 100, &new) == 2 && new == 2);
}

TEST(stream_repeated_write)
{
    struct stream stream = {};
    size_t new;
    EXPECT(give(&stream, 0, 10, 6, &new) == 6); /* the answer is lost */
    EXPECT(give(&stream, 0, 30, 100, &new) == 30 && new == 24);
    EXPECT(give(&stream, 0, 30, 100, &new) == 30 && new == 0);
    EXPECT(give(&stream, 30, 1, 100, &new) == 1 && new == 1);
}

TEST(stream_with_a_gap)
{
    struct stream stream = {};
    size_t new;
    EXPECT(give(&stream, 0, 10, 4, &new) == 4); /* the answer is lost, and the sender gives up all ten */
    EXPECT(give(&stream, 10, 10, 100, &new) == 10 && new == 10);
}

TEST(stream_of_another_sender)
{
    struct stream stream = {};
    size_t new;
    EXPECT(give(&stream, 5000, 10, 100, &new) == 10);
    EXPECT(give(&stream, 9000, 10, 100, &new) == 10 && new == 10);
    EXPECT(give(&stream, 100, 10, 100, &new) == 10 && new == 10);
}
