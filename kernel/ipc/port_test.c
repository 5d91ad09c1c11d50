/* port_test.c: what many wait for ends in steps: ports, notifications, tasks. */
#include <ipc/ipc_fixture.h>

/* --- ports --------------------------------------------------------------------------------------------------------------------------- */

TEST(port_with_many_callers_ends_in_steps)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    struct port *port = new_port(0, &handle);
    for (unsigned i = 0; i < MANY; i++)
        call(threads[i], handle);
    port_destroy(port);
    EXPECT(list_empty(&port->callers));
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), 0);
    EXPECT(work_some(5));
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), 5);
    EXPECT(woken(threads[4], STATUS_PEER_GONE) && !woken(threads[5], STATUS_PEER_GONE));
    thread_kill(threads[5]); /* one that waits for its turn */
    thread_wake(threads[7], STATUS_TIMED_OUT);
    drop(handle);
    host_work();
    EXPECT(woken(threads[7], STATUS_TIMED_OUT));
    EXPECT_EQUAL(count_woken(5, STATUS_PEER_GONE) + count_woken(MANY, STATUS_PEER_GONE), 5 + MANY - 2);
    end();
}

TEST(port_with_many_calls_pending)
{
    cap_t handle, answer, server_reply;
    begin();
    make_threads(4000);
    struct port *port = new_port(0, &handle);
    struct thread *server;
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    object_put(&server->object);
    for (unsigned i = 0; i < 4000; i++) {
        REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
        server_reply = give(&replies[i]->object);
        call(threads[i], handle);
        server->state = THREAD_RUNNING;
        receive(server, handle, server_reply);
        EXPECT_EQUAL(replies[i]->state, REPLY_PENDING);
        if (i == 10)
            answer = server_reply;
    }
    EXPECT(!port_break_calls(port, 100));
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 100);
    drop(handle);
    work_some(100);
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 200);
    drop(answer); /* of a call that is over */
    host_work();
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 4000);
    end();
}

/* What is in the queue of a port, in its events, and what its end tells others. */
TEST(port_with_much_in_it)
{
    cap_t handle, other, facets[1000];
    begin();
    make_threads(2);
    struct port *port = new_port(10, &handle);
    struct port *watched = new_port(0, &other);
    for (unsigned i = 0; i < 1000; i++) {
        struct facet *facet;
        REQUIRE_EQUAL(facet_create(&ledger, port, i, &facet), STATUS_OK);
        facets[i] = give(&facet->object);
    }
    for (unsigned i = 0; i < 10; i++) {
        struct facet *facet;
        REQUIRE_EQUAL(facet_create(&ledger, watched, i, &facet), STATUS_OK);
        cap_t sent = give(&facet->object);
        threads[0]->page->send_cap_count = 1;
        threads[0]->page->send_cap[0] = sent;
        threads[0]->page->send_cap_mode[0] = SEND_CAP_MOVE;
        threads[0]->frame = (struct frame){.FRAME_R0 = handle, .FRAME_R1 = i};
        ipc_send(threads[0], &threads[0]->frame, MESSAGE_HAS_CAPS);
        EXPECT_EQUAL((enum status)threads[0]->frame.FRAME_STATUS, STATUS_OK);
    }
    for (unsigned i = 0; i < 1000; i += 2)
        drop(facets[i]);
    drop(handle);
    receive(threads[1], handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[1]->frame.FRAME_STATUS, STATUS_INVALID_HANDLE);
    EXPECT_EQUAL(send(threads[0], facets[1], 5), STATUS_PEER_GONE);
    EXPECT(list_empty(&watched->events));
    host_work();
    unsigned gone = 0;
    for (struct list *item = watched->events.next; item != &watched->events; item = item->next)
        gone++;
    EXPECT_EQUAL(gone, 10);
    end();
}

static void send_moved(struct thread *thread, cap_t port, const cap_t *caps, unsigned count)
{
    thread->page->send_cap_count = count;
    for (unsigned i = 0; i < count; i++) {
        thread->page->send_cap[i] = caps[i];
        thread->page->send_cap_mode[i] = SEND_CAP_MOVE;
    }
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = 5};
    ipc_send(thread, &thread->frame, MESSAGE_HAS_CAPS);
    EXPECT_EQUAL((enum status)thread->frame.FRAME_STATUS, STATUS_OK);
}

/* The last capabilities to a port, and to the reply that its receiver armed, come out of the port's own queue to a table that is full: they end
 * while the message is taken. */
static void last_capabilities_end(bool waits_first)
{
    cap_t own[2], set_handle;
    begin();
    make_threads(2);
    struct port *port = new_port(4, &own[0]);
    REQUIRE_EQUAL(reply_create(&ledger, 7, &replies[0]), STATUS_OK);
    own[1] = give(&replies[0]->object);
    struct port_set *set = new_set(&set_handle);
    ledger.limit[LEDGER_CAPS] = 0;
    if (waits_first)
        receive(threads[1], set_handle, own[1]);
    send_moved(threads[0], own[0], own, 2);
    REQUIRE_EQUAL(set_add(set, &port->member, 3), STATUS_OK);
    if (waits_first)
        port_deliver_rest(port);
    else
        receive(threads[1], set_handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[1]->frame.FRAME_STATUS, STATUS_OK);
    EXPECT_EQUAL(threads[1]->frame.FRAME_R1, 5);
    EXPECT(threads[1]->page->received_cap_count == 2 && threads[1]->page->received_cap[0] == CAP_NULL);
    host_work();
    EXPECT_EQUAL(task->caps.used, 1);
    EXPECT(list_empty(&set->members) && list_empty(&set->ready) && list_empty(&set->messages));
    ledger.limit[LEDGER_CAPS] = UINT64_MAX;
    end();
}

TEST(port_ends_as_its_own_message_is_taken)
{
    last_capabilities_end(false);
}

TEST(port_ends_as_its_own_message_is_delivered)
{
    last_capabilities_end(true);
}

/* A dead port gives nothing to those who still have it. */
TEST(dead_port_gives_nothing)
{
    cap_t handle;
    begin();
    make_threads(2);
    struct port *port = new_port(4, &handle);
    EXPECT_EQUAL(send(threads[0], handle, 5), STATUS_OK);
    port_destroy(port);
    receive(threads[1], handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[1]->frame.FRAME_STATUS, STATUS_PEER_GONE);
    EXPECT_EQUAL(send(threads[0], handle, 5), STATUS_PEER_GONE);
    end();
}

/* The last capability to a reply that a thread armed goes while the end of its port still has to reach it. */
TEST(reply_ends_after_the_port_it_waits_at)
{
    cap_t handle, armed = CAP_NULL;
    begin();
    make_threads(20);
    struct port *port = new_port(0, &handle);
    for (unsigned i = 0; i < 20; i++) {
        REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
        armed = give(&replies[i]->object);
        receive(threads[i], handle, armed);
    }
    port_destroy(port);
    work_some(5);
    drop(armed);
    host_work();
    EXPECT_EQUAL(count_woken(20, STATUS_PEER_GONE), 20);
    end();
}

/* What one call noted when it was interrupted is nothing to another, whatever the program says. */
TEST(restart_of_another_call)
{
    cap_t handle, new = CAP_NULL;
    uint64_t cookie = 0;
    begin();
    make_threads(1);
    struct thread *thread = threads[0];
    struct port *port = new_port(4, &handle);
    EXPECT_EQUAL(send(thread, handle, 5), STATUS_OK);
    thread->frame.FRAME_NUMBER = SYS_FUTEX_WAKE;
    struct restart *state = thread_restart(thread, &cookie);
    state->done = handle; /* so many were woken */
    state->until = 1000;
    thread_interrupt_call(thread, &cookie);
    thread->frame.FRAME_NUMBER = SYS_PORT_CREATE;
    EXPECT_EQUAL(sys_port_create(thread, &ledger, 4, &cookie, &new), STATUS_OK);
    EXPECT(new != handle && port->queue.room == 4 && port->queue.count == 1);
    cookie = 0; /* the same call, but the handle is another port's by now */
    state = thread_restart(thread, &cookie);
    state->done = handle;
    state->until = (uint64_t)-STATUS_NO_MEMORY;
    thread_interrupt_call(thread, &cookie);
    EXPECT_EQUAL(sys_port_create(thread, &ledger, 4, &cookie, &new), STATUS_BAD_STATE);
    EXPECT(port->queue.room == 4 && port->queue.count == 1);
    end();
}

/* Many urgent callers lend to one server; each call is answered or fails, however it ends. */
TEST(server_with_many_donors)
{
    cap_t handle, reply_handle;
    struct thread *server;
    begin();
    make_threads(MANY);
    struct port *port = new_port(0, &handle);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    REQUIRE_EQUAL(reply_create(&ledger, 0, &replies[0]), STATUS_OK);
    reply_handle = give(&replies[0]->object);
    server->state = THREAD_RUNNING;
    receive(server, handle, reply_handle);
    for (unsigned i = 0; i < MANY; i++) {
        threads[i]->priority = threads[i]->base_priority = (uint8_t)(20 + i % 30);
        call(threads[i], handle);
    }
    EXPECT_EQUAL(server->priority, 49);
    thread_wake(threads[29], STATUS_TIMED_OUT);
    EXPECT_EQUAL(server->priority, 49);
    server->state = THREAD_NEW;
    cpus[0].current = nullptr;
    thread_kill(server);
    object_put(&server->object);
    EXPECT(threads[MANY - 1]->donates);
    work_some(100);
    EXPECT(threads[MANY - 1]->donates || threads[MANY - 2]->donates);
    host_work();
    EXPECT(!threads[MANY - 1]->donates);
    port_destroy(port);
    host_work();
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), MANY - 1);
    end();
}

/* A thread that armed many replies, all with a call, ends. */
TEST(server_with_many_replies)
{
    cap_t handle;
    struct thread *server;
    begin();
    make_threads(3000);
    (void)new_port(0, &handle);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    for (unsigned i = 0; i < 3000; i++) {
        REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
        cap_t reply_handle = give(&replies[i]->object);
        call(threads[i], handle);
        server->state = THREAD_RUNNING;
        receive(server, handle, reply_handle);
    }
    server->state = THREAD_NEW;
    cpus[0].current = nullptr;
    thread_kill(server);
    object_put(&server->object);
    EXPECT_EQUAL(replies[2999]->server, server);
    EXPECT(work_some(100));
    EXPECT(replies[0]->server == nullptr && replies[2999]->server == server);
    thread_wake(threads[2999], STATUS_TIMED_OUT);
    host_work();
    EXPECT(replies[2999]->server == nullptr);
    end();
}

/* --- notifications ----------------------------------------------------------------------------------------------------------------------- */

TEST(notification_with_many_waiters)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    struct notification *notification = new_notification(&handle);
    for (unsigned i = 0; i < MANY; i++)
        wait(threads[i], handle, i == MANY - 1 ? 2 : i == MANY - 2 ? 4 : i == 0 ? 8 : 1ull << 40);
    notification_signal(notification, 2);
    EXPECT_EQUAL(threads[MANY - 1]->state, THREAD_NOTIFICATION);
    work_some(3);
    notification_signal(notification, 4 | 8); /* while it is searched */
    thread_kill(threads[200]);
    thread_wake(threads[4000], STATUS_TIMED_OUT);
    host_work();
    EXPECT(woken(threads[MANY - 1], STATUS_OK) && threads[MANY - 1]->frame.FRAME_R1 == 2);
    EXPECT(woken(threads[MANY - 2], STATUS_OK) && threads[MANY - 2]->frame.FRAME_R1 == 4);
    EXPECT(woken(threads[0], STATUS_OK) && threads[0]->frame.FRAME_R1 == 8);
    EXPECT_EQUAL(notification->bits, 0);
    EXPECT_EQUAL(count_woken(199, STATUS_OK), 1);
    drop(handle);
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 0);
    work_some(10);
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 10);
    host_work();
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 198);
    end();
}

/* Signals that come without end keep no search from its end. */
TEST(search_comes_to_its_end)
{
    cap_t handle;
    begin();
    make_threads(1000);
    struct notification *notification = new_notification(&handle);
    for (unsigned i = 0; i < 1000; i++)
        wait(threads[i], handle, i == 999 ? 2 : 1ull << 40);
    unsigned rounds = 0;
    for (notification_signal(notification, 2); threads[999]->state == THREAD_NOTIFICATION && rounds < 100; rounds++) {
        notification_signal(notification, 1);
        work_some(1);
    }
    EXPECT(rounds <= 1000 / 32 + 1);
    EXPECT_EQUAL(notification->bits, 1);
    end();
}

/* --- tasks ------------------------------------------------------------------------------------------------------------------------------------ */

TEST(task_with_many_threads_ends_in_steps)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    (void)new_notification(&handle);
    for (unsigned i = 0; i < MANY; i++)
        wait(threads[i], handle, 1);
    task_kill(task, 3);
    EXPECT(task->thread_count > MANY - 20);
    EXPECT(work_some(100));
    EXPECT(task->thread_count < MANY - 100 && task->thread_count > MANY - 200 && !task->over);
    EXPECT_EQUAL(task->caps.used, 1);
    object_get(&task->object);
    host_work();
    EXPECT_EQUAL(task->thread_count, 0);
    EXPECT(task->over);
    EXPECT_EQUAL(task->exit_code, 3);
    object_put(&task->object);
    object_put(&task->object);
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        EXPECT_EQUAL(ledger.used[kind], 0);
}

static int steps_done;

static bool count_steps(struct work *work)
{
    (void)work;
    return ++steps_done % 10 != 0;
}

/* Two kinds of work take turns. */
TEST(work_takes_turns)
{
    struct work first, second;
    begin();
    work_init(&first, count_steps, nullptr);
    cap_t handle;
    make_threads(10);
    struct port *port = new_port(0, &handle);
    for (unsigned i = 0; i < 10; i++)
        call(threads[i], handle);
    steps_done = 0;
    work_init(&second, count_steps, nullptr);
    work_add(&first);
    work_add(&first);
    port_destroy(port);
    EXPECT(work_some(8));
    EXPECT_EQUAL(steps_done, 4);
    EXPECT_EQUAL(count_woken(10, STATUS_PEER_GONE), 4);
    host_work();
    EXPECT_EQUAL(steps_done, 10);
    end();
}
