/* populate.c: the first content: the boot archive, and what every system has. Big files are copy-on-write clones of the archive's memory. */
#include "tmpfs.h"
#include <archive.h>
#include <protocols/service.h>

static struct node *make_path(const char *path, size_t length, uint32_t mode)
{
    struct walk walk;
    if (walk_path(path, length, 0, false, &walk) == STATUS_NOT_FOUND) {
        size_t parent = length;
        while (parent > 0 && path[parent - 1] != '/')
            parent--;
        if (parent == 0 || make_path(path, parent - 1, MODE_DIRECTORY | 0755) == nullptr)
            return nullptr;
    }
    if (walk_path(path, length, 0, false, &walk) != STATUS_OK || walk.stopped)
        return nullptr;
    if (walk.node != nullptr)
        return walk.node;
    struct node *node = node_new(mode, 0);
    if (node == nullptr || directory_add(walk.parent, walk.name, walk.name_length, node) != STATUS_OK)
        return nullptr;
    return node;
}

static enum status fill_file(struct node *node, cap_t archive, const struct archive_entry *entry)
{
    enum status status;
    uint64_t done = 0;
    if (entry->size == 0 || node->file.size != 0)
        return STATUS_OK;
    if (entry->size >= OS_PAGE_SIZE && entry->offset % OS_PAGE_SIZE == 0) {
        status = os_mem_clone(archive, BOOTSTRAP_LEDGER, entry->offset, os_page_round(entry->size), &node->file.memory);
        if (status != STATUS_OK)
            return status;
        node->file.capacity = os_page_round(entry->size);
        node->file.size = entry->size;
        node->file.tail_unclean = true;
        return STATUS_OK;
    }
    status = file_reserve(node, entry->size);
    while (status == STATUS_OK && done < entry->size) {
        uint64_t piece = 0;
        status = os_mem_write(node->file.memory, done, (uint64_t)entry->data + done, entry->size - done, &piece);
        done += piece;
    }
    node->file.size = done;
    return status;
}

static enum status add_entry(cap_t archive, const struct archive_entry *entry)
{
    struct node *node = make_path(entry->name, entry->name_length, entry->mode);
    if (node == nullptr)
        return STATUS_NO_SPACE;
    node->mode = entry->mode;
    node->uid = entry->uid;
    node->gid = entry->gid;
    node->modified_ns = (uint64_t)entry->modified_s * 1000000000ull;
    node->device = make_device(entry->device_major, entry->device_minor);
    if (is_file(node))
        return fill_file(node, archive, entry);
    if (is_link(node) && node->link.text == nullptr && (node->link.text = os_allocate(entry->size)) != nullptr) {
        memcpy(node->link.text, entry->data, entry->size);
        node->link.length = entry->size;
    }
    return STATUS_OK;
}

static void add_archive(void)
{
    cap_t memory;
    uint64_t size, where = 0;
    struct archive archive;
    struct archive_entry entry;
    enum status status = service_archive(BOOTSTRAP_INIT, &memory, &size);
    if (status == STATUS_OK)
        status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, os_page_round(size), PROT_BIT_READ, &where);
    if (status != STATUS_OK)
        os_fatal("no boot archive: %s", os_status_text(status));
    archive_open(&archive, (const void *)where, size);
    while ((status = archive_next(&archive, &entry)) == STATUS_OK)
        if (add_entry(memory, &entry) != STATUS_OK)
            os_log("the boot archive's %s can't be stored", entry.name);
    if (status != STATUS_NOT_FOUND)
        os_log("the boot archive is damaged");
    (void)os_mem_unmap(BOOTSTRAP_TASK, where, os_page_round(size));
    os_drop(memory);
}

static const struct { const char *path; uint32_t mode; unsigned major, minor; } fixed[] = {
    {"dev", MODE_DIRECTORY | 0755, 0, 0}, {"proc", MODE_DIRECTORY | 0555, 0, 0}, {"tmp", MODE_DIRECTORY | 01777, 0, 0},
    {"root", MODE_DIRECTORY | 0700, 0, 0}, {"var", MODE_DIRECTORY | 0755, 0, 0}, {"etc", MODE_DIRECTORY | 0755, 0, 0},
    {"dev/null", MODE_CHARACTER | 0666, 1, 3}, {"dev/zero", MODE_CHARACTER | 0666, 1, 5}, {"dev/full", MODE_CHARACTER | 0666, 1, 7},
    {"dev/random", MODE_CHARACTER | 0666, 1, 8}, {"dev/urandom", MODE_CHARACTER | 0666, 1, 9}, {"dev/tty", MODE_CHARACTER | 0666, 5, 0},
    {"dev/console", MODE_CHARACTER | 0600, 5, 1}, {"dev/tty1", MODE_CHARACTER | 0620, 4, 1}, {"dev/ttyS0", MODE_CHARACTER | 0620, 4, 64},
};

void populate(void)
{
    root_node = node_new(MODE_DIRECTORY | 0755, 0);
    if (root_node == nullptr)
        os_fatal("no memory for the root directory");
    root_node->links = 2;
    add_archive();
    for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++) {
        struct node *node = make_path(fixed[i].path, strlen(fixed[i].path), fixed[i].mode);
        if (node == nullptr)
            os_fatal("no memory for /%s", fixed[i].path);
        node->mode = fixed[i].mode;
        node->device = make_device(fixed[i].major, fixed[i].minor);
    }
}
