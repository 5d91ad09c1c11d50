/* files.c: /proc as a file system: a root with the processes and some files, a directory for each process. A file's text is made when it
 * is opened. Not here: the texts (texts.c). */
#include "files.h"
#include <file.h>
#include <format.h>
#include <listing.h>
#include <protocols/file_server.h>
#include <protocols/fs_server.h>

#define MODE_DIRECTORY 0040555u
#define MODE_FILE 0100444u
#define MODE_LINK 0120777u
#define MODE_TYPE 0170000u
#define OPEN_ACCESS 3u
#define OPEN_DIRECTORY 0200000u
#define OPEN_NO_FOLLOW 0400000u
#define OPEN_PATH 010000000u
#define PROC_MAGIC 0x9fa0u
#define PATH_LIMIT 4096u
#define INODES_PER_PROCESS 64u

/* What a path names. */
struct place {
    struct process *process;       /* NULL: at the top */
    const struct proc_file *file;  /* NULL: the directory */
    uint64_t inode;
    size_t consumed;               /* when it is a link: bytes up to and with it */
    bool more;                     /* the path goes on behind it */
};

static uint32_t mode_of_file(const struct proc_file *file)
{
    return file->link ? MODE_LINK : file->take != nullptr ? MODE_FILE | 0200u : MODE_FILE;
}

static uint32_t mode_of(const struct place *place)
{
    return place->file == nullptr ? MODE_DIRECTORY : mode_of_file(place->file);
}

static const struct proc_file *find_file(const struct proc_file *files, size_t count, const char *name, size_t length, uint64_t *index)
{
    for (*index = 0; *index < count; ++*index)
        if (strlen(files[*index].name) == length && memcmp(files[*index].name, name, length) == 0)
            return &files[*index];
    return nullptr;
}

static struct process *process_named(const char *name, size_t length)
{
    uint64_t pid = 0;
    if (length == 0 || length > 9)
        return nullptr;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return nullptr;
        pid = pid * 10 + (uint64_t)(name[i] - '0');
    }
    return process_find((uint32_t)pid);
}

static enum status find_place(const char *path, size_t length, struct place *place)
{
    *place = (struct place){.inode = 1};
    uint64_t index;
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && path[end] != '/')
            end++;
        place->consumed = end;
        if (place->file != nullptr)
            return STATUS_NOT_DIRECTORY;
        if (place->process == nullptr && (place->process = process_named(path + at, end - at)) != nullptr) {
            place->inode = (uint64_t)place->process->pid * INODES_PER_PROCESS;
        } else {
            bool top = place->process == nullptr;
            place->file = find_file(top ? top_files : process_files, top ? top_file_count : process_file_count, path + at, end - at, &index);
            if (place->file == nullptr)
                return STATUS_NOT_FOUND;
            place->inode += 1 + index;
        }
        while (end < length && path[end] == '/')
            end++;
        place->more = end < length;
        at = end;
        if (place->file != nullptr && place->file->link && place->more)
            return STATUS_OK; /* the walk stops at a link */
    }
    return STATUS_OK;
}

static enum status take_place(struct request *rq, struct place *place)
{
    char *path;
    size_t length;
    enum status status = request_text(rq, PATH_LIMIT, &path, &length);
    if (status != STATUS_OK)
        return status;
    status = find_place(path, length, place);
    os_free(path);
    return status;
}

static enum status answer_link(struct request *rq, const struct place *place, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct text text = {};
    place->file->write(&text, place->process);
    *kind = FS_SYMLINK;
    *consumed = place->consumed;
    *length = text.length;
    enum status status = text.failed ? STATUS_NO_MEMORY : rq->out_length < text.length ? STATUS_NAME_TOO_LONG : request_write(rq, 0, text.bytes, text.length);
    os_free(text.bytes);
    return status;
}

static bool is_link(const struct place *place)
{
    return place->file != nullptr && place->file->link;
}

static void fill_stat(const struct place *place, struct file_stat *stat)
{
    uint64_t wall = os_wall_clock(), now = os_now();
    uint64_t made = wall - now + (place->process != nullptr ? place->process->start_ns : 0);
    *stat = (struct file_stat){
        .device = 2, .inode = place->inode, .links = place->file == nullptr ? 2 : 1, .mode = mode_of(place), .block_size = OS_PAGE_SIZE,
        .uid = place->process != nullptr ? place->process->euid : 0, .gid = place->process != nullptr ? place->process->egid : 0,
        .accessed_ns = made, .modified_ns = made, .changed_ns = made, .created_ns = made,
    };
}

static enum status op_stat(void *, struct request *rq, uint64_t, uint64_t flags, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct place place;
    struct file_stat stat;
    enum status status = take_place(rq, &place);
    if (status != STATUS_OK)
        return status;
    if (is_link(&place) && (place.more || (flags & FS_NO_FOLLOW) == 0))
        return answer_link(rq, &place, kind, consumed, length);
    fill_stat(&place, &stat);
    *kind = stat.mode & MODE_TYPE;
    *length = sizeof stat;
    return request_write(rq, 0, &stat, sizeof stat);
}

static enum status op_read_link(void *, struct request *rq, uint64_t, uint64_t *kind, uint64_t *consumed, uint64_t *length, uint64_t *final)
{
    struct place place;
    enum status status = take_place(rq, &place);
    if (status != STATUS_OK)
        return status;
    if (!is_link(&place))
        return STATUS_INVALID_ARGUMENT;
    *final = !place.more;
    return answer_link(rq, &place, kind, consumed, length);
}

static enum status op_status(void *, struct request *rq)
{
    struct fs_status figures = {.type = PROC_MAGIC, .block_size = OS_PAGE_SIZE, .name_length = 255, .id = 2};
    return request_write(rq, 0, &figures, sizeof figures);
}

/* Changes are refused, by what the path is. */
static enum status refuse(struct request *rq)
{
    struct place place;
    enum status status = take_place(rq, &place);
    return status == STATUS_NOT_FOUND || status == STATUS_OK ? STATUS_NOT_PERMITTED : status;
}

static enum status op_make_directory(void *, struct request *rq, uint64_t, uint64_t, uint64_t *, uint64_t *, uint64_t *)
{
    return refuse(rq);
}

static enum status op_remove(void *, struct request *rq, uint64_t, uint64_t, uint64_t *, uint64_t *, uint64_t *)
{
    return refuse(rq);
}

/* --- open descriptions -------------------------------------------------------------------------------------------------------------------- */
struct open {
    struct text text;
    struct file_stat stat;
    uint32_t pid;      /* directory of this process, 0: the top */
    const struct proc_file *file; /* NULL: a directory */
    uint64_t position, flags;
};

#define WRITE_LIMIT 4096u

/* One write is one order; what the file says is made anew. */
static enum status file_write_op(void *self, struct request *rq, uint64_t, uint64_t, uint64_t *count)
{
    struct open *open = self;
    char *text;
    size_t length;
    if ((open->flags & OPEN_ACCESS) == 0 || open->file == nullptr || open->file->take == nullptr)
        return STATUS_ACCESS_DENIED;
    enum status status = request_text(rq, WRITE_LIMIT, &text, &length);
    if (status != STATUS_OK)
        return status;
    status = open->file->take(text, length);
    *count = status == STATUS_OK ? length : 0;
    os_free(text);
    return status;
}

static enum status file_truncate_op(void *self, struct request *, uint64_t)
{
    const struct open *open = self;
    return (open->flags & OPEN_ACCESS) == 0 ? STATUS_INVALID_ARGUMENT : STATUS_OK;
}

static enum status file_read_op(void *self, struct request *rq, uint64_t offset, uint64_t, uint64_t *count)
{
    struct open *open = self;
    if ((open->stat.mode & MODE_TYPE) == (MODE_DIRECTORY & MODE_TYPE))
        return STATUS_IS_DIRECTORY;
    uint64_t at = offset == FILE_POSITION ? open->position : offset;
    if (at >= open->text.length)
        return STATUS_OK;
    *count = open->text.length - at < rq->out_length ? open->text.length - at : rq->out_length;
    if (offset == FILE_POSITION)
        open->position += *count;
    return request_write(rq, 0, open->text.bytes + at, *count);
}

static enum status file_seek_op(void *self, struct request *, int64_t offset, uint64_t whence, uint64_t *position)
{
    struct open *open = self;
    int64_t base = whence == 0 ? 0 : whence == 1 ? (int64_t)open->position : (int64_t)open->text.length, sum;
    if (whence > 2 || __builtin_add_overflow(base, offset, &sum) || sum < 0)
        return STATUS_INVALID_ARGUMENT;
    *position = open->position = (uint64_t)sum;
    return STATUS_OK;
}

static enum status file_stat_op(void *self, struct request *rq)
{
    struct open *open = self;
    return request_write(rq, 0, &open->stat, sizeof open->stat);
}

/* Positions: 0 ".", 1 "..", then the files, then (at the top) 1000 + number of a process in ascending order. */
#define FIRST_PROCESS 1000u

static struct process *next_process(uint64_t from)
{
    struct process *best = nullptr;
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->pid >= from && (best == nullptr || process->pid < best->pid))
            best = process;
    return best;
}

static enum status file_list_op(void *self, struct request *rq, uint64_t *count)
{
    struct open *open = self;
    struct listing listing = {.rq = rq};
    if ((open->stat.mode & MODE_TYPE) != (MODE_DIRECTORY & MODE_TYPE))
        return STATUS_NOT_DIRECTORY;
    bool top = open->pid == 0, room = true;
    const struct proc_file *files = top ? top_files : process_files;
    size_t file_count = top ? top_file_count : process_file_count;
    for (; room && open->position < 2 + file_count; open->position += room) {
        uint64_t i = open->position;
        const char *name = i == 0 ? "." : i == 1 ? ".." : files[i - 2].name;
        uint32_t mode = i < 2 ? MODE_DIRECTORY : mode_of_file(&files[i - 2]);
        room = listing_add(&listing, name, strlen(name), open->stat.inode + (i < 2 ? 0 : i - 1), mode, i + 1);
    }
    for (uint64_t from = open->position < FIRST_PROCESS ? 0 : open->position - FIRST_PROCESS; top && room;) {
        struct process *process = next_process(from);
        if (process == nullptr)
            break;
        char name[16];
        os_format(name, sizeof name, "%u", process->pid);
        from = process->pid + 1;
        room = listing_add(&listing, name, strlen(name), (uint64_t)process->pid * INODES_PER_PROCESS, MODE_DIRECTORY, FIRST_PROCESS + from);
        if (room)
            open->position = FIRST_PROCESS + from;
    }
    return listing_end(&listing, count);
}

static enum status file_poll_op(void *, struct request *, uint64_t events, uint64_t, cap_t notification, uint64_t *ready)
{
    os_drop(notification);
    *ready = events & (POLL_IN | POLL_RDNORM);
    return STATUS_OK;
}

static enum status file_set_flags_op(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct open *open = self;
    if (flags != FILE_QUERY)
        open->flags = flags;
    *now = open->flags;
    return STATUS_OK;
}

static bool open_dispatch(void *self, struct request *rq)
{
    static const struct file_ops operations = {.read = file_read_op, .write = file_write_op, .truncate = file_truncate_op, .seek = file_seek_op, .stat = file_stat_op, .list = file_list_op,
                                               .poll = file_poll_op, .set_flags = file_set_flags_op};
    return file_dispatch(&operations, self, rq);
}

static void open_closed(void *self)
{
    struct open *open = self;
    os_free(open->text.bytes);
    os_free(open);
}

const struct serve_type file_type = {.dispatch = open_dispatch, .close = open_closed};

static enum status make_open(const struct place *place, uint64_t flags, cap_t *object)
{
    struct open *open = NEW(struct open);
    if (open == nullptr)
        return STATUS_NO_MEMORY;
    fill_stat(place, &open->stat);
    open->flags = flags & 07777777;
    open->pid = place->process != nullptr ? place->process->pid : 0;
    open->file = place->file;
    if (place->file != nullptr && (flags & OPEN_PATH) == 0)
        place->file->write(&open->text, place->process);
    enum status status = open->text.failed ? STATUS_NO_MEMORY : serve_open(&file_type, open, object, nullptr);
    if (status != STATUS_OK)
        open_closed(open);
    return status;
}

static enum status op_open(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t, uint64_t *kind, uint64_t *consumed,
                           uint64_t *length, uint64_t *, uint64_t *inode, cap_t *object)
{
    struct place place;
    enum status status = take_place(rq, &place);
    if (status != STATUS_OK)
        return status;
    if (is_link(&place) && (place.more || (flags & OPEN_NO_FOLLOW) == 0))
        return answer_link(rq, &place, kind, consumed, length);
    if ((flags & OPEN_DIRECTORY) != 0 && place.file != nullptr)
        return STATUS_NOT_DIRECTORY;
    if ((flags & OPEN_ACCESS) != 0 && place.file == nullptr)
        return STATUS_IS_DIRECTORY;
    if ((flags & OPEN_ACCESS) != 0 && (place.file->take == nullptr || (uint32_t)identity != 0))
        return STATUS_ACCESS_DENIED;
    *kind = mode_of(&place) & MODE_TYPE;
    *inode = place.inode;
    return make_open(&place, flags, object);
}

bool files_dispatch(void *self, struct request *rq)
{
    static const struct fs_ops operations = {.open = op_open, .stat = op_stat, .read_link = op_read_link, .status = op_status,
                                             .make_directory = op_make_directory, .remove = op_remove};
    return fs_dispatch(&operations, self, rq);
}
