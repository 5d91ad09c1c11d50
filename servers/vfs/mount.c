/* mount.c: mounts and device numbers. The first two mounts and the terminals are imports, so a restarted vfs has them again. */
#include "vfs.h"
#include <format.h>

struct list mounts = LIST_INITIALIZER(mounts), devices = LIST_INITIALIZER(devices);

static enum status add(const char *path, size_t length, cap_t root, uint64_t flags, const char *type)
{
    struct mount *mount = NEW(struct mount);
    char *copy = os_allocate(length + 1);
    if (mount == nullptr || copy == nullptr) {
        os_free(mount);
        os_free(copy);
        return STATUS_NO_MEMORY;
    }
    memcpy(copy, path, length);
    copy[length] = 0;
    *mount = (struct mount){.path = copy, .length = length, .root = root, .flags = flags, .type = type};
    list_push_front(&mounts, &mount->link);
    return STATUS_OK;
}

static enum status add_device(uint64_t first, uint64_t count, cap_t server)
{
    struct device_range *range = NEW(struct device_range);
    if (range == nullptr)
        return STATUS_NO_MEMORY;
    *range = (struct device_range){.first = first, .count = count, .server = server};
    list_push_front(&devices, &range->link);
    return STATUS_OK;
}

void mounts_start(void)
{
    if (add("", 0, serve_import(0), 0, "tmpfs") != STATUS_OK || add("/proc", 5, serve_import(1), MOUNT_PROCESSES, "proc") != STATUS_OK)
        os_fatal("no memory for mounts");
    if (add_device(4ull << 8, 512, serve_import(3)) != STATUS_OK) /* majors 4 and 5: terminals */
        os_fatal("no memory for devices");
}

struct mount *mount_of(const struct path *path)
{
    struct mount *best = nullptr;
    LIST_FOR(mount, &mounts, struct mount, link) {
        bool within = path->length >= mount->length && memcmp(path->text, mount->path, mount->length) == 0 &&
                      (path->length == mount->length || path->text[mount->length] == '/' || mount->length == 0);
        if (within && (best == nullptr || mount->length > best->length))
            best = mount;
    }
    return best;
}

static bool privileged(const struct session *session)
{
    return (uint32_t)session->who == 0;
}

static enum status take_path(struct request *rq, struct path *path)
{
    char *text;
    size_t length;
    enum status status = request_text(rq, PATH_LIMIT, &text, &length);
    if (status != STATUS_OK)
        return status;
    status = path_set(path, text, length);
    os_free(text);
    while (path->length > 0 && path->text[path->length - 1] == '/')
        path->length--;
    return status;
}

enum status op_mount(void *self, struct request *rq, uint64_t flags, cap_t file_system)
{
    static struct path path;
    enum status status = !privileged(self) ? STATUS_NOT_PERMITTED : flags != 0 ? STATUS_INVALID_ARGUMENT : take_path(rq, &path);
    if (status == STATUS_OK)
        status = add(path.text, path.length, file_system, 0, "other");
    if (status != STATUS_OK)
        os_drop(file_system);
    return status;
}

enum status op_unmount(void *self, struct request *rq, uint64_t flags)
{
    static struct path path;
    enum status status = !privileged(self) ? STATUS_NOT_PERMITTED : flags != 0 ? STATUS_INVALID_ARGUMENT : take_path(rq, &path);
    if (status != STATUS_OK)
        return status;
    LIST_FOR(mount, &mounts, struct mount, link) {
        if (mount->length != path.length || memcmp(mount->path, path.text, path.length) != 0)
            continue;
        if (mount->length == 0)
            return STATUS_BUSY;
        list_remove(&mount->link);
        os_drop(mount->root);
        os_free(mount->path);
        os_free(mount);
        return STATUS_OK;
    }
    return STATUS_INVALID_ARGUMENT;
}

enum status op_mounts(void *, struct request *rq, uint64_t *length)
{
    *length = 0;
    for (struct list *item = mounts.previous; item != &mounts; item = item->previous) {
        struct mount *mount = container_of(item, struct mount, link);
        char line[PATH_LIMIT + 64];
        int count = os_format(line, sizeof line, "%s %s %s rw 0 0\n", mount->type, mount->length == 0 ? "/" : mount->path, mount->type);
        if (*length + (uint64_t)count > rq->out_length)
            return STATUS_TOO_BIG;
        enum status status = request_write(rq, *length, line, (size_t)count);
        if (status != STATUS_OK)
            return status;
        *length += (uint64_t)count;
    }
    return STATUS_OK;
}

enum status op_register_device(void *self, struct request *, uint64_t first, uint64_t count, cap_t server)
{
    enum status status = !privileged(self) ? STATUS_NOT_PERMITTED : count == 0 ? STATUS_INVALID_ARGUMENT : STATUS_OK;
    if (status == STATUS_OK)
        status = add_device(first, count, server);
    if (status != STATUS_OK)
        os_drop(server);
    return status;
}

cap_t device_server(uint64_t device)
{
    LIST_FOR(range, &devices, struct device_range, link)
        if (device - range->first < range->count)
            return range->server;
    return CAP_NULL;
}
