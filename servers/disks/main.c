/* main.c: disks: which there are, and their names in /dev. Not here: what is on them; drivers. */
#include "disks.h"

#include <file.h>
#include <protocols/device_server.h>
#include <protocols/disks_server.h>
#include <protocols/fs.h>

SERVICE_MANIFEST("name = disks\n"
                 "export = disks\n"
                 "import = fs\n"
                 "start = demand\n"
                 "restart = always\n"
                 "memory = 8M\n"
                 "priority = 24\n")

#define NODE_MODE 0060660u
#define NAME_MOST 16u
#define ROOT_IDENTITY 0u

static struct list disks = LIST_INITIALIZER(disks);
static struct list stays = LIST_INITIALIZER(stays); /* calls of drivers, which end with this server */

static struct disk *disk_of(uint64_t number)
{
    LIST_FOR(disk, &disks, struct disk, link)
        if (disk->number == number)
            return disk;
    return nullptr;
}

/* vda, vdb, ..., vdz, vdaa, ... */
static size_t name_of(uint64_t number, char name[NAME_MOST])
{
    char letters[NAME_MOST];
    size_t count = 0, length = 2;
    for (uint64_t left = number + 1; left; left = (left - 1) / 26)
        letters[count++] = (char)('a' + (left - 1) % 26);
    name[0] = 'v';
    name[1] = 'd';
    while (count)
        name[length++] = letters[--count];
    name[length] = 0;
    return length;
}

/* The node in /dev. It is there already when this is not the first instance. */
static void make_node(uint64_t number)
{
    char path[4 + NAME_MOST] = "dev/", link[8];
    uint64_t kind, consumed, length;
    size_t name_length = name_of(number, path + 4);
    enum status status = fs_make_node(serve_import(0), ROOT_IDENTITY, NODE_MODE, disk_device(number), path, 4 + name_length, link, sizeof link,
                                      &kind, &consumed, &length);
    if (status != STATUS_OK && status != STATUS_EXISTS)
        os_log("no /%s: %s", path, os_status_text(status));
}

static enum status attach(void *, struct request *, uint64_t number, cap_t block)
{
    struct disk *disk = disk_of(number);
    if (number > UINT32_MAX / DISK_MINORS) {
        os_drop(block);
        return STATUS_INVALID_ARGUMENT;
    }
    if (disk) {
        os_drop(disk->block);
    } else {
        disk = NEW(struct disk);
        if (!disk) {
            os_drop(block);
            return STATUS_NO_MEMORY;
        }
        disk->number = number;
        list_push_back(&disks, &disk->link);
    }
    disk->block = block;
    make_node(number);
    return STATUS_OK;
}

static enum status find(void *, struct request *rq, cap_t *block)
{
    char *wanted, name[NAME_MOST];
    enum status status = request_text(rq, NAME_MOST, &wanted, nullptr);
    if (status != STATUS_OK)
        return status;
    status = STATUS_NOT_FOUND;
    LIST_FOR(disk, &disks, struct disk, link) {
        (void)name_of(disk->number, name);
        if (strcmp(name, wanted) == 0) {
            status = os_cap_duplicate(disk->block, block);
            break;
        }
    }
    os_free(wanted);
    return status;
}

static enum status stay(void *, struct request *rq)
{
    list_push_back(&stays, &rq->link);
    return STATUS_DEFERRED;
}

static enum status open_device(void *, struct request *, uint64_t device, uint64_t flags, uint64_t, uint64_t, cap_t *object)
{
    LIST_FOR(disk, &disks, struct disk, link)
        if (disk_device(disk->number) == device)
            return file_open(disk, flags, object);
    return STATUS_NO_DEVICE;
}

static bool dispatch(void *self, struct request *rq)
{
    static const struct disks_ops ops = {.attach = attach, .find = find, .stay = stay};
    static const struct device_ops device = {.open = open_device};
    return disks_dispatch(&ops, self, rq) || device_dispatch(&device, self, rq);
}

static void cancel(void *, struct request *rq)
{
    list_remove(&rq->link);
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch, .cancel = cancel};
    static const struct server server = {.root = &root};
    return serve_run(&server);
}
