/* main.c: the pipe server. What a pipe holds dies with it (docs/limits.md). */
#include "pipe.h"
#include <file.h>
#include <protocols/file_server.h>
#include <protocols/pipe_server.h>

SERVICE_MANIFEST("name = pipe\nexport = pipe\nrestart = always\nstart = demand\npriority = 24\n")

#define MODE_FIFO_600 0010600u
#define FIONREAD 0x541bu
#define F_SETPIPE_SZ 1031u /* of fcntl: the runtime passes it as a control request */
#define F_GETPIPE_SZ 1032u

static const struct serve_type end_type;
static struct table fifos;
static uint64_t last_inode;

static bool is_reader(const struct end *end) { return (end->flags & OPEN_ACCESS) != OPEN_WRITE; }
static bool is_writer(const struct end *end) { return (end->flags & OPEN_ACCESS) != 0; }

/* --- moving bytes ------------------------------------------------------------------------------------------------------------------------- */
static enum status move_out(struct pipe *pipe, struct request *rq, uint64_t *count)
{
    struct ring *ring = &pipe->ring;
    size_t total = rq->out_length < ring->count ? rq->out_length : ring->count;
    for (size_t done = 0, length; done < total; done += length) {
        char *from = ring_used_piece(ring, done, &length);
        if (length > total - done)
            length = total - done;
        enum status status = request_write(rq, done, from, length);
        if (status != STATUS_OK)
            return status; /* nothing was taken */
    }
    ring->first = ring->room == 0 ? 0 : (ring->first + total) % ring->room;
    ring->count -= total;
    ring_relax(ring);
    *count = total;
    return STATUS_OK;
}

static enum status move_in(struct pipe *pipe, struct request *rq, size_t total, uint64_t *count)
{
    struct ring *ring = &pipe->ring;
    for (size_t done = 0, length; done < total; done += length) {
        char *to = ring_free_piece(ring, done, &length);
        if (length > total - done)
            length = total - done;
        enum status status = request_read(rq, done, to, length);
        if (status != STATUS_OK)
            return status; /* nothing was added */
    }
    ring->count += total;
    pipe->modified_ns = os_wall_clock();
    *count = total;
    return STATUS_OK;
}

/* How much of a write can go in now; 0: it must wait. */
static size_t writable(struct pipe *pipe, size_t wanted)
{
    size_t room = ring_make_room(&pipe->ring, wanted);
    if (wanted <= room)
        return wanted;
    return wanted <= ATOMIC_MOST ? 0 : room;
}

static void serve_readers(struct pipe *pipe);

/* Room appeared, or the readers are gone: answer writers in turn. */
static void serve_writers(struct pipe *pipe)
{
    while (!list_empty(&pipe->writes) && !(pipe->readers == 0 && !pipe->had_reader)) {
        struct request *rq = container_of(pipe->writes.next, struct request, link);
        size_t fits = pipe->readers == 0 ? 0 : writable(pipe, rq->in_length);
        if (pipe->readers != 0 && fits == 0)
            return;
        uint64_t count = 0;
        enum status status = pipe->readers == 0 ? STATUS_BROKEN_PIPE : move_in(pipe, rq, fits, &count);
        list_remove(&rq->link);
        file_write_reply(rq, status, count);
        if (count > 0)
            serve_readers(pipe);
    }
}

/* Bytes appeared, or the writers are gone: answer readers in turn. */
static void serve_readers(struct pipe *pipe)
{
    bool moved = false;
    while (!list_empty(&pipe->reads) && (pipe->ring.count > 0 || pipe->writers == 0)) {
        struct request *rq = container_of(pipe->reads.next, struct request, link);
        uint64_t count = 0;
        enum status status = move_out(pipe, rq, &count);
        moved |= count > 0;
        list_remove(&rq->link);
        file_read_reply(rq, status, count);
    }
    if (pipe->ring.count > 0)
        poll_wake(&pipe->polls, POLL_IN | POLL_RDNORM);
    if (moved)
        serve_writers(pipe);
}

static enum status op_read(void *self, struct request *rq, uint64_t offset, uint64_t flags, uint64_t *count)
{
    struct end *end = self;
    struct pipe *pipe = end->pipe;
    if (!is_reader(end))
        return STATUS_BAD_STATE;
    if (offset != FILE_POSITION)
        return STATUS_NOT_SEEKABLE;
    if (rq->out_length == 0)
        return STATUS_OK;
    if (pipe->ring.count == 0) {
        if (pipe->writers == 0 && (pipe->had_writer || (end->flags & OPEN_NO_WAIT) != 0))
            return STATUS_OK; /* end of file */
        if ((end->flags & OPEN_NO_WAIT) != 0 || (flags & FILE_NO_WAIT) != 0)
            return STATUS_WOULD_BLOCK;
        list_push_back(&pipe->reads, &rq->link);
        return STATUS_DEFERRED;
    }
    enum status status = move_out(pipe, rq, count);
    if (status == STATUS_OK) {
        serve_writers(pipe);
        if (pipe->ring.room - pipe->ring.count >= ATOMIC_MOST || pipe->ring.room < pipe->ring.limit)
            poll_wake(&pipe->polls, POLL_OUT | POLL_WRNORM);
    }
    return status;
}

static enum status op_write(void *self, struct request *rq, uint64_t offset, uint64_t flags, uint64_t *count)
{
    struct end *end = self;
    struct pipe *pipe = end->pipe;
    if (!is_writer(end))
        return STATUS_BAD_STATE;
    if (offset != FILE_POSITION)
        return STATUS_NOT_SEEKABLE;
    bool unopened = pipe->fifo && !pipe->had_reader; /* a fifo's first reader is still to come */
    if (pipe->readers == 0 && !unopened)
        return STATUS_BROKEN_PIPE;
    if (rq->in_length == 0)
        return STATUS_OK;
    size_t fits = list_empty(&pipe->writes) && !unopened ? writable(pipe, rq->in_length) : 0;
    if (fits == 0) {
        if ((end->flags & OPEN_NO_WAIT) != 0 || (flags & FILE_NO_WAIT) != 0)
            return STATUS_WOULD_BLOCK;
        list_push_back(&pipe->writes, &rq->link);
        return STATUS_DEFERRED;
    }
    enum status status = move_in(pipe, rq, fits, count);
    if (status == STATUS_OK)
        serve_readers(pipe);
    return status;
}

/* --- the rest of the file protocol ------------------------------------------------------------------------------------------------------------ */
static enum status op_seek(void *, struct request *, int64_t, uint64_t, uint64_t *)
{
    return STATUS_NOT_SEEKABLE;
}

static enum status op_stat(void *self, struct request *rq)
{
    struct end *end = self;
    struct pipe *pipe = end->pipe;
    struct file_stat stat = {.device = 3, .inode = pipe->inode, .links = 1, .mode = MODE_FIFO_600, .block_size = ATOMIC_MOST,
                             .accessed_ns = pipe->modified_ns, .modified_ns = pipe->modified_ns, .changed_ns = pipe->modified_ns};
    return request_write(rq, 0, &stat, sizeof stat);
}

static enum status op_set_flags(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct end *end = self;
    if (flags != FILE_QUERY)
        end->flags = (end->flags & ~(uint64_t)OPEN_NO_WAIT) | (flags & OPEN_NO_WAIT);
    *now = end->flags;
    return STATUS_OK;
}

static enum status resize(struct ring *ring, uint64_t size, uint64_t *result)
{
    size_t limit = ATOMIC_MOST;
    if (size > RING_MOST)
        return STATUS_NOT_PERMITTED;
    while (limit < size)
        limit *= 2;
    if (limit < ring->count || limit < ring->room)
        return STATUS_BUSY;
    ring->limit = limit;
    *result = limit;
    return STATUS_OK;
}

static enum status op_control(void *self, struct request *rq, uint64_t request, uint64_t argument, uint64_t *result)
{
    struct end *end = self;
    struct ring *ring = &end->pipe->ring;
    uint32_t count = (uint32_t)ring->count;
    switch (request) {
    case FIONREAD: return request_write(rq, 0, &count, sizeof count);
    case F_GETPIPE_SZ: *result = ring->limit; return STATUS_OK;
    case F_SETPIPE_SZ: return resize(ring, argument, result);
    default: return STATUS_NOT_TERMINAL;
    }
}

static uint64_t ready_events(struct end *end)
{
    struct pipe *pipe = end->pipe;
    uint64_t ready = 0;
    if (is_reader(end) && pipe->ring.count > 0)
        ready |= POLL_IN | POLL_RDNORM;
    if (is_reader(end) && pipe->writers == 0 && pipe->had_writer)
        ready |= POLL_HUP;
    if (is_writer(end) && pipe->readers == 0)
        ready |= POLL_ERR;
    if (is_writer(end) && ring_make_room(&pipe->ring, ATOMIC_MOST) >= ATOMIC_MOST)
        ready |= POLL_OUT | POLL_WRNORM;
    return ready;
}

static enum status op_poll(void *self, struct request *, uint64_t events, uint64_t bits, cap_t notification, uint64_t *ready)
{
    struct end *end = self;
    return poll_ask(&end->pipe->polls, end, ready_events(end), events, bits, notification, ready);
}

static bool end_dispatch(void *self, struct request *rq)
{
    static const struct file_ops operations = {.read = op_read, .write = op_write, .seek = op_seek, .stat = op_stat, .set_flags = op_set_flags,
                                               .control = op_control, .poll = op_poll};
    return file_dispatch(&operations, self, rq);
}

static void end_cancel(void *, struct request *rq)
{
    list_remove(&rq->link);
}

/* --- life -------------------------------------------------------------------------------------------------------------------------------------- */
static void free_pipe(struct pipe *pipe)
{
    if (pipe->fifo)
        table_remove(&fifos, &pipe->by_identity);
    os_free(pipe->ring.bytes);
    os_free(pipe);
}

static void end_closed(void *self)
{
    struct end *end = self;
    struct pipe *pipe = end->pipe;
    pipe->readers -= is_reader(end);
    pipe->writers -= is_writer(end);
    poll_forget(&pipe->polls, end);
    os_free(end);
    if (pipe->readers == 0 && pipe->writers == 0) {
        free_pipe(pipe);
        return;
    }
    if (pipe->readers == 0) {
        serve_writers(pipe);
        poll_wake(&pipe->polls, POLL_ERR | POLL_OUT);
    }
    if (pipe->writers == 0) {
        serve_readers(pipe);
        poll_wake(&pipe->polls, POLL_HUP | POLL_IN);
    }
}

static const struct serve_type end_type = {.dispatch = end_dispatch, .close = end_closed, .cancel = end_cancel};

static struct pipe *new_pipe(void)
{
    struct pipe *pipe = NEW(struct pipe);
    if (pipe == nullptr)
        return nullptr;
    list_init(&pipe->reads);
    list_init(&pipe->writes);
    poll_list_init(&pipe->polls);
    pipe->ring.limit = RING_DEFAULT;
    pipe->inode = ++last_inode;
    pipe->modified_ns = os_wall_clock();
    return pipe;
}

static enum status open_end(struct pipe *pipe, uint64_t flags, cap_t *facet)
{
    struct end *end = NEW(struct end);
    if (end == nullptr)
        return STATUS_NO_MEMORY;
    *end = (struct end){.pipe = pipe, .flags = flags & (OPEN_ACCESS | OPEN_NO_WAIT)};
    enum status status = serve_open(&end_type, end, facet, nullptr);
    if (status != STATUS_OK) {
        os_free(end);
        return status;
    }
    pipe->readers += is_reader(end);
    pipe->writers += is_writer(end);
    pipe->had_writer |= is_writer(end);
    pipe->had_reader |= is_reader(end);
    serve_writers(pipe);
    return STATUS_OK;
}

static enum status op_create(void *, struct request *, uint64_t flags, cap_t *reader, cap_t *writer)
{
    struct pipe *pipe = new_pipe();
    if (pipe == nullptr)
        return STATUS_NO_MEMORY;
    enum status status = open_end(pipe, flags & OPEN_NO_WAIT, reader);
    if (status != STATUS_OK) {
        free_pipe(pipe);
        return status;
    }
    status = open_end(pipe, (flags & OPEN_NO_WAIT) | OPEN_WRITE, writer);
    if (status != STATUS_OK)
        os_drop(*reader); /* its end closes the pipe */
    return status;
}

static bool has_identity(const struct table_node *node, const void *key)
{
    return container_of(node, struct pipe, by_identity)->identity == *(const uint64_t *)key;
}

/* The open answers at once; what POSIX lets open wait for (the other end), the first read or write waits for. */
static enum status op_open_fifo(void *, struct request *, uint64_t identity, uint64_t flags, cap_t *object)
{
    struct table_node *node = table_find(&fifos, hash_number(identity), has_identity, &identity);
    struct pipe *pipe = node != nullptr ? container_of(node, struct pipe, by_identity) : new_pipe();
    if (pipe == nullptr)
        return STATUS_NO_MEMORY;
    if (node == nullptr) {
        pipe->identity = identity;
        if (!table_insert(&fifos, &pipe->by_identity, hash_number(identity))) {
            os_free(pipe);
            return STATUS_NO_MEMORY;
        }
        pipe->fifo = true;
    }
    enum status status = (flags & OPEN_ACCESS) == OPEN_WRITE && (flags & OPEN_NO_WAIT) != 0 && pipe->readers == 0 ? STATUS_NO_DEVICE
                                                                                                                   : open_end(pipe, flags, object);
    if (pipe->readers == 0 && pipe->writers == 0)
        free_pipe(pipe);
    return status;
}

static bool root_dispatch(void *self, struct request *rq)
{
    static const struct pipe_ops operations = {.create = op_create, .open_fifo = op_open_fifo};
    return pipe_dispatch(&operations, self, rq);
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = root_dispatch};
    return serve_run(&(struct server){.root = &root});
}
