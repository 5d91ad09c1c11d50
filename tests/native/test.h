/* test.h: tests that boot in place of init: a program that has the kernel to itself, prints its results on the console and powers off.
 * A test registers itself:
 *
 *     TEST(nobody_waits)
 *     {
 *         EXPECT_STATUS(STATUS_WOULD_BLOCK, os_reply_wait(...));
 *     }
 *
 * EXPECT notes a failure and goes on, REQUIRE leaves the function. Words of the boot command line: test=TEXT runs the tests with TEXT in
 * their name, seed=N starts random numbers elsewhere, seconds=N is how long stress tests last. */
#ifndef TEST_H
#define TEST_H

#include <info.h>
#include <os.h>

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(name)                                                                                                                        \
    static void test_##name(void);                                                                                                        \
    [[gnu::used, gnu::retain, gnu::section("native_tests")]] static const struct test entry_##name = {#name, test_##name};               \
    static void test_##name(void)

#define EXPECT(condition)                               \
    do {                                                \
        if (!(condition))                               \
            test_failed(__FILE__, __LINE__, #condition); \
    } while (0)
#define REQUIRE(condition)                              \
    do {                                                \
        if (!(condition)) {                             \
            test_failed(__FILE__, __LINE__, #condition); \
            return;                                     \
        }                                               \
    } while (0)
#define EXPECT_STATUS(wanted, expression) test_expect_status(__FILE__, __LINE__, #expression, (wanted), (expression))
#define EXPECT_OK(expression) EXPECT_STATUS(STATUS_OK, expression)
#define EXPECT_EQUAL(wanted, expression) test_expect_equal(__FILE__, __LINE__, #expression, (uint64_t)(wanted), (uint64_t)(expression))

/* A line on the console; of a task without the right to that, in the log. */
[[gnu::format(printf, 1, 2)]] void test_say(const char *format, ...);
void test_failed(const char *file, int line, const char *text);
void test_expect_status(const char *file, int line, const char *text, enum status wanted, enum status got);
void test_expect_equal(const char *file, int line, const char *text, uint64_t wanted, uint64_t got);
const char *test_status_name(enum status status);
extern _Atomic unsigned test_failures; /* of this task */

/* The value of the word name=VALUE of the boot command line; missing: otherwise. */
uint64_t test_number(const char *name, uint64_t otherwise);
/* Random numbers; the state is the caller's. */
uint64_t test_random(uint64_t *state);

unsigned test_cpus(void);
void test_sleep(uint64_t ns);
#define MILLISECONDS 1000000ull

/* --- what things cost: does a test leave anything behind? -------------------------------------------------------------------------- */
struct balance {
    uint64_t used[LEDGER_KINDS]; /* of the root ledger */
    uint64_t caps, mapped, threads, free;
};
void balance_take(struct balance *balance);
/* Waits until dying tasks are gone. free: also the free memory of the machine must be what it was. */
#define EXPECT_BALANCE(before, free) balance_expect(__FILE__, __LINE__, (before), (free))
void balance_expect(const char *file, int line, const struct balance *before, bool free);
bool balance_equal(const struct balance *before, const struct balance *now, bool free);

/* --- other tasks ------------------------------------------------------------------------------------------------------------------- */
/* A task that runs this program's code with fresh data: its first thread calls a function of it, with parameters in its own memory.
 * It finds its task, its ledger and what it was given at the usual indexes of abi/bootstrap.h. */
#define CHILD_PARAMETERS 8
struct child {
    cap_t task, thread, death; /* death: a notification, bit 1 */
};
extern uint64_t child_parameters[CHILD_PARAMETERS]; /* in the child: what child_start was given */

/* A task with memory and no thread. */
[[nodiscard]] enum status child_create(struct child *child, cap_t ledger);
/* Its capability at this index. */
[[nodiscard]] enum status child_give(struct child *child, cap_t cap, uint32_t rights, uint32_t index);
[[nodiscard]] enum status child_start(struct child *child, int (*run)(void), const uint64_t *parameters, unsigned count);
/* child_create and child_start without parameters. */
[[nodiscard]] enum status child_run(struct child *child, int (*run)(void));
/* Wait for its end, drop the capabilities. Returns: its exit code: what `run` returned, or CHILD_FAILED when an expectation failed in it. */
uint64_t child_wait(struct child *child);
/* Kill it first. */
void child_kill(struct child *child);
#define CHILD_FAILED 0xfa11ull

/* A thread of this task, which bears no relation to what it runs. */
struct helper {
    cap_t thread, done; /* done: a notification, bit 1: it ended */
    void (*run)(void *);
    void *argument;
};
void helper_start(struct helper *helper, void (*run)(void *), void *argument);
void helper_wait(struct helper *helper);

/* Until the condition holds. The limit is for what never happens: how long things take says nothing. */
#define WAIT_UNTIL(condition)                                             \
    do {                                                                  \
        uint64_t wait_end = os_now() + 30000 * MILLISECONDS;               \
        bool wait_over = false;                                           \
        while (!(wait_over = (condition)) && os_now() < wait_end)         \
            test_sleep(100000);                                           \
        if (!wait_over)                                                   \
            test_failed(__FILE__, __LINE__, "in time: " #condition);      \
    } while (0)

#endif
