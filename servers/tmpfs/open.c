/* open.c: open descriptions of files and directories. */
#include "tmpfs.h"
#include <listing.h>
#include <protocols/file_server.h>

struct open {
    struct node *node;
    uint64_t flags, position;
};

#define SEEK_FROM_START 0u
#define SEEK_FROM_HERE 1u
#define SEEK_FROM_END 2u
#define SEEK_TO_DATA 3u
#define SEEK_TO_HOLE 4u

static bool can_read(const struct open *open)
{
    return (open->flags & OPEN_ACCESS) != OPEN_WRITE && (open->flags & OPEN_PATH) == 0;
}

static bool can_write(const struct open *open)
{
    return (open->flags & OPEN_ACCESS) != 0 && (open->flags & OPEN_PATH) == 0;
}

static enum status op_read(void *self, struct request *rq, uint64_t offset, uint64_t, uint64_t *count)
{
    struct open *open = self;
    struct node *node = open->node;
    if (is_directory(node))
        return STATUS_IS_DIRECTORY;
    if (!can_read(open))
        return STATUS_BAD_STATE;
    uint64_t at = offset == FILE_POSITION ? open->position : offset, length = rq->out_length;
    if (at >= node->file.size)
        length = 0;
    else if (length > node->file.size - at)
        length = node->file.size - at;
    enum status status = length == 0 ? STATUS_OK : request_write_memory(rq, 0, node->file.memory, at, length);
    if (status != STATUS_OK)
        return status;
    node_touch(node, false);
    if (offset == FILE_POSITION)
        open->position = at + length;
    *count = length;
    return STATUS_OK;
}

static enum status op_write(void *self, struct request *rq, uint64_t offset, uint64_t, uint64_t *count)
{
    struct open *open = self;
    struct node *node = open->node;
    if (!can_write(open))
        return STATUS_BAD_STATE;
    uint64_t at = (open->flags & OPEN_APPEND) != 0 ? node->file.size : offset == FILE_POSITION ? open->position : offset;
    uint64_t length = rq->in_length;
    if (at + length < at)
        return STATUS_TOO_BIG;
    if (length == 0)
        return STATUS_OK;
    enum status status = file_reserve(node, at + length);
    if (status == STATUS_OK)
        status = request_read_memory(rq, 0, node->file.memory, at, length);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT ? STATUS_NO_SPACE : status;
    if (at + length > node->file.size)
        node->file.size = at + length;
    node_touch(node, true);
    if (offset == FILE_POSITION)
        open->position = at + length;
    *count = length;
    return STATUS_OK;
}

static enum status op_seek(void *self, struct request *, int64_t offset, uint64_t whence, uint64_t *position)
{
    struct open *open = self;
    uint64_t size = is_file(open->node) ? open->node->file.size : 0;
    int64_t base = 0;
    switch (whence) {
    case SEEK_FROM_START: break;
    case SEEK_FROM_HERE: base = (int64_t)open->position; break;
    case SEEK_FROM_END: base = (int64_t)size; break;
    case SEEK_TO_DATA:
    case SEEK_TO_HOLE:
        if (offset < 0 || (uint64_t)offset >= size)
            return STATUS_OUT_OF_RANGE;
        base = whence == SEEK_TO_HOLE ? (int64_t)size - offset : 0;
        break;
    default: return STATUS_INVALID_ARGUMENT;
    }
    int64_t sum;
    if (__builtin_add_overflow(base, offset, &sum) || sum < 0)
        return STATUS_INVALID_ARGUMENT;
    *position = open->position = (uint64_t)sum;
    return STATUS_OK;
}

static enum status op_stat(void *self, struct request *rq)
{
    struct open *open = self;
    struct file_stat stat;
    node_stat(open->node, &stat);
    return request_write(rq, 0, &stat, sizeof stat);
}

static enum status op_truncate(void *self, struct request *, uint64_t size)
{
    struct open *open = self;
    if (!is_file(open->node) || !can_write(open))
        return STATUS_INVALID_ARGUMENT;
    return file_resize(open->node, size);
}

static_assert(NAME_LIMIT <= LISTING_NAME_LIMIT);

static bool list_entry(struct listing *listing, struct open *open, const char *name, size_t length, const struct node *node, uint64_t next)
{
    if (!listing_add(listing, name, length, node->inode, node->mode, next))
        return false;
    open->position = next;
    return true;
}

static enum status op_list(void *self, struct request *rq, uint64_t *count)
{
    struct open *open = self;
    struct node *directory = open->node;
    struct listing listing = {.rq = rq};
    if (!is_directory(directory))
        return STATUS_NOT_DIRECTORY;
    struct node *parent = directory->directory.parent != nullptr ? directory->directory.parent : directory;
    bool room = open->position != 0 || list_entry(&listing, open, ".", 1, directory, 1);
    if (room && open->position == 1)
        room = list_entry(&listing, open, "..", 2, parent, 2);
    struct list *order = &directory->directory.order, *item = order->next;
    while (item != order && container_of(item, struct entry, order)->position < open->position + (open->position == 2))
        item = item->next;
    for (; room && item != order; item = item->next) {
        struct entry *entry = container_of(item, struct entry, order);
        room = list_entry(&listing, open, entry->name, entry->length, entry->node, entry->position + 1);
    }
    return listing_end(&listing, count);
}

static enum status op_map(void *self, struct request *, uint64_t flags, cap_t *memory, uint64_t *size)
{
    struct open *open = self;
    struct node *node = open->node;
    if (!is_file(node))
        return STATUS_NO_DEVICE;
    if (!can_read(open) || ((flags & PROT_BIT_WRITE) != 0 && !can_write(open)))
        return STATUS_ACCESS_DENIED;
    *size = node->file.size;
    enum status status = file_map_exactly(node);
    if (status != STATUS_OK)
        return status;
    uint32_t rights = RIGHT_MEM_READ | RIGHT_MEM_EXEC | RIGHT_MEM_INFO | RIGHT_COPY | RIGHT_CLONE;
    if ((flags & PROT_BIT_WRITE) != 0)
        rights |= RIGHT_MEM_WRITE;
    return os_cap_derive(node->file.memory, rights, memory);
}

static enum status op_sync(void *, struct request *)
{
    return STATUS_OK;
}

static enum status op_set_flags(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct open *open = self;
    if (flags != FILE_QUERY)
        open->flags = (open->flags & ~(uint64_t)OPEN_STATUS_FLAGS) | (flags & OPEN_STATUS_FLAGS);
    *now = open->flags;
    return STATUS_OK;
}

static enum status op_allocate(void *self, struct request *, uint64_t mode, uint64_t offset, uint64_t length)
{
    struct open *open = self;
    if (mode > 1)
        return STATUS_NOT_SUPPORTED; /* punching holes and the like */
    if (!is_file(open->node) || !can_write(open))
        return STATUS_BAD_STATE;
    if (length == 0 || offset + length < offset)
        return STATUS_INVALID_ARGUMENT;
    enum status status = file_reserve(open->node, offset + length);
    if (status == STATUS_OK && mode == 0 && offset + length > open->node->file.size)
        status = file_resize(open->node, offset + length);
    return status;
}

static enum status op_set_attributes(void *self, struct request *, uint64_t mask, uint64_t mode, uint64_t owner, uint64_t accessed_ns, uint64_t modified_ns)
{
    /* who holds a writable description of it, or owns it, was checked by vfs when it was opened; the runtime asks for fchmod through vfs */
    struct open *open = self;
    return node_set_attributes(open->node, open->node->uid | (uint64_t)open->node->gid << 32, mask & ~(uint64_t)(FILE_SET_UID | FILE_SET_GID), mode, owner,
                               accessed_ns, modified_ns);
}

static enum status op_poll(void *, struct request *, uint64_t events, uint64_t, cap_t notification, uint64_t *ready)
{
    os_drop(notification);
    *ready = events & (POLL_IN | POLL_OUT | POLL_RDNORM | POLL_WRNORM); /* files never wait */
    return STATUS_OK;
}

static const struct serve_type open_type;

static enum status make_open(struct node *node, uint64_t flags, cap_t *object)
{
    struct open *open = NEW(struct open);
    if (open == nullptr)
        return STATUS_NO_MEMORY;
    open->node = node;
    open->flags = flags & (OPEN_ACCESS | OPEN_STATUS_FLAGS | OPEN_PATH | OPEN_DIRECTORY);
    enum status status = serve_open(&open_type, open, object, nullptr);
    if (status != STATUS_OK) {
        os_free(open);
        return status;
    }
    node->opens++;
    return STATUS_OK;
}

static enum status op_duplicate(void *self, struct request *, cap_t *object)
{
    struct open *open = self;
    return make_open(open->node, open->flags, object);
}

static bool open_dispatch(void *self, struct request *rq)
{
    static const struct file_ops operations = {
        .read = op_read, .write = op_write, .seek = op_seek, .stat = op_stat, .truncate = op_truncate, .list = op_list, .poll = op_poll,
        .map = op_map, .sync = op_sync, .set_flags = op_set_flags, .allocate = op_allocate, .set_attributes = op_set_attributes,
        .duplicate = op_duplicate,
    };
    return file_dispatch(&operations, self, rq);
}

static void open_closed(void *self)
{
    struct open *open = self;
    open->node->opens--;
    node_release(open->node);
    os_free(open);
}

static const struct serve_type open_type = {.dispatch = open_dispatch, .close = open_closed};

/* --- fs.open ------------------------------------------------------------------------------------------------------------------------------ */
static unsigned access_wanted(uint64_t flags)
{
    if ((flags & OPEN_PATH) != 0)
        return 0;
    unsigned access = (flags & OPEN_ACCESS) == 0 ? 4 : (flags & OPEN_ACCESS) == OPEN_WRITE ? 2 : 6;
    return (flags & OPEN_TRUNCATE) != 0 ? access | 2 : access;
}

static enum status create(const struct walk *walk, uint64_t identity, uint64_t mode, struct node **node)
{
    if (walk->trailing_slash)
        return STATUS_IS_DIRECTORY;
    if (!may_change(walk->parent, nullptr, identity))
        return STATUS_ACCESS_DENIED;
    *node = node_new(MODE_FILE | ((uint32_t)mode & 07777), identity);
    if (*node == nullptr)
        return STATUS_NO_SPACE;
    enum status status = directory_add(walk->parent, walk->name, walk->name_length, *node);
    if (status != STATUS_OK)
        node_release(*node);
    return status;
}

static enum status open_existing(struct node *node, uint64_t identity, uint64_t flags)
{
    unsigned access = access_wanted(flags);
    if ((flags & (OPEN_CREATE | OPEN_EXCLUSIVE)) == (OPEN_CREATE | OPEN_EXCLUSIVE))
        return STATUS_EXISTS;
    if (is_link(node) && (flags & OPEN_PATH) == 0)
        return STATUS_TOO_MANY_LINKS;
    if ((flags & OPEN_DIRECTORY) != 0 && !is_directory(node))
        return STATUS_NOT_DIRECTORY;
    if (is_directory(node) && ((access & 2) != 0 || (flags & OPEN_CREATE) != 0))
        return STATUS_IS_DIRECTORY;
    if (!node_allows(node, identity, access))
        return STATUS_ACCESS_DENIED;
    return (flags & OPEN_TRUNCATE) != 0 && is_file(node) && node->file.size > 0 ? file_resize(node, 0) : STATUS_OK;
}

static enum status open_node(struct node *node, uint64_t flags, uint64_t *device, cap_t *object)
{
    uint32_t type = node->mode & MODE_TYPE;
    *device = node->device;
    if (type == MODE_FILE || type == MODE_DIRECTORY || (flags & OPEN_PATH) != 0)
        return make_open(node, flags, object);
    if (type == MODE_CHARACTER && device_is_ours(node->device))
        return device_open(node, flags, object);
    return type == MODE_SOCKET ? STATUS_NO_DEVICE : STATUS_OK; /* vfs asks who serves the device or fifo */
}

/* With OPEN_PATH, what else would be done with the file does not count. */
static uint64_t flags_meant(uint64_t flags)
{
    return (flags & OPEN_PATH) != 0 ? flags & (OPEN_PATH | OPEN_DIRECTORY | OPEN_NO_FOLLOW) : flags;
}

enum status op_open(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t mode, uint64_t *kind, uint64_t *consumed,
                    uint64_t *length, uint64_t *device, uint64_t *inode, cap_t *object)
{
    char *path;
    size_t path_length;
    struct walk walk;
    flags = flags_meant(flags);
    bool follow = (flags & OPEN_NO_FOLLOW) == 0 && (flags & (OPEN_CREATE | OPEN_EXCLUSIVE)) != (OPEN_CREATE | OPEN_EXCLUSIVE);
    enum status status = request_text(rq, PATH_LIMIT, &path, &path_length);
    if (status != STATUS_OK)
        return status;
    status = walk_path(path, path_length, identity, follow, &walk);
    if (status == STATUS_OK && walk.stopped) {
        status = answer_link(rq, &walk, kind, consumed, length);
    } else if (status == STATUS_OK) {
        if (walk.node != nullptr)
            status = open_existing(walk.node, identity, flags);
        else
            status = (flags & OPEN_CREATE) != 0 ? create(&walk, identity, mode, &walk.node) : STATUS_NOT_FOUND;
        if (status == STATUS_OK) {
            *kind = walk.node->mode & MODE_TYPE;
            *inode = walk.node->inode;
            status = open_node(walk.node, flags, device, object);
        }
    }
    os_free(path);
    return status;
}
