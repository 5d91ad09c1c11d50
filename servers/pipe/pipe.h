/* pipe.h: pipes and fifos. A pipe is a ring of bytes with any number of open descriptions at each end.
 * Invariants: waiting readers exist only while the ring is empty and a writer is open; waiting writers only while a reader is open and
 * their bytes do not fit. A write that waits has moved nothing yet: one that could move a part is answered with that part (the runtime
 * writes the rest), so a cancelled write never leaves bytes behind that its caller does not know of. */
#ifndef PIPE_PIPE_H
#define PIPE_PIPE_H

#include <os.h>
#include <serve.h>
#include <table.h>

#define RING_FIRST 4096u
#define RING_DEFAULT 65536u
#define RING_MOST 1048576u
#define ATOMIC_MOST 4096u /* PIPE_BUF */

#define OPEN_ACCESS 3u
#define OPEN_WRITE 1u
#define OPEN_READ_WRITE 2u
#define OPEN_NO_WAIT 04000u

/* Bytes in a ring buffer that grows up to a limit. */
struct ring {
    char *bytes;
    size_t room, first, count, limit;
};
/* Room for `want` more bytes, growing as far as allowed; returns how many fit now. */
size_t ring_make_room(struct ring *ring, size_t want);
/* The free (or used) piece that begins at `skip` bytes from the end (or the front). */
char *ring_free_piece(struct ring *ring, size_t skip, size_t *length);
char *ring_used_piece(struct ring *ring, size_t skip, size_t *length);
/* Keep only what is used, when that is nothing. */
void ring_relax(struct ring *ring);

struct pipe {
    struct ring ring;
    unsigned readers, writers;    /* open descriptions */
    bool had_writer, had_reader;  /* a fifo's first opener waits for the other end */
    struct list reads, writes;    /* waiting requests, oldest first */
    struct poll_list polls;
    uint64_t inode, modified_ns;
    struct table_node by_identity; /* fifos */
    uint64_t identity;
    bool fifo;
};

struct end {
    struct pipe *pipe;
    uint64_t flags;
};

#endif
