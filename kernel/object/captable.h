/* captable.h: what ipc and sys need of capability slots beyond object.h. */
#ifndef KERNEL_CAPTABLE_H
#define KERNEL_CAPTABLE_H

#include <object/object.h>

#define CAP_LEAF_SLOTS 32u
#define CAP_LEAF_BYTES (CAP_LEAF_SLOTS * sizeof(struct cap))

/* Make an empty slot name the object. */
void cap_fill(struct cap *cap, struct object *object, uint32_t rights, struct cap *parent);
/* `to`, an empty slot anywhere, takes the place of `from`, which becomes free. */
void cap_replace(struct cap *from, struct cap *to);
void cap_free_push(struct cap_table *table, struct cap *cap);
/* Nobody can name it any more: tell its type. */
void object_unreachable(struct object *object);
struct object *facet_port(struct object *facet);

#endif
