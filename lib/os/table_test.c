/* table_test.c: the hash table against an array. */
#include <list.h>
#include <table.h>

#include <unit.h>

struct item {
    struct table_node node;
    uint64_t key;
    bool there;
};

static bool has_key(const struct table_node *node, const void *key)
{
    return container_of(node, struct item, node)->key == *(const uint64_t *)key;
}

TEST(random_operations)
{
    static struct item items[3000];
    struct table table = {};
    for (int step = 0; step < 100000; step++) {
        uint64_t key = unit_random_below(3000);
        struct item *item = &items[key];
        struct table_node *found = table_find(&table, hash_number(key), has_key, &key);
        REQUIRE(found == (item->there ? &item->node : NULL));
        if (item->there) {
            table_remove(&table, &item->node);
        } else {
            item->key = key;
            REQUIRE(table_insert(&table, &item->node, hash_number(key)));
        }
        item->there = !item->there;
    }
    size_t count = 0;
    for (struct table_node *node = table_next(&table, NULL); node; node = table_next(&table, node))
        count++;
    EXPECT_EQUAL(count, table.count);
}
