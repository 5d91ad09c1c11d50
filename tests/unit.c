/* unit.c: runs the host unit tests of one program. Usage: PROGRAM [--list] [FILTER...]; a filter is a part of "file:name".
 * Prints "ok NAME" or "FAIL NAME" a test and "N passed, N failed" at the end; exit status 1 if any failed. */
#include "unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct unit_test *all_tests;
static unsigned          all_count;
static unsigned          failures_of_running;
static jmp_buf           end_of_running;
static uint64_t          random_state;

void unit_register(struct unit_test *test)
{
    test->next = all_tests;
    all_tests = test;
    all_count++;
}

void unit_fail(const char *file, int line, const char *text)
{
    failures_of_running++;
    printf("    %s:%d: not so: %s\n", file, line, text);
}

void unit_fail_equal(const char *file, int line, const char *text, uint64_t left, uint64_t right)
{
    failures_of_running++;
    printf("    %s:%d: not so: %s: 0x%llx (%lld) and 0x%llx (%lld)\n", file, line, text, (unsigned long long)left, (long long)left,
           (unsigned long long)right, (long long)right);
}

void unit_stop(void)
{
    longjmp(end_of_running, 1);
}

void unit_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("    ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t unit_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t unit_random_below(uint64_t limit)
{
    return unit_random() % limit;
}

static bool matches(const struct unit_test *test, int count, char **filters)
{
    char full_name[512];
    snprintf(full_name, sizeof full_name, "%s:%s", test->file, test->name);
    for (int i = 0; i < count; i++)
        if (strstr(full_name, filters[i]))
            return true;
    return count == 0;
}

static int compare(const void *left, const void *right)
{
    const struct unit_test *a = *(struct unit_test *const *)left, *b = *(struct unit_test *const *)right;
    int order = strcmp(a->file, b->file);
    return order ? order : strcmp(a->name, b->name);
}

static struct unit_test **sorted_tests(void)
{
    struct unit_test **tests = calloc(all_count + 1, sizeof *tests);
    if (!tests)
        abort();
    size_t n = 0;
    for (struct unit_test *test = all_tests; test; test = test->next)
        tests[n++] = test;
    qsort(tests, n, sizeof *tests, compare);
    return tests;
}

static bool run_one(const struct unit_test *test)
{
    const char *seed = getenv("UNIT_SEED");
    random_state = seed ? strtoull(seed, NULL, 0) : 1;
    failures_of_running = 0;
    if (setjmp(end_of_running) == 0)
        test->run();
    printf("%s %s:%s\n", failures_of_running ? "FAIL" : "ok", test->file, test->name);
    return failures_of_running == 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool list_only = argc > 1 && strcmp(argv[1], "--list") == 0;
    char **filters = argv + 1 + list_only;
    int filter_count = argc - 1 - list_only;
    unsigned passed = 0, failed = 0;
    struct unit_test **tests = sorted_tests();
    for (struct unit_test **test = tests; *test; test++) {
        if (!matches(*test, filter_count, filters))
            continue;
        if (list_only)
            printf("%s:%s\n", (*test)->file, (*test)->name);
        else if (run_one(*test))
            passed++;
        else
            failed++;
    }
    free(tests);
    if (!list_only)
        printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
