/* stream.c: see stream.h. */
#include <stream.h>

size_t stream_repeated(struct stream *stream, uint64_t position, size_t length)
{
    if (stream->known && position <= stream->next && stream->next - position <= length)
        return stream->next - position;
    *stream = (struct stream){.next = position, .known = true};
    return 0;
}
