/* queues.c: sets of ten thousand ports, queues of tens of thousands of messages. */
#include "many.h"

#define PORTS 10000u
#define MESSAGES 30000u

static cap_t ports[PORTS];

static enum status take(cap_t from, struct message *message)
{
    return os_reply_wait(CAP_NULL, message, from, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE);
}

static int large_set(void)
{
    struct message message;
    cap_t set;
    uint64_t seed = 9, key = 0;
    EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &set));
    for (unsigned i = 0; i < PORTS; i++) {
        EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 1, &ports[i]));
        EXPECT_OK(os_set_add_port(set, ports[i], i));
    }
    for (unsigned i = 0; i < 3000; i++) {
        unsigned burst = 1 + (unsigned)(test_random(&seed) % 4), at[4];
        for (unsigned j = 0; j < burst; j++) {
            at[j] = (unsigned)(test_random(&seed) % (PORTS / 4)) * 4 + j;
            EXPECT_OK(os_send(ports[at[j]], &(struct message){.label = 10 + at[j]}, MESSAGE_NO_WAIT, DEADLINE_NONE));
        }
        for (unsigned j = 0; j < burst; j++) { /* in the order in which they became ready */
            EXPECT_OK(take(set, &message));
            EXPECT_EQUAL(10 + at[j], message.label);
            EXPECT_EQUAL(at[j], message.key);
        }
    }
    EXPECT_STATUS(STATUS_WOULD_BLOCK, take(set, &message));
    for (unsigned i = 0; i < PORTS; i += 2)
        EXPECT_OK(os_send(ports[i], &(struct message){.label = i}, MESSAGE_NO_WAIT, DEADLINE_NONE));
    os_drop(set); /* with thousands that are ready */
    for (unsigned i = 0; i < PORTS; i++) {
        enum status status = take(ports[i], &message);
        EXPECT_STATUS(i % 2 ? STATUS_WOULD_BLOCK : STATUS_OK, status);
        if (status == STATUS_OK)
            key += message.label;
    }
    EXPECT_EQUAL((uint64_t)(PORTS / 2 - 1) * (PORTS / 2), key);
    EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &set));
    for (unsigned i = 0; i < PORTS; i += 100)
        EXPECT_OK(os_set_add_port(set, ports[i], i));
    for (unsigned i = 0; i < PORTS; i++)
        os_drop(ports[i]);
    os_drop(set);
    return 0;
}

TEST(set_of_ten_thousand_ports)
{
    in_a_task(large_set);
}

static int large_queue(void)
{
    struct message message;
    cap_t port, object;
    uint64_t used, limit, after;
    EXPECT_OK(os_ledger_info(BOOTSTRAP_LEDGER, LEDGER_KERNEL, &used, &limit));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, MESSAGES, &port));
    EXPECT_OK(os_ledger_info(BOOTSTRAP_LEDGER, LEDGER_KERNEL, &after, &limit));
    EXPECT(after - used >= MESSAGES * 256);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &object));
    for (unsigned i = 0; i < MESSAGES; i++)
        EXPECT_OK(os_send(port, &(struct message){.label = i, .word = {i * 3}, .cap_count = i % 8 == 0, .cap = {object}}, MESSAGE_NO_WAIT, DEADLINE_NONE));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, os_send(port, &(struct message){.label = 1}, MESSAGE_NO_WAIT, DEADLINE_NONE));
    for (unsigned i = 0; i < MESSAGES / 2; i++) {
        EXPECT_OK(take(port, &message));
        EXPECT(message.label == i && message.word[0] == i * 3 && message.cap_count == (i % 8 == 0));
        if (message.cap_count)
            os_drop(message.cap[0]);
    }
    EXPECT_OK(os_cap_revoke(object)); /* also in the messages that are left */
    for (unsigned i = MESSAGES / 2; i < MESSAGES * 3 / 4; i++) {
        EXPECT_OK(take(port, &message));
        EXPECT(message.label == i && (message.cap_count == 0 || message.cap[0] == CAP_NULL));
    }
    os_drop(object);
    os_drop(port);
    return 0;
}

TEST(queue_of_thirty_thousand_messages)
{
    in_a_task(large_queue);
}
