/* captable.c: capability tables. Not here: the derivation tree (captree.c), what capabilities allow (sys/, generated dispatch).
 * Invariants: slots never move; a handle is good while its generation is the slot's; a free slot is on its table's list but for index 0,
 * which is the null handle, and those of a dead task; a table keeps its leaves until its task is dead. Under the kernel lock. */
#include <lib/assert.h>
#include <object/captable.h>
#include <sched/thread.h>

#define GENERATIONS (1u << (32 - CAP_INDEX_BITS))
#define LEAVES ((1u << CAP_INDEX_BITS) / CAP_LEAF_SLOTS)
#define DIRECTORIES (LEAVES / CAP_DIRECTORY_LEAVES)
#define LEAF_BYTES (CAP_LEAF_SLOTS * sizeof(struct cap))
#define FIRST_LEAVES 8u
#define FREE_LEAST 16u /* so many slots take turns: a handle comes back after GENERATIONS * FREE_LEAST others at the earliest */
#define CURSOR_STEPS 64u

static_assert(sizeof(struct cap) == 64, "a slot is found by shifts");

static struct cap no_leaf[CAP_LEAF_SLOTS] = {{.handle = CAP_NAMELESS}}; /* stands for all leaves that are not there; never written */

void cap_table_init(struct cap_table *table)
{
    *table = (struct cap_table){};
    list_init(&table->free);
}

struct cap *cap_far_leaf(const struct cap_table *table, uint32_t index)
{
    struct cap **directory = table->far != nullptr ? table->far[index / CAP_DIRECTORY_SLOTS] : nullptr;
    return directory != nullptr ? directory[index / CAP_LEAF_SLOTS % CAP_DIRECTORY_LEAVES] : no_leaf;
}

struct cap *cap_slot(struct task *task, cap_t handle)
{
    return cap_find(&task->caps, handle);
}

cap_t cap_handle(const struct cap *cap)
{
    return cap->index | (cap_t)cap->generation << CAP_INDEX_BITS;
}

/* --- leaves -------------------------------------------------------------------------------------------------------------------------- */

/* The directory with leaf `number` and how many leaves it names; NULL and 0: there is none. */
static struct cap **directory_of(const struct cap_table *table, uint32_t number, uint32_t *count)
{
    if (number < CAP_DIRECTORY_LEAVES) {
        *count = table->near_slots / CAP_LEAF_SLOTS;
        return table->near;
    }
    struct cap **directory = table->far != nullptr ? table->far[number / CAP_DIRECTORY_LEAVES] : nullptr;
    *count = directory != nullptr ? CAP_DIRECTORY_LEAVES : 0;
    return directory;
}

/* Where the directory names leaf `number`; NULL: it does not. */
static struct cap **leaf_entry(const struct cap_table *table, uint32_t number)
{
    uint32_t count, i = number % CAP_DIRECTORY_LEAVES;
    struct cap **directory = directory_of(table, number, &count);
    return i < count ? &directory[i] : nullptr;
}

static bool leaf_present(const struct cap_table *table, uint32_t number)
{
    struct cap **entry = leaf_entry(table, number);
    return entry != nullptr && *entry != no_leaf;
}

/* The lowest leaf from *number on that is in the same directory: *number names it. False: there is none, *number goes on to the next
 * directory, or to LEAVES. */
static bool leaf_next(const struct cap_table *table, uint32_t *number)
{
    uint32_t count, i = *number % CAP_DIRECTORY_LEAVES, first = *number - i;
    struct cap **directory = directory_of(table, *number, &count);
    while (i < count && directory[i] == no_leaf)
        i++;
    *number = first + (i < count ? i : CAP_DIRECTORY_LEAVES);
    if (i >= count && table->far == nullptr)
        *number = LEAVES;
    return i < count;
}

static enum status directory_create(struct task *task, uint32_t leaves, struct cap ***directory)
{
    void *memory;
    enum status status = ledger_alloc(task->charge, leaves * sizeof(struct cap *), &memory);
    if (status != STATUS_OK)
        return status;
    *directory = memory;
    for (uint32_t i = 0; i < leaves; i++)
        (*directory)[i] = no_leaf;
    return STATUS_OK;
}

static void near_free(struct task *task)
{
    if (task->caps.near != nullptr)
        ledger_free(task->charge, task->caps.near, task->caps.near_slots / CAP_LEAF_SLOTS * sizeof(struct cap *));
}

static enum status near_reach(struct task *task, uint32_t number)
{
    struct cap_table *table = &task->caps;
    uint32_t leaves = table->near_slots / CAP_LEAF_SLOTS, room = leaves == 0 ? FIRST_LEAVES : leaves;
    while (room <= number)
        room *= 2;
    if (room == leaves)
        return STATUS_OK;
    struct cap **near;
    enum status status = directory_create(task, room, &near);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < leaves; i++)
        near[i] = table->near[i];
    near_free(task);
    table->near = near;
    table->near_slots = room * CAP_LEAF_SLOTS;
    return STATUS_OK;
}

static enum status far_reach(struct task *task, uint32_t number)
{
    struct cap_table *table = &task->caps;
    if (table->far == nullptr) {
        void *memory;
        enum status status = ledger_alloc(task->charge, DIRECTORIES * sizeof *table->far, &memory);
        if (status != STATUS_OK)
            return status;
        table->far = memory;
    }
    struct cap ***directory = &table->far[number / CAP_DIRECTORY_LEAVES];
    return *directory != nullptr ? STATUS_OK : directory_create(task, CAP_DIRECTORY_LEAVES, directory);
}

static enum status leaf_create(struct task *task, uint32_t number)
{
    struct cap_table *table = &task->caps;
    enum status status = number < CAP_DIRECTORY_LEAVES ? near_reach(task, number) : far_reach(task, number);
    if (status != STATUS_OK)
        return status;
    void *memory;
    status = ledger_alloc(task->charge, LEAF_BYTES, &memory);
    if (status != STATUS_OK)
        return status;
    struct cap *leaf = *leaf_entry(table, number) = memory;
    table->cursor_rests = table->cursor_rests && number != table->leaf_cursor;
    for (uint32_t i = 0; i < CAP_LEAF_SLOTS; i++) {
        leaf[i].index = number * CAP_LEAF_SLOTS + i;
        leaf[i].task = task;
        if (leaf[i].index == 0) {
            leaf[i].handle = CAP_NAMELESS;
            continue;
        }
        list_push_back(&table->free, &leaf[i].open);
        table->free_count++;
    }
    return STATUS_OK;
}

/* A few steps towards the lowest leaf that is not there. Each leaf that the cursor passes brought slots, so it is there long before they
 * are used up. True: it is. */
static bool cursor_advance(struct cap_table *table)
{
    for (unsigned i = 0; i < CURSOR_STEPS && table->leaf_cursor < LEAVES && leaf_present(table, table->leaf_cursor); i++)
        table->leaf_cursor++;
    table->cursor_rests = table->leaf_cursor == LEAVES || !leaf_present(table, table->leaf_cursor);
    return table->cursor_rests;
}

/* One more leaf at the low end. */
static enum status grow(struct task *task)
{
    struct cap_table *table = &task->caps;
    while (!cursor_advance(table)) {
    }
    return table->leaf_cursor < LEAVES ? leaf_create(task, table->leaf_cursor) : STATUS_TABLE_FULL;
}

/* --- slots --------------------------------------------------------------------------------------------------------------------------- */

static enum status find_any(struct task *task, struct cap **cap)
{
    struct cap_table *table = &task->caps;
    if (!table->cursor_rests) [[clang::unlikely]]
        (void)cursor_advance(table);
    if (table->free_count < FREE_LEAST) [[clang::unlikely]] {
        enum status status = grow(task);
        if (status != STATUS_OK && table->free_count == 0)
            return status;
    }
    *cap = container_of(table->free.next, struct cap, open);
    return STATUS_OK;
}

static enum status find_at(struct task *task, uint32_t index, struct cap **cap)
{
    uint32_t number = index / CAP_LEAF_SLOTS;
    if (number >= LEAVES)
        return STATUS_INVALID_ARGUMENT;
    if (!leaf_present(&task->caps, number)) {
        enum status status = leaf_create(task, number);
        if (status != STATUS_OK)
            return status;
    }
    *cap = &(*leaf_entry(&task->caps, number))[index % CAP_LEAF_SLOTS];
    return (*cap)->object == nullptr ? STATUS_OK : STATUS_OVERLAP;
}

enum status cap_slot_take(struct task *task, uint32_t index, struct cap **cap)
{
    if (task->dead)
        return STATUS_PEER_GONE;
    enum status status = index == 0 ? find_any(task, cap) : find_at(task, index, cap);
    if (status == STATUS_OK)
        status = ledger_charge(task->charge, LEDGER_CAPS, 1);
    if (status != STATUS_OK)
        return status;
    list_remove(&(*cap)->open);
    (*cap)->handle = cap_handle(*cap);
    task->caps.free_count--;
    task->caps.used++;
    return STATUS_OK;
}

void cap_slot_release(struct cap *cap)
{
    struct task *task = cap->task;
    cap->object = nullptr;
    cap->handle = CAP_NULL;
    cap->generation = (uint16_t)((cap->generation + 1) % GENERATIONS);
    if (task == nullptr)
        return; /* a slot of a queued message */
    task->caps.used--;
    ledger_credit(task->charge, LEDGER_CAPS, 1);
    if (task->dead)
        return; /* its leaf goes soon */
    list_push_back(&task->caps.free, &cap->open);
    task->caps.free_count++;
}

enum status cap_lookup(struct thread *thread, cap_t handle, enum object_type type, uint32_t rights, struct object **out)
{
    struct cap *cap = cap_find(&thread->task->caps, handle);
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

/* --- whole tables ---------------------------------------------------------------------------------------------------------------------- */

static enum status clone_leaf(struct cap *leaf, struct task *to)
{
    for (uint32_t i = 0; i < CAP_LEAF_SLOTS; i++) {
        if (leaf[i].object == nullptr || (leaf[i].rights & RIGHT_CLONE) == 0)
            continue;
        struct cap *cap = cap_source(leaf[i].task, leaf[i].handle);
        if (cap == nullptr)
            continue;
        cap_t handle;
        enum status status = cap_insert_at(to, cap->index, cap->object, cap->rights, cap, &handle);
        if (status != STATUS_OK)
            return status;
        struct cap *copy = cap_slot(to, handle);
        copy->generation = cap->generation;
        copy->handle = cap->handle;
    }
    return STATUS_OK;
}

enum status cap_table_clone(struct task *from, struct task *to)
{
    for (uint32_t number = 0; number < LEAVES;) {
        if (!leaf_next(&from->caps, &number))
            continue;
        enum status status = clone_leaf(*leaf_entry(&from->caps, number++), to);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Up to *steps slots of one leaf, which counts down; then the leaf. True: it is freed. */
static bool leaf_destroy(struct task *task, struct cap **entry, unsigned *steps)
{
    struct cap *leaf = *entry;
    for (uint32_t i = 0; i < CAP_LEAF_SLOTS; i++) {
        if (leaf[i].object == nullptr)
            continue;
        if (*steps == 0)
            return false;
        --*steps;
        cap_remove(&leaf[i]);
    }
    *entry = no_leaf;
    ledger_free(task->charge, leaf, LEAF_BYTES);
    return true;
}

/* The leaves of the directory with leaf `number` are gone. */
static void directory_destroy(struct task *task, uint32_t number)
{
    struct cap_table *table = &task->caps;
    struct cap ***directory = table->far != nullptr ? &table->far[number / CAP_DIRECTORY_LEAVES] : nullptr;
    if (directory == nullptr || *directory == nullptr)
        return;
    ledger_free(task->charge, *directory, CAP_DIRECTORY_LEAVES * sizeof(struct cap *));
    *directory = nullptr;
}

bool cap_table_destroy_some(struct task *task, unsigned steps)
{
    struct cap_table *table = &task->caps;
    while (table->destroyed < LEAVES) {
        if (steps == 0)
            return false;
        uint32_t number = table->destroyed;
        if (!leaf_next(table, &table->destroyed)) {
            directory_destroy(task, number);
            steps--;
        } else if (!leaf_destroy(task, leaf_entry(table, table->destroyed), &steps)) {
            return false;
        } else if (steps > 0) {
            steps--;
        }
    }
    if (table->far != nullptr)
        ledger_free(task->charge, table->far, DIRECTORIES * sizeof *table->far);
    near_free(task);
    cap_table_init(table);
    table->destroyed = LEAVES;
    return true;
}
