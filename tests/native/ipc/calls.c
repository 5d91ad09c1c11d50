/* calls.c: calls and their answers between two tasks: words, windows, capabilities, deaths, deadlines, cancellation. */
#include "ipc.h"

static struct server server;

static void start(void)
{
    EXPECT_OK(server_start(&server, 4));
    EXPECT_OK(server_call(server.port, SERVER_ECHO, (uint64_t[6]){})); /* it has started */
}

static cap_t facet(uint64_t badge)
{
    cap_t facet = CAP_NULL;
    EXPECT_OK(os_port_badge(server.port, badge, RIGHT_PORT_SEND | RIGHT_COMMON, &facet));
    return facet;
}

TEST(child_runs_and_ends)
{
    struct balance before;
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            balance_take(&before);
        start();
        uint64_t words[6] = {1, 2, 3, 4, 5, 6};
        EXPECT_OK(server_call(server.port, SERVER_ECHO, words));
        for (uint64_t w = 0; w < 5; w++)
            EXPECT_EQUAL(w + 2, words[w]);
        EXPECT_EQUAL(0, words[5]);
        server_stop(&server);
    }
    EXPECT_BALANCE(&before, true);
}

TEST(many_calls)
{
    struct balance before;
    start();
    cap_t f = facet(0x1234567890abcdef);
    balance_take(&before);
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t words[6] = {i, ~i, i << 32, i * i, 0, 99};
        EXPECT_OK(server_call(i & 1 ? f : server.port, SERVER_ECHO, words));
        EXPECT(words[0] == i + 1 && words[1] == ~i + 1 && words[2] == (i << 32) + 1 && words[3] == i * i + 1 && words[4] == 1);
        EXPECT_EQUAL(i & 1 ? 0x1234567890abcdef : 0, words[5]);
    }
    EXPECT_BALANCE(&before, true);
    os_drop(f);
    server_stop(&server);
}

/* --- windows ------------------------------------------------------------------------------------------------------------------------------- */

#define WINDOW (256u << 10)

static enum status window_call(uint64_t label, void *in, size_t in_length, void *out, size_t out_length, uint64_t words[6])
{
    struct message message = {.label = label, .in = {in, in_length}, .out = {out, out_length}};
    memcpy(message.word, words, sizeof message.word);
    enum status status = os_call(server.port, &message);
    memcpy(words, message.word, sizeof message.word);
    return status;
}

static uint8_t *map(size_t size, unsigned prot)
{
    uint64_t where = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, size, MAP_ANONYMOUS | prot | PROT_BIT_READ << MAP_MAX_PROT_SHIFT | PROT_BIT_WRITE << MAP_MAX_PROT_SHIFT, &where));
    return (uint8_t *)where;
}

static void unmap(void *memory, size_t size)
{
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, (uintptr_t)memory, size));
}

TEST(windows)
{
    uint8_t *memory = map(WINDOW, PROT_BIT_READ | PROT_BIT_WRITE);
    start();
    EXPECT_OK(window_call(SERVER_WRITE, nullptr, 0, memory, WINDOW, (uint64_t[6]){0, WINDOW, 3}));
    EXPECT(memory[0] == 3 && memory[WINDOW / 2] == 3 && memory[WINDOW - 1] == 3);
    uint64_t words[6] = {0, WINDOW};
    EXPECT_OK(window_call(SERVER_READ, memory, WINDOW, nullptr, 0, words));
    EXPECT_EQUAL(3ull * WINDOW, words[0]);
    /* odd parts, across pages */
    EXPECT_OK(window_call(SERVER_WRITE, nullptr, 0, memory + 1, WINDOW - 2, (uint64_t[6]){OS_PAGE_SIZE - 7, 13, 5}));
    EXPECT(memory[OS_PAGE_SIZE - 7] == 3 && memory[OS_PAGE_SIZE - 6] == 5 && memory[OS_PAGE_SIZE + 6] == 5 && memory[OS_PAGE_SIZE + 7] == 3);
    EXPECT_OK(window_call(SERVER_LENGTHS, memory, 77, memory, 88, words));
    EXPECT(words[0] == 77 && words[1] == 88);
    words[0] = words[1] = 9;
    EXPECT_OK(server_call(server.port, SERVER_LENGTHS, words));
    EXPECT(words[0] == 0 && words[1] == 0);
    server_stop(&server);
    unmap(memory, WINDOW);
}

static enum status part(uint64_t label, void *window, size_t length, uint64_t offset, uint64_t count)
{
    uint64_t words[6] = {offset, count, 7};
    EXPECT_OK(window_call(label, window, length, window, length, words));
    return (enum status)words[1];
}

TEST(windows_that_fault)
{
    uint8_t *memory = map(WINDOW, PROT_BIT_READ | PROT_BIT_WRITE), *bare = map(WINDOW, 0), *fixed = map(WINDOW, PROT_BIT_READ);
    start();
    for (int i = 0; i < 2; i++) {
        uint64_t label = i ? SERVER_WRITE : SERVER_READ;
        EXPECT_STATUS(STATUS_OUT_OF_RANGE, part(label, memory, 100, 0, 101));
        EXPECT_STATUS(STATUS_OUT_OF_RANGE, part(label, memory, 100, 101, 1));
        EXPECT_STATUS(STATUS_OUT_OF_RANGE, part(label, memory, 100, UINT64_MAX, 2));
        EXPECT_STATUS(STATUS_OK, part(label, memory, 100, 99, 1));
        EXPECT_STATUS(STATUS_OUT_OF_RANGE, part(label, nullptr, 0, 0, 1));
        EXPECT_STATUS(STATUS_BAD_ADDRESS, part(label, bare, WINDOW, 0, 1));
        EXPECT_STATUS(STATUS_BAD_ADDRESS, part(label, bare, WINDOW, WINDOW / 2, 4096));
        EXPECT_STATUS(i ? STATUS_BAD_ADDRESS : STATUS_OK, part(label, fixed, WINDOW, 0, 4096));
    }
    server_stop(&server);
    unmap(memory, WINDOW);
    unmap(bare, WINDOW);
    unmap(fixed, WINDOW);
}

/* --- capabilities ---------------------------------------------------------------------------------------------------------------------------- */

static enum status keep(cap_t cap, bool move, uint64_t words[6])
{
    struct message message = {.label = SERVER_KEEP_CAP, .cap = {cap}, .cap_count = 1, .cap_move = move};
    enum status status = os_call(server.port, &message);
    memcpy(words, message.word, sizeof message.word);
    return status;
}

static cap_t given(bool move)
{
    struct message message = {.label = SERVER_GIVE_CAP, .word = {move}};
    EXPECT_OK(os_call(server.port, &message));
    EXPECT_EQUAL(1, message.cap_count);
    return message.cap_count ? message.cap[0] : CAP_NULL;
}

TEST(capabilities_travel)
{
    struct balance before;
    start();
    balance_take(&before);
    cap_t mem, less, back;
    uint64_t words[6], same, size, resident;
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &mem));
    EXPECT_OK(os_cap_derive(mem, RIGHT_MEM_READ | RIGHT_COPY, &less));
    EXPECT_OK(keep(less, false, words));
    EXPECT_EQUAL(RIGHT_MEM_READ | RIGHT_COPY, words[1]);
    EXPECT_EQUAL(1, words[2]);
    back = given(false);
    EXPECT_OK(os_cap_same(mem, back, &same));
    EXPECT_EQUAL(1, same);
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_mem_size(back, &size, &resident));
    EXPECT_OK(os_cap_revoke(mem)); /* the derived, the server's copy, and the copy of that */
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(less, &words[0], &words[1], &words[2]));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_info(back, &words[0], &words[1], &words[2]));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, server_call(server.port, SERVER_GIVE_CAP, words) == STATUS_OK ? STATUS_OK : STATUS_INVALID_HANDLE);
    EXPECT_OK(os_mem_size(mem, &size, &resident));
    os_drop(mem);
    server_stop(&server);
    start();
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &mem));
    EXPECT_OK(keep(mem, true, words));
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_mem_size(mem, &size, &resident));
    mem = given(true);
    EXPECT_OK(os_mem_size(mem, &size, &resident));
    EXPECT_EQUAL(OS_PAGE_SIZE, size);
    os_drop(mem);
    server_stop(&server);
}

TEST(four_capabilities_and_none)
{
    start();
    struct message message = {.label = SERVER_KEEP_CAP, .cap_count = 4, .cap = {BOOTSTRAP_LEDGER, CAP_NULL, BOOTSTRAP_LEDGER, BOOTSTRAP_LEDGER}};
    EXPECT_OK(os_call(server.port, &message));
    EXPECT_EQUAL(4, message.word[2]);
    message = (struct message){.label = SERVER_KEEP_CAP};
    EXPECT_OK(os_call(server.port, &message));
    EXPECT_EQUAL(0, message.word[2]);
    message = (struct message){.label = SERVER_KEEP_CAP, .cap_count = 5};
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_call(server.port, &message));
    server_stop(&server);
}

/* The same capability twice in a message, moved: it arrives once. */
TEST(moved_twice)
{
    struct balance before;
    start();
    balance_take(&before);
    cap_t notification;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    struct message message = {.label = SERVER_KEEP_CAP, .cap_count = 2, .cap = {notification, notification}, .cap_move = 3};
    EXPECT_OK(os_call(server.port, &message));
    EXPECT_EQUAL(2, message.word[2]);
    os_drop(given(true));
    EXPECT_BALANCE(&before, false);
    server_stop(&server);
}

/* The receiver has no room for it: it gets the null handle, and the sender keeps what it copied. */
TEST(no_room_for_a_capability)
{
    struct server poor;
    cap_t ledger;
    uint64_t used, limit, words[6];
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &ledger));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &poor.port));
    start();
    EXPECT_OK(server_call(server.port, SERVER_ECHO, words));
    EXPECT_OK(os_ledger_info(BOOTSTRAP_LEDGER, LEDGER_CAPS, &used, &limit));
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, used));
    EXPECT_OK(keep(BOOTSTRAP_LEDGER, false, words));
    EXPECT_OK(os_ledger_set_limit(BOOTSTRAP_LEDGER, LEDGER_CAPS, UINT64_MAX));
    EXPECT_EQUAL(0, words[1]);
    EXPECT_EQUAL(1, words[2]);
    server_stop(&server);
    os_drop(poor.port);
    os_drop(ledger);
}

/* --- ends ------------------------------------------------------------------------------------------------------------------------------------ */

TEST(server_drops_the_reply)
{
    start();
    EXPECT_STATUS(STATUS_PEER_GONE, server_call(server.port, SERVER_DROP, (uint64_t[6]){}));
    EXPECT_OK(server_call(server.port, SERVER_ECHO, (uint64_t[6]){}));
    server_stop(&server);
}

TEST(server_ends_within_a_call)
{
    struct balance before;
    balance_take(&before);
    start();
    EXPECT_STATUS(STATUS_PEER_GONE, server_call(server.port, SERVER_EXIT, (uint64_t[6]){}));
    EXPECT_EQUAL(7, child_wait(&server.child));
    os_drop(server.port);
    EXPECT_BALANCE(&before, true);
}

struct caller {
    cap_t port;
    uint64_t label, flags, deadline_ns;
    enum status status;
};

static void call_once(void *argument)
{
    struct caller *caller = argument;
    struct message message = {.label = caller->label};
    caller->status = os_call_flags(caller->port, &message, caller->flags, caller->deadline_ns ? caller->deadline_ns : DEADLINE_NONE);
}

static uint64_t held(void)
{
    uint64_t words[6] = {};
    EXPECT_OK(server_call(server.port, SERVER_HELD, words));
    return words[0];
}

static uint64_t cancelled(uint64_t words[6])
{
    EXPECT_OK(server_call(server.port, SERVER_HELD, words));
    return words[1];
}

TEST(port_destroyed_under_calls)
{
    struct caller first = {.label = SERVER_HOLD}, second = {.label = SERVER_ECHO};
    struct helper a, b;
    start();
    first.port = server.port;
    helper_start(&a, call_once, &first);
    WAIT_UNTIL(held() == 1);
    EXPECT_OK(os_thread_stop(server.child.thread));
    second.port = server.port;
    helper_start(&b, call_once, &second);
    WAIT_UNTIL(thread_waits(b.thread));
    EXPECT_OK(os_port_destroy(server.port));
    helper_wait(&a);
    helper_wait(&b);
    EXPECT_STATUS(STATUS_PEER_GONE, first.status);
    EXPECT_STATUS(STATUS_PEER_GONE, second.status);
    EXPECT_STATUS(STATUS_PEER_GONE, server_call(server.port, SERVER_ECHO, (uint64_t[6]){}));
    server_stop(&server);
}

TEST(break_calls)
{
    struct caller held_call = {.label = SERVER_HOLD};
    struct helper a;
    start();
    held_call.port = server.port;
    helper_start(&a, call_once, &held_call);
    WAIT_UNTIL(held() == 1);
    EXPECT_OK(os_port_break_calls(server.port));
    helper_wait(&a);
    EXPECT_STATUS(STATUS_PEER_GONE, held_call.status);
    EXPECT_OK(server_call(server.port, SERVER_RELEASE, (uint64_t[6]){}));
    server_stop(&server);
}

TEST(deadline_of_a_call)
{
    start();
    uint64_t words[6], start_ns = os_now();
    cap_t f = facet(77);
    struct message message = {.label = SERVER_HOLD};
    EXPECT_STATUS(STATUS_TIMED_OUT, os_call_flags(f, &message, 0, os_now() + 80 * MILLISECONDS));
    EXPECT(os_now() - start_ns >= 80 * MILLISECONDS);
    WAIT_UNTIL(cancelled(words) == 1);
    EXPECT_EQUAL(1, words[2]);  /* the cookie of the reply */
    EXPECT_EQUAL(77, words[3]); /* the badge */
    EXPECT_OK(os_thread_stop(server.child.thread));
    message = (struct message){.label = SERVER_ECHO};
    EXPECT_STATUS(STATUS_TIMED_OUT, os_call_flags(f, &message, 0, os_now() + 80 * MILLISECONDS));
    EXPECT_OK(os_thread_continue(server.child.thread));
    EXPECT_OK(server_call(f, SERVER_ECHO, words));
    EXPECT_EQUAL(2, cancelled(words)); /* it had been received */
    os_drop(f);
    server_stop(&server);
}

TEST(call_not_interrupted)
{
    struct caller caller = {.label = SERVER_HOLD};
    struct helper a;
    uint64_t words[6];
    start();
    caller.port = server.port;
    helper_start(&a, call_once, &caller);
    WAIT_UNTIL(held() == 1);
    EXPECT_OK(os_thread_signal(a.thread));
    test_sleep(5 * MILLISECONDS);
    EXPECT(thread_waits(a.thread));
    EXPECT_EQUAL(0, cancelled(words));
    EXPECT_OK(server_call(server.port, SERVER_RELEASE, words));
    helper_wait(&a);
    EXPECT_OK(caller.status);
    server_stop(&server);
}

/* --- a client that is killed ------------------------------------------------------------------------------------------------------------------- */

static int client_main(void)
{
    struct message message = {.label = child_parameters[0]};
    (void)os_call(BOOTSTRAP_INIT, &message);
    return 0;
}

TEST(client_killed_within_a_call)
{
    struct balance before;
    uint64_t words[6];
    start();
    for (unsigned i = 0; i < 20; i++) {
        struct child client;
        if (i == 10)
            balance_take(&before);
        EXPECT_OK(child_create(&client, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_give(&client, server.port, RIGHT_PORT_SEND, BOOTSTRAP_INIT));
        EXPECT_OK(child_start(&client, client_main, (uint64_t[]){SERVER_HOLD}, 1));
        WAIT_UNTIL(held() == 1);
        child_kill(&client);
        WAIT_UNTIL(cancelled(words) == i + 1);
        EXPECT_OK(server_call(server.port, SERVER_RELEASE, words));
    }
    EXPECT_BALANCE(&before, true);
    server_stop(&server);
}

/* Two tasks call each other's server, one is killed at any moment. */
TEST(killed_at_any_moment)
{
    struct balance before;
    uint64_t seed = test_number("seed", 1), words[6];
    start();
    for (unsigned i = 0; i < 60; i++) {
        struct child client;
        if (i == 20)
            balance_take(&before);
        EXPECT_OK(child_create(&client, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_give(&client, server.port, RIGHT_PORT_SEND, BOOTSTRAP_INIT));
        EXPECT_OK(child_start(&client, client_main, (uint64_t[]){i & 1 ? SERVER_ECHO : SERVER_DROP}, 1));
        uint64_t until = os_now() + test_random(&seed) % 300000;
        while (os_now() < until)
            (void)os_thread_yield();
        child_kill(&client);
        EXPECT_OK(server_call(server.port, SERVER_ECHO, words));
    }
    EXPECT_BALANCE(&before, true);
    server_stop(&server);
}
