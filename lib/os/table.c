/* table.c: hash tables. Invariant: a node is in bucket hash & mask; there are no more nodes than buckets unless memory ran out. */
#include <table.h>

#include <heap.h>

#define FIRST_BUCKETS 16

struct table_node *table_find(const struct table *table, uint64_t hash, table_match match, const void *key)
{
    if (!table->buckets)
        return nullptr;
    for (struct table_node *node = table->buckets[hash & table->mask]; node; node = node->next)
        if (node->hash == hash && match(node, key))
            return node;
    return nullptr;
}

static void rehash(struct table *table, struct table_node **buckets, size_t mask)
{
    for (size_t i = 0; table->buckets && i <= table->mask; i++) {
        for (struct table_node *node = table->buckets[i], *next; node; node = next) {
            next = node->next;
            node->next = buckets[node->hash & mask];
            buckets[node->hash & mask] = node;
        }
    }
    os_free(table->buckets);
    table->buckets = buckets;
    table->mask = mask;
}

static void grow(struct table *table)
{
    size_t count = table->buckets ? (table->mask + 1) * 2 : FIRST_BUCKETS;
    struct table_node **buckets = os_allocate_zeroed(count * sizeof *buckets);
    if (buckets)
        rehash(table, buckets, count - 1);
}

bool table_insert(struct table *table, struct table_node *node, uint64_t hash)
{
    if (!table->buckets || table->count > table->mask)
        grow(table);
    if (!table->buckets)
        return false;
    node->hash = hash;
    node->next = table->buckets[hash & table->mask];
    table->buckets[hash & table->mask] = node;
    table->count++;
    return true;
}

void table_remove(struct table *table, struct table_node *node)
{
    struct table_node **at = &table->buckets[node->hash & table->mask];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    table->count--;
}

struct table_node *table_next(const struct table *table, const struct table_node *node)
{
    if (!table->buckets)
        return nullptr;
    if (node && node->next)
        return node->next;
    for (size_t i = node ? (node->hash & table->mask) + 1 : 0; i <= table->mask; i++)
        if (table->buckets[i])
            return table->buckets[i];
    return nullptr;
}

uint64_t hash_number(uint64_t number)
{
    number ^= number >> 32;
    number *= 0x9e3779b97f4a7c15u;
    return number ^ number >> 29;
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; length; length--)
        hash = (hash ^ *at++) * 0x100000001b3u;
    return hash_number(hash);
}
