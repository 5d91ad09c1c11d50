/* ports.c: facets, queued messages, port sets, notifications, timers. Not here: the derivation tree (derivation.c). In one task; others are threads of it. */
#include "ipc.h"

static cap_t new_port(uint64_t queue)
{
    cap_t port = CAP_NULL;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, queue, &port));
    return port;
}

static cap_t new_notification(void)
{
    cap_t notification = CAP_NULL;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    return notification;
}

static cap_t new_set(void)
{
    cap_t set = CAP_NULL;
    EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &set));
    return set;
}

static cap_t new_reply(uint64_t cookie)
{
    cap_t reply = CAP_NULL;
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, cookie, &reply));
    return reply;
}

static cap_t badge(cap_t port, uint64_t badge)
{
    cap_t facet = CAP_NULL;
    EXPECT_OK(os_port_badge(port, badge, RIGHT_PORT_SEND | RIGHT_COMMON, &facet));
    return facet;
}

static enum status take(cap_t from, cap_t reply, struct message *message)
{
    return os_reply_wait(CAP_NULL, message, from, reply, MESSAGE_NO_WAIT, DEADLINE_NONE);
}

static enum status send(cap_t port, uint64_t label)
{
    return os_send(port, &(struct message){.label = label, .word = {label + 1, 0, 0, 0, 0, label + 6}}, MESSAGE_NO_WAIT, DEADLINE_NONE);
}

struct call_in_queue {
    cap_t port;
    enum status status;
};

static void call_and_note(void *argument)
{
    struct call_in_queue *call = argument;
    call->status = os_call(call->port, &(struct message){.label = 50});
}

/* --- facets ------------------------------------------------------------------------------------------------------------------------------- */

TEST(facet_gone_once)
{
    struct balance before;
    struct message message;
    balance_take(&before);
    cap_t port = new_port(4), first = badge(port, 5), second = badge(port, 6), copy;
    EXPECT_OK(os_cap_duplicate(first, &copy));
    os_drop(first);
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
    os_drop(copy);
    EXPECT_OK(take(port, CAP_NULL, &message));
    EXPECT(message.label == LABEL_FACET_GONE && message.badge == 5);
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
    EXPECT_OK(os_cap_revoke(port));
    EXPECT_OK(take(port, CAP_NULL, &message));
    EXPECT(message.label == LABEL_FACET_GONE && message.badge == 6);
    EXPECT_STATUS(STATUS_INVALID_HANDLE, send(second, 1));
    os_drop(badge(port, 7)); /* nobody takes the message */
    os_drop(port);
    EXPECT_BALANCE(&before, false);
}

TEST(port_same_looks_through_badges)
{
    struct balance before;
    balance_take(&before);
    cap_t port = new_port(4), other = new_port(4), first = badge(port, 1), second = badge(port, 2);
    uint64_t same = 0;
    EXPECT_OK(os_port_same(first, second, &same));
    EXPECT_EQUAL(1, same);
    EXPECT_OK(os_port_same(first, other, &same));
    EXPECT_EQUAL(0, same);
    os_drop(first);
    os_drop(second);
    os_drop(port);
    os_drop(other);
    EXPECT_BALANCE(&before, false);
}

/* It is the last that comes with its badge: after messages and calls that waited when the capability went, however they ended. */
TEST(facet_gone_is_the_last)
{
    struct message message;
    cap_t port = new_port(2), facet = badge(port, 5), reply = new_reply(1);
    EXPECT_OK(send(facet, 1));
    EXPECT_OK(send(facet, 2));
    os_drop(facet);
    for (uint64_t i = 1; i <= 2; i++) {
        EXPECT_OK(take(port, CAP_NULL, &message));
        EXPECT(message.label == i && message.badge == 5);
    }
    EXPECT_OK(take(port, CAP_NULL, &message));
    EXPECT(message.label == LABEL_FACET_GONE && message.badge == 5);
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
    for (int way = 0; way < 2; way++) { /* a call that is taken, and one that ends with its thread */
        struct helper calling;
        struct call_in_queue call = {.port = badge(port, 6)};
        helper_start(&calling, call_and_note, &call);
        WAIT_UNTIL(thread_waits(calling.thread));
        os_drop(call.port);
        EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
        if (way == 0) {
            EXPECT_OK(take(port, reply, &message));
            EXPECT(message.label == 50 && message.badge == 6);
            EXPECT_OK(os_reply(reply, &(struct message){}));
            helper_wait(&calling);
            EXPECT_OK(call.status);
        } else {
            EXPECT_OK(os_thread_kill(calling.thread));
            os_drop(calling.thread);
            os_drop(calling.done);
        }
        EXPECT_OK(take(port, CAP_NULL, &message));
        EXPECT(message.label == LABEL_FACET_GONE && message.badge == 6);
    }
    os_drop(reply);
    os_drop(port);
}

TEST(facet_of_a_dead_port)
{
    struct balance before;
    balance_take(&before);
    cap_t port = new_port(1), facet = badge(port, 1);
    uint64_t same;
    EXPECT_OK(os_port_same(facet, port, &same));
    EXPECT_EQUAL(1, same);
    os_drop(port);
    EXPECT_STATUS(STATUS_PEER_GONE, send(facet, 1));
    os_drop(facet);
    EXPECT_BALANCE(&before, false);
}

/* --- queued messages ------------------------------------------------------------------------------------------------------------------------ */

TEST(queue_in_order)
{
    struct message message;
    cap_t port = new_port(3), facet = badge(port, 9);
    for (uint64_t round = 0; round < 4; round++) {
        for (uint64_t i = 1; i <= 3; i++)
            EXPECT_OK(send(i == 2 ? facet : port, round * 10 + i));
        EXPECT_STATUS(STATUS_WOULD_BLOCK, send(port, 4));
        for (uint64_t i = 1; i <= 3; i++) {
            EXPECT_OK(take(port, CAP_NULL, &message));
            EXPECT_EQUAL(round * 10 + i, message.label);
            EXPECT_EQUAL(round * 10 + i + 1, message.word[0]);
            EXPECT_EQUAL(round * 10 + i + 6, message.word[5]);
            EXPECT_EQUAL(i == 2 ? 9 : 0, message.badge);
        }
        EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
    }
    os_drop(facet);
    os_drop(port);
}

TEST(queued_capabilities)
{
    struct balance before;
    struct message message = {.label = 1, .cap_count = 2, .cap_move = 2};
    uint64_t type, rights, badge_value;
    balance_take(&before);
    cap_t port = new_port(2), copied = new_notification(), moved = new_notification();
    message.cap[0] = copied;
    message.cap[1] = moved;
    EXPECT_OK(os_send(port, &message, 0, DEADLINE_NONE));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(moved, &type, &rights, &badge_value));
    EXPECT_OK(os_cap_info(copied, &type, &rights, &badge_value));
    struct message taken;
    EXPECT_OK(take(port, CAP_NULL, &taken));
    EXPECT_EQUAL(2, taken.cap_count);
    EXPECT_OK(os_notification_signal(taken.cap[1], 1));
    EXPECT_OK(os_cap_revoke(copied));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_notification_signal(taken.cap[0], 1));
    message = (struct message){.label = 2, .cap_count = 1, .cap = {copied}};
    EXPECT_OK(os_send(port, &message, 0, DEADLINE_NONE));
    EXPECT_OK(os_cap_revoke(copied)); /* also what waits in the queue */
    EXPECT_OK(take(port, CAP_NULL, &message));
    EXPECT_EQUAL(CAP_NULL, message.cap_count ? message.cap[0] : CAP_NULL);
    message = (struct message){.label = 3, .cap_count = 1, .cap = {copied}, .cap_move = 1};
    EXPECT_OK(os_send(port, &message, 0, DEADLINE_NONE));
    os_drop(taken.cap[1]);
    os_drop(port); /* with the capability in its queue */
    EXPECT_BALANCE(&before, false);
}

/* A port that holds the last capability to a port that holds ...: their ends do not nest. */
TEST(ports_within_ports)
{
    struct balance before;
    balance_take(&before);
    cap_t outer = new_port(1);
    for (int i = 0; i < 1000; i++) {
        cap_t next = new_port(1);
        struct message message = {.label = 1, .cap_count = 1, .cap = {outer}, .cap_move = 1};
        EXPECT_OK(os_send(next, &message, 0, DEADLINE_NONE));
        outer = next;
    }
    os_drop(outer);
    EXPECT_BALANCE(&before, false);
}

struct sender {
    cap_t port;
    uint64_t label, count, deadline_ns;
    enum status status;
};

static void send_many(void *argument)
{
    struct sender *sender = argument;
    for (uint64_t i = 0; i < sender->count; i++) {
        struct message message = {.label = sender->label, .word = {i}};
        sender->status = os_send(sender->port, &message, 0, sender->deadline_ns ? sender->deadline_ns : DEADLINE_NONE);
        if (sender->status != STATUS_OK)
            return;
    }
}

TEST(senders_wait_for_room)
{
    struct helper helpers[4];
    struct sender senders[4];
    cap_t port = new_port(2);
    uint64_t next[4] = {};
    for (unsigned i = 0; i < 4; i++) {
        senders[i] = (struct sender){.port = port, .label = i, .count = 200};
        helper_start(&helpers[i], send_many, &senders[i]);
    }
    for (unsigned i = 0; i < 800; i++) {
        struct message message;
        EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, CAP_NULL, 0, os_now() + 3000 * MILLISECONDS));
        if (message.label >= 4 || message.word[0] != next[message.label]++) {
            EXPECT(!"in order");
            break;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        helper_wait(&helpers[i]);
        EXPECT_OK(senders[i].status);
    }
    os_drop(port);
}

/* A sender that waits behind a caller is not forgotten when the caller is taken. */
TEST(sender_behind_a_caller)
{
    struct helper calling, sending;
    cap_t port = new_port(1), reply = new_reply(1);
    struct call_in_queue call = {.port = port};
    struct sender sender = {.port = port, .label = 60, .count = 2};
    struct message message;
    EXPECT_OK(send(port, 40));
    helper_start(&calling, call_and_note, &call);
    WAIT_UNTIL(thread_waits(calling.thread));
    helper_start(&sending, send_many, &sender);
    WAIT_UNTIL(thread_waits(sending.thread));
    unsigned seen = 0;
    for (int i = 0; i < 4; i++) {
        EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, reply, 0, os_now() + 1000 * MILLISECONDS));
        seen += (unsigned)message.label;
        if (message.label == 50)
            EXPECT_OK(os_reply(reply, &(struct message){}));
    }
    EXPECT_EQUAL(40 + 50 + 60 + 60, seen);
    helper_wait(&calling);
    helper_wait(&sending);
    EXPECT_OK(call.status);
    EXPECT_OK(sender.status);
    os_drop(reply);
    os_drop(port);
}

TEST(sender_gives_up)
{
    struct helper sending;
    cap_t port = new_port(1);
    struct sender sender = {.port = port, .label = 1, .count = 2, .deadline_ns = os_now() + 5 * MILLISECONDS};
    struct message message;
    helper_start(&sending, send_many, &sender);
    helper_wait(&sending);
    EXPECT_STATUS(STATUS_TIMED_OUT, sender.status);
    sender.deadline_ns = 0;
    helper_start(&sending, send_many, &sender);
    WAIT_UNTIL(thread_waits(sending.thread));
    EXPECT_OK(os_thread_kill(sending.thread));
    os_drop(sending.thread);
    os_drop(sending.done);
    EXPECT_OK(take(port, CAP_NULL, &message));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(port, CAP_NULL, &message));
    helper_start(&sending, send_many, &sender);
    WAIT_UNTIL(thread_waits(sending.thread));
    EXPECT_OK(os_port_destroy(port));
    helper_wait(&sending);
    EXPECT_STATUS(STATUS_PEER_GONE, sender.status);
    os_drop(port);
}

/* --- sets -------------------------------------------------------------------------------------------------------------------------------------- */

TEST(set_of_many)
{
    struct balance before;
    cap_t ports[20];
    struct message message;
    balance_take(&before);
    cap_t set = new_set(), notification = new_notification();
    for (uint64_t i = 0; i < 20; i++) {
        ports[i] = new_port(4);
        EXPECT_OK(os_set_add_port(set, ports[i], 100 + i));
    }
    EXPECT_STATUS(STATUS_ALREADY_BOUND, os_set_add_port(set, ports[3], 1));
    EXPECT_OK(os_set_add_notification(set, notification, 1000));
    EXPECT_STATUS(STATUS_ALREADY_BOUND, os_set_add_notification(set, notification, 1));
    for (uint64_t i = 0; i < 20; i += 3)
        EXPECT_OK(send(ports[i], i));
    EXPECT_OK(os_notification_signal(notification, 6));
    uint64_t keys = 0;
    for (int i = 0; i < 8; i++) {
        EXPECT_OK(take(set, CAP_NULL, &message));
        keys += message.key;
        if (message.key == 1000)
            EXPECT(message.label == LABEL_NOTIFICATION && message.word[0] == 6);
        else
            EXPECT_EQUAL(message.key, 100 + message.label);
    }
    EXPECT_EQUAL(1000 + 700 + 63, keys);
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(set, CAP_NULL, &message));
    EXPECT_OK(os_set_remove_port(set, ports[0]));
    EXPECT_STATUS(STATUS_BAD_STATE, os_set_remove_port(set, ports[0]));
    EXPECT_OK(send(ports[0], 5));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(set, CAP_NULL, &message));
    EXPECT_OK(os_set_add_port(set, ports[0], 7)); /* with something in it */
    EXPECT_OK(take(set, CAP_NULL, &message));
    EXPECT_EQUAL(7, message.key);
    os_drop(ports[1]);
    os_drop(notification);
    os_drop(set);
    EXPECT_OK(send(ports[2], 5));
    EXPECT_OK(take(ports[2], CAP_NULL, &message));
    for (int i = 0; i < 20; i++)
        if (i != 1)
            os_drop(ports[i]);
    EXPECT_BALANCE(&before, false);
}

/* Members whose calls the receiver cannot take, since it arms no reply, stay as they are. */
TEST(set_without_a_reply)
{
    struct helper callers[3];
    struct call_in_queue calls[3];
    struct message message;
    cap_t set = new_set(), reply = new_reply(1);
    for (unsigned i = 0; i < 3; i++) {
        calls[i].port = new_port(1);
        EXPECT_OK(os_set_add_port(set, calls[i].port, i));
        helper_start(&callers[i], call_and_note, &calls[i]);
        WAIT_UNTIL(thread_waits(callers[i].thread));
    }
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(set, CAP_NULL, &message));
    EXPECT_OK(send(calls[2].port, 3));
    EXPECT_OK(take(set, CAP_NULL, &message));
    EXPECT_EQUAL(3, message.label);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(take(set, reply, &message));
        EXPECT_EQUAL(50, message.label);
        EXPECT_OK(os_reply(reply, &(struct message){}));
    }
    for (unsigned i = 0; i < 3; i++) {
        helper_wait(&callers[i]);
        EXPECT_OK(calls[i].status);
        os_drop(calls[i].port);
    }
    os_drop(reply);
    os_drop(set);
}

struct receiver {
    cap_t from, reply;
    struct message message;
    enum status status;
};

static void receive_once(void *argument)
{
    struct receiver *receiver = argument;
    receiver->status = os_reply_wait(CAP_NULL, &receiver->message, receiver->from, receiver->reply, MESSAGE_INTERRUPTIBLE, os_now() + 2000 * MILLISECONDS);
}

/* What joins a set with something in it wakes who waits there. */
TEST(joining_a_set_that_is_waited_at)
{
    struct helper waiting;
    struct receiver receiver = {.from = new_set()};
    cap_t port = new_port(1), notification = new_notification();
    EXPECT_OK(send(port, 11));
    helper_start(&waiting, receive_once, &receiver);
    WAIT_UNTIL(thread_waits(waiting.thread));
    EXPECT_OK(os_set_add_port(receiver.from, port, 1));
    helper_wait(&waiting);
    EXPECT_OK(receiver.status);
    EXPECT_EQUAL(11, receiver.message.label);
    EXPECT_OK(os_notification_signal(notification, 4));
    helper_start(&waiting, receive_once, &receiver);
    WAIT_UNTIL(thread_waits(waiting.thread));
    EXPECT_OK(os_set_add_notification(receiver.from, notification, 2));
    helper_wait(&waiting);
    EXPECT_OK(receiver.status);
    EXPECT_EQUAL(LABEL_NOTIFICATION, receiver.message.label);
    EXPECT_STATUS(STATUS_OK, os_notification_signal(notification, 8));
    os_drop(notification);
    os_drop(port);
    os_drop(receiver.from);
}

TEST(waits_end)
{
    struct helper waiting;
    cap_t set = new_set(), port = new_port(1);
    struct receiver receiver = {.from = port, .reply = new_reply(1)};
    helper_start(&waiting, receive_once, &receiver);
    WAIT_UNTIL(thread_waits(waiting.thread));
    EXPECT_STATUS(STATUS_BUSY, os_set_add_port(set, port, 1));
    EXPECT_OK(os_thread_signal(waiting.thread));
    helper_wait(&waiting);
    EXPECT_STATUS(STATUS_INTERRUPTED, receiver.status);
    helper_start(&waiting, receive_once, &receiver);
    WAIT_UNTIL(thread_waits(waiting.thread));
    os_drop(port);
    helper_wait(&waiting);
    EXPECT_STATUS(STATUS_PEER_GONE, receiver.status);
    receiver.from = set;
    helper_start(&waiting, receive_once, &receiver);
    WAIT_UNTIL(thread_waits(waiting.thread));
    os_drop(set);
    helper_wait(&waiting);
    EXPECT_STATUS(STATUS_PEER_GONE, receiver.status);
    os_drop(receiver.reply);
}

/* --- notifications and timers ---------------------------------------------------------------------------------------------------------------------- */

TEST(notification_bits)
{
    uint64_t bits;
    cap_t n = new_notification();
    EXPECT_OK(os_notification_signal(n, 0x15));
    EXPECT_OK(os_notification_signal(n, 0x02));
    EXPECT_OK(os_notification_wait(n, 0x11, DEADLINE_NONE, false, &bits));
    EXPECT_EQUAL(0x11, bits);
    EXPECT_OK(os_notification_wait(n, UINT64_MAX, DEADLINE_NONE, false, &bits));
    EXPECT_EQUAL(0x06, bits);
    EXPECT_STATUS(STATUS_TIMED_OUT, os_notification_wait(n, UINT64_MAX, os_now() + MILLISECONDS, false, &bits));
    os_drop(n);
}

TEST(timers)
{
    uint64_t bits, start = os_now();
    cap_t n = new_notification();
    EXPECT_OK(os_notification_bind_timer(n, start + 5 * MILLISECONDS, 1));
    EXPECT_OK(os_notification_wait(n, 1, DEADLINE_NONE, false, &bits));
    EXPECT(os_now() >= start + 5 * MILLISECONDS);
    EXPECT_OK(os_notification_bind_timer(n, 1, 2)); /* long past */
    EXPECT_OK(os_notification_wait(n, 2, DEADLINE_NONE, false, &bits));
    EXPECT_OK(os_notification_bind_timer(n, os_now() + 1000 * MILLISECONDS, 4));
    EXPECT_OK(os_notification_bind_timer(n, os_now() + 8 * MILLISECONDS, 8)); /* instead */
    EXPECT_OK(os_notification_wait(n, 12, DEADLINE_NONE, false, &bits));
    EXPECT_EQUAL(8, bits);
    EXPECT_OK(os_notification_bind_timer(n, os_now() + 60 * MILLISECONDS, 4));
    EXPECT_OK(os_notification_bind_timer(n, DEADLINE_NONE, 0));
    EXPECT_STATUS(STATUS_TIMED_OUT, os_notification_wait(n, 4, os_now() + 80 * MILLISECONDS, false, &bits));
    EXPECT_OK(os_notification_bind_timer(n, os_now() + 2 * MILLISECONDS, 4));
    os_drop(n); /* with its timer */
    test_sleep(4 * MILLISECONDS);
}

TEST(many_timers)
{
    cap_t n[100];
    uint64_t seed = test_number("seed", 1), bits, start = os_now(), when[100];
    for (int i = 0; i < 100; i++) {
        n[i] = new_notification();
        when[i] = start + test_random(&seed) % (20 * MILLISECONDS);
        EXPECT_OK(os_notification_bind_timer(n[i], when[i], 1));
    }
    for (int i = 0; i < 100; i++) {
        if (i % 7 == 3)
            EXPECT_OK(os_notification_bind_timer(n[i], DEADLINE_NONE, 0));
        else
            EXPECT_OK(os_notification_wait(n[i], 1, os_now() + 1000 * MILLISECONDS, false, &bits));
        EXPECT(i % 7 == 3 || os_now() >= when[i]);
        os_drop(n[i]);
    }
}
