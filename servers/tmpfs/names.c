/* names.c: the fs protocol but for open: what changes and shows names. */
#include "tmpfs.h"
#include <protocols/fs_server.h>

#define STATUS_MAGIC 0x01021994u /* of tmpfs, as statfs says on Linux */
#define RENAME_NO_REPLACE 1u
#define RENAME_EXCHANGE 2u
#define LINKS_LIMIT 65000u

static enum status get_path(struct request *rq, char **path, size_t *length)
{
    return request_text(rq, 2 * PATH_LIMIT, path, length);
}

enum status answer_link(struct request *rq, const struct walk *walk, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    const struct node *link = walk->node;
    *kind = FS_SYMLINK;
    *consumed = walk->consumed;
    *length = link->link.length;
    return rq->out_length < link->link.length ? STATUS_NAME_TOO_LONG : request_write(rq, 0, link->link.text, link->link.length);
}

/* What most operations begin with: the path and a walk. */
struct target {
    char *path;
    size_t length;
    struct walk walk;
};

static enum status begin(struct request *rq, uint64_t identity, bool follow, struct target *target)
{
    enum status status = get_path(rq, &target->path, &target->length);
    if (status != STATUS_OK)
        return status;
    status = walk_path(target->path, target->length, identity, follow, &target->walk);
    if (status != STATUS_OK)
        os_free(target->path);
    return status;
}

static enum status op_stat(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    struct file_stat stat;
    enum status status = begin(rq, identity, (flags & FS_NO_FOLLOW) == 0, &target);
    if (status != STATUS_OK)
        return status;
    if (target.walk.stopped) {
        status = answer_link(rq, &target.walk, kind, consumed, length);
    } else if (target.walk.node == nullptr) {
        status = STATUS_NOT_FOUND;
    } else {
        node_stat(target.walk.node, &stat);
        *kind = stat.mode & MODE_TYPE;
        *length = sizeof stat;
        status = request_write(rq, 0, &stat, sizeof stat);
    }
    os_free(target.path);
    return status;
}

/* A new node at a name that must be free. Takes the node, also when it fails. */
static enum status add_new(const struct target *target, uint64_t identity, struct node *node)
{
    enum status status = STATUS_OK;
    if (node == nullptr)
        return STATUS_NO_SPACE;
    if (target->walk.node != nullptr)
        status = STATUS_EXISTS;
    else if (target->walk.trailing_slash && !is_directory(node))
        status = STATUS_NOT_FOUND;
    else if (!may_change(target->walk.parent, nullptr, identity))
        status = STATUS_ACCESS_DENIED;
    if (status == STATUS_OK && (target->walk.parent->mode & 02000) != 0) {
        node->gid = target->walk.parent->gid;
        if (is_directory(node))
            node->mode |= 02000;
    }
    if (status == STATUS_OK)
        status = directory_add(target->walk.parent, target->walk.name, target->walk.name_length, node);
    if (status != STATUS_OK)
        node_release(node);
    return status;
}

static enum status make(struct request *rq, uint64_t identity, uint32_t mode, uint64_t device, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    enum status status = begin(rq, identity, false, &target);
    if (status != STATUS_OK)
        return status;
    if (target.walk.stopped && !(target.walk.trailing_slash && target.walk.consumed + 1 >= target.length)) {
        status = answer_link(rq, &target.walk, kind, consumed, length);
    } else {
        struct node *node = node_new(mode, identity);
        if (node != nullptr)
            node->device = device;
        status = add_new(&target, identity, node);
        *kind = mode & MODE_TYPE;
    }
    os_free(target.path);
    return status;
}

static enum status op_make_directory(void *, struct request *rq, uint64_t identity, uint64_t mode, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    return make(rq, identity, MODE_DIRECTORY | ((uint32_t)mode & 07777), 0, kind, consumed, length);
}

static enum status op_make_node(void *, struct request *rq, uint64_t identity, uint64_t mode, uint64_t device, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    uint32_t type = (uint32_t)mode & MODE_TYPE;
    if (type == 0)
        type = MODE_FILE;
    if (type != MODE_FILE && type != MODE_FIFO && type != MODE_CHARACTER && type != MODE_BLOCK && type != MODE_SOCKET)
        return STATUS_INVALID_ARGUMENT;
    if ((type == MODE_CHARACTER || type == MODE_BLOCK) && (uint32_t)identity != 0)
        return STATUS_NOT_PERMITTED;
    return make(rq, identity, type | ((uint32_t)mode & 07777), device, kind, consumed, length);
}

static struct node *new_link(uint64_t identity, const char *text, size_t length)
{
    struct node *node = node_new(MODE_LINK | 0777, identity);
    if (node == nullptr)
        return nullptr;
    node->link.text = os_allocate(length);
    if (node->link.text == nullptr) {
        node_release(node);
        return nullptr;
    }
    memcpy(node->link.text, text, length);
    node->link.length = length;
    return node;
}

static enum status op_make_link(void *, struct request *rq, uint64_t identity, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    enum status status = get_path(rq, &target.path, &target.length);
    if (status != STATUS_OK)
        return status;
    size_t first = strnlen(target.path, target.length);
    const char *text = target.path + first + 1;
    size_t text_length = first < target.length ? target.length - first - 1 : 0;
    status = text_length == 0 ? STATUS_NOT_FOUND : walk_path(target.path, first, identity, false, &target.walk);
    if (status == STATUS_OK && target.walk.stopped)
        status = answer_link(rq, &target.walk, kind, consumed, length);
    else if (status == STATUS_OK)
        status = add_new(&target, identity, new_link(identity, text, text_length));
    os_free(target.path);
    return status;
}

/* Two paths, both walked. A walk that stopped is answered: *stopped. */
struct pair {
    char *text;
    struct walk from, to;
};

static enum status begin_pair(struct request *rq, uint64_t identity, bool follow, struct pair *pair, bool *stopped, uint64_t *kind,
                              uint64_t *consumed, uint64_t *length, uint64_t *which)
{
    size_t total;
    *stopped = false;
    enum status status = get_path(rq, &pair->text, &total);
    if (status != STATUS_OK)
        return status;
    size_t first = strnlen(pair->text, total);
    status = first == total ? STATUS_INVALID_ARGUMENT : walk_path(pair->text, first, identity, follow, &pair->from);
    if (status == STATUS_OK && !pair->from.stopped) {
        *which = 1;
        status = walk_path(pair->text + first + 1, total - first - 1, identity, false, &pair->to);
    }
    const struct walk *walk = *which == 0 ? &pair->from : &pair->to;
    if (status == STATUS_OK && walk->stopped) {
        *stopped = true;
        status = answer_link(rq, walk, kind, consumed, length);
    }
    return status;
}

static enum status do_link(const struct pair *pair, uint64_t identity)
{
    struct node *node = pair->from.node;
    if (node == nullptr)
        return STATUS_NOT_FOUND;
    if (is_directory(node))
        return STATUS_NOT_PERMITTED;
    if (pair->to.node != nullptr)
        return STATUS_EXISTS;
    if (pair->to.trailing_slash)
        return STATUS_NOT_FOUND;
    if (!may_change(pair->to.parent, nullptr, identity))
        return STATUS_ACCESS_DENIED;
    if (node->links >= LINKS_LIMIT)
        return STATUS_TOO_MANY_LINKS;
    enum status status = directory_add(pair->to.parent, pair->to.name, pair->to.name_length, node);
    if (status == STATUS_OK)
        node->changed_ns = os_wall_clock();
    return status;
}

static enum status op_link(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t *kind, uint64_t *consumed, uint64_t *length, uint64_t *which)
{
    struct pair pair = {};
    bool stopped;
    enum status status = begin_pair(rq, identity, (flags & FS_NO_FOLLOW) == 0, &pair, &stopped, kind, consumed, length, which);
    if (status == STATUS_OK && !stopped)
        status = do_link(&pair, identity);
    os_free(pair.text);
    return status;
}

/* Is `inner` this directory or below it? */
static bool is_inside(const struct node *inner, const struct node *directory)
{
    for (;; inner = inner->directory.parent) {
        if (inner == directory)
            return true;
        if (inner == root_node || inner->directory.parent == nullptr)
            return false;
    }
}

static enum status check_rename(const struct pair *pair, uint64_t identity, uint64_t flags)
{
    const struct node *from = pair->from.node, *to = pair->to.node;
    if (from == nullptr)
        return STATUS_NOT_FOUND;
    if (pair->from.parent == nullptr || pair->to.parent == nullptr)
        return STATUS_BUSY;
    if (!may_change(pair->from.parent, from, identity) || !may_change(pair->to.parent, to, identity))
        return STATUS_ACCESS_DENIED;
    if (is_directory(from) && is_inside(pair->to.parent, from))
        return STATUS_INVALID_ARGUMENT;
    if (!is_directory(from) && pair->to.trailing_slash)
        return STATUS_NOT_DIRECTORY;
    if ((flags & RENAME_EXCHANGE) != 0)
        return to == nullptr ? STATUS_NOT_FOUND : is_directory(to) && is_inside(pair->from.parent, to) ? STATUS_INVALID_ARGUMENT : STATUS_OK;
    if (to == nullptr)
        return STATUS_OK;
    if ((flags & RENAME_NO_REPLACE) != 0)
        return STATUS_EXISTS;
    if (is_directory(from) != is_directory(to))
        return is_directory(to) ? STATUS_IS_DIRECTORY : STATUS_NOT_DIRECTORY;
    return is_directory(to) && !directory_empty(to) ? STATUS_NOT_EMPTY : STATUS_OK;
}

static enum status do_exchange(struct pair *pair)
{
    struct node *from = pair->from.node, *to = pair->to.node;
    pair->from.entry->node = to;
    pair->to.entry->node = from;
    struct node *a = pair->from.parent, *b = pair->to.parent;
    if (is_directory(from)) {
        a->links--, b->links++;
        from->directory.parent = b;
    }
    if (is_directory(to)) {
        b->links--, a->links++;
        to->directory.parent = a;
    }
    node_touch(a, true);
    node_touch(b, true);
    return STATUS_OK;
}

static enum status do_rename(struct pair *pair)
{
    struct node *from = pair->from.node, *to = pair->to.node;
    if (from == to)
        return STATUS_OK;
    /* the new name first: it can fail; the old entry of that name goes only after */
    enum status status = directory_add(pair->to.parent, pair->to.name, pair->to.name_length, from);
    if (status != STATUS_OK)
        return status;
    if (to != nullptr) {
        directory_remove(pair->to.parent, pair->to.entry);
        node_release(to);
    }
    struct node *parent = is_directory(from) ? pair->to.parent : nullptr;
    directory_remove(pair->from.parent, pair->from.entry);
    if (parent != nullptr)
        from->directory.parent = parent;
    return STATUS_OK;
}

static enum status op_rename(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t *kind, uint64_t *consumed, uint64_t *length, uint64_t *which)
{
    struct pair pair = {};
    bool stopped;
    if (flags > RENAME_EXCHANGE)
        return STATUS_INVALID_ARGUMENT;
    enum status status = begin_pair(rq, identity, false, &pair, &stopped, kind, consumed, length, which);
    if (status == STATUS_OK && !stopped)
        status = check_rename(&pair, identity, flags);
    if (status == STATUS_OK && !stopped)
        status = (flags & RENAME_EXCHANGE) != 0 ? do_exchange(&pair) : do_rename(&pair);
    os_free(pair.text);
    return status;
}

static enum status check_remove(const struct walk *walk, uint64_t identity, bool directory)
{
    if (walk->node == nullptr)
        return STATUS_NOT_FOUND;
    if (walk->parent == nullptr)
        return directory ? STATUS_BUSY : STATUS_IS_DIRECTORY;
    if (!may_change(walk->parent, walk->node, identity))
        return STATUS_ACCESS_DENIED;
    if (directory != is_directory(walk->node))
        return directory ? STATUS_NOT_DIRECTORY : STATUS_IS_DIRECTORY;
    return directory && !directory_empty(walk->node) ? STATUS_NOT_EMPTY : STATUS_OK;
}

static enum status op_remove(void *, struct request *rq, uint64_t identity, uint64_t flags, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    enum status status = begin(rq, identity, false, &target);
    if (status != STATUS_OK)
        return status;
    if (target.walk.stopped)
        status = answer_link(rq, &target.walk, kind, consumed, length);
    else if ((status = check_remove(&target.walk, identity, (flags & FS_REMOVE_DIRECTORY) != 0)) == STATUS_OK) {
        directory_remove(target.walk.parent, target.walk.entry);
        node_release(target.walk.node);
    }
    os_free(target.path);
    return status;
}

static enum status op_read_link(void *, struct request *rq, uint64_t identity, uint64_t *kind, uint64_t *consumed, uint64_t *length, uint64_t *final)
{
    struct target target;
    enum status status = begin(rq, identity, false, &target);
    if (status != STATUS_OK)
        return status;
    if (target.walk.node == nullptr) {
        status = STATUS_NOT_FOUND;
    } else if (!is_link(target.walk.node)) {
        status = STATUS_INVALID_ARGUMENT;
    } else {
        *final = !target.walk.stopped;
        status = answer_link(rq, &target.walk, kind, consumed, length);
    }
    os_free(target.path);
    return status;
}

static enum status op_set_attributes(void *, struct request *rq, uint64_t identity, uint64_t flags_mask, uint64_t mode, uint64_t owner,
                                     uint64_t accessed_ns, uint64_t modified_ns, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    enum status status = begin(rq, identity, (flags_mask >> 32 & FS_NO_FOLLOW) == 0, &target);
    if (status != STATUS_OK)
        return status;
    if (target.walk.stopped)
        status = answer_link(rq, &target.walk, kind, consumed, length);
    else if (target.walk.node == nullptr)
        status = STATUS_NOT_FOUND;
    else
        status = node_set_attributes(target.walk.node, identity, flags_mask, mode, owner, accessed_ns, modified_ns);
    os_free(target.path);
    return status;
}

static enum status op_truncate(void *, struct request *rq, uint64_t identity, uint64_t size, uint64_t *kind, uint64_t *consumed, uint64_t *length)
{
    struct target target;
    enum status status = begin(rq, identity, true, &target);
    if (status != STATUS_OK)
        return status;
    struct node *node = target.walk.node;
    if (target.walk.stopped)
        status = answer_link(rq, &target.walk, kind, consumed, length);
    else if (node == nullptr)
        status = STATUS_NOT_FOUND;
    else if (!is_file(node))
        status = is_directory(node) ? STATUS_IS_DIRECTORY : STATUS_INVALID_ARGUMENT;
    else
        status = node_allows(node, identity, 2) ? file_resize(node, size) : STATUS_ACCESS_DENIED;
    os_free(target.path);
    return status;
}

static enum status op_status(void *, struct request *rq)
{
    uint64_t total = 0, free = 0;
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_TOTAL, &total);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_FREE, &free);
    struct fs_status figures = {.type = STATUS_MAGIC, .block_size = OS_PAGE_SIZE, .blocks = total / OS_PAGE_SIZE, .blocks_free = free / OS_PAGE_SIZE,
                                .blocks_available = free / OS_PAGE_SIZE, .files = node_count + free / OS_PAGE_SIZE,
                                .files_free = free / OS_PAGE_SIZE, .name_length = NAME_LIMIT, .id = 1};
    return request_write(rq, 0, &figures, sizeof figures);
}

bool names_dispatch(void *self, struct request *rq)
{
    static const struct fs_ops operations = {
        .open = op_open, .stat = op_stat, .make_directory = op_make_directory, .make_node = op_make_node, .make_link = op_make_link,
        .link = op_link, .rename = op_rename, .remove = op_remove, .read_link = op_read_link, .set_attributes = op_set_attributes,
        .status = op_status, .truncate = op_truncate,
    };
    return fs_dispatch(&operations, self, rq);
}
