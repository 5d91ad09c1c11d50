/* lending.c: a server runs at the priority of its most urgent client, along chains of calls, and not longer. */
#include "ipc.h"

#define URGENT 40
#define MIDDLE 30 /* who would keep the servers from running */

struct link {
    struct helper helper;
    cap_t port, next;      /* next: whom it calls for each call; CAP_NULL: nobody */
    uint64_t work_ns;      /* what it does for a call of label 2 */
    uint64_t seen;         /* its priority while it did the last call */
};

static uint64_t priority_of(cap_t thread)
{
    uint64_t priority = 0;
    EXPECT_OK(os_thread_info(thread, THREAD_PRIORITY, &priority));
    return priority;
}

static void work(uint64_t ns)
{
    for (uint64_t end = os_now() + ns; os_now() < end;) {
    }
}

/* Serves until its port is destroyed. */
static void serve(void *argument)
{
    struct link *link = argument;
    cap_t reply, answer = CAP_NULL;
    struct message message = {};
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 0, &reply));
    while (os_reply_wait(answer, &message, link->port, reply, 0, DEADLINE_NONE) == STATUS_OK) {
        answer = reply;
        if (link->next) {
            struct message inner = {.label = message.label};
            EXPECT_OK(os_call(link->next, &inner));
        }
        if (message.label == 2)
            work(link->work_ns);
        link->seen = priority_of(link->helper.thread);
        message = (struct message){.label = STATUS_OK};
    }
    os_drop(reply);
}

static void link_start(struct link *link, cap_t next, uint64_t priority)
{
    link->next = next;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &link->port));
    helper_start(&link->helper, serve, link);
    EXPECT_OK(os_thread_set_affinity(link->helper.thread, 1));
    EXPECT_OK(os_thread_set_priority(link->helper.thread, priority));
    WAIT_UNTIL(thread_waits(link->helper.thread));
}

/* Of a less urgent thread: at once, so that it has gone when this returns. */
static void wait_for(struct helper *helper)
{
    EXPECT_OK(os_thread_set_priority(helper->thread, URGENT + 1));
    helper_wait(helper);
}

static void link_stop(struct link *link)
{
    EXPECT_OK(os_port_destroy(link->port));
    wait_for(&link->helper);
    os_drop(link->port);
}

/* --- who is in the way ------------------------------------------------------------------------------------------------------------------- */

static volatile bool stop_spinning, gave_up;

static void spin(void *)
{
    uint64_t end = os_now() + 3000 * MILLISECONDS;
    while (!stop_spinning && os_now() < end) {
    }
    gave_up = !stop_spinning;
}

static void spinner_start(struct helper *helper)
{
    stop_spinning = gave_up = false;
    helper_start(helper, spin, nullptr);
    EXPECT_OK(os_thread_set_affinity(helper->thread, 1));
    EXPECT_OK(os_thread_set_priority(helper->thread, MIDDLE));
}

static void spinner_stop(struct helper *helper)
{
    EXPECT(!gave_up); /* the answer was there before */
    stop_spinning = true;
    wait_for(helper);
}

static void begin(void)
{
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, 1));
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, URGENT));
}

static void end(void)
{
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    EXPECT_OK(os_thread_set_affinity(BOOTSTRAP_THREAD, UINT64_MAX));
}

TEST(priorities_are_lent_along_a_chain)
{
    struct link chain[3] = {};
    struct helper spinner;
    begin();
    for (int i = 3; i-- > 0;)
        link_start(&chain[i], i < 2 ? chain[i + 1].port : CAP_NULL, 10 + (uint64_t)i);
    spinner_start(&spinner);
    for (int round = 0; round < 20; round++) {
        struct message message = {.label = 1};
        EXPECT_OK(os_call(chain[0].port, &message));
        for (int i = 0; i < 3; i++) {
            EXPECT_EQUAL(URGENT, chain[i].seen);
            EXPECT_EQUAL(10 + (uint64_t)i, priority_of(chain[i].helper.thread));
        }
    }
    spinner_stop(&spinner);
    for (int i = 0; i < 3; i++)
        link_stop(&chain[i]);
    end();
}

/* --- while the server works for another ------------------------------------------------------------------------------------------------------ */

static struct link busy, behind;

static void ask(void *port)
{
    struct message message = {.label = 2};
    EXPECT_OK(os_call((cap_t)(uintptr_t)port, &message));
}

/* The server, or the one that it waits for, works for a client of priority 5 when the urgent call comes. */
static void urgent_call_to_a_busy_server(bool through_another)
{
    struct helper client, spinner;
    begin();
    busy = (struct link){.work_ns = 40 * MILLISECONDS};
    behind = (struct link){};
    link_start(&busy, CAP_NULL, 10);
    if (through_another)
        link_start(&behind, busy.port, 10);
    cap_t port = through_another ? behind.port : busy.port;
    helper_start(&client, ask, (void *)(uintptr_t)port);
    EXPECT_OK(os_thread_set_affinity(client.thread, 1));
    EXPECT_OK(os_thread_set_priority(client.thread, 5));
    WAIT_UNTIL(thread_waits(client.thread) && !thread_waits(busy.helper.thread));
    spinner_start(&spinner);
    struct message message = {.label = 1};
    EXPECT_OK(os_call(port, &message));
    spinner_stop(&spinner);
    wait_for(&client);
    EXPECT_EQUAL(10, priority_of(busy.helper.thread));
    if (through_another)
        link_stop(&behind);
    link_stop(&busy);
    end();
}

TEST(priorities_are_lent_while_a_call_is_queued)
{
    urgent_call_to_a_busy_server(false);
}

TEST(priorities_are_lent_on_to_a_server_called_before)
{
    urgent_call_to_a_busy_server(true);
}

TEST(loans_end_with_the_wait)
{
    struct helper client;
    begin();
    busy = (struct link){.work_ns = 60 * MILLISECONDS};
    link_start(&busy, CAP_NULL, 10);
    helper_start(&client, ask, (void *)(uintptr_t)busy.port);
    EXPECT_OK(os_thread_set_affinity(client.thread, 1));
    WAIT_UNTIL(thread_waits(client.thread) && !thread_waits(busy.helper.thread));
    EXPECT_EQUAL(16, priority_of(busy.helper.thread));
    EXPECT_OK(os_thread_set_priority(client.thread, 20));
    EXPECT_EQUAL(20, priority_of(busy.helper.thread));
    EXPECT_OK(os_thread_set_priority(client.thread, 5));
    EXPECT_EQUAL(10, priority_of(busy.helper.thread));
    EXPECT_OK(os_thread_set_priority(client.thread, 21));
    struct message message = {.label = 1};
    EXPECT_STATUS(STATUS_TIMED_OUT, os_call_flags(busy.port, &message, 0, os_now() + MILLISECONDS));
    EXPECT_EQUAL(21, priority_of(busy.helper.thread));
    EXPECT_OK(os_thread_kill(client.thread));
    EXPECT_EQUAL(10, priority_of(busy.helper.thread));
    os_drop(client.thread);
    os_drop(client.done);
    link_stop(&busy);
    end();
}
