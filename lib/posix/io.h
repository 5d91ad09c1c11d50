/* io.h: reading and writing. */
#ifndef POSIX_IO_H
#define POSIX_IO_H

#include "posix.h"

struct posix_vector { /* struct iovec */
    void  *base;
    size_t length;
};
#define VECTORS_MOST 1024u

[[nodiscard]] long posix_read(struct posix_thread *self, int number, void *user_buffer, size_t length);
[[nodiscard]] long posix_write(struct posix_thread *self, int number, const void *user_buffer, size_t length);
[[nodiscard]] long posix_pread(struct posix_thread *self, int number, void *user_buffer, size_t length, int64_t offset);
[[nodiscard]] long posix_pwrite(struct posix_thread *self, int number, const void *user_buffer, size_t length, int64_t offset);
/* offset FILE_POSITION: at the position */
[[nodiscard]] long posix_readv(struct posix_thread *self, int number, const struct posix_vector *user_vectors, unsigned count, uint64_t offset);
[[nodiscard]] long posix_writev(struct posix_thread *self, int number, const struct posix_vector *user_vectors, unsigned count, uint64_t offset);
[[nodiscard]] long posix_seek(int number, int64_t offset, unsigned whence);
[[nodiscard]] long posix_sendfile(struct posix_thread *self, int to, int from, int64_t *user_offset, size_t length);
[[nodiscard]] long posix_copy_range(struct posix_thread *self, int from, int64_t *user_from, int to, int64_t *user_to, size_t length, unsigned flags);
[[nodiscard]] long posix_truncate_descriptor(int number, int64_t size);
[[nodiscard]] long posix_allocate(int number, unsigned mode, int64_t offset, int64_t length);
[[nodiscard]] long posix_sync(int number);

/* The same on an object and on memory of the runtime or checked memory of the program. flags: FILE_NO_WAIT */
[[nodiscard]] long io_transfer(struct posix_thread *self, cap_t object, bool writes, uint64_t offset, unsigned flags, const void *buffer, size_t length);

#endif
