/* forest.c: the derivation tree on all CPUs against models: each thread has one tree, of capabilities in its own table, in those of other tasks
 * and in the queue of a port, to notifications and to facets. After each operation the model says what is there, what is not, and of which facets
 * the end is told. */
#include "many.h"

#define NODES 150u
#define OBJECTS 64u
#define QUEUE 8u
#define NONE (-1)
#define STEPS 4000u
#define IN_QUEUE UINT32_MAX /* in place of a task */

struct node {
    bool alive;
    int parent;
    cap_t task; /* CAP_NULL: this one */
    cap_t handle;
    uint32_t rights;
    unsigned object, stamp;
};

/* What the capabilities of some nodes name; of facets the number is the badge. */
struct thing {
    bool facet;
    unsigned capabilities;
};

struct forest {
    struct node nodes[NODES];
    struct thing things[OBJECTS];
    cap_t tasks[2], port, watched; /* watched: the port of the facets */
    struct { int node; unsigned stamp; } queue[QUEUE];
    unsigned queued, stamp;
    uint64_t seed;
};

static unsigned below(struct forest *f, unsigned limit) { return (unsigned)(test_random(&f->seed) % limit); }

static int free_node(const struct forest *f)
{
    for (unsigned i = 0; i < NODES; i++)
        if (!f->nodes[i].alive)
            return (int)i;
    return NONE;
}

static int free_thing(const struct forest *f)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        if (f->things[i].capabilities == 0)
            return (int)i;
    return NONE;
}

/* One in this task. */
static int random_node(struct forest *f)
{
    unsigned start = below(f, NODES);
    for (unsigned i = 0; i < NODES; i++) {
        unsigned at = (start + i) % NODES;
        if (f->nodes[at].alive && f->nodes[at].task == CAP_NULL)
            return (int)at;
    }
    return NONE;
}

static bool is_below(const struct forest *f, int node, int ancestor)
{
    while (node != NONE && node != ancestor)
        node = f->nodes[node].parent;
    return node == ancestor;
}

/* --- the model's changes -------------------------------------------------------------------------------------------------------------------- */

static void note(struct forest *f, int node, int parent, const struct node *is)
{
    f->nodes[node] = *is;
    f->nodes[node].alive = true;
    f->nodes[node].parent = parent;
    f->nodes[node].stamp = ++f->stamp;
    f->things[is->object].capabilities++;
}

/* The end of a facet is told at once, and that of no other. */
static void expect_told(struct forest *f, unsigned object)
{
    struct message message;
    struct thing *thing = &f->things[object];
    if (thing->capabilities > 0 || !thing->facet)
        return;
    EXPECT_OK(os_reply_wait(CAP_NULL, &message, f->watched, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
    EXPECT(message.label == LABEL_FACET_GONE && message.badge == object);
}

static void end_node(struct forest *f, int node)
{
    f->nodes[node].alive = false;
    f->things[f->nodes[node].object].capabilities--;
}

/* Its children are its parent's now. */
static void forget(struct forest *f, int node)
{
    end_node(f, node);
    for (unsigned i = 0; i < NODES; i++)
        if (f->nodes[i].alive && f->nodes[i].parent == node)
            f->nodes[i].parent = f->nodes[node].parent;
}

/* --- operations -------------------------------------------------------------------------------------------------------------------------------- */

static void make_root(struct forest *f, int node)
{
    int object = free_thing(f);
    struct node new = {.task = CAP_NULL, .object = (unsigned)object};
    if (object == NONE)
        return;
    f->things[object].facet = below(f, 2);
    new.rights = f->things[object].facet ? RIGHT_PORT_SEND | RIGHT_COPY | RIGHT_REVOKE : RIGHTS_ALL & ~RIGHT_CLONE;
    if (f->things[object].facet)
        EXPECT_OK(os_port_badge(f->watched, (uint64_t)object, new.rights, &new.handle));
    else
        EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &new.handle));
    note(f, node, NONE, &new);
}

static void derive(struct forest *f, int from, int node)
{
    struct node new = f->nodes[from];
    for (unsigned drop = below(f, 3); drop > 0; drop--)
        new.rights &= ~(1u << below(f, 20));
    new.rights |= f->nodes[from].rights & (below(f, 10) ? RIGHT_COPY | RIGHT_REVOKE : 0);
    new.task = below(f, 4) ? CAP_NULL : f->tasks[below(f, 2)];
    enum status expected = f->nodes[from].rights & RIGHT_COPY ? STATUS_OK : STATUS_NO_RIGHTS;
    if (new.task == CAP_NULL)
        EXPECT_STATUS(expected, os_cap_derive(f->nodes[from].handle, new.rights, &new.handle));
    else
        EXPECT_STATUS(expected, os_cap_install(new.task, f->nodes[from].handle, new.rights, 0, &new.handle));
    if (expected == STATUS_OK)
        note(f, node, from, &new);
}

/* Into the queue of a port: a copy becomes a child, what is moved stays where it is in the tree. */
static void send(struct forest *f, int from, int node)
{
    bool moves = below(f, 2);
    struct message message = {.label = 1, .cap_count = 1, .cap = {f->nodes[from].handle}, .cap_move = moves};
    enum status expected = moves || f->nodes[from].rights & RIGHT_COPY ? STATUS_OK : STATUS_NO_RIGHTS;
    if (expected == STATUS_OK && f->queued == QUEUE)
        expected = STATUS_WOULD_BLOCK;
    EXPECT_STATUS(expected, os_send(f->port, &message, MESSAGE_NO_WAIT, DEADLINE_NONE));
    if (expected != STATUS_OK)
        return;
    if (!moves)
        note(f, node, from, &f->nodes[from]);
    f->queue[f->queued].node = moves ? from : node;
    f->nodes[f->queue[f->queued].node].task = IN_QUEUE;
    f->queue[f->queued].stamp = f->nodes[f->queue[f->queued].node].stamp;
    f->queued++;
}

/* What was revoked in the queue is not in the message. */
static void receive(struct forest *f)
{
    struct message taken;
    EXPECT_STATUS(f->queued > 0 ? STATUS_OK : STATUS_WOULD_BLOCK,
                  os_reply_wait(CAP_NULL, &taken, f->port, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
    if (f->queued == 0)
        return;
    struct node *node = &f->nodes[f->queue[0].node];
    if (node->alive && node->stamp == f->queue[0].stamp) {
        EXPECT(taken.cap_count == 1 && taken.cap[0] != CAP_NULL);
        node->handle = taken.cap[0];
        node->task = CAP_NULL;
    } else {
        EXPECT(taken.cap_count == 0 || taken.cap[0] == CAP_NULL);
    }
    f->queued--;
    for (unsigned i = 0; i < f->queued; i++)
        f->queue[i] = f->queue[i + 1];
}

static void drop(struct forest *f, int node)
{
    struct node *n = &f->nodes[node];
    if (n->task == CAP_NULL)
        EXPECT_OK(os_cap_drop(n->handle));
    else
        EXPECT_OK(os_cap_remove(n->task, n->handle));
    forget(f, node);
    expect_told(f, n->object);
}

static void drop_anywhere(struct forest *f)
{
    unsigned at = below(f, NODES);
    if (f->nodes[at].alive && f->nodes[at].task != IN_QUEUE)
        drop(f, (int)at);
}

static void expect_gone(const struct node *node)
{
    uint64_t type, rights, badge;
    if (node->task == CAP_NULL)
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(node->handle, &type, &rights, &badge));
    else if (node->task != IN_QUEUE)
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_remove(node->task, node->handle));
}

static void revoke(struct forest *f, int node)
{
    bool may = f->nodes[node].rights & RIGHT_REVOKE;
    EXPECT_STATUS(may ? STATUS_OK : STATUS_NO_RIGHTS, os_cap_revoke(f->nodes[node].handle));
    for (unsigned i = 0; may && i < NODES; i++)
        if (f->nodes[i].alive && (int)i != node && is_below(f, (int)i, node)) {
            expect_gone(&f->nodes[i]);
            f->nodes[i].parent = node; /* so that the others below are still found */
            end_node(f, (int)i);
        }
}

/* --- steps ------------------------------------------------------------------------------------------------------------------------------------------ */

static void check(const struct forest *f)
{
    struct message message;
    for (unsigned i = 0; i < NODES; i++) {
        const struct node *n = &f->nodes[i];
        uint64_t type, rights, badge;
        if (!n->alive || n->task != CAP_NULL)
            continue;
        EXPECT_OK(os_cap_info(n->handle, &type, &rights, &badge));
        EXPECT_EQUAL(n->rights, rights);
    }
    EXPECT_STATUS(STATUS_WOULD_BLOCK, os_reply_wait(CAP_NULL, &message, f->watched, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
}

static void step(struct forest *f)
{
    int node = random_node(f), unused = free_node(f);
    unsigned what = below(f, 100);
    if (unused != NONE && (node == NONE || what < 5))
        make_root(f, unused);
    else if (unused != NONE && what < 50)
        derive(f, node, unused);
    else if (unused != NONE && what < 60)
        send(f, node, unused);
    else if (what < 68)
        receive(f);
    else if (what < 90)
        drop_anywhere(f);
    else if (node != NONE && what < 97)
        revoke(f, node);
    else if (what == 99)
        check(f);
}

static void plant(struct forest *f)
{
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, QUEUE, &f->port));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &f->watched));
    for (unsigned i = 0; i < 2; i++)
        EXPECT_OK(os_task_create(BOOTSTRAP_LEDGER, &f->tasks[i]));
}

static void fell(struct forest *f)
{
    while (f->queued > 0)
        receive(f);
    for (unsigned i = 0; i < NODES; i++)
        if (f->nodes[i].alive)
            drop(f, (int)i);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t caps;
        EXPECT_OK(os_task_info(f->tasks[i], TASK_CAPS, &caps));
        EXPECT_EQUAL(0, caps);
        EXPECT_OK(os_task_kill(f->tasks[i], 0));
        os_drop(f->tasks[i]);
    }
    check(f);
    os_drop(f->port);
    os_drop(f->watched);
}

static void grow_a_forest(struct worker *worker)
{
    static struct forest forests[WORKERS];
    struct forest *f = &forests[worker->number];
    f->seed = worker->seed;
    plant(f);
    for (unsigned i = 0; i < STEPS; i++)
        step(f);
    check(f);
    fell(f);
}

static int forests(void)
{
    uint64_t before, after;
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CAPS, &before));
    run_workers(grow_a_forest);
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CAPS, &after));
    EXPECT_EQUAL(before, after);
    return 0;
}

TEST(random_derivations_on_all_cpus)
{
    in_a_task(forests);
}
