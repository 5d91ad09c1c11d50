/* table.h: intrusive hash tables that grow. The user hashes and compares:
 *
 *     static bool has_name(const struct table_node *node, const void *key) { return !strcmp(container_of(node, struct x, node)->name, key); }
 *     struct table_node *node = table_find(&table, hash_text(name), has_name, name);
 */
#ifndef OS_TABLE_H
#define OS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
    struct table_node *next;
    uint64_t           hash;
};

struct table { /* all zero: an empty table */
    struct table_node **buckets;
    size_t              mask;  /* buckets - 1 */
    size_t              count;
};

typedef bool (*table_match)(const struct table_node *node, const void *key);

/* Returns: the node with this hash for which match says true, or NULL. */
struct table_node *table_find(const struct table *table, uint64_t hash, table_match match, const void *key);
/* Returns: false when there was no memory for the first buckets (later growth may fail without harm). */
[[nodiscard]] bool table_insert(struct table *table, struct table_node *node, uint64_t hash);
/* Requires: the node is in the table. */
void table_remove(struct table *table, struct table_node *node);
/* The node after this one (NULL: the first) in no particular order, NULL at the end. Insertion spoils the order; removing nodes already
 * visited does not. */
struct table_node *table_next(const struct table *table, const struct table_node *node);

uint64_t hash_bytes(const void *bytes, size_t length);
uint64_t hash_number(uint64_t number);

#endif
