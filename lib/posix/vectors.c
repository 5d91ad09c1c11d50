/* vectors.c: readv and writev. */
#include "descriptor.h"
#include "io.h"
#include "native.h"
#include "pool.h"
#include "user.h"
#include <file.h>

#define GATHER_MOST 0x10000ull
#define SMALL 8u

struct vectors {
    struct posix_vector *list;
    unsigned count;
    unsigned used, first; /* how many are not empty, the first of them */
    size_t   total;
    struct posix_vector small[SMALL];
};

static void vectors_close(struct vectors *vectors)
{
    if (vectors->list != vectors->small)
        pool_free(vectors->list, vectors->count * sizeof *vectors->list);
}

static long vectors_check(struct vectors *vectors)
{
    vectors->used = vectors->first = 0;
    vectors->total = 0;
    for (unsigned i = 0; i < vectors->count; i++) {
        const struct posix_vector *vector = &vectors->list[i];
        if (!vector->length)
            continue;
        if ((int64_t)vector->length < 0 || (int64_t)(vectors->total + vector->length) < 0)
            return -EINVAL;
        if (!user_range(vector->base, vector->length))
            return -EFAULT;
        if (!vectors->used++)
            vectors->first = i;
        vectors->total += vector->length;
    }
    return 0;
}

/* Copy the list in. When this fails there is nothing to close. */
static long vectors_open(struct vectors *vectors, const struct posix_vector *user_vectors, unsigned count)
{
    if (count > VECTORS_MOST)
        return -EINVAL;
    vectors->count = count;
    vectors->list = count <= SMALL ? vectors->small : pool_allocate(count * sizeof *user_vectors);
    if (!vectors->list)
        return -ENOMEM;
    long result = user_read(vectors->list, user_vectors, count * sizeof *user_vectors);
    if (result == 0)
        result = vectors_check(vectors);
    if (result < 0)
        vectors_close(vectors);
    return result;
}

/* Several pieces as one message, so that a pipe or a line takes them as one. */
static long write_gathered(struct posix_thread *self, cap_t object, const struct vectors *vectors, uint64_t offset)
{
    char small[4096];
    char *buffer = vectors->total <= sizeof small ? small : pool_allocate(vectors->total);
    long result = buffer ? 0 : -ENOMEM;
    size_t at = 0;
    for (unsigned i = 0; i < vectors->count && result == 0; at += vectors->list[i++].length)
        result = user_read(buffer + at, vectors->list[i].base, vectors->list[i].length);
    if (result == 0)
        result = io_transfer(self, object, true, offset, 0, buffer, vectors->total);
    if (buffer != small)
        pool_free(buffer, vectors->total);
    return result;
}

/* Piece by piece until one is short. */
static long transfer_pieces(struct posix_thread *self, cap_t object, bool writes, const struct vectors *vectors, uint64_t offset)
{
    long done = 0;
    for (unsigned i = vectors->first; i < vectors->count; i++) {
        const struct posix_vector *vector = &vectors->list[i];
        if (!vector->length)
            continue;
        /* What follows the first piece of a read must not wait: there may be no more for now. */
        unsigned flags = done && !writes ? FILE_NO_WAIT : 0;
        long result = io_transfer(self, object, writes, offset == FILE_POSITION ? offset : offset + (uint64_t)done, flags, vector->base, vector->length);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((size_t)result < vector->length)
            break;
    }
    return done;
}

static long transfer_vectors(struct posix_thread *self, int number, bool writes, const struct posix_vector *user_vectors, unsigned count, uint64_t offset)
{
    struct vectors vectors;
    cap_t object = descriptor_object(number);
    if (object == CAP_NULL)
        return -EBADF;
    long result = vectors_open(&vectors, user_vectors, count);
    if (result != 0)
        return result;
    if (vectors.used == 0)
        result = io_transfer(self, object, writes, offset, 0, NULL, 0);
    else if (writes && vectors.used > 1 && vectors.total <= GATHER_MOST)
        result = write_gathered(self, object, &vectors, offset);
    else
        result = transfer_pieces(self, object, writes, &vectors, offset);
    vectors_close(&vectors);
    return result;
}

long posix_readv(struct posix_thread *self, int number, const struct posix_vector *user_vectors, unsigned count, uint64_t offset)
{
    return transfer_vectors(self, number, false, user_vectors, count, offset);
}

long posix_writev(struct posix_thread *self, int number, const struct posix_vector *user_vectors, unsigned count, uint64_t offset)
{
    return transfer_vectors(self, number, true, user_vectors, count, offset);
}
