/* list.h: intrusive doubly linked circular lists. An element that is on no list points to itself (after list_init or list_remove). */
#ifndef OS_LIST_H
#define OS_LIST_H

#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define LIST_INITIALIZER(name) {&(name), &(name)}

static inline void list_init(struct list *list) { list->next = list->previous = list; }
static inline bool list_empty(const struct list *list) { return list->next == list; }
static inline void list_insert_before(struct list *where, struct list *item)
{
    item->next = where;
    item->previous = where->previous;
    where->previous->next = item;
    where->previous = item;
}
static inline void list_push_back(struct list *head, struct list *item) { list_insert_before(head, item); }
static inline void list_push_front(struct list *head, struct list *item) { list_insert_before(head->next, item); }
static inline void list_remove(struct list *item)
{
    item->previous->next = item->next;
    item->next->previous = item->previous;
    list_init(item);
}
static inline struct list *list_pop_front(struct list *head)
{
    struct list *item = head->next;
    if (item == head)
        return nullptr;
    list_remove(item);
    return item;
}

/* LIST_FOR(item, head, type, member): each element; the element may be removed in the body. */
#define LIST_FOR(item, head, type, member)                                                                                     \
    for (type *item = container_of((head)->next, type, member), *item##_next = container_of(item->member.next, type, member); \
         &item->member != (head); item = item##_next, item##_next = container_of(item##_next->member.next, type, member))

#endif
