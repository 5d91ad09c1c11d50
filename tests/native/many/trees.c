/* trees.c: the derivation tree on all CPUs against models, and trees and tables of a hundred thousand. */
#include "many.h"

#define NODES 150u
#define NONE (-1)
#define HUNDRED_THOUSAND 100000u

/* --- one tree a thread, with its model ------------------------------------------------------------------------------------------------ */

struct node {
    bool alive;
    int parent;
    cap_t task; /* CAP_NULL: this one */
    cap_t handle;
    uint32_t rights;
};

struct forest {
    struct node nodes[NODES];
    cap_t tasks[2], port;
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

static void forget(struct forest *f, int node)
{
    f->nodes[node].alive = false;
    for (unsigned i = 0; i < NODES; i++)
        if (f->nodes[i].alive && f->nodes[i].parent == node)
            f->nodes[i].parent = f->nodes[node].parent;
}

static bool is_below(const struct forest *f, int node, int ancestor)
{
    while (node != NONE && node != ancestor)
        node = f->nodes[node].parent;
    return node == ancestor;
}

static void note(struct forest *f, int node, int parent, cap_t task, cap_t handle, uint32_t rights)
{
    f->nodes[node] = (struct node){.alive = true, .parent = parent, .task = task, .handle = handle, .rights = rights};
}

static void make_root(struct forest *f, int node)
{
    cap_t handle = CAP_NULL;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &handle));
    note(f, node, NONE, CAP_NULL, handle, RIGHTS_ALL & ~RIGHT_CLONE);
}

static void derive(struct forest *f, int from, int node)
{
    uint32_t rights = f->nodes[from].rights;
    for (unsigned drop = below(f, 3); drop > 0; drop--)
        rights &= ~(1u << below(f, 20));
    rights |= f->nodes[from].rights & (below(f, 10) ? RIGHT_COPY | RIGHT_REVOKE : 0);
    cap_t task = below(f, 4) ? CAP_NULL : f->tasks[below(f, 2)], handle = CAP_NULL;
    enum status expected = f->nodes[from].rights & RIGHT_COPY ? STATUS_OK : STATUS_NO_RIGHTS;
    if (task == CAP_NULL)
        EXPECT_STATUS(expected, os_cap_derive(f->nodes[from].handle, rights, &handle));
    else
        EXPECT_STATUS(expected, os_cap_install(task, f->nodes[from].handle, rights, 0, &handle));
    if (expected == STATUS_OK)
        note(f, node, from, task, handle, rights);
}

/* Through the queue of a port: a copy becomes a child, what is moved stays where it is in the tree. */
static void send(struct forest *f, int from, int node)
{
    bool moves = below(f, 2);
    struct message message = {.label = 1, .cap_count = 1, .cap = {f->nodes[from].handle}, .cap_move = moves}, taken;
    enum status expected = moves || f->nodes[from].rights & RIGHT_COPY ? STATUS_OK : STATUS_NO_RIGHTS;
    EXPECT_STATUS(expected, os_send(f->port, &message, MESSAGE_NO_WAIT, DEADLINE_NONE));
    if (expected != STATUS_OK)
        return;
    EXPECT_OK(os_reply_wait(CAP_NULL, &taken, f->port, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
    EXPECT(taken.cap_count == 1 && taken.cap[0] != CAP_NULL);
    if (moves)
        f->nodes[from].handle = taken.cap[0];
    else
        note(f, node, from, CAP_NULL, taken.cap[0], f->nodes[from].rights);
}

static void drop(struct forest *f, int node)
{
    struct node *n = &f->nodes[node];
    if (n->task == CAP_NULL)
        EXPECT_OK(os_cap_drop(n->handle));
    else
        EXPECT_OK(os_cap_remove(n->task, n->handle));
    forget(f, node);
}

static void drop_anywhere(struct forest *f)
{
    unsigned at = below(f, NODES);
    if (f->nodes[at].alive)
        drop(f, (int)at);
}

static void expect_gone(const struct node *node)
{
    uint64_t type, rights, badge;
    if (node->task == CAP_NULL)
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(node->handle, &type, &rights, &badge));
    else
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
            f->nodes[i].alive = false;
        }
}

static void check(const struct forest *f)
{
    for (unsigned i = 0; i < NODES; i++) {
        const struct node *n = &f->nodes[i];
        uint64_t type, rights, badge;
        if (!n->alive || n->task != CAP_NULL)
            continue;
        EXPECT_OK(os_cap_info(n->handle, &type, &rights, &badge));
        EXPECT_EQUAL(n->rights, rights);
    }
}

static void step(struct forest *f)
{
    int node = random_node(f), unused = free_node(f);
    unsigned what = below(f, 100);
    if (unused != NONE && (node == NONE || what < 3))
        make_root(f, unused);
    else if (unused != NONE && what < 50)
        derive(f, node, unused);
    else if (unused != NONE && what < 65)
        send(f, node, unused);
    else if (what < 90)
        drop_anywhere(f);
    else if (node != NONE && what < 97)
        revoke(f, node);
    else if (what == 99)
        check(f);
}

static void grow_a_forest(struct worker *worker)
{
    static struct forest forests[WORKERS];
    struct forest *f = &forests[worker->number];
    f->seed = worker->seed;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 2, &f->port));
    for (unsigned i = 0; i < 2; i++)
        EXPECT_OK(os_task_create(BOOTSTRAP_LEDGER, &f->tasks[i]));
    for (unsigned i = 0; i < 4000; i++)
        step(f);
    check(f);
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
    os_drop(f->port);
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

/* --- one tree for all threads: a revoke takes what they derive meanwhile ------------------------------------------------------------------- */

static cap_t shared_root;
static _Atomic bool stop;
static _Atomic uint64_t derived;
static cap_t last[WORKERS];
#define ENOUGH 20000u /* derived since the last revoke */

static void derive_for_ever(struct worker *worker)
{
    cap_t at = shared_root, next;
    while (!stop) {
        if (derived > ENOUGH) {
            test_sleep(MILLISECONDS);
            continue;
        }
        enum status status = os_cap_duplicate(at, &next);
        EXPECT(status == STATUS_OK || status == STATUS_INVALID_HANDLE);
        if (status == STATUS_OK)
            derived++;
        at = status == STATUS_OK && test_random(&worker->seed) % 8 ? next : shared_root;
        last[worker->number] = status == STATUS_OK ? next : last[worker->number];
    }
}

static int revoke_against_derive(void)
{
    struct worker workers[WORKERS];
    _Atomic uint32_t left;
    uint64_t type, rights, badge, before, after;
    stop = false;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &shared_root));
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CAPS, &before));
    workers_start(workers, derive_for_ever, &left);
    for (unsigned i = 0; i < 20; i++) {
        while (derived < 20)
            test_sleep(MILLISECONDS);
        EXPECT_OK(os_cap_revoke(shared_root));
        derived = 0;
    }
    stop = true;
    workers_wait(&left);
    EXPECT_OK(os_cap_revoke(shared_root));
    for (unsigned i = 0; i < WORKERS; i++) {
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(last[i], &type, &rights, &badge));
        os_drop(workers[i].thread);
    }
    EXPECT_OK(os_task_info(BOOTSTRAP_TASK, TASK_CAPS, &after));
    EXPECT_EQUAL(before, after);
    os_drop(shared_root);
    return 0;
}

TEST(revoke_against_derivations)
{
    in_a_task(revoke_against_derive);
}

/* --- a hundred thousand ----------------------------------------------------------------------------------------------------------------------- */

static uint64_t caps_of(cap_t task)
{
    uint64_t caps = UINT64_MAX;
    EXPECT_OK(os_task_info(task, TASK_CAPS, &caps));
    return caps;
}

/* Each a child of the one before with this probability in 256, else of the middle one. */
static int large_tree(unsigned chained)
{
    cap_t root, middle, at, task, some[3] = {};
    uint64_t seed = 5, gone;
    EXPECT_OK(os_task_create(BOOTSTRAP_LEDGER, &task));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &root));
    EXPECT_OK(os_cap_duplicate(root, &middle));
    at = middle;
    for (unsigned i = 0; i < HUNDRED_THOUSAND; i++) {
        cap_t new = CAP_NULL;
        if (test_random(&seed) % 256 < chained && i % 64 == 0)
            EXPECT_OK(os_cap_duplicate(at, &at));
        else
            EXPECT_OK(os_cap_install(task, at, RIGHTS_ALL & ~RIGHT_CLONE, 0, &new));
        some[i % 3] = new;
    }
    EXPECT_OK(os_cap_drop(middle)); /* its children are the root's now */
    EXPECT_OK(os_notification_signal(root, 1));
    EXPECT_OK(os_cap_revoke(root));
    EXPECT_EQUAL(0, caps_of(task));
    for (unsigned i = 0; i < 3; i++)
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_remove(task, some[i]));
    EXPECT_OK(os_notification_wait(root, 1, os_now() + MILLISECONDS, false, &gone));
    os_drop(root);
    os_drop(task);
    return 0;
}

static int flat_tree(void) { return large_tree(0); }
static int tangled_tree(void) { return large_tree(200); }

TEST(tree_of_a_hundred_thousand_children)
{
    in_a_task(flat_tree);
}

TEST(tree_of_a_hundred_thousand_in_chains)
{
    in_a_task(tangled_tree);
}

/* A table of a hundred thousand slots, some at the far end, goes with its task; meanwhile others are told of facets that are gone. */
static int large_table(void)
{
    cap_t task, death, port, facet, new;
    struct message message;
    uint64_t bits;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_task_create(BOOTSTRAP_LEDGER, &task));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &death));
    EXPECT_OK(os_task_bind_death(task, death, 4));
    for (unsigned i = 0; i < 100; i++) {
        EXPECT_OK(os_port_badge(port, i, RIGHT_PORT_SEND | RIGHT_COPY, &facet));
        for (unsigned j = 0; j < HUNDRED_THOUSAND / 100; j++)
            EXPECT_OK(os_cap_install(task, facet, RIGHT_PORT_SEND, j == 7 ? (1u << CAP_INDEX_BITS) - 1 - i * 1000 : 0, &new));
        os_drop(facet);
    }
    EXPECT_EQUAL(HUNDRED_THOUSAND, caps_of(task));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, os_reply_wait(CAP_NULL, &message, port, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
    EXPECT_OK(os_task_kill(task, 3));
    EXPECT_STATUS(STATUS_PEER_GONE, os_cap_install(task, port, RIGHT_PORT_SEND, 0, &new));
    EXPECT_OK(os_notification_wait(death, 4, os_now() + 20000 * MILLISECONDS, false, &bits));
    uint64_t seen[2] = {};
    for (unsigned i = 0; i < 100; i++) {
        EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
        EXPECT_EQUAL(LABEL_FACET_GONE, message.label);
        seen[message.badge / 64 & 1] ^= 1ull << message.badge % 64;
    }
    EXPECT(seen[0] == UINT64_MAX && seen[1] == (1ull << 36) - 1);
    os_drop(task);
    os_drop(death);
    os_drop(port);
    return 0;
}

TEST(table_of_a_hundred_thousand)
{
    in_a_task(large_table);
}

/* A limit of capabilities, of the task's own ledger or of one above, is a status at that capability, not before. */
static int limited_table(void)
{
    cap_t ledgers[3], task, new;
    cap_t above = BOOTSTRAP_LEDGER;
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(os_ledger_create(above, &ledgers[i]));
        above = ledgers[i];
    }
    for (unsigned which = 0; which < 3; which++) {
        EXPECT_OK(os_task_create(ledgers[2], &task));
        EXPECT_OK(os_ledger_set_limit(ledgers[which], LEDGER_CAPS, 1000));
        for (unsigned i = 0; i < 1000; i++)
            EXPECT_OK(os_cap_install(task, ledgers[0], RIGHT_LEDGER_INFO, 0, &new));
        EXPECT_STATUS(STATUS_LEDGER_SPENT, os_cap_install(task, ledgers[0], RIGHT_LEDGER_INFO, 0, &new));
        EXPECT_STATUS(STATUS_LEDGER_SPENT, os_cap_install(task, ledgers[0], RIGHT_LEDGER_INFO, 5000, &new));
        EXPECT_EQUAL(1000, caps_of(task));
        EXPECT_OK(os_ledger_set_limit(ledgers[which], LEDGER_CAPS, UINT64_MAX));
        EXPECT_OK(os_cap_install(task, ledgers[0], RIGHT_LEDGER_INFO, 0, &new));
        EXPECT_OK(os_task_kill(task, 0));
        os_drop(task);
        uint64_t used = 1, limit, end = os_now() + 5000 * MILLISECONDS;
        while (used != 0 && os_now() < end)
            EXPECT_OK(os_ledger_info(ledgers[2], LEDGER_KERNEL, &used, &limit));
        EXPECT_EQUAL(0, used);
    }
    for (unsigned i = 0; i < 3; i++)
        os_drop(ledgers[i]);
    return 0;
}

TEST(limits_of_tables)
{
    in_a_task(limited_table);
}
