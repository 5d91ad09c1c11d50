/* captable_test.c: capability tables and the derivation tree against a model: nodes that know their parent. */
#include <host.h>
#include <ipc/ipc.h>
#include <object/captable.h>
#include <sched/schedule.h>
#include <unit.h>

#define TASKS 5
#define MESSAGE (-1) /* in place of a task: a slot of no table */
#define NODES 600
#define NONE (-1)

static struct ledger ledger, child_ledger;
static struct task *tasks[TASKS];

static struct node {
    bool alive;
    int parent, task;
    struct object *object;
    cap_t handle;
    struct cap *slot;   /* where the model says it is */
    struct cap message; /* the slot itself, when task is MESSAGE */
} nodes[NODES];

static int below(int limit) { return (int)unit_random_below((uint64_t)limit); }

static void ledger_reset(struct ledger *l, struct ledger *parent)
{
    *l = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}, .parent = parent};
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        l->limit[kind] = UINT64_MAX;
}

static void begin(uint64_t ram)
{
    host_boot_simple(16, ram);
    cpu_init(&cpus[0], 0);
    ledger_reset(&ledger, nullptr);
    ledger_reset(&child_ledger, &ledger);
    for (int i = 0; i < TASKS; i++)
        REQUIRE_EQUAL(task_create(&child_ledger, &tasks[i]), STATUS_OK);
    for (int i = 0; i < NODES; i++)
        nodes[i] = (struct node){};
}

static void task_end(struct task *task)
{
    task_kill(task, 0);
    object_put(&task->object);
}

/* Everything that was made is gone, and paid back, in the child ledger and the one above. */
static void expect_nothing_left(void)
{
    host_work();
    for (int kind = 0; kind < LEDGER_KINDS; kind++) {
        EXPECT_EQUAL(child_ledger.used[kind], 0);
        EXPECT_EQUAL(ledger.used[kind], 0);
    }
    EXPECT_EQUAL(child_ledger.object.references, 1);
    mm_check();
}

static void end(void)
{
    for (int i = 0; i < TASKS; i++)
        task_end(tasks[i]);
    expect_nothing_left();
}

static struct object *new_object(void)
{
    struct notification *notification;
    REQUIRE_EQUAL(notification_create(&child_ledger, &notification), STATUS_OK);
    return &notification->object;
}

/* --- the model ------------------------------------------------------------------------------------------------------------------------ */

static int free_node(void)
{
    for (int i = 0; i < NODES; i++)
        if (!nodes[i].alive)
            return i;
    return NONE;
}

static int random_node(void)
{
    int start = below(NODES);
    for (int i = 0; i < NODES; i++)
        if (nodes[(start + i) % NODES].alive)
            return (start + i) % NODES;
    return NONE;
}

static bool below_node(int node, int ancestor)
{
    while (node != NONE && node != ancestor)
        node = nodes[node].parent;
    return node == ancestor;
}

static void forget(int node)
{
    nodes[node].alive = false;
    for (int i = 0; i < NODES; i++)
        if (nodes[i].alive && nodes[i].parent == node)
            nodes[i].parent = nodes[node].parent;
}

static bool still_there(const struct node *node)
{
    if (node->task == MESSAGE)
        return node->message.object != nullptr;
    return cap_slot(tasks[node->task], node->handle) == node->slot;
}

static int node_of(const struct cap *cap)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].alive && nodes[i].slot == cap)
            return i;
    return NONE;
}

/* Every entry of the ring that the root is in, with the parents that its brackets say. Returns: how many capabilities it has. */
static int check_ring(int root)
{
    int stack[NODES + 1], depth = 0, count = 0;
    struct list *first = &nodes[root].slot->open, *item = first;
    stack[0] = NONE;
    do {
        int top = stack[depth];
        if (top != NONE && item == &nodes[top].slot->close) {
            depth--;
        } else {
            int node = node_of(container_of(item, struct cap, open));
            REQUIRE(node != NONE);
            EXPECT_EQUAL(nodes[node].parent, top);
            stack[++depth] = node;
            count++;
        }
        item = item->next;
    } while (item != first);
    EXPECT_EQUAL(depth, 0);
    return count;
}

static void check_model(void)
{
    uint64_t used[TASKS] = {}, in_tables = 0;
    for (int i = 0; i < NODES; i++) {
        if (!nodes[i].alive)
            continue;
        REQUIRE(still_there(&nodes[i]));
        EXPECT(nodes[i].slot->object == nodes[i].object);
        if (nodes[i].parent == NONE)
            EXPECT(check_ring(i) > 0);
        else
            EXPECT(nodes[nodes[i].parent].alive && nodes[nodes[i].parent].object == nodes[i].object);
        uint32_t same = 0;
        for (int j = 0; j < NODES; j++)
            same += nodes[j].alive && nodes[j].object == nodes[i].object;
        EXPECT_EQUAL(nodes[i].object->capabilities, same);
        EXPECT_EQUAL(nodes[i].object->references, same);
        if (nodes[i].task != MESSAGE) {
            used[nodes[i].task]++;
            in_tables++;
        }
    }
    for (int i = 0; i < TASKS; i++)
        EXPECT_EQUAL(tasks[i]->caps.used, used[i]);
    EXPECT_EQUAL(child_ledger.used[LEDGER_CAPS], in_tables);
}

/* --- operations ------------------------------------------------------------------------------------------------------------------------ */

/* A new capability to the object: in a task at some index, or in a message. */
static int place(struct object *object, int parent)
{
    int node = free_node();
    if (node == NONE)
        return NONE;
    struct node *n = &nodes[node];
    struct cap *above = parent == NONE ? nullptr : nodes[parent].slot;
    n->task = below(TASKS + 1) - 1;
    n->object = object;
    n->parent = parent;
    if (n->task == MESSAGE) {
        n->message = (struct cap){};
        cap_fill(&n->message, object, RIGHTS_ALL, above);
        n->slot = &n->message;
    } else {
        uint32_t index = below(8) != 0 ? 0 : (uint32_t)below(1 << (4 + below(CAP_INDEX_BITS - 3)));
        enum status status = cap_insert_at(tasks[n->task], index, object, RIGHTS_ALL, above, &n->handle);
        if (status == STATUS_OVERLAP && index != 0)
            return NONE;
        REQUIRE_EQUAL(status, STATUS_OK);
        EXPECT(index == 0 || CAP_INDEX(n->handle) == index);
        n->slot = cap_slot(tasks[n->task], n->handle);
    }
    n->alive = true;
    return node;
}

static void make_root(void)
{
    struct object *object = new_object();
    (void)place(object, NONE);
    object_put(object);
}

static void move(int node)
{
    struct node *n = &nodes[node];
    int to = below(TASKS);
    cap_t old = n->handle;
    if (n->task == MESSAGE || below(3) != 0) {
        struct cap *from = n->slot;
        REQUIRE_EQUAL(cap_move(from, tasks[to], &n->handle), STATUS_OK);
        if (n->task != MESSAGE)
            EXPECT(cap_slot(tasks[n->task], old) == nullptr);
        n->task = to;
        n->slot = cap_slot(tasks[to], n->handle);
    } else {
        n->message = (struct cap){};
        cap_replace(n->slot, &n->message);
        EXPECT(cap_slot(tasks[n->task], old) == nullptr);
        n->task = MESSAGE;
        n->slot = &n->message;
    }
}

static void remove_one(int node)
{
    cap_remove(nodes[node].slot);
    EXPECT(!still_there(&nodes[node]));
    forget(node);
}

/* What went is derived from the node, and is as many as the steps. */
static void note_revoked(int node, unsigned steps, bool done)
{
    unsigned gone = 0;
    for (int i = 0; i < NODES; i++) {
        if (!nodes[i].alive || i == node)
            continue;
        bool derived = below_node(i, node);
        if (still_there(&nodes[i])) {
            EXPECT(!derived || !done);
        } else {
            EXPECT(derived);
            gone++;
        }
    }
    EXPECT(done ? gone <= steps : gone == steps);
    for (int i = 0; i < NODES; i++)
        if (nodes[i].alive && !still_there(&nodes[i]))
            forget(i);
}

static void revoke(int node)
{
    unsigned steps = below(4) == 0 ? (unsigned)below(6) : NODES;
    bool done = cap_revoke_some(nodes[node].slot, steps);
    EXPECT(still_there(&nodes[node]));
    note_revoked(node, steps, done);
}

/* A task ends; another takes its number. In between, others go on while it is taken apart. */
static void end_task(int which)
{
    task_end(tasks[which]);
    REQUIRE_EQUAL(task_create(&child_ledger, &tasks[which]), STATUS_OK);
    host_work();
    for (int i = 0; i < NODES; i++)
        if (nodes[i].alive && nodes[i].task == which)
            forget(i);
}

static void step(void)
{
    int node = random_node(), what = below(100);
    if (node == NONE || what < 4)
        make_root();
    else if (what < 50)
        (void)place(nodes[node].object, node);
    else if (what < 70)
        move(node);
    else if (what < 92)
        remove_one(node);
    else if (what < 99)
        revoke(node);
    else if (below(10) == 0)
        end_task(below(TASKS));
}

TEST(random_derivations)
{
    begin(64 << 20);
    for (int i = 0; i < 60000; i++) {
        step();
        if (i % 50 == 0)
            check_model();
    }
    for (int i = 0; i < NODES; i++)
        if (nodes[i].alive && nodes[i].task == MESSAGE)
            remove_one(i);
    end();
}

/* --- large trees and tables ---------------------------------------------------------------------------------------------------------------- */

#define MANY 100000

static cap_t *many_handles(void)
{
    static cap_t handles[MANY];
    return handles;
}

/* Dropping one with 100,000 children leaves them to its parent at once; revoking that takes them in bounded steps. */
TEST(hundred_thousand_children)
{
    begin(128 << 20);
    struct object *object = new_object();
    cap_t root, middle, *handles = many_handles();
    REQUIRE_EQUAL(cap_insert(tasks[0], object, RIGHTS_ALL, nullptr, &root), STATUS_OK);
    object_put(object);
    REQUIRE_EQUAL(cap_insert(tasks[1], object, RIGHTS_ALL, cap_slot(tasks[0], root), &middle), STATUS_OK);
    for (int i = 0; i < MANY; i++)
        REQUIRE_EQUAL(cap_insert(tasks[i % 3], object, RIGHTS_ALL, cap_slot(tasks[1], middle), &handles[i]), STATUS_OK);
    EXPECT_EQUAL(object->capabilities, MANY + 2);
    cap_remove(cap_slot(tasks[1], middle));
    EXPECT(cap_slot(tasks[2], handles[2]) != nullptr);
    unsigned rounds = 1;
    while (!cap_revoke_some(cap_slot(tasks[0], root), 1000))
        rounds++;
    EXPECT_EQUAL(rounds, MANY / 1000);
    EXPECT_EQUAL(object->capabilities, 1);
    for (int i = 0; i < MANY; i++)
        EXPECT(cap_slot(tasks[i % 3], handles[i]) == nullptr);
    end();
}

TEST(a_chain_of_a_hundred_thousand)
{
    begin(128 << 20);
    struct object *object = new_object();
    cap_t first, at;
    REQUIRE_EQUAL(cap_insert(tasks[0], object, RIGHTS_ALL, nullptr, &first), STATUS_OK);
    object_put(object);
    at = first;
    for (int i = 0; i < MANY; i++)
        REQUIRE_EQUAL(cap_insert(tasks[0], object, RIGHTS_ALL, cap_slot(tasks[0], at), &at), STATUS_OK);
    while (!cap_revoke_some(cap_slot(tasks[0], first), 64)) {
    }
    EXPECT_EQUAL(tasks[0]->caps.used, 1);
    end();
}

TEST(a_million_slots)
{
    begin(256 << 20);
    struct object *object = new_object();
    cap_t handle = 0, last = 0;
    for (int i = 0; i < 1 << 20; i++) {
        REQUIRE_EQUAL(cap_insert(tasks[0], object, RIGHTS_ALL, nullptr, &handle), STATUS_OK);
        if (handle > last)
            last = handle;
    }
    object_put(object);
    EXPECT_EQUAL(tasks[0]->caps.used, 1 << 20);
    EXPECT(CAP_INDEX(last) < (1 << 20) + 256); /* dense */
    EXPECT(cap_slot(tasks[0], handle) != nullptr);
    EXPECT(cap_slot(tasks[0], (1u << CAP_INDEX_BITS) - 1) == nullptr);
    end();
}

/* A capability at the far end costs a leaf and two directories, and one in the table's first part is none the worse for it. */
TEST(sparse_tables)
{
    static const uint32_t indexes[] = {(1u << CAP_INDEX_BITS) - 1, 1u << 23, 1, 63, 64, 511, 512, 32767, 32768, 40000, 1u << 20};
    begin(64 << 20);
    struct object *object = new_object();
    cap_t handle;
    uint64_t before = child_ledger.used[LEDGER_KERNEL];
    for (unsigned i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        EXPECT(cap_slot(tasks[0], indexes[i]) == nullptr);
        REQUIRE_EQUAL(cap_insert_at(tasks[0], indexes[i], object, 1, nullptr, &handle), STATUS_OK);
        EXPECT_EQUAL(CAP_INDEX(handle), indexes[i]);
        EXPECT_EQUAL(cap_insert_at(tasks[0], indexes[i], object, 1, nullptr, &handle), STATUS_OVERLAP);
        EXPECT(child_ledger.used[LEDGER_KERNEL] - before <= 16 * 1024 * (i + 1));
    }
    for (unsigned i = 0; i < sizeof indexes / sizeof *indexes; i++)
        EXPECT(cap_slot(tasks[0], indexes[i]) != nullptr);
    EXPECT_EQUAL(cap_insert_at(tasks[0], 1u << CAP_INDEX_BITS, object, 1, nullptr, &handle), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(cap_insert_at(tasks[0], UINT32_MAX, object, 1, nullptr, &handle), STATUS_INVALID_ARGUMENT);
    object_put(object);
    end();
}

/* Slots of leaves at high indexes are used like others, and a leaf at the low end is found when they are used up. */
TEST(sparse_tables_fill_up)
{
    begin(64 << 20);
    struct object *object = new_object();
    cap_t handle;
    for (uint32_t leaf = 40; leaf-- > 0;)
        REQUIRE_EQUAL(cap_insert_at(tasks[0], 1 + leaf * 2 * CAP_LEAF_SLOTS, object, 1, nullptr, &handle), STATUS_OK);
    uint32_t highest = 0;
    for (uint32_t i = 0; i < 80 * CAP_LEAF_SLOTS; i++) {
        REQUIRE_EQUAL(cap_insert(tasks[0], object, 1, nullptr, &handle), STATUS_OK);
        highest = CAP_INDEX(handle) > highest ? CAP_INDEX(handle) : highest;
    }
    EXPECT(highest < 82 * CAP_LEAF_SLOTS);
    EXPECT_EQUAL(tasks[0]->caps.used, 80 * CAP_LEAF_SLOTS + 40);
    object_put(object);
    end();
}

/* --- handles ---------------------------------------------------------------------------------------------------------------------------------- */

TEST(stale_handles_stay_stale)
{
    begin(16 << 20);
    struct object *object = new_object();
    cap_t stale, handle;
    REQUIRE_EQUAL(cap_insert(tasks[0], object, 1, nullptr, &stale), STATUS_OK);
    cap_remove(cap_slot(tasks[0], stale));
    for (int i = 0; i < 4000; i++) {
        REQUIRE_EQUAL(cap_insert(tasks[0], object, 1, nullptr, &handle), STATUS_OK);
        EXPECT(handle != stale && cap_slot(tasks[0], stale) == nullptr);
        cap_remove(cap_slot(tasks[0], handle));
    }
    EXPECT(cap_slot(tasks[0], CAP_NULL) == nullptr);
    for (uint32_t generation = 1; generation < 1u << (32 - CAP_INDEX_BITS); generation++)
        EXPECT(cap_slot(tasks[0], generation << CAP_INDEX_BITS) == nullptr);
    object_put(object);
    end();
}

/* A clone has what may be cloned, at the same handles, derived from the originals. */
TEST(clone_keeps_handles)
{
    static cap_t handles[300];
    begin(64 << 20);
    struct object *object = new_object();
    for (uint32_t i = 0; i < 300; i++)
        REQUIRE_EQUAL(cap_insert_at(tasks[0], i % 3 != 0 ? 0 : 100000 + i * 777, object, i & 1 ? RIGHTS_ALL : RIGHTS_ALL & ~RIGHT_CLONE, nullptr, &handles[i]), STATUS_OK);
    for (uint32_t i = 0; i < 300; i += 5) { /* so that generations differ */
        cap_remove(cap_slot(tasks[0], handles[i]));
        REQUIRE_EQUAL(cap_insert_at(tasks[0], CAP_INDEX(handles[i]), object, i & 1 ? RIGHTS_ALL : RIGHTS_ALL & ~RIGHT_CLONE, nullptr, &handles[i]), STATUS_OK);
    }
    REQUIRE_EQUAL(cap_table_clone(tasks[0], tasks[1]), STATUS_OK);
    for (uint32_t i = 0; i < 300; i++) {
        EXPECT_EQUAL(cap_slot(tasks[1], handles[i]) != nullptr, i & 1);
        EXPECT(cap_revoke_some(cap_slot(tasks[0], handles[i]), 1));
        EXPECT(cap_slot(tasks[1], handles[i]) == nullptr);
    }
    EXPECT_EQUAL(tasks[1]->caps.used, 0);
    object_put(object);
    end();
}

/* --- ledgers -------------------------------------------------------------------------------------------------------------------------------------- */

/* Whatever the limit, of capabilities or of memory: a status, nothing half done, and it goes on when there is room. */
TEST(limits_of_a_table)
{
    begin(64 << 20);
    struct object *object = new_object();
    for (int kind = LEDGER_KERNEL; kind <= LEDGER_CAPS; kind++)
        for (uint64_t room = 0; room < (kind == LEDGER_CAPS ? 200u : 40000u); room += kind == LEDGER_CAPS ? 17 : 1000) {
            struct task *task;
            cap_t handle;
            REQUIRE_EQUAL(task_create(&child_ledger, &task), STATUS_OK);
            ledger.limit[kind] = ledger.used[kind] + room;
            enum status status = STATUS_OK;
            for (uint32_t i = 0; i < 300 && status == STATUS_OK; i++) {
                uint64_t kernel = child_ledger.used[LEDGER_KERNEL], caps = child_ledger.used[LEDGER_CAPS];
                status = cap_insert_at(task, i % 3 ? 0 : 1000 + i * 300, object, 1, nullptr, &handle);
                if (status != STATUS_OK)
                    EXPECT(child_ledger.used[LEDGER_CAPS] == caps && child_ledger.used[LEDGER_KERNEL] - kernel <= 4096 * 3);
            }
            EXPECT_EQUAL(status, STATUS_LEDGER_SPENT);
            ledger.limit[kind] = UINT64_MAX;
            EXPECT_EQUAL(cap_insert(task, object, 1, nullptr, &handle), STATUS_OK);
            task_end(task);
        }
    object_put(object);
    end();
}

TEST(no_memory_for_a_table)
{
    begin(64 << 20);
    struct object *object = new_object();
    for (uint64_t fail = 1; fail < 12; fail++) {
        struct task *task;
        cap_t handle;
        REQUIRE_EQUAL(task_create(&child_ledger, &task), STATUS_OK);
        host_fail_after(fail, true);
        enum status status = STATUS_OK;
        for (uint32_t i = 0; i < 2000 && status == STATUS_OK; i++)
            status = cap_insert_at(task, i & 1 ? 0 : 1 + i * 5000, object, 1, nullptr, &handle);
        EXPECT_EQUAL(status, STATUS_NO_MEMORY);
        host_fail_after(0, false);
        EXPECT_EQUAL(cap_insert(task, object, 1, nullptr, &handle), STATUS_OK);
        task_end(task);
    }
    object_put(object);
    end();
}

/* --- facets: the last of many, wherever it is, is told once -------------------------------------------------------------------------------------- */

TEST(facet_gone_after_the_last)
{
    begin(32 << 20);
    struct port *port;
    struct facet *facet;
    cap_t own, handle;
    REQUIRE_EQUAL(port_create(&child_ledger, 0, &port), STATUS_OK);
    REQUIRE_EQUAL(cap_insert(tasks[0], &port->object, RIGHTS_ALL, nullptr, &own), STATUS_OK);
    object_put(&port->object);
    REQUIRE_EQUAL(facet_create(&child_ledger, port, 77, &facet), STATUS_OK);
    cap_t at = own;
    struct task *of = tasks[0];
    for (int i = 0; i < 500; i++) {
        REQUIRE_EQUAL(cap_insert(tasks[i % 4], &facet->object, RIGHTS_ALL, cap_slot(of, at), &handle), STATUS_OK);
        of = tasks[i % 4];
        at = handle;
    }
    object_put(&facet->object);
    task_end(tasks[3]);
    host_work();
    REQUIRE_EQUAL(task_create(&child_ledger, &tasks[3]), STATUS_OK);
    EXPECT(list_empty(&port->events));
    EXPECT_EQUAL(facet->object.capabilities, 375);
    while (!cap_revoke_some(cap_slot(tasks[0], own), 10)) {
        EXPECT(list_empty(&port->events));
    }
    EXPECT(!list_empty(&port->events) && port->events.next->next == &port->events);
    end();
}
