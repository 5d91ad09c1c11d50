/* listing.h: the answer of file.list, record by record. */
#ifndef SERVE_LISTING_H
#define SERVE_LISTING_H

#include <file.h>
#include <serve.h>

#define LISTING_NAME_LIMIT 255u
#define LISTING_RECORD(name_length) ((offsetof(struct file_entry, name) + (name_length) + 1 + 7) & ~7ul) /* bytes of a record */

struct listing { /* begins as {.rq = rq} */
    struct request *rq;
    uint64_t length; /* of what is written to the out-window */
    bool full;       /* a record did not fit */
    enum status status;
};

/* The next record. mode: of what the name names. next_position: where a listing goes on that has seen this one. Returns: false when it does not
 * fit or cannot be written, and nothing more is to be added. Requires: length <= LISTING_NAME_LIMIT. */
bool listing_add(struct listing *listing, const char *name, size_t length, uint64_t inode, uint32_t mode, uint64_t next_position);
/* Returns: the status of the whole, and its length; INVALID_ARGUMENT when there is no room for even one record. */
[[nodiscard]] enum status listing_end(const struct listing *listing, uint64_t *length);

#endif
