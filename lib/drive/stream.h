/* stream.h: a stream of bytes that comes in writes, of which the sender may repeat the last: by position, each byte is taken once. */
#ifndef DRIVE_STREAM_H
#define DRIVE_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct stream {
    uint64_t next; /* position of the first byte that was not taken */
    bool     known;
};

/* A write of `length` bytes; the first has this position. Bytes that the sender gave up are a gap before it. Returns: how many of its first
 * bytes were taken before. Whoever takes more of them adds their number to `next`. */
size_t stream_repeated(struct stream *stream, uint64_t position, size_t length);

#endif
