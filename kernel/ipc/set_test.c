/* set_test.c: port sets of many members, in the order of what arrives, and their ends in steps. */
#include <ipc/ipc_fixture.h>

TEST(set_with_many_members_ends_in_steps)
{
    static struct port *ports[MANY];
    cap_t set_handle, other_handle, handle;
    begin();
    make_threads(3);
    struct port_set *set = new_set(&set_handle), *other = new_set(&other_handle);
    for (unsigned i = 0; i < MANY; i++) {
        ports[i] = new_port(1, &handle);
        EXPECT_EQUAL(set_add(set, &ports[i]->member, i), STATUS_OK);
    }
    receive(threads[0], set_handle, CAP_NULL);
    drop(set_handle);
    EXPECT_EQUAL(ports[MANY - 1]->member.set, set);
    EXPECT_EQUAL(set_add(other, &ports[MANY - 1]->member, 1), STATUS_OK); /* it is let go when somebody asks */
    EXPECT_EQUAL(set_add(set, &ports[MANY - 1]->member, 1), STATUS_ALREADY_BOUND);
    work_some(11);
    EXPECT(woken(threads[0], STATUS_PEER_GONE));
    EXPECT(ports[9]->member.set == nullptr && ports[10]->member.set == set);
    host_work();
    EXPECT(ports[MANY - 2]->member.set == nullptr);
    EXPECT_EQUAL(ports[MANY - 1]->member.set, other);
    end();
}

/* Who waits at a port while it is still in a set that ended gets what comes. */
TEST(member_of_a_dead_set_is_received_from)
{
    cap_t set_handle, first_handle, handle;
    begin();
    make_threads(3);
    struct port_set *set = new_set(&set_handle);
    struct port *first = new_port(1, &first_handle), *port = new_port(4, &handle);
    EXPECT_EQUAL(set_add(set, &first->member, 0), STATUS_OK);
    EXPECT_EQUAL(set_add(set, &port->member, 1), STATUS_OK);
    drop(set_handle);
    work_some(1);
    EXPECT(first->member.set == nullptr && port->member.set == set);
    receive(threads[0], handle, CAP_NULL);
    receive(threads[1], handle, CAP_NULL);
    for (uint64_t label = 10; label < 13; label++)
        EXPECT_EQUAL(send(threads[2], handle, label), STATUS_OK);
    host_work();
    EXPECT(woken(threads[0], STATUS_OK) && woken(threads[1], STATUS_OK));
    EXPECT_EQUAL(threads[0]->frame.FRAME_R1, 10);
    EXPECT_EQUAL(threads[1]->frame.FRAME_R1, 11);
    EXPECT_EQUAL(port->queue.count, 1);
    end();
}

/* --- taking ----------------------------------------------------------------------------------------------------------------------------- */

static cap_t new_reply(struct reply **reply)
{
    REQUIRE_EQUAL(reply_create(&ledger, 7, reply), STATUS_OK);
    return give(&(*reply)->object);
}

/* Members take turns, and one that has calls alone is not in the way of who takes no calls. */
TEST(ten_thousand_members)
{
    static cap_t handles[MANY];
    static struct port *ports[MANY];
    cap_t set_handle, reply_handle;
    struct reply *reply;
    begin();
    make_threads(MANY);
    struct port_set *set = new_set(&set_handle);
    reply_handle = new_reply(&reply);
    for (unsigned i = 0; i < MANY; i++) {
        ports[i] = new_port(2, &handles[i]);
        EXPECT_EQUAL(set_add(set, &ports[i]->member, i), STATUS_OK);
        if (i >= 10 && i < 9000)
            call(threads[i], handles[i]);
    }
    receive(threads[0], set_handle, CAP_NULL);
    EXPECT_EQUAL(threads[0]->state, THREAD_RECEIVING); /* thousands of calls, and no reply for them */
    EXPECT_EQUAL(send(threads[1], handles[9500], 77), STATUS_OK);
    EXPECT(woken(threads[0], STATUS_OK) && threads[0]->frame.FRAME_R1 == 77 && threads[0]->page->received_key == 9500);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQUAL(send(threads[1], handles[9100], 100 + i % 2), i < 2 ? STATUS_OK : STATUS_WOULD_BLOCK);
        if (i < 2)
            EXPECT_EQUAL(send(threads[1], handles[9200], 200 + i), STATUS_OK);
    }
    static const uint64_t order[] = {100, 200, 101, 201};
    for (unsigned i = 0; i < 4; i++) {
        threads[2]->state = THREAD_RUNNING;
        receive(threads[2], set_handle, CAP_NULL);
        EXPECT_EQUAL((enum status)threads[2]->frame.FRAME_STATUS, STATUS_OK);
        EXPECT_EQUAL(threads[2]->frame.FRAME_R1, order[i]);
    }
    for (unsigned i = 0; i < 9000 - 10; i++) {
        threads[2]->state = THREAD_RUNNING;
        receive(threads[2], set_handle, reply_handle);
        EXPECT_EQUAL((enum status)threads[2]->frame.FRAME_STATUS, STATUS_OK);
        EXPECT_EQUAL(threads[2]->page->received_key, i + 10); /* calls in the order in which they came */
        thread_wake(reply->thread, STATUS_TIMED_OUT);
        EXPECT(!list_empty(&set->messages)); /* that it is cancelled */
        reply_withdraw(reply);
        EXPECT(list_empty(&set->messages));
    }
    EXPECT(list_empty(&set->ready) && list_empty(&set->messages));
    end();
}

/* What is taken at a member itself, or given up, is not in the set any more. */
TEST(members_that_are_emptied_otherwise)
{
    cap_t set_handle, port_handle, notification_handle;
    begin();
    make_threads(4);
    struct port_set *set = new_set(&set_handle);
    struct port *port = new_port(2, &port_handle);
    struct notification *notification = new_notification(&notification_handle);
    EXPECT_EQUAL(set_add(set, &port->member, 1), STATUS_OK);
    EXPECT_EQUAL(set_add(set, &notification->member, 2), STATUS_OK);
    EXPECT_EQUAL(send(threads[0], port_handle, 5), STATUS_OK);
    EXPECT(!list_empty(&set->ready));
    receive(threads[1], port_handle, CAP_NULL);
    EXPECT(list_empty(&set->ready) && list_empty(&set->messages));
    call(threads[0], port_handle);
    EXPECT(!list_empty(&set->ready) && list_empty(&set->messages));
    thread_wake(threads[0], STATUS_TIMED_OUT);
    EXPECT(list_empty(&set->ready));
    notification_signal(notification, 6);
    EXPECT(!list_empty(&set->messages));
    wait(threads[2], notification_handle, 4);
    EXPECT(!list_empty(&set->messages));
    wait(threads[2], notification_handle, 2);
    EXPECT(list_empty(&set->messages) && list_empty(&set->ready));
    wait(threads[2], notification_handle, 8);
    notification_signal(notification, 8);
    EXPECT(list_empty(&set->messages));
    EXPECT(woken(threads[2], STATUS_OK));
    end();
}

/* A reply that goes while somebody waits with it leaves a wait for what needs none. */
TEST(armed_reply_goes)
{
    cap_t handle, reply_handle;
    struct reply *reply;
    begin();
    make_threads(3);
    struct port *port = new_port(1, &handle);
    reply_handle = new_reply(&reply);
    receive(threads[0], handle, reply_handle);
    EXPECT(!list_empty(&port->receivers));
    drop(reply_handle);
    EXPECT(list_empty(&port->receivers) && !list_empty(&port->takers));
    call(threads[1], handle);
    EXPECT_EQUAL(threads[1]->state, THREAD_CALLING);
    EXPECT_EQUAL(send(threads[2], handle, 9), STATUS_OK);
    EXPECT(woken(threads[0], STATUS_OK) && threads[0]->frame.FRAME_R1 == 9);
    end();
}

/* Of thousands who wait, a call finds the one that can take it. */
TEST(call_among_many_takers)
{
    cap_t handle, reply_handle;
    struct reply *reply;
    begin();
    make_threads(MANY);
    (void)new_port(1, &handle);
    reply_handle = new_reply(&reply);
    for (unsigned i = 0; i < MANY - 2; i++)
        receive(threads[i], handle, CAP_NULL);
    receive(threads[MANY - 2], handle, reply_handle);
    call(threads[MANY - 1], handle);
    EXPECT_EQUAL(reply->state, REPLY_PENDING);
    EXPECT_EQUAL(threads[MANY - 1]->state, THREAD_AWAITING_REPLY);
    end();
}
