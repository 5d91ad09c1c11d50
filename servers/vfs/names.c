/* names.c: what a session may ask: one attempt function and one operation each. */
#include "vfs.h"
#include <protocols/device.h>
#include <protocols/fs.h>
#include <protocols/pipe.h>
#include <protocols/vfs_server.h>

#define FIFO_IMPORT 2u
#define DISKS_IMPORT 4u

static struct path path, second;

/* The path in the in-window; of two, *rest is the second and its length. */
static enum status take(struct request *rq, struct path *to, char **text, size_t *first, size_t *total)
{
    enum status status = request_text(rq, 2 * PATH_LIMIT, text, total);
    if (status != STATUS_OK)
        return status;
    *first = strnlen(*text, *total);
    status = path_set(to, *text, *first);
    if (status != STATUS_OK)
        os_free(*text);
    return status;
}

static enum status take_one(struct request *rq, struct path *to)
{
    char *text;
    size_t first, total;
    enum status status = take(rq, to, &text, &first, &total);
    if (status != STATUS_OK)
        return status;
    os_free(text);
    return first == total ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

/* --- open -------------------------------------------------------------------------------------------------------------------------------- */
static enum status try_open(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_open(mount->root, a->session->who, a->argument[0], a->argument[1], text, length, resolve_buffer, sizeof resolve_buffer,
                   &a->kind, &a->consumed, &a->length, &a->result[0], &a->result[1], &a->object);
}

/* Device nodes and fifos are opened at their servers. */
static enum status open_special(struct attempt *a)
{
    const struct session *session = a->session;
    if (a->kind == MODE_CHARACTER) {
        cap_t server = device_server(a->result[0]);
        if (server == CAP_NULL)
            return STATUS_NO_DEVICE;
        return device_open(server, a->result[0], a->argument[0], session->who, session->session, &a->object);
    }
    if (a->kind == MODE_BLOCK)
        return device_open(serve_import(DISKS_IMPORT), a->result[0], a->argument[0], session->who, session->session, &a->object);
    if (a->kind == MODE_FIFO)
        return pipe_open_fifo(serve_import(FIFO_IMPORT), a->result[1], a->argument[0], &a->object);
    return STATUS_NO_DEVICE;
}

static enum status op_open(void *self, struct request *rq, uint64_t flags, uint64_t mode, uint64_t *kind, uint64_t *device, uint64_t *inode,
                           uint64_t *length, cap_t *object)
{
    struct attempt a = {.run = try_open, .session = self, .argument = {flags, mode}};
    enum status status = take_one(rq, &path);
    if (status == STATUS_OK)
        status = resolve(&path, &a);
    if (status == STATUS_OK && a.object == CAP_NULL)
        status = open_special(&a);
    if (status != STATUS_OK)
        return status;
    *kind = a.kind;
    *device = a.result[0];
    *inode = a.result[1];
    *object = a.object;
    *length = path.length;
    if (rq->out_length >= path.length)
        return request_write(rq, 0, path.text, path.length);
    return STATUS_OK;
}

/* --- stat, access ------------------------------------------------------------------------------------------------------------------------ */
static enum status try_stat(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_stat(mount->root, a->session->who, a->argument[0], text, length, resolve_buffer, sizeof resolve_buffer, &a->kind, &a->consumed, &a->length);
}

static enum status do_stat(const struct session *session, struct request *rq, uint64_t flags, struct file_stat *stat)
{
    struct attempt a = {.run = try_stat, .session = session, .argument = {flags}};
    enum status status = take_one(rq, &path);
    if (status == STATUS_OK)
        status = resolve(&path, &a);
    if (status == STATUS_OK)
        memcpy(stat, resolve_buffer, sizeof *stat);
    return status;
}

static enum status op_stat(void *self, struct request *rq, uint64_t flags)
{
    struct file_stat stat;
    enum status status = do_stat(self, rq, flags, &stat);
    return status == STATUS_OK ? request_write(rq, 0, &stat, sizeof stat) : status;
}

static enum status op_access(void *self, struct request *rq, uint64_t mode, uint64_t flags)
{
    const struct session *session = self;
    struct file_stat stat;
    if (mode > 7)
        return STATUS_INVALID_ARGUMENT;
    enum status status = do_stat(session, rq, flags, &stat);
    if (status != STATUS_OK)
        return status;
    uint32_t uid = (uint32_t)session->who, gid = (uint32_t)(session->who >> 32);
    if (uid == 0)
        return (mode & 1) != 0 && (stat.mode & 0111) == 0 && (stat.mode & MODE_TYPE) != MODE_DIRECTORY ? STATUS_ACCESS_DENIED : STATUS_OK;
    unsigned granted = stat.uid == uid ? stat.mode >> 6 : stat.gid == gid ? stat.mode >> 3 : stat.mode;
    return (mode & ~granted & 7) == 0 ? STATUS_OK : STATUS_ACCESS_DENIED;
}

/* --- one path ------------------------------------------------------------------------------------------------------------------------------- */
static enum status on_path(void *self, struct request *rq, struct attempt *a)
{
    a->session = self;
    enum status status = take_one(rq, &path);
    return status == STATUS_OK ? resolve(&path, a) : status;
}

static enum status try_directory(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_make_directory(mount->root, a->session->who, a->argument[0], text, length, resolve_buffer, sizeof resolve_buffer, &a->kind,
                             &a->consumed, &a->length);
}

static enum status op_make_directory(void *self, struct request *rq, uint64_t mode)
{
    return on_path(self, rq, &(struct attempt){.run = try_directory, .argument = {mode}});
}

static enum status try_node(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_make_node(mount->root, a->session->who, a->argument[0], a->argument[1], text, length, resolve_buffer, sizeof resolve_buffer,
                        &a->kind, &a->consumed, &a->length);
}

static enum status op_make_node(void *self, struct request *rq, uint64_t mode, uint64_t device)
{
    return on_path(self, rq, &(struct attempt){.run = try_node, .argument = {mode, device}});
}

static enum status try_remove(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_remove(mount->root, a->session->who, a->argument[0], text, length, resolve_buffer, sizeof resolve_buffer, &a->kind,
                     &a->consumed, &a->length);
}

static enum status op_remove(void *self, struct request *rq, uint64_t flags)
{
    return on_path(self, rq, &(struct attempt){.run = try_remove, .argument = {flags}});
}

static enum status try_attributes(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_set_attributes(mount->root, a->session->who, a->argument[0], a->argument[1], a->argument[2], a->argument[3], a->argument[4],
                             text, length, resolve_buffer, sizeof resolve_buffer, &a->kind, &a->consumed, &a->length);
}

static enum status op_set_attributes(void *self, struct request *rq, uint64_t flags_mask, uint64_t mode, uint64_t owner, uint64_t accessed_ns, uint64_t modified_ns)
{
    return on_path(self, rq, &(struct attempt){.run = try_attributes, .argument = {flags_mask, mode, owner, accessed_ns, modified_ns}});
}

static enum status try_truncate(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_truncate(mount->root, a->session->who, a->argument[0], text, length, resolve_buffer, sizeof resolve_buffer, &a->kind,
                       &a->consumed, &a->length);
}

static enum status op_truncate(void *self, struct request *rq, uint64_t size)
{
    return on_path(self, rq, &(struct attempt){.run = try_truncate, .argument = {size}});
}

static enum status try_status(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    enum status status = try_stat(a, mount, text, length);
    if (status == STATUS_OK && a->kind != FS_SYMLINK)
        status = fs_status(mount->root, resolve_buffer, sizeof(struct fs_status));
    return status;
}

static enum status op_status(void *self, struct request *rq)
{
    struct attempt a = {.run = try_status};
    enum status status = on_path(self, rq, &a);
    return status == STATUS_OK ? request_write(rq, 0, resolve_buffer, sizeof(struct fs_status)) : status;
}

/* --- links ------------------------------------------------------------------------------------------------------------------------------------ */
static enum status try_read_link(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    uint64_t final = 0;
    if ((mount->flags & MOUNT_PROCESSES) != 0 && length == 4 && memcmp(text, "self", 4) == 0) {
        a->result[0] = (uint64_t)os_format(resolve_buffer, sizeof resolve_buffer, "%u", a->session->pid);
        return STATUS_OK;
    }
    enum status status = fs_read_link(mount->root, a->session->who, text, length, resolve_buffer, sizeof resolve_buffer, &a->kind, &a->consumed,
                                      &a->length, &final);
    if (status == STATUS_OK && final != 0) {
        a->kind = 0; /* this is the answer, not a stop */
        a->result[0] = a->length;
    }
    return status;
}

static enum status op_read_link(void *self, struct request *rq, uint64_t *length)
{
    struct attempt a = {.run = try_read_link};
    enum status status = on_path(self, rq, &a);
    if (status != STATUS_OK)
        return status;
    *length = a.result[0] < rq->out_length ? a.result[0] : rq->out_length;
    return request_write(rq, 0, resolve_buffer, *length);
}

/* A walked path followed by NUL and other text, for the operations with two. */
static char joined[4 * PATH_LIMIT];

static size_t join(const char *a, size_t a_length, const char *b, size_t b_length)
{
    memcpy(joined, a, a_length);
    joined[a_length] = 0;
    memcpy(joined + a_length + 1, b, b_length);
    return a_length + 1 + b_length;
}

static const char *link_text;
static size_t link_text_length;

static enum status try_make_link(struct attempt *a, const struct mount *mount, const char *text, size_t length)
{
    return fs_make_link(mount->root, a->session->who, joined, join(text, length, link_text, link_text_length), resolve_buffer,
                        sizeof resolve_buffer, &a->kind, &a->consumed, &a->length);
}

static enum status op_make_link(void *self, struct request *rq)
{
    char *text;
    size_t first, total;
    enum status status = take(rq, &path, &text, &first, &total);
    if (status != STATUS_OK)
        return status;
    link_text = text + first + 1;
    link_text_length = first < total ? total - first - 1 : 0;
    struct attempt a = {.run = try_make_link, .session = self};
    status = link_text_length == 0 ? STATUS_NOT_FOUND : link_text_length >= PATH_LIMIT ? STATUS_NAME_TOO_LONG : resolve(&path, &a);
    os_free(text);
    return status;
}

/* link and rename: the directory parts of both paths are made free of links first, then one fs call does it. */

/* Where the last component begins; the part before it, without the slash. */
static size_t parent_length(const struct path *of)
{
    size_t end = of->length;
    while (end > 1 && of->text[end - 1] == '/')
        end--;
    while (end > 0 && of->text[end - 1] != '/')
        end--;
    return end;
}

/* Make the directory part of a path free of links and "..". */
static enum status resolve_parent(struct path *of, const struct session *session)
{
    static struct path parent;
    static char name[PATH_LIMIT + 8];
    size_t cut = parent_length(of), rest = of->length - cut;
    struct attempt a = {.run = try_stat, .session = session};
    if (rest == 0)
        return STATUS_BUSY; /* the root */
    memcpy(name, of->text + cut, rest);
    enum status status = path_set(&parent, of->text, cut);
    if (status == STATUS_OK)
        status = resolve(&parent, &a);
    if (status == STATUS_OK && a.kind != MODE_DIRECTORY)
        status = STATUS_NOT_DIRECTORY;
    if (status != STATUS_OK)
        return status;
    memcpy(of->text, parent.text, parent.length);
    of->length = parent.length;
    if (of->text[of->length - 1] != '/')
        of->text[of->length++] = '/';
    memcpy(of->text + of->length, name, rest);
    of->length += rest;
    return STATUS_OK;
}

static size_t below(const struct path *of, const struct mount *mount)
{
    size_t at = mount->length;
    while (at < of->length && of->text[at] == '/')
        at++;
    return at;
}

static enum status run_two(struct session *session, bool rename, uint64_t flags)
{
    struct attempt follow = {.run = try_stat, .session = session};
    enum status status = resolve_parent(&path, session);
    if (status == STATUS_OK && !rename && (flags & FS_NO_FOLLOW) == 0)
        status = resolve(&path, &follow);
    if (status == STATUS_OK)
        status = resolve_parent(&second, session);
    if (status != STATUS_OK)
        return status;
    struct mount *from = mount_of(&path), *to = mount_of(&second);
    if (from != to)
        return STATUS_CROSS_DEVICE;
    uint64_t kind = 0, consumed, length, which;
    size_t at = below(&path, from), other = below(&second, to);
    size_t total = join(path.text + at, path.length - at, second.text + other, second.length - other);
    if (rename)
        status = fs_rename(from->root, session->who, flags, joined, total, resolve_buffer, sizeof resolve_buffer, &kind, &consumed, &length, &which);
    else
        status = fs_link(from->root, session->who, FS_NO_FOLLOW, joined, total, resolve_buffer, sizeof resolve_buffer, &kind, &consumed, &length, &which);
    /* a trailing slash behind a link: what is meant is the directory, which can't be linked or renamed through its link */
    return status == STATUS_OK && kind == FS_SYMLINK ? STATUS_NOT_DIRECTORY : status;
}

static enum status on_two(void *self, struct request *rq, bool rename, uint64_t flags)
{
    char *text;
    size_t first, total;
    enum status status = take(rq, &path, &text, &first, &total);
    if (status != STATUS_OK)
        return status;
    status = first < total ? path_set(&second, text + first + 1, total - first - 1) : STATUS_NOT_FOUND;
    os_free(text);
    return status == STATUS_OK ? run_two(self, rename, flags) : status;
}

static enum status op_link(void *self, struct request *rq, uint64_t flags)
{
    return on_two(self, rq, false, flags);
}

static enum status op_rename(void *self, struct request *rq, uint64_t flags)
{
    return on_two(self, rq, true, flags);
}

bool session_dispatch(void *self, struct request *rq)
{
    static const struct vfs_ops operations = {
        .open = op_open, .stat = op_stat, .access = op_access, .make_directory = op_make_directory, .make_node = op_make_node,
        .make_link = op_make_link, .link = op_link, .rename = op_rename, .remove = op_remove, .read_link = op_read_link,
        .set_attributes = op_set_attributes, .status = op_status, .truncate = op_truncate, .refresh = op_refresh, .mount = op_mount,
        .unmount = op_unmount, .mounts = op_mounts, .register_device = op_register_device,
    };
    return vfs_dispatch(&operations, self, rq);
}
