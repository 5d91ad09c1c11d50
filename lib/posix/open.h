/* open.h: opening, closing and duplicating. */
#ifndef POSIX_OPEN_H
#define POSIX_OPEN_H

#include "path.h"
#include "posix.h"

#define OPEN_ACCESS    03u
#define OPEN_WRITE     01u
#define OPEN_READ_WRITE 02u
#define OPEN_CREATE    0100u
#define OPEN_EXCLUSIVE 0200u
#define OPEN_TRUNCATE  01000u
#define OPEN_APPEND    02000u
#define OPEN_NONBLOCK  04000u
#define OPEN_DIRECTORY 0200000u
#define OPEN_NO_FOLLOW 0400000u
#define OPEN_CLOSE_ON_EXEC 02000000u
#define OPEN_PATH      010000000u

struct opened {
    cap_t    object;
    unsigned kind;  /* S_IFMT >> 12 */
    uint64_t inode;
    size_t   resolved_length; /* of the path without links, in path->buffer; 0: not told */
};

/* Open an absolute path; the path is replaced by the resolved one where vfs tells it. */
[[nodiscard]] long open_path(struct path *path, unsigned flags, unsigned mode, struct opened *opened);

[[nodiscard]] long posix_open(int directory, const char *user_path, unsigned flags, unsigned mode);
[[nodiscard]] long posix_close(int number);
[[nodiscard]] long posix_close_range(unsigned first, unsigned last, unsigned flags);
[[nodiscard]] long posix_dup(int number);
/* flags: OPEN_CLOSE_ON_EXEC or 0. same_is_error: dup3 */
[[nodiscard]] long posix_dup_to(int number, int target, unsigned flags, bool same_is_error);
[[nodiscard]] long posix_pipe(int *user_pair, unsigned flags);
/* Open a pipe's ends as descriptors pair[0], pair[1]. */
[[nodiscard]] long open_pipe(int pair[2], unsigned flags);
[[nodiscard]] long posix_fcntl(struct posix_thread *self, int number, unsigned command, uint64_t argument);

#endif
