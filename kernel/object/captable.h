/* captable.h: what captable.c and captree.c need of each other, and ipc and sys of them beyond object.h. */
#ifndef KERNEL_CAPTABLE_H
#define KERNEL_CAPTABLE_H

#include <object/object.h>

/* Make an empty slot name the object. parent may be NULL: a new tree. */
void cap_fill(struct cap *cap, struct object *object, uint32_t rights, struct cap *parent);
/* `to`, an empty slot anywhere, takes the place of `from`, which becomes free. */
void cap_replace(struct cap *from, struct cap *to);
/* A free slot of the table, off its list and charged: at `index`, or anywhere when that is 0. */
[[nodiscard]] enum status cap_slot_take(struct task *task, uint32_t index, struct cap **cap);
/* The slot names nothing any more. */
void cap_slot_release(struct cap *cap);
/* Nobody can name it any more: tell its type. */
void object_unreachable(struct object *object);
struct object *facet_port(struct object *facet);

#endif
