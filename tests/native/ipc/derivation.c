/* derivation.c: capabilities that are derived and revoked, ledgers that nest and are spent. */
#include "ipc.h"

static cap_t new_notification(void)
{
    cap_t notification = CAP_NULL;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    return notification;
}

TEST(revoke_takes_all_below)
{
    struct balance before;
    cap_t caps[1000];
    uint64_t seed = 7, type, rights, value;
    balance_take(&before);
    caps[0] = new_notification();
    for (unsigned i = 1; i < 1000; i++)
        EXPECT_OK(os_cap_duplicate(caps[test_random(&seed) % i], &caps[i]));
    for (unsigned i = 500; i < 600; i++) /* their children go to their parents */
        os_drop(caps[i]);
    EXPECT_OK(os_cap_revoke(caps[0]));
    for (unsigned i = 1; i < 1000; i++)
        EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(caps[i], &type, &rights, &value));
    EXPECT_OK(os_notification_signal(caps[0], 1));
    os_drop(caps[0]);
    EXPECT_BALANCE(&before, false);
}

TEST(revoke_a_long_chain)
{
    cap_t root = new_notification(), at = root;
    for (unsigned i = 0; i < 1500; i++)
        EXPECT_OK(os_cap_duplicate(at, &at));
    EXPECT_OK(os_cap_revoke(root));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_notification_signal(at, 1));
    os_drop(root);
}

TEST(ledgers_nest)
{
    struct balance before;
    cap_t ledgers[40], port;
    unsigned depth = 0;
    balance_take(&before);
    cap_t parent = BOOTSTRAP_LEDGER;
    enum status status = STATUS_OK;
    while (depth < 40 && (status = os_ledger_create(parent, &ledgers[depth])) == STATUS_OK)
        parent = ledgers[depth++];
    EXPECT_STATUS(STATUS_TOO_BIG, status);
    EXPECT_OK(os_ledger_set_limit(ledgers[1], LEDGER_KERNEL, 1 << 20));
    uint64_t used, above;
    EXPECT_OK(os_ledger_info(ledgers[1], LEDGER_KERNEL, &used, &above));
    EXPECT_OK(os_ledger_set_limit(ledgers[1], LEDGER_KERNEL, used + 100));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_port_create(parent, 10, &port));
    EXPECT_OK(os_ledger_set_limit(ledgers[1], LEDGER_KERNEL, UINT64_MAX));
    EXPECT_OK(os_port_create(parent, 10, &port));
    os_drop(port);
    for (unsigned i = 0; i < depth; i++)
        os_drop(ledgers[i]);
    EXPECT_BALANCE(&before, false);
}

static void create_without_room(void)
{
    cap_t new;
    uint64_t used, limit, address;
    EXPECT_OK(os_ledger_info(BOOTSTRAP_LEDGER, LEDGER_CAPS, &used, &limit));
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, used));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_port_create(BOOTSTRAP_LEDGER, 3, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_set_create(BOOTSTRAP_LEDGER, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_reply_create(BOOTSTRAP_LEDGER, 3, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_notification_create(BOOTSTRAP_LEDGER, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_task_create(BOOTSTRAP_LEDGER, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_thread_create(BOOTSTRAP_TASK, 0x70000000, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_mem_create_dma(BOOTSTRAP_CONTROL, BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &new, &address));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_mem_create_physical(BOOTSTRAP_CONTROL, 1ull << 40, OS_PAGE_SIZE, 1, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_processors_create(BOOTSTRAP_LEDGER, 1, 0, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_irq_create(BOOTSTRAP_CONTROL, 9, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_ledger_create(BOOTSTRAP_LEDGER, &new));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_cap_duplicate(BOOTSTRAP_LEDGER, &new));
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, UINT64_MAX));
}

/* A clone that fails leaves the program's own pages in pieces, as they are copied when they are written then; but no capability or thread. */
static void clone_without_room(void)
{
    struct balance before, now;
    cap_t new;
    balance_take(&before);
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, before.used[LEDGER_CAPS]));
    EXPECT_STATUS(STATUS_LEDGER_SPENT, os_task_clone(BOOTSTRAP_TASK, BOOTSTRAP_LEDGER, &new));
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, UINT64_MAX));
    WAIT_UNTIL((balance_take(&now), now.caps == before.caps && now.used[LEDGER_CAPS] == before.used[LEDGER_CAPS] &&
                                        now.used[LEDGER_THREADS] == before.used[LEDGER_THREADS]));
}

/* A limit that stops the capability, and not the object, leaves no object behind. */
TEST(no_room_for_the_handle)
{
    struct balance before;
    clone_without_room();
    test_sleep(10 * MILLISECONDS);
    balance_take(&before);
    create_without_room();
    EXPECT_BALANCE(&before, false);
}
