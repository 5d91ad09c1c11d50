/* tree.c: treaps with parent links. Not here: searching, which the users do with their own keys.
 * Invariant: priority(parent) >= priority(child), so the expected depth is 1.4 log2(n) whatever the order of insertions. */
#include <lib/tree.h>

static uint64_t priority(const struct tree_node *node)
{
    uint64_t x = (uintptr_t)node >> 4;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 32;
    return x * 0xd6e8feb86659fd93u;
}

static struct tree_node **link_to(struct tree *tree, struct tree_node *parent, const struct tree_node *child)
{
    if (!parent)
        return &tree->root;
    return parent->left == child ? &parent->left : &parent->right;
}

static void rotate_up(struct tree *tree, struct tree_node *node, tree_update *update)
{
    struct tree_node *parent = node->parent, *grandparent = parent->parent, *moved;
    *link_to(tree, grandparent, parent) = node;
    if (node == parent->left) {
        moved = node->right;
        parent->left = moved;
        node->right = parent;
    } else {
        moved = node->left;
        parent->right = moved;
        node->left = parent;
    }
    parent->parent = node;
    node->parent = grandparent;
    if (moved)
        moved->parent = parent;
    if (!update)
        return;
    if (moved)
        update(moved);
    update(parent);
    update(node);
    if (grandparent)
        update(grandparent);
}

void tree_refresh(struct tree_node *node, tree_update *update)
{
    for (; node; node = node->parent)
        update(node);
}

void tree_insert(struct tree *tree, struct tree_node *node, struct tree_node *parent, struct tree_node **link, tree_update *update)
{
    node->parent = parent;
    node->left = node->right = nullptr;
    *link = node;
    if (update)
        update(node);
    uint64_t own = priority(node);
    while (node->parent && priority(node->parent) < own)
        rotate_up(tree, node, update);
    if (update)
        tree_refresh(node->parent, update);
}

void tree_remove(struct tree *tree, struct tree_node *node, tree_update *update)
{
    while (node->left && node->right)
        rotate_up(tree, priority(node->left) > priority(node->right) ? node->left : node->right, update);
    struct tree_node *child = node->left ? node->left : node->right, *parent = node->parent;
    *link_to(tree, parent, node) = child;
    if (child) {
        child->parent = parent;
        if (update)
            update(child);
    }
    if (update)
        tree_refresh(parent, update);
}

struct tree_node *tree_first(const struct tree *tree)
{
    struct tree_node *node = tree->root;
    while (node && node->left)
        node = node->left;
    return node;
}

struct tree_node *tree_last(const struct tree *tree)
{
    struct tree_node *node = tree->root;
    while (node && node->right)
        node = node->right;
    return node;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right) {
        node = node->right;
        while (node->left)
            node = node->left;
        return (struct tree_node *)node;
    }
    while (node->parent && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_previous(const struct tree_node *node)
{
    if (node->left) {
        node = node->left;
        while (node->right)
            node = node->right;
        return (struct tree_node *)node;
    }
    while (node->parent && node->parent->left == node)
        node = node->parent;
    return node->parent;
}
