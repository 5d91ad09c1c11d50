/* end_test.c: what ends while it is on its way, or while others still look at it. */
#include <ipc/ipc_fixture.h>

static cap_t new_facet(struct port *port, uint64_t badge)
{
    struct facet *facet;
    REQUIRE_EQUAL(facet_create(&ledger, port, badge, &facet), STATUS_OK);
    return give(&facet->object);
}

static cap_t new_reply(unsigned i)
{
    REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
    return give(&replies[i]->object);
}

/* The label and one capability, moved, into the queue of a port. */
static void send_cap(struct thread *thread, cap_t port, uint64_t label, cap_t moved)
{
    thread->page->send_cap_count = 1;
    thread->page->send_cap[0] = moved;
    thread->page->send_cap_mode[0] = SEND_CAP_MOVE;
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = label};
    ipc_send(thread, &thread->frame, MESSAGE_NO_WAIT | MESSAGE_HAS_CAPS);
    EXPECT_EQUAL((enum status)thread->frame.FRAME_STATUS, STATUS_OK);
}

/* The port comes to a set whose receivers can't have what its messages hold. */
static void join_poor_set(struct thread *thread, struct port_set *set, struct port *port)
{
    ledger.limit[LEDGER_CAPS] = 0;
    EXPECT_EQUAL(sys_set_add_port(thread, set, port, 5), STATUS_OK);
    ledger.limit[LEDGER_CAPS] = UINT64_MAX;
}

static void expect_message(const struct thread *thread, uint64_t label)
{
    EXPECT(woken(thread, STATUS_OK));
    EXPECT_EQUAL(thread->frame.FRAME_R1, label);
    EXPECT_EQUAL(thread->page->received_cap_count, 1);
    EXPECT_EQUAL(thread->page->received_cap[0], CAP_NULL);
}

/* --- what the receiver can't take ------------------------------------------------------------------------------------------------------ */

/* The last capability to a facet of the same port: the receiver gets the message, the next one is told. */
TEST(untaken_facet_of_the_port)
{
    cap_t handle, set_handle;
    begin();
    make_threads(3);
    struct port *port = new_port(2, &handle);
    struct port_set *set = new_set(&set_handle);
    send_cap(threads[1], handle, 7, new_facet(port, 99));
    receive(threads[0], set_handle, CAP_NULL);
    join_poor_set(threads[1], set, port);
    expect_message(threads[0], 7);
    receive(threads[2], set_handle, CAP_NULL);
    EXPECT_EQUAL(threads[2]->frame.FRAME_R1, LABEL_FACET_GONE);
    EXPECT_EQUAL(threads[2]->frame.FRAME_R8, 99);
    end();
}

/* The same where two wait. */
TEST(untaken_facet_while_two_wait)
{
    cap_t handle, set_handle;
    begin();
    make_threads(3);
    struct port *port = new_port(2, &handle);
    struct port_set *set = new_set(&set_handle);
    send_cap(threads[2], handle, 7, new_facet(port, 99));
    receive(threads[0], set_handle, new_reply(0));
    receive(threads[1], set_handle, CAP_NULL);
    join_poor_set(threads[2], set, port);
    expect_message(threads[1], 7);
    EXPECT(woken(threads[0], STATUS_OK));
    EXPECT_EQUAL(threads[0]->frame.FRAME_R1, LABEL_FACET_GONE);
    EXPECT_EQUAL(replies[0]->state, REPLY_FREE);
    end();
}

/* The reply that the receiver armed, whose last capability the message has. */
TEST(untaken_reply_of_the_receiver)
{
    cap_t handle, set_handle, reply_handle = CAP_NULL;
    begin();
    make_threads(2);
    struct port *port = new_port(2, &handle);
    struct port_set *set = new_set(&set_handle);
    reply_handle = new_reply(0);
    receive(threads[0], set_handle, reply_handle);
    send_cap(threads[1], handle, 7, reply_handle);
    join_poor_set(threads[1], set, port);
    expect_message(threads[0], 7);
    end();
}

/* The port's own last capability: it ends while it gives its message. */
TEST(untaken_port_of_the_message)
{
    cap_t handle, set_handle;
    begin();
    make_threads(2);
    struct port *port = new_port(2, &handle);
    struct port_set *set = new_set(&set_handle);
    REQUIRE_EQUAL(set_add(set, &port->member, 5), STATUS_OK);
    send_cap(threads[0], handle, 8, handle);
    ledger.limit[LEDGER_CAPS] = 0;
    receive(threads[1], set_handle, CAP_NULL);
    ledger.limit[LEDGER_CAPS] = UINT64_MAX;
    EXPECT_EQUAL(threads[1]->frame.FRAME_R1, 8);
    EXPECT(list_empty(&set->members));
    end();
}

/* --- ends that others still know ----------------------------------------------------------------------------------------------------------- */

/* Who receives from a dead port is no server of it. */
TEST(dead_port_has_no_servers)
{
    cap_t handle, other;
    begin();
    make_threads(1);
    struct port *port = new_port(0, &handle);
    (void)new_port(0, &other);
    port_destroy(port);
    receive(threads[0], handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[0]->frame.FRAME_STATUS, STATUS_PEER_GONE);
    EXPECT(threads[0]->serving == nullptr);
    drop(handle);
    receive(threads[0], other, CAP_NULL);
    end();
}

/* Bits for a notification that is gone and still wakes those who waited. */
TEST(bits_for_what_is_gone)
{
    cap_t handle;
    begin();
    make_threads(100);
    struct notification *notification = new_notification(&handle);
    object_get(&notification->object); /* as of a task whose death it would tell */
    for (unsigned i = 0; i < 100; i++)
        wait(threads[i], handle, 2);
    drop(handle);
    work_some(3);
    notification_signal(notification, 1);
    host_work();
    EXPECT_EQUAL(count_woken(100, STATUS_PEER_GONE), 100);
    object_put(&notification->object);
    end();
}

/* A thread that blocked is killed before its CPU chose another. */
TEST(blocked_thread_ends_while_current)
{
    cap_t handle;
    begin();
    make_threads(2);
    (void)new_notification(&handle);
    cpus[0].current = threads[0];
    cpus[0].need_schedule = false;
    wait(threads[0], handle, 1);
    thread_kill(threads[0]); /* as work does */
    EXPECT(cpus[0].current == nullptr);
    EXPECT(cpus[0].need_schedule);
    end();
}

/* While a thread of a dead task may be in user mode, the pages of the others, which it sees, are theirs. */
TEST(page_of_a_thread_that_goes_first)
{
    cap_t handle;
    begin();
    make_threads(3);
    cpu_init(&cpus[1], 1);
    cpus[1].online = true;
    cpu_count = 2;
    (void)new_notification(&handle);
    wait(threads[0], handle, 1);
    wait(threads[2], handle, 1);
    threads[1]->cpu = 1;
    cpus[1].current = threads[1];
    task_kill(task, 0);
    host_work();
    EXPECT_EQUAL(ledger.used[LEDGER_THREADS], 3);
    EXPECT_EQUAL(threads[0]->state, THREAD_DEAD);
    host_this_cpu = 1;
    thread_attend(threads[1]);
    host_this_cpu = 0;
    cpu_count = 1;
    end();
}

/* What is over takes no port for its exceptions: it would keep it. */
TEST(exception_port_of_a_task_that_is_over)
{
    cap_t handle;
    struct task *other;
    begin();
    make_threads(1);
    struct port *port = new_port(0, &handle);
    REQUIRE_EQUAL(task_create(&ledger, &other), STATUS_OK);
    EXPECT_EQUAL(sys_task_set_exception_port(threads[0], other, port, 1), STATUS_OK);
    task_kill(other, 0);
    host_work();
    EXPECT_EQUAL(sys_task_set_exception_port(threads[0], other, port, 1), STATUS_PEER_GONE);
    EXPECT_EQUAL(port->object.references, 1);
    object_put(&other->object);
    end();
}

/* An interrupted call to make a port leaves another port alone that has its handle by now. */
TEST(another_port_is_no_unfinished_one)
{
    cap_t handle, new = CAP_NULL;
    uint64_t cookie = 5;
    begin();
    make_threads(2);
    struct port *port = new_port(3, &handle);
    EXPECT_EQUAL(send(threads[1], handle, 1), STATUS_OK);
    threads[0]->restart = (struct restart){.cookie = cookie, .done = handle, .until = (uint64_t)-STATUS_NO_MEMORY};
    EXPECT_EQUAL(sys_port_create(threads[0], &ledger, 3, &cookie, &new), STATUS_BAD_STATE);
    EXPECT_EQUAL(port->queue.chunks, 1);
    receive(threads[0], handle, CAP_NULL);
    EXPECT_EQUAL(threads[0]->frame.FRAME_R1, 1);
    end();
}
