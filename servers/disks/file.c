/* file.c: open descriptions of block devices: any bytes, by way of whole sectors. The driver is asked by the stubs, which repeat what was under
 * way when it died. */
#include "disks.h"

#include <block.h>
#include <file.h>
#include <protocols/block.h>
#include <protocols/file_server.h>

#define BUFFER 0x40000u
#define BLOCK_SIZE 4096u /* as stat tells it */
#define ACCESS 3u
#define ONLY_WRITE 1u
#define PATH_ONLY 010000000u
#define CHANGEABLE 06000u /* O_APPEND, O_NONBLOCK */
#define MODE_BLOCK_660 0060660u

enum whence : unsigned { FROM_START, FROM_HERE, FROM_END };

/* Linux: include/uapi/linux/fs.h */
enum control : uint32_t {
    GET_READ_ONLY = 0x125e, GET_SECTORS = 0x1260, FLUSH_BUFFERS = 0x1261, GET_SECTOR_SIZE = 0x1268, GET_SIZE = 0x80081272, DISCARD = 0x1277,
    GET_PHYSICAL_SIZE = 0x127b, GET_BLOCK_SIZE = 0x80081270,
};

struct file {
    struct disk *disk;
    uint64_t flags, position;
    uint64_t size, sector, block_flags;
};

static uint8_t buffer[BUFFER];

/* --- content ---------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t down(const struct file *file, uint64_t at) { return at - at % file->sector; }
static uint64_t up(const struct file *file, uint64_t at) { return down(file, at + file->sector - 1); }

/* The part of [at, at + length) that goes through the buffer at once, in whole sectors from *start on. Returns: its bytes. */
static uint64_t piece_of(const struct file *file, uint64_t at, uint64_t length, uint64_t *start, uint64_t *sectors)
{
    *start = down(file, at);
    uint64_t end = up(file, at + length);
    if (end - *start > BUFFER)
        end = *start + BUFFER;
    *sectors = end - *start;
    return end - at < length ? end - at : length;
}

static enum status read_bytes(struct file *file, struct request *rq, uint64_t at, uint64_t length)
{
    for (uint64_t done = 0, start, sectors, piece; done < length; done += piece) {
        piece = piece_of(file, at + done, length - done, &start, &sectors);
        enum status status = block_read(file->disk->block, start, buffer, sectors);
        if (status == STATUS_OK)
            status = request_write(rq, done, buffer + (at + done - start), piece);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Sectors that are written in part are read before. */
static enum status fill_edges(struct file *file, uint64_t start, uint64_t sectors, uint64_t at, uint64_t piece)
{
    enum status status = STATUS_OK;
    uint64_t last = start + sectors - file->sector;
    if (at != start)
        status = block_read(file->disk->block, start, buffer, file->sector);
    if (status == STATUS_OK && at + piece != start + sectors && (last != start || at == start))
        status = block_read(file->disk->block, last, buffer + (last - start), file->sector);
    return status;
}

static enum status write_bytes(struct file *file, struct request *rq, uint64_t at, uint64_t length)
{
    for (uint64_t done = 0, start, sectors, piece; done < length; done += piece) {
        piece = piece_of(file, at + done, length - done, &start, &sectors);
        enum status status = fill_edges(file, start, sectors, at + done, piece);
        if (status == STATUS_OK)
            status = request_read(rq, done, buffer + (at + done - start), piece);
        if (status == STATUS_OK)
            status = block_write(file->disk->block, start, buffer, sectors);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static uint64_t cut(const struct file *file, uint64_t at, uint64_t length)
{
    return at >= file->size ? 0 : length < file->size - at ? length : file->size - at;
}

static enum status op_read(void *self, struct request *rq, uint64_t offset, uint64_t, uint64_t *count)
{
    struct file *file = self;
    if ((file->flags & ACCESS) == ONLY_WRITE || file->flags & PATH_ONLY)
        return STATUS_BAD_STATE;
    uint64_t at = offset == FILE_POSITION ? file->position : offset, length = cut(file, at, rq->out_length);
    enum status status = read_bytes(file, rq, at, length);
    if (status != STATUS_OK)
        return status;
    if (offset == FILE_POSITION)
        file->position = at + length;
    *count = length;
    return STATUS_OK;
}

static enum status op_write(void *self, struct request *rq, uint64_t offset, uint64_t, uint64_t *count)
{
    struct file *file = self;
    if (!(file->flags & ACCESS) || file->flags & PATH_ONLY)
        return STATUS_BAD_STATE;
    uint64_t at = offset == FILE_POSITION ? file->position : offset, length = cut(file, at, rq->in_length);
    if (!length)
        return rq->in_length ? STATUS_NO_SPACE : STATUS_OK;
    if (file->block_flags & BLOCK_READ_ONLY)
        return STATUS_NOT_PERMITTED; /* as Linux says it */
    enum status status = write_bytes(file, rq, at, length);
    if (status != STATUS_OK)
        return status;
    if (offset == FILE_POSITION)
        file->position = at + length;
    *count = length;
    return STATUS_OK;
}

static enum status op_sync(void *self, struct request *)
{
    struct file *file = self;
    return block_flush(file->disk->block);
}

/* --- what is said of it ------------------------------------------------------------------------------------------------------------------------ */

static enum status op_seek(void *self, struct request *, int64_t offset, uint64_t whence, uint64_t *position)
{
    struct file *file = self;
    int64_t base, sum;
    switch (whence) {
    case FROM_START: base = 0; break;
    case FROM_HERE: base = (int64_t)file->position; break;
    case FROM_END: base = (int64_t)file->size; break;
    default: return STATUS_INVALID_ARGUMENT;
    }
    if (__builtin_add_overflow(base, offset, &sum) || sum < 0 || (uint64_t)sum > file->size)
        return STATUS_INVALID_ARGUMENT;
    *position = file->position = (uint64_t)sum;
    return STATUS_OK;
}

static enum status op_stat(void *self, struct request *rq)
{
    const struct file *file = self;
    struct file_stat stat = {
        .device = 5, .inode = file->disk->number + 1, .links = 1, .mode = MODE_BLOCK_660, .raw_device = disk_device(file->disk->number), .block_size = BLOCK_SIZE,
    };
    return request_write(rq, 0, &stat, sizeof stat);
}

static enum status number_out(struct request *rq, uint64_t value, size_t width)
{
    return request_write(rq, 0, &value, width);
}

static enum status discard(struct file *file, struct request *rq)
{
    uint64_t range[2];
    if (!(file->flags & ACCESS))
        return STATUS_BAD_STATE;
    enum status status = request_read(rq, 0, range, sizeof range);
    return status == STATUS_OK ? block_discard(file->disk->block, range[0], range[1]) : status;
}

static enum status op_control(void *self, struct request *rq, uint64_t request, uint64_t, uint64_t *)
{
    struct file *file = self;
    switch ((uint32_t)request) {
    case GET_READ_ONLY: return number_out(rq, file->block_flags & BLOCK_READ_ONLY ? 1 : 0, 4);
    case GET_SECTORS: return number_out(rq, file->size / 512, 8);
    case GET_SIZE: return number_out(rq, file->size, 8);
    case GET_SECTOR_SIZE:
    case GET_PHYSICAL_SIZE: return number_out(rq, file->sector, 4);
    case GET_BLOCK_SIZE: return number_out(rq, BLOCK_SIZE, 4);
    case FLUSH_BUFFERS: return block_flush(file->disk->block);
    case DISCARD: return discard(file, rq);
    default: return STATUS_NOT_TERMINAL;
    }
}

static enum status op_poll(void *, struct request *, uint64_t events, uint64_t, cap_t notification, uint64_t *ready)
{
    os_drop(notification);
    *ready = events & (POLL_IN | POLL_OUT | POLL_RDNORM | POLL_WRNORM);
    return STATUS_OK;
}

static enum status op_set_flags(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct file *file = self;
    if (flags != FILE_QUERY)
        file->flags = (file->flags & ~(uint64_t)CHANGEABLE) | (flags & CHANGEABLE);
    *now = file->flags;
    return STATUS_OK;
}

static enum status op_duplicate(void *self, struct request *, cap_t *object)
{
    struct file *file = self;
    return file_open(file->disk, file->flags, object);
}

/* --- open and close ------------------------------------------------------------------------------------------------------------------------------ */

static bool dispatch(void *self, struct request *rq)
{
    static const struct file_ops ops = {
        .read = op_read, .write = op_write, .seek = op_seek, .stat = op_stat, .control = op_control, .poll = op_poll, .sync = op_sync,
        .set_flags = op_set_flags, .duplicate = op_duplicate,
    };
    return file_dispatch(&ops, self, rq);
}

static void closed(void *self)
{
    os_free(self);
}

static const struct serve_type file_type = {.dispatch = dispatch, .close = closed};

enum status file_open(struct disk *disk, uint64_t flags, cap_t *object)
{
    struct file *file = NEW(struct file);
    if (!file)
        return STATUS_NO_MEMORY;
    *file = (struct file){.disk = disk, .flags = flags & (ACCESS | CHANGEABLE | PATH_ONLY)};
    enum status status = block_info(disk->block, &file->size, &file->sector, &file->block_flags);
    if (status == STATUS_OK && (file->sector == 0 || file->sector > BUFFER))
        status = STATUS_IO_ERROR;
    if (status == STATUS_OK)
        status = serve_open(&file_type, file, object, nullptr);
    if (status != STATUS_OK)
        os_free(file);
    return status;
}
