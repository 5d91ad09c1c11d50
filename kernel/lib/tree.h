/* tree.h: intrusive balanced binary trees. The user walks down by its own key and links a node at the place it found; the tree keeps
 * itself shallow as a treap whose priorities are a hash of the nodes' addresses, so a node needs no field for balance.
 * Invariant: no node has a higher priority than its parent. */
#ifndef KERNEL_TREE_H
#define KERNEL_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *parent, *left, *right;
};

struct tree {
    struct tree_node *root;
};

/* Recompute what a node says about itself and what hangs below it (a maximum, a checksum). Called, children before parents, for every
 * node whose links or descendants changed. */
typedef void tree_update(struct tree_node *node);

/* Link `node` as a child of `parent` (NULL: the root) at *link, a null pointer found by walking down. update may be NULL. */
void tree_insert(struct tree *tree, struct tree_node *node, struct tree_node *parent, struct tree_node **link, tree_update *update);
void tree_remove(struct tree *tree, struct tree_node *node, tree_update *update);
/* Something that `update` reads changed in the node: bring it and its ancestors up to date. */
void tree_refresh(struct tree_node *node, tree_update *update);

struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_last(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

#endif
