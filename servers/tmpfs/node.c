/* node.c: nodes and directories. */
#include "tmpfs.h"

#define GROWTH_LIMIT (1ull << 20) /* a growing file gets at most this much beyond what is needed: address space, not memory */

struct node *root_node;
uint64_t node_count;
static uint64_t last_inode;

struct node *node_new(uint32_t mode, uint64_t identity)
{
    struct node *node = NEW(struct node);
    if (node == nullptr)
        return nullptr;
    node->inode = ++last_inode;
    node->mode = mode;
    node->uid = (uint32_t)identity;
    node->gid = (uint32_t)(identity >> 32);
    node->accessed_ns = node->modified_ns = node->changed_ns = node->created_ns = os_wall_clock();
    if (is_directory(node)) {
        list_init(&node->directory.order);
        node->directory.next_position = 3;
    }
    node_count++;
    return node;
}

void node_release(struct node *node)
{
    if (node->links > 0 || node->opens > 0)
        return;
    if (is_file(node))
        os_drop(node->file.memory);
    else if (is_link(node))
        os_free(node->link.text);
    else if (is_directory(node))
        os_free(node->directory.entries.buckets);
    os_free(node);
    node_count--;
}

struct name_key { const char *name; size_t length; };

static bool has_name(const struct table_node *candidate, const void *key)
{
    const struct entry *entry = container_of(candidate, struct entry, by_name);
    const struct name_key *wanted = key;
    return entry->length == wanted->length && memcmp(entry->name, wanted->name, wanted->length) == 0;
}

struct entry *directory_find(const struct node *directory, const char *name, size_t length)
{
    struct name_key key = {name, length};
    struct table_node *found = table_find(&directory->directory.entries, hash_bytes(name, length), has_name, &key);
    return found != nullptr ? container_of(found, struct entry, by_name) : nullptr;
}

enum status directory_add(struct node *directory, const char *name, size_t length, struct node *node)
{
    struct entry *entry = os_allocate(sizeof *entry + length + 1);
    if (entry == nullptr)
        return STATUS_NO_SPACE;
    memcpy(entry->name, name, length);
    entry->name[length] = 0;
    entry->length = (uint32_t)length;
    entry->node = node;
    entry->position = directory->directory.next_position;
    if (!table_insert(&directory->directory.entries, &entry->by_name, hash_bytes(name, length))) {
        os_free(entry);
        return STATUS_NO_SPACE;
    }
    directory->directory.next_position++;
    list_push_back(&directory->directory.order, &entry->order);
    node->links++;
    if (is_directory(node)) {
        node->links++; /* its "." */
        directory->links++;
        node->directory.parent = directory;
    }
    node_touch(directory, true);
    return STATUS_OK;
}

void directory_remove(struct node *directory, struct entry *entry)
{
    struct node *node = entry->node;
    table_remove(&directory->directory.entries, &entry->by_name);
    list_remove(&entry->order);
    os_free(entry);
    node->links--;
    if (is_directory(node)) {
        node->links--;
        directory->links--;
    }
    node->changed_ns = os_wall_clock();
    node_touch(directory, true);
}

bool directory_empty(const struct node *directory)
{
    return list_empty(&directory->directory.order);
}

static uint64_t size_of(const struct node *node)
{
    if (is_file(node))
        return node->file.size;
    if (is_link(node))
        return node->link.length;
    return is_directory(node) ? node->directory.entries.count * 32 : 0;
}

void node_stat(const struct node *node, struct file_stat *stat)
{
    uint64_t size = size_of(node);
    *stat = (struct file_stat){
        .device = 1, .inode = node->inode, .links = node->links, .size = size, .raw_device = node->device,
        .blocks = is_file(node) ? os_page_round(size) / 512 : 0, .mode = node->mode, .uid = node->uid, .gid = node->gid,
        .block_size = OS_PAGE_SIZE, .accessed_ns = node->accessed_ns, .modified_ns = node->modified_ns,
        .changed_ns = node->changed_ns, .created_ns = node->created_ns,
    };
}

bool node_allows(const struct node *node, uint64_t identity, unsigned access)
{
    uint32_t uid = (uint32_t)identity, gid = (uint32_t)(identity >> 32);
    if (uid == 0)
        return (access & 1) == 0 || is_directory(node) || (node->mode & 0111) != 0;
    unsigned granted = node->uid == uid ? node->mode >> 6 : node->gid == gid ? node->mode >> 3 : node->mode;
    return (access & ~granted & 7) == 0;
}

void node_touch(struct node *node, bool modified)
{
    uint64_t now = os_wall_clock();
    if (modified)
        node->modified_ns = node->changed_ns = now;
    else
        node->accessed_ns = now;
}

/* What lies behind `size` in its page must read as zero when the file grows. */
static enum status clear_tail(struct node *node, uint64_t size)
{
    static const char zeros[1024];
    uint64_t end = os_page_round(size);
    while (size < end) {
        uint64_t done = 0, piece = end - size < sizeof zeros ? end - size : sizeof zeros;
        enum status status = os_mem_write(node->file.memory, size, (uint64_t)zeros, piece, &done);
        if (status != STATUS_OK)
            return STATUS_NO_SPACE;
        size += done;
    }
    return STATUS_OK;
}

enum status file_reserve(struct node *node, uint64_t size)
{
    if (node->file.tail_unclean && size > node->file.size) {
        enum status status = clear_tail(node, node->file.size);
        if (status != STATUS_OK)
            return status;
        node->file.tail_unclean = false;
    }
    if (size <= node->file.capacity)
        return STATUS_OK;
    if (size > 1ull << 46)
        return STATUS_NO_SPACE;
    uint64_t more = node->file.mapped ? 0 : node->file.capacity < GROWTH_LIMIT ? node->file.capacity : GROWTH_LIMIT;
    uint64_t capacity = os_page_round(size > node->file.capacity + more ? size : node->file.capacity + more);
    enum status status = node->file.memory == CAP_NULL ? os_mem_create(BOOTSTRAP_LEDGER, capacity, &node->file.memory)
                                                       : os_mem_resize(node->file.memory, capacity);
    if (status != STATUS_OK)
        return STATUS_NO_SPACE;
    node->file.capacity = capacity;
    return STATUS_OK;
}

enum status file_map_exactly(struct node *node)
{
    enum status status = node->file.memory == CAP_NULL ? file_reserve(node, 1) : STATUS_OK;
    uint64_t capacity = os_page_round(node->file.size);
    if (status == STATUS_OK && node->file.capacity != capacity)
        status = os_mem_resize(node->file.memory, capacity);
    if (status != STATUS_OK)
        return status;
    node->file.capacity = capacity;
    node->file.mapped = true;
    return STATUS_OK;
}

enum status file_resize(struct node *node, uint64_t size)
{
    enum status status = STATUS_OK;
    if (size > node->file.size) {
        status = file_reserve(node, size);
    } else if (size < node->file.size) {
        if (size == 0 && !node->file.mapped) {
            os_drop(node->file.memory);
            node->file.memory = CAP_NULL;
            node->file.capacity = 0;
            node->file.tail_unclean = false;
        } else {
            status = clear_tail(node, size);
            if (status == STATUS_OK)
                status = os_mem_resize(node->file.memory, os_page_round(size));
            node->file.capacity = os_page_round(size);
        }
    }
    if (status != STATUS_OK)
        return status;
    node->file.size = size;
    node_touch(node, true);
    return STATUS_OK;
}

static uint64_t chosen_time(uint64_t wanted)
{
    return wanted == FILE_TIME_NOW ? os_wall_clock() : wanted;
}

enum status node_set_attributes(struct node *node, uint64_t identity, uint64_t mask, uint64_t mode, uint64_t owner, uint64_t accessed_ns, uint64_t modified_ns)
{
    uint32_t uid = (uint32_t)identity;
    bool owns = uid == 0 || uid == node->uid;
    if ((mask & FILE_SET_MODE) != 0 && !owns)
        return STATUS_NOT_PERMITTED;
    if ((mask & FILE_SET_UID) != 0 && uid != 0 && !(owns && (uint32_t)owner == node->uid))
        return STATUS_NOT_PERMITTED;
    if ((mask & FILE_SET_GID) != 0 && uid != 0 && !(owns && (owner >> 32 == identity >> 32 || owner >> 32 == node->gid)))
        return STATUS_NOT_PERMITTED;
    if ((mask & (FILE_SET_ATIME | FILE_SET_MTIME)) != 0 && !owns) {
        bool now = ((mask & FILE_SET_ATIME) == 0 || accessed_ns == FILE_TIME_NOW) && ((mask & FILE_SET_MTIME) == 0 || modified_ns == FILE_TIME_NOW);
        if (!now || !node_allows(node, identity, 2))
            return now ? STATUS_ACCESS_DENIED : STATUS_NOT_PERMITTED;
    }
    if ((mask & FILE_SET_MODE) != 0)
        node->mode = (node->mode & MODE_TYPE) | ((uint32_t)mode & 07777);
    if ((mask & FILE_SET_UID) != 0)
        node->uid = (uint32_t)owner;
    if ((mask & FILE_SET_GID) != 0)
        node->gid = (uint32_t)(owner >> 32);
    if ((mask & (FILE_SET_UID | FILE_SET_GID)) != 0 && uid != 0 && is_file(node))
        node->mode &= ~06000u;
    if ((mask & FILE_SET_ATIME) != 0)
        node->accessed_ns = chosen_time(accessed_ns);
    if ((mask & FILE_SET_MTIME) != 0)
        node->modified_ns = chosen_time(modified_ns);
    node->changed_ns = os_wall_clock();
    return STATUS_OK;
}
