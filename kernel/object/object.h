/* object.h: kernel objects, capabilities and the tables that hold them.
 * Invariant: an object lives while its reference count is above 0; each capability holds one reference; the last capability's end calls
 * the type's orphaned function (nobody can name it any more), the last reference's end `free`. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <arch/arch.h>
#include <info.h>
#include <lib/assert.h>
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
    OBJECT_PROCESSORS,
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
    uint16_t revokes;      /* of capabilities to it that are under way, interrupted (captree.c) */
    struct ledger *ledger; /* who pays for it; holds a reference; NULL for boot objects */
};

/* One slot of a table, or of a queued message. Slots never move, so the derivation tree links them directly: all capabilities of a tree
 * are in one ring, and what is between a capability's `open` and its `close` was derived from it (kernel/object/captree.c). */
struct cap {
    struct object *object;   /* NULL: free */
    uint32_t rights;
    uint16_t generation;     /* of the handle that names this slot next or now; raised when it is freed */
    struct list open, close; /* free: `open` is on the table's list */
    struct task *task;       /* whose table, NULL: in a message; fixed */
    uint32_t index;          /* in that table; fixed */
    cap_t handle;            /* what names it; free: 0, which is looked for at index 0 alone, where it is CAP_NAMELESS */
};

#define CAP_NAMELESS UINT32_MAX /* no handle that is looked for at index 0 */

#define CAP_LEAF_SLOTS 64u
#define CAP_DIRECTORY_LEAVES (uint32_t)(MP_SIZE / sizeof(struct cap *))
#define CAP_DIRECTORY_SLOTS (CAP_DIRECTORY_LEAVES * CAP_LEAF_SLOTS)

/* A growable table: leaves of slots, made where one is wanted, found through directories of leaves. The first directory doubles until it is
 * an MP; the others, which few tables have, are found through one more. Where there is no leaf a directory names one of free slots. */
struct cap_table {
    struct cap **near;   /* the first directory */
    uint32_t near_slots; /* how many slots it reaches: 0, or its leaves' */
    uint32_t used;
    struct cap ***far;   /* directories by index / CAP_DIRECTORY_SLOTS, NULL where there is none; NULL: none but the first */
    struct list free;    /* slots, first in, first out: so that a handle comes back as late as it can */
    uint32_t free_count;
    uint32_t leaf_cursor; /* all leaves below this are there */
    bool cursor_rests;    /* and this one is not */
    uint32_t destroyed;   /* of a dead task: none below this is there any more */
};

/* Memory for an object of this type, zeroed, charged to the ledger; one reference, no capability. NULL status: NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status object_create(enum object_type type, struct ledger *ledger, struct object **object);
static inline void object_get(struct object *object) { object->references++; }
/* No reference is left: free it. */
void object_end(struct object *object);
static inline void object_put(struct object *object)
{
    ASSERT(object->references > 0, "a reference is given back once");
    if (--object->references == 0) [[clang::unlikely]]
        object_end(object);
}

/* Find what a handle names. A facet is accepted where a port is asked for. On success the object carries one more reference: give it
 * back with cap_release. Returns INVALID_HANDLE, WRONG_TYPE, NO_RIGHTS. */
[[nodiscard]] enum status cap_lookup(struct thread *thread, cap_t handle, enum object_type type, uint32_t rights, struct object **out);
static inline void cap_release(struct object *object) { object_put(object); }
/* The slot itself; valid until the kernel lock is given up. NULL: stale or never valid. */
struct cap *cap_slot(struct task *task, cap_t handle);
/* The leaf of an index that the first directory does not reach. */
struct cap *cap_far_leaf(const struct cap_table *table, uint32_t index);
/* The slot, where the first directory reaches it; NULL: it does not, or no such capability. */
[[gnu::always_inline]] static inline struct cap *cap_near(const struct cap_table *table, cap_t handle)
{
    uint32_t index = CAP_INDEX(handle);
    if (index >= table->near_slots) [[clang::unlikely]]
        return nullptr;
    struct cap *cap = &table->near[index / CAP_LEAF_SLOTS][index % CAP_LEAF_SLOTS];
    return cap->handle == handle ? cap : nullptr;
}
/* cap_slot for the shortest paths. */
static inline struct cap *cap_find(const struct cap_table *table, cap_t handle)
{
    uint32_t index = CAP_INDEX(handle);
    if (index < table->near_slots) [[clang::likely]]
        return cap_near(table, handle);
    struct cap *cap = &cap_far_leaf(table, index)[index % CAP_LEAF_SLOTS];
    return cap->handle == handle ? cap : nullptr;
}
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
/* A revoke that was interrupted: others who derive in the same tree go on with it. */
struct revoke {
    struct list link;
    struct object *object; /* of the capability; holds a reference. NULL: none is under way */
    struct task *task;
    cap_t handle;
    bool done;             /* it came to its end */
};
void revoke_begin(struct revoke *revoke, struct task *task, cap_t handle);
void revoke_end(struct revoke *revoke, bool done);
/* The capability, to derive from it. Where a revoke of its tree is under way some of that is done first, more than is derived, so that it
 * ends whoever derives; it may have taken this one. To be called before anything else is looked up. */
struct cap *cap_source(struct task *task, cap_t handle);
void cap_table_init(struct cap_table *table);
/* Copy the capabilities that have the CLONE right into the empty table of a new task, at the same handles. */
[[nodiscard]] enum status cap_table_clone(struct task *from, struct task *to);
/* Take a dead task's table apart, up to `steps` slots or leaves; true when empty and freed. */
bool cap_table_destroy_some(struct task *task, unsigned steps);

/* Insert the result object of a create call: gives the creation reference to the new capability or, on failure, drops it. */
[[nodiscard]] enum status cap_publish(struct thread *thread, struct object *object, uint32_t rights, cap_t *handle);

/* Ledgers (object/ledger.c): amounts in bytes for PAGES and KERNEL, counts for the others. */
struct ledger {
    struct object object;
    struct ledger *parent;                   /* holds a reference; NULL at the root */
    uint64_t used[LEDGER_KINDS], limit[LEDGER_KINDS]; /* limit UINT64_MAX: none */
    bool kept;                               /* what it pays for itself stays in memory; its tasks may have the last of it (mm/swap.h) */
};
extern struct ledger *root_ledger;
/* Charge this ledger and all above, or none of them. Returns LEDGER_SPENT. */
[[nodiscard]] enum status ledger_charge(struct ledger *ledger, enum ledger_kind kind, uint64_t amount);
void ledger_credit(struct ledger *ledger, enum ledger_kind kind, uint64_t amount);
/* Kernel memory at the ledger's cost (NULL: nobody's), zeroed. Returns LEDGER_SPENT, NO_MEMORY. */
[[nodiscard]] enum status ledger_alloc(struct ledger *ledger, size_t size, void **memory);
void ledger_free(struct ledger *ledger, void *memory, size_t size);

#endif
