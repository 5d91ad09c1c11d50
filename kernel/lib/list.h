/* list.h: intrusive doubly linked circular lists. An element that is on no list points to itself. */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

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
/* The item's own links stay what they were. */
static inline void list_unlink(struct list *item)
{
    struct list *next = item->next, *previous = item->previous;
    previous->next = next;
    next->previous = previous;
}
static inline void list_remove(struct list *item)
{
    list_unlink(item);
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
/* All items of `from`, in order, to the end of `to`. */
static inline void list_take_all(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->previous = to->previous;
    to->previous->next = from->next;
    from->previous->next = to;
    to->previous = from->previous;
    list_init(from);
}

#endif
