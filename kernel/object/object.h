/* object.h: kernel objects, capabilities and the tables that hold them.
 * Invariant: an object lives while its reference count is above 0; each capability holds one reference; the last capability's end calls
 * the type's orphaned function (nobody can name it any more), the last reference's end `free`. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <info.h>
#include <lib/list.h>
#include <rights.h>
#include <status.h>
#include <types.h>

enum object_type : uint8_t {
    OBJECT_NONE,
    OBJECT_TASK,
    OBJECT_THREAD,
    OBJECT_MEM,
    OBJECT_PORT,
    OBJECT_SET,
    OBJECT_REPLY,
    OBJECT_NOTIFICATION,
    OBJECT_IRQ,
    OBJECT_IOPORT,
    OBJECT_LEDGER,
    OBJECT_CONTROL,
    OBJECT_FACET, /* a badged view of a port; looked up as a port where an operation takes one */
    OBJECT_TYPES,
    OBJECT_ANY = 0xff,
};

struct ledger;
struct task;
struct thread;

struct object {
    uint32_t references;   /* capabilities and kernel pointers; under the kernel lock */
    uint32_t capabilities; /* of those, capabilities */
    enum object_type type; /* fixed after create */
    struct ledger *ledger; /* who pays for it; holds a reference; NULL for boot objects */
};

/* One slot of a table. Slots never move, so the derivation tree links them directly. */
struct cap {
    struct object *object; /* NULL: free */
    uint32_t rights;
    uint16_t generation;   /* of the handle that names this slot now; kept when freed, raised when used again */
    struct cap *parent;    /* the capability this was derived from, NULL at the root */
    struct list children;  /* heads the list of siblings below */
    struct list siblings;
    struct task *task;     /* whose table; fixed */
    uint32_t index;        /* in that table; fixed */
    uint32_t next_free, previous_free; /* when free: neighbours on the list, 0 = none */
};

/* A growable table: leaves of slots, and a directory of leaves that doubles. */
struct cap_table {
    struct cap **leaves;
    uint32_t leaf_count, leaf_room;
    uint32_t first_free; /* 0: none */
    uint32_t used;
};


/* Memory for an object of this type, zeroed, charged to the ledger; one reference, no capability. NULL status: NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status object_create(enum object_type type, struct ledger *ledger, struct object **object);
void object_get(struct object *object);
void object_put(struct object *object);

/* Find what a handle names. A facet is accepted where a port is asked for. On success the object carries one more reference: give it
 * back with cap_release. Returns INVALID_HANDLE, WRONG_TYPE, NO_RIGHTS. */
[[nodiscard]] enum status cap_lookup(struct thread *thread, cap_t handle, enum object_type type, uint32_t rights, struct object **out);
static inline void cap_release(struct object *object) { object_put(object); }
/* The slot itself; valid until the kernel lock is given up. NULL: stale or never valid. */
struct cap *cap_slot(struct task *task, cap_t handle);
cap_t cap_handle(const struct cap *cap);
/* Put a capability to the object into the task's table; parent may be NULL (a new tree). Takes its own reference. */
[[nodiscard]] enum status cap_insert(struct task *task, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle);
/* The same at a given index, which must be free. */
[[nodiscard]] enum status cap_insert_at(struct task *task, uint32_t index, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle);
/* Move to another table (or the same): keeps rights, place in the tree and the reference. */
[[nodiscard]] enum status cap_move(struct cap *from, struct task *to, cap_t *handle);
void cap_remove(struct cap *cap);
/* Remove up to `steps` capabilities derived from cap; true when none is left. */
bool cap_revoke_some(struct cap *cap, unsigned steps);
void cap_table_init(struct cap_table *table);
/* Free up to `steps` slots of a dying table; true when empty and freed. */
bool cap_table_destroy_some(struct task *task, unsigned steps);

/* Insert the result object of a create call: gives the creation reference to the new capability or, on failure, drops it. */
[[nodiscard]] enum status cap_publish(struct thread *thread, struct object *object, uint32_t rights, cap_t *handle);

/* Ledgers (object/ledger.c): amounts in bytes for PAGES and KERNEL, counts for the others. */
struct ledger {
    struct object object;
    struct ledger *parent;                   /* holds a reference; NULL at the root */
    uint64_t used[LEDGER_KINDS], limit[LEDGER_KINDS]; /* limit UINT64_MAX: none */
};
extern struct ledger *root_ledger;
/* Charge this ledger and all above, or none of them. Returns LEDGER_SPENT. */
[[nodiscard]] enum status ledger_charge(struct ledger *ledger, enum ledger_kind kind, uint64_t amount);
void ledger_credit(struct ledger *ledger, enum ledger_kind kind, uint64_t amount);

#endif
