/* walk.c: from paths to nodes. */
#include "tmpfs.h"

/* The component at `at`: its length, and where the next one starts. */
static size_t component(const char *path, size_t length, size_t at, size_t *next)
{
    size_t end = at;
    while (end < length && path[end] != '/')
        end++;
    *next = end;
    while (*next < length && path[*next] == '/')
        ++*next;
    return end - at;
}

enum status walk_path(const char *path, size_t length, uint64_t identity, bool follow, struct walk *walk)
{
    struct node *node = root_node;
    size_t at = 0, next;
    *walk = (struct walk){.node = root_node};
    while (at < length && path[at] == '/')
        at++;
    while (at < length) {
        size_t count = component(path, length, at, &next);
        bool last = next >= length;
        if (count > NAME_LIMIT)
            return STATUS_NAME_TOO_LONG;
        if (!is_directory(node))
            return STATUS_NOT_DIRECTORY;
        if (!node_allows(node, identity, 1))
            return STATUS_ACCESS_DENIED;
        walk->parent = node;
        walk->name = path + at;
        walk->name_length = count;
        walk->trailing_slash = last && next > at + count;
        walk->entry = directory_find(node, path + at, count);
        walk->node = walk->entry != nullptr ? walk->entry->node : nullptr;
        walk->consumed = at + count;
        if (walk->node == nullptr)
            return last ? STATUS_OK : STATUS_NOT_FOUND;
        if (is_link(walk->node) && (!last || follow || walk->trailing_slash)) {
            walk->stopped = true;
            return STATUS_OK;
        }
        node = walk->node;
        at = next;
    }
    return walk->trailing_slash && !is_directory(node) ? STATUS_NOT_DIRECTORY : STATUS_OK;
}

bool may_change(const struct node *directory, const struct node *victim, uint64_t identity)
{
    uint32_t uid = (uint32_t)identity;
    if (!node_allows(directory, identity, 3))
        return false;
    return victim == nullptr || (directory->mode & 01000) == 0 || uid == 0 || uid == victim->uid || uid == directory->uid;
}
