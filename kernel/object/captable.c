/* captable.c: capability tables and the derivation tree. Not here: what capabilities allow (sys/, generated dispatch).
 * Invariants: a used slot holds one reference and one capability count of its object; a slot's children were derived from it; slots
 * never move; a handle is good while its generation is the slot's. Under the kernel lock. */
#include <lib/assert.h>
#include <mm/carve.h>
#include <object/captable.h>
#include <sched/thread.h>

#define GENERATIONS (1u << (32 - CAP_INDEX_BITS))

void cap_table_init(struct cap_table *table)
{
    *table = (struct cap_table){};
}

static struct cap *slot_at(const struct cap_table *table, uint32_t index)
{
    uint32_t leaf = index / CAP_LEAF_SLOTS;
    return leaf < table->leaf_count ? &table->leaves[leaf][index % CAP_LEAF_SLOTS] : nullptr;
}

struct cap *cap_slot(struct task *task, cap_t handle)
{
    struct cap *cap = slot_at(&task->caps, CAP_INDEX(handle));
    if (cap == nullptr || cap->object == nullptr || cap->generation != CAP_GENERATION(handle))
        return nullptr;
    return cap;
}

cap_t cap_handle(const struct cap *cap)
{
    return cap->index | (cap_t)cap->generation << CAP_INDEX_BITS;
}

/* The directory of leaves doubles: it is small (8 bytes a leaf). */
static enum status grow_directory(struct task *task)
{
    struct cap_table *table = &task->caps;
    uint32_t room = table->leaf_room == 0 ? 8 : table->leaf_room * 2;
    enum status status = ledger_charge(task->charge, LEDGER_KERNEL, room * sizeof(struct cap *));
    if (status != STATUS_OK)
        return status;
    struct cap **leaves = kernel_alloc(room * sizeof(struct cap *));
    if (leaves == nullptr) {
        ledger_credit(task->charge, LEDGER_KERNEL, room * sizeof(struct cap *));
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < table->leaf_count; i++)
        leaves[i] = table->leaves[i];
    if (table->leaves != nullptr) {
        kernel_free(table->leaves, table->leaf_room * sizeof(struct cap *));
        ledger_credit(task->charge, LEDGER_KERNEL, table->leaf_room * sizeof(struct cap *));
    }
    table->leaves = leaves;
    table->leaf_room = room;
    return STATUS_OK;
}

static enum status add_leaf(struct task *task)
{
    struct cap_table *table = &task->caps;
    if (table->leaf_count == (1u << CAP_INDEX_BITS) / CAP_LEAF_SLOTS)
        return STATUS_TABLE_FULL;
    enum status status = table->leaf_count < table->leaf_room ? STATUS_OK : grow_directory(task);
    if (status != STATUS_OK)
        return status;
    status = ledger_charge(task->charge, LEDGER_KERNEL, CAP_LEAF_BYTES);
    if (status != STATUS_OK)
        return status;
    struct cap *leaf = kernel_alloc(CAP_LEAF_BYTES);
    if (leaf == nullptr) {
        ledger_credit(task->charge, LEDGER_KERNEL, CAP_LEAF_BYTES);
        return STATUS_NO_MEMORY;
    }
    uint32_t base = table->leaf_count * CAP_LEAF_SLOTS;
    table->leaves[table->leaf_count++] = leaf;
    for (uint32_t i = CAP_LEAF_SLOTS; i-- > 0;) {
        leaf[i].index = base + i;
        leaf[i].task = task;
        leaf[i].previous_free = 0;
        if (base + i == 0)
            continue; /* index 0 is the null handle */
        cap_free_push(table, &leaf[i]);
    }
    return STATUS_OK;
}

void cap_free_push(struct cap_table *table, struct cap *cap)
{
    cap->next_free = table->first_free;
    cap->previous_free = 0;
    if (table->first_free != 0)
        slot_at(table, table->first_free)->previous_free = cap->index;
    table->first_free = cap->index;
}

static void free_remove(struct cap_table *table, struct cap *cap)
{
    if (cap->previous_free != 0)
        slot_at(table, cap->previous_free)->next_free = cap->next_free;
    else
        table->first_free = cap->next_free;
    if (cap->next_free != 0)
        slot_at(table, cap->next_free)->previous_free = cap->previous_free;
}

/* A free slot, off the free list: at `index`, or anywhere when that is 0. */
static enum status take_slot(struct task *task, uint32_t index, struct cap **out)
{
    struct cap_table *table = &task->caps;
    if (task->dead)
        return STATUS_PEER_GONE;
    if (index >= 1u << CAP_INDEX_BITS)
        return STATUS_INVALID_ARGUMENT;
    while (index == 0 ? table->first_free == 0 : slot_at(table, index) == nullptr) {
        enum status status = add_leaf(task);
        if (status != STATUS_OK)
            return status;
    }
    struct cap *cap = slot_at(table, index == 0 ? table->first_free : index);
    if (cap->object != nullptr)
        return STATUS_OVERLAP;
    enum status status = ledger_charge(task->charge, LEDGER_CAPS, 1);
    if (status != STATUS_OK)
        return status;
    free_remove(table, cap);
    table->used++;
    *out = cap;
    return STATUS_OK;
}

void cap_fill(struct cap *cap, struct object *object, uint32_t rights, struct cap *parent)
{
    object_get(object);
    object->capabilities++;
    cap->object = object;
    cap->rights = rights;
    cap->parent = parent;
    list_init(&cap->children);
    if (parent != nullptr)
        list_push_back(&parent->children, &cap->siblings);
    else
        list_init(&cap->siblings);
}

enum status cap_insert_at(struct task *task, uint32_t index, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle)
{
    struct cap *cap;
    enum status status = take_slot(task, index, &cap);
    if (status != STATUS_OK)
        return status;
    cap_fill(cap, object, rights, parent);
    *handle = cap_handle(cap);
    return STATUS_OK;
}

enum status cap_insert(struct task *task, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle)
{
    return cap_insert_at(task, 0, object, rights, parent, handle);
}

/* Children go to the parent (or become roots). */
static void orphan_children(struct cap *cap)
{
    while (!list_empty(&cap->children)) {
        struct cap *child = container_of(list_pop_front(&cap->children), struct cap, siblings);
        child->parent = cap->parent;
        if (cap->parent != nullptr)
            list_push_back(&cap->parent->children, &child->siblings);
    }
}

static void release_slot(struct cap *cap)
{
    cap->object = nullptr;
    cap->parent = nullptr;
    cap->generation = (uint16_t)((cap->generation + 1) % GENERATIONS);
    struct task *task = cap->task;
    if (task == nullptr)
        return; /* a slot inside a queued message */
    task->caps.used--;
    ledger_credit(task->charge, LEDGER_CAPS, 1);
    cap_free_push(&task->caps, cap);
}

void cap_remove(struct cap *cap)
{
    struct object *object = cap->object;
    orphan_children(cap);
    if (cap->parent != nullptr)
        list_remove(&cap->siblings);
    release_slot(cap);
    if (--object->capabilities == 0)
        object_unreachable(object);
    object_put(object);
}

/* Put `to`, an empty slot, in the place of `from`. */
void cap_replace(struct cap *from, struct cap *to)
{
    to->object = from->object;
    to->rights = from->rights;
    to->parent = from->parent;
    list_init(&to->children);
    list_init(&to->siblings);
    if (from->parent != nullptr) {
        list_insert_before(&from->siblings, &to->siblings);
        list_remove(&from->siblings);
    }
    while (!list_empty(&from->children)) {
        struct cap *child = container_of(list_pop_front(&from->children), struct cap, siblings);
        child->parent = to;
        list_push_back(&to->children, &child->siblings);
    }
    release_slot(from);
}

enum status cap_move(struct cap *from, struct task *to, cap_t *handle)
{
    struct cap *slot;
    enum status status = take_slot(to, 0, &slot);
    if (status != STATUS_OK)
        return status;
    cap_replace(from, slot);
    *handle = cap_handle(slot);
    return STATUS_OK;
}

bool cap_revoke_some(struct cap *cap, unsigned steps)
{
    for (struct cap *at = cap; at != cap || !list_empty(&at->children);) {
        if (!list_empty(&at->children)) {
            at = container_of(at->children.next, struct cap, siblings);
            continue;
        }
        if (steps-- == 0)
            return false;
        struct cap *leaf = at;
        at = leaf->parent;
        cap_remove(leaf);
    }
    return true;
}

bool cap_table_destroy_some(struct task *task, unsigned steps)
{
    struct cap_table *table = &task->caps;
    while (table->leaf_count > 0) {
        struct cap *leaf = table->leaves[table->leaf_count - 1];
        for (uint32_t i = 0; i < CAP_LEAF_SLOTS; i++) {
            if (leaf[i].object == nullptr)
                continue;
            if (steps-- == 0)
                return false;
            cap_remove(&leaf[i]);
        }
        for (uint32_t i = 0; i < CAP_LEAF_SLOTS; i++)
            if (leaf[i].index != 0)
                free_remove(table, &leaf[i]);
        kernel_free(leaf, CAP_LEAF_BYTES);
        ledger_credit(task->charge, LEDGER_KERNEL, CAP_LEAF_BYTES);
        table->leaf_count--;
    }
    if (table->leaves != nullptr) {
        kernel_free(table->leaves, table->leaf_room * sizeof(struct cap *));
        ledger_credit(task->charge, LEDGER_KERNEL, table->leaf_room * sizeof(struct cap *));
        table->leaves = nullptr;
    }
    return true;
}

enum status cap_lookup(struct thread *thread, cap_t handle, enum object_type type, uint32_t rights, struct object **out)
{
    struct cap *cap = cap_slot(thread->task, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    struct object *object = cap->object;
    if (object->type != type && type != OBJECT_ANY && !(type == OBJECT_PORT && object->type == OBJECT_FACET))
        return STATUS_WRONG_TYPE;
    if ((cap->rights & rights) != rights)
        return STATUS_NO_RIGHTS;
    if (type == OBJECT_PORT && object->type == OBJECT_FACET)
        object = facet_port(object);
    object_get(object);
    *out = object;
    return STATUS_OK;
}

enum status cap_publish(struct thread *thread, struct object *object, uint32_t rights, cap_t *handle)
{
    enum status status = cap_insert(thread->task, object, rights, nullptr, handle);
    object_put(object);
    return status;
}
