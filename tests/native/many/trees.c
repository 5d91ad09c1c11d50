/* trees.c: revokes against derivations on all CPUs, and trees and tables of a hundred thousand. Not here: the tree against a model (forest.c). */
#include "many.h"

#define HUNDRED_THOUSAND 100000u

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
