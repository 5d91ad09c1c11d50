/* interrupts.c: interrupts posted to threads that wait for an answer: the server is told, and its answer ends the call. The test itself is the
 * server here. */
#include "ipc.h"

#define COOKIE 77u

static cap_t port, reply;

struct caller {
    struct helper helper;
    enum status status;
    uint64_t answer;
};

static void call(void *argument)
{
    struct caller *caller = argument;
    struct message message = {.label = 5};
    caller->status = os_call_flags(port, &message, MESSAGE_INTERRUPTIBLE, DEADLINE_NONE);
    caller->answer = message.word[0];
}

static enum status receive(struct message *message, cap_t armed, uint64_t flags)
{
    return os_reply_wait(CAP_NULL, message, port, armed, flags, os_now() + 2000 * MILLISECONDS);
}

static void begin(void)
{
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 1, &port));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, COOKIE, &reply));
}

static void end(void)
{
    os_drop(reply);
    os_drop(port);
}

/* A call is under way: it was received. */
static void begin_call(struct caller *caller)
{
    struct message message;
    helper_start(&caller->helper, call, caller);
    EXPECT_OK(receive(&message, reply, 0));
    EXPECT_EQUAL(5, message.label);
}

static void expect_event(uint64_t label)
{
    struct message message = {};
    EXPECT_OK(receive(&message, CAP_NULL, 0));
    EXPECT_EQUAL(label, message.label);
    EXPECT_EQUAL(COOKIE, message.word[0]);
}

static void expect_nothing(void)
{
    struct message message = {};
    EXPECT_STATUS(STATUS_WOULD_BLOCK, receive(&message, CAP_NULL, MESSAGE_NO_WAIT));
}

static void answer(struct caller *caller, enum status status, uint64_t word)
{
    EXPECT_OK(os_reply(reply, &(struct message){.label = (uint64_t)(int64_t)status, .word = {word}}));
    helper_wait(&caller->helper);
    EXPECT_STATUS(status, caller->status);
    EXPECT_EQUAL(word, caller->answer);
}

TEST(interrupted_call_is_answered)
{
    struct caller caller;
    begin();
    begin_call(&caller);
    EXPECT_OK(os_thread_signal(caller.helper.thread));
    expect_event(LABEL_CALL_INTERRUPTED);
    expect_nothing();
    EXPECT(thread_waits(caller.helper.thread));
    EXPECT_OK(os_thread_signal(caller.helper.thread));
    EXPECT_OK(os_thread_signal(caller.helper.thread));
    expect_event(LABEL_CALL_INTERRUPTED); /* once for both */
    expect_nothing();
    answer(&caller, STATUS_INTERRUPTED, 1);
    end();
}

/* The answer was under way when the interrupt came: it arrives, and the server never hears of the interrupt. */
TEST(answered_call_is_not_interrupted)
{
    struct caller caller;
    begin();
    for (uint64_t i = 1; i < 4; i++) {
        begin_call(&caller);
        EXPECT_OK(os_thread_signal(caller.helper.thread));
        answer(&caller, STATUS_OK, i);
        expect_nothing();
    }
    end();
}

TEST(interrupted_call_before_it_is_received)
{
    struct caller caller;
    begin();
    helper_start(&caller.helper, call, &caller);
    WAIT_UNTIL(thread_waits(caller.helper.thread));
    EXPECT_OK(os_thread_signal(caller.helper.thread));
    helper_wait(&caller.helper);
    EXPECT_STATUS(STATUS_INTERRUPTED, caller.status);
    expect_nothing();
    end();
}

static int client_main(void)
{
    struct message message = {.label = 5};
    return os_call_flags(BOOTSTRAP_INIT, &message, MESSAGE_INTERRUPTIBLE, DEADLINE_NONE) == STATUS_OK;
}

/* Interrupted, and gone before the server looked: it hears that alone. */
TEST(interrupted_caller_goes)
{
    struct balance before;
    struct message message;
    struct child client;
    begin();
    for (unsigned i = 0; i < 4; i++) {
        if (i == 2)
            balance_take(&before);
        EXPECT_OK(child_create(&client, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_give(&client, port, RIGHT_PORT_SEND, BOOTSTRAP_INIT));
        EXPECT_OK(child_start(&client, client_main, nullptr, 0));
        EXPECT_OK(receive(&message, reply, 0));
        EXPECT_OK(os_thread_signal(client.thread));
        child_kill(&client);
        expect_event(LABEL_CALL_CANCELLED);
        expect_nothing();
    }
    EXPECT_BALANCE(&before, true);
    end();
}

/* The server drops the reply, or its port, with the interrupt still unread. */
TEST(interrupted_call_without_a_server)
{
    struct balance before;
    for (unsigned i = 0; i < 8; i++) {
        struct caller caller;
        if (i == 4)
            balance_take(&before);
        begin();
        begin_call(&caller);
        EXPECT_OK(os_thread_signal(caller.helper.thread));
        os_drop(i & 1 ? reply : port);
        helper_wait(&caller.helper);
        EXPECT_STATUS(STATUS_PEER_GONE, caller.status);
        os_drop(i & 1 ? port : reply);
    }
    EXPECT_BALANCE(&before, true);
}
