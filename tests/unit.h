/* unit.h: host unit tests. A test is written beside the code it tests, in <file>_test.c, and registers itself:
 *
 *     TEST(order_zero_is_refused) {
 *         EXPECT(order_check(0) == STATUS_INVALID_ARGUMENT);
 *         REQUIRE_EQUAL(order_count(), 3);
 *     }
 *
 * EXPECT notes a failure and goes on, REQUIRE ends the test. Run: ./heddle test --host [FILTER].
 * This header needs no C library, so that tests can include kernel headers beside it. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
    const char       *name;
    const char       *file;
    void            (*run)(void);
    struct unit_test *next;
};

/* Called by the constructor that TEST makes, before main. */
void unit_register(struct unit_test *test);

/* Note a failed expectation of the running test. */
void unit_fail(const char *file, int line, const char *text);
void unit_fail_equal(const char *file, int line, const char *text, uint64_t left, uint64_t right);

/* End the running test. Returns: never. */
[[noreturn]] void unit_stop(void);

/* Pseudo-random numbers for property tests: the same sequence for every run of a test, unless UNIT_SEED is set in the environment. */
uint64_t unit_random(void);
/* Returns: a number in [0, limit). Requires: limit > 0. */
uint64_t unit_random_below(uint64_t limit);

/* Print to the test's transcript, which is shown when the test fails. */
[[gnu::format(printf, 1, 2)]] void unit_note(const char *format, ...);

#define TEST(test_name)                                                                                          \
    static void test_##test_name(void);                                                                          \
    [[gnu::constructor]] static void register_##test_name(void)                                                  \
    {                                                                                                            \
        static struct unit_test test = {.name = #test_name, .file = __FILE__, .run = test_##test_name, .next = NULL}; \
        unit_register(&test);                                                                                    \
    }                                                                                                            \
    static void test_##test_name(void)

#define EXPECT(condition)                                       \
    do {                                                        \
        if (!(condition))                                       \
            unit_fail(__FILE__, __LINE__, #condition);          \
    } while (0)

#define EXPECT_EQUAL(left, right)                                                                     \
    do {                                                                                              \
        uint64_t unit_left = (uint64_t)(left), unit_right = (uint64_t)(right);                        \
        if (unit_left != unit_right)                                                                  \
            unit_fail_equal(__FILE__, __LINE__, #left " == " #right, unit_left, unit_right);          \
    } while (0)

#define REQUIRE(condition)                                      \
    do {                                                        \
        if (!(condition)) {                                     \
            unit_fail(__FILE__, __LINE__, #condition);          \
            unit_stop();                                        \
        }                                                       \
    } while (0)

#define REQUIRE_EQUAL(left, right)                                                                    \
    do {                                                                                              \
        uint64_t unit_left = (uint64_t)(left), unit_right = (uint64_t)(right);                        \
        if (unit_left != unit_right) {                                                                \
            unit_fail_equal(__FILE__, __LINE__, #left " == " #right, unit_left, unit_right);          \
            unit_stop();                                                                              \
        }                                                                                             \
    } while (0)

#endif
