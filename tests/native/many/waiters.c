/* waiters.c: ten thousand threads that wait: for a word, a notification, a port; and their ends. The boot word many=N makes it N. */
#include "many.h"
#include <futex.h>

#define MOST 10000u
#define MASKS 50u

static uint32_t words[2];
static cap_t threads[MOST], notification, port;
static _Atomic uint32_t ended, timed_out;
static unsigned count;

static void start(void (*run)(void *))
{
    count = child_parameters[0] < MOST ? (unsigned)child_parameters[0] : MOST;
    ended = timed_out = 0;
    for (unsigned i = 0; i < count; i++)
        EXPECT_OK(os_thread_run(run, (void *)(uintptr_t)i, OS_PAGE_SIZE, &threads[i]));
}

static bool waits(cap_t thread)
{
    uint64_t state = 0;
    return os_thread_info(thread, THREAD_STATE, &state) == STATUS_OK && state >= THREAD_CALLING && state <= THREAD_FUTEX;
}

static void until_all_wait(void)
{
    uint64_t end = os_now() + 60000 * MILLISECONDS;
    for (unsigned i = 0; i < count; i++)
        while (!waits(threads[i]) && os_now() < end)
            test_sleep(MILLISECONDS);
}

static void until_ended(uint32_t wanted)
{
    uint64_t end = os_now() + 60000 * MILLISECONDS;
    while (ended < wanted && os_now() < end)
        test_sleep(MILLISECONDS);
    EXPECT_EQUAL(wanted, ended);
}

static void let_go(void)
{
    for (unsigned i = 0; i < count; i++)
        os_drop(threads[i]);
}

/* --- words ---------------------------------------------------------------------------------------------------------------------------------- */

static void wait_on_word(void *argument)
{
    uintptr_t i = (uintptr_t)argument;
    EXPECT_OK(os_futex_wait(&words[0], 0, DEADLINE_NONE, 0, i % 10 == 9 ? 2 : UINT32_MAX & ~2u));
    ended++;
}

static int on_a_word(void)
{
    uint64_t done;
    start(wait_on_word);
    until_all_wait();
    EXPECT_OK(os_futex_wake((uintptr_t)&words[0], UINT64_MAX, 0, 2, &done));
    EXPECT_EQUAL(count / 10, done);
    EXPECT_OK(os_futex_requeue((uintptr_t)&words[0], count / 10, (uintptr_t)&words[1], count / 2, FUTEX_FLAG_COMPARE, 0, &done));
    EXPECT_EQUAL(count / 10 + count / 2, done);
    EXPECT_OK(os_futex_wake((uintptr_t)&words[0], UINT64_MAX, 0, UINT32_MAX, &done));
    EXPECT_EQUAL(count - count / 10 - count / 10 - count / 2, done);
    EXPECT_OK(os_futex_wake((uintptr_t)&words[1], UINT64_MAX, 0, UINT32_MAX, &done));
    EXPECT_EQUAL(count / 2, done);
    until_ended(count);
    let_go();
    return 0;
}

TEST(ten_thousand_wait_on_a_word)
{
    in_a_task(on_a_word);
}

/* Half of them are still waiting when the task ends. */
static int end_with_waiters(void)
{
    uint64_t done;
    start(wait_on_word);
    until_all_wait();
    EXPECT_OK(os_futex_wake((uintptr_t)&words[0], count / 2, 0, UINT32_MAX, &done));
    EXPECT_EQUAL(count / 2, done);
    return 0;
}

TEST(task_ends_with_thousands_that_wait)
{
    in_a_task(end_with_waiters);
}

/* --- notifications ------------------------------------------------------------------------------------------------------------------------------- */

static void wait_on_notification(void *argument)
{
    uint64_t bits, mask = 1ull << (uintptr_t)argument % MASKS;
    enum status status = os_notification_wait(notification, mask, DEADLINE_NONE, false, &bits);
    EXPECT(status == STATUS_OK ? bits == mask : status == STATUS_PEER_GONE);
    ended++;
}

static int on_a_notification(void)
{
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    start(wait_on_notification);
    until_all_wait();
    EXPECT_OK(os_notification_signal(notification, UINT64_MAX >> (64 - MASKS)));
    until_ended(MASKS);
    for (unsigned i = 1; i < 10; i++)
        EXPECT_OK(os_notification_signal(notification, 1ull << i));
    until_ended(MASKS + 9);
    os_drop(notification);
    until_ended(count);
    let_go();
    return 0;
}

TEST(ten_thousand_wait_on_a_notification)
{
    in_a_task(on_a_notification);
}

/* --- ports ------------------------------------------------------------------------------------------------------------------------------------------ */

static void call_port(void *argument)
{
    struct message message = {.label = 5, .word = {(uintptr_t)argument}};
    enum status status = os_call(port, &message);
    EXPECT(status == STATUS_OK ? message.word[0] == (uintptr_t)argument + 1 : status == STATUS_PEER_GONE);
    ended++;
}

static int on_a_port(void)
{
    struct message message;
    cap_t reply;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    start(call_port);
    until_all_wait();
    for (unsigned i = 0; i < count / 2; i++) {
        EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, reply, MESSAGE_NO_WAIT, DEADLINE_NONE));
        EXPECT_OK(os_reply(reply, &(struct message){.label = STATUS_OK, .word = {message.word[0] + 1}}));
    }
    EXPECT_OK(os_port_destroy(port));
    until_ended(count);
    let_go();
    os_drop(reply);
    os_drop(port);
    return 0;
}

TEST(ten_thousand_call_a_port)
{
    in_a_task(on_a_port);
}
