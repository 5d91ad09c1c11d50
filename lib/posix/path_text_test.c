/* path_text_test.c: tests of what paths say. */
#include "path.h"
#include <string.h>
#include <unit.h>

TEST(path_is_joined_with_one_slash)
{
    char to[64];
    EXPECT_EQUAL(path_join(to, sizeof to, "/", "a", 1), 2);
    EXPECT(strcmp(to, "/a") == 0);
    EXPECT_EQUAL(path_join(to, sizeof to, "/home/x", "../y/", 5), 13);
    EXPECT(strcmp(to, "/home/x/../y/") == 0);
    EXPECT_EQUAL(path_join(to, sizeof to, "/home/", ".", 1), 7);
    EXPECT(strcmp(to, "/home/.") == 0);
}

TEST(path_too_long_is_refused_at_the_edge)
{
    char to[8];
    EXPECT_EQUAL(path_join(to, sizeof to, "/ab", "cde", 3), 7);
    EXPECT_EQUAL(path_join(to, sizeof to, "/ab", "cdef", 4), -ENAMETOOLONG);
    EXPECT_EQUAL(path_join(to, sizeof to, "/", "abcdef", 6), 7);
    EXPECT_EQUAL(path_join(to, sizeof to, "/", "abcdefg", 7), -ENAMETOOLONG);
}

static long own(char *to, const char *path, uint32_t pid)
{
    return path_own_process(to, 64, path, strlen(path), pid);
}

TEST(path_of_the_own_process)
{
    char to[64];
    EXPECT_EQUAL(own(to, "/proc/self", 7), 7);
    EXPECT(strcmp(to, "/proc/7") == 0);
    EXPECT_EQUAL(own(to, "/proc/self/fd/3", 1234567890), 21);
    EXPECT(strcmp(to, "/proc/1234567890/fd/3") == 0);
    EXPECT_EQUAL(own(to, "/proc/thread-self/status", 12), 15);
    EXPECT(strcmp(to, "/proc/12/status") == 0);
    EXPECT_EQUAL(own(to, "/proc/selfish", 7), 0);
    EXPECT_EQUAL(own(to, "/proc/1/self", 7), 0);
    EXPECT_EQUAL(path_own_process(to, 12, "/proc/self/status", 17, 7), -ENAMETOOLONG);
}

TEST(path_that_names_a_descriptor)
{
    EXPECT_EQUAL(path_descriptor("/dev/stdin", 5), 0);
    EXPECT_EQUAL(path_descriptor("/dev/stderr", 5), 2);
    EXPECT_EQUAL(path_descriptor("/dev/fd/17", 5), 17);
    EXPECT_EQUAL(path_descriptor("/proc/5/fd/0", 5), 0);
    EXPECT_EQUAL(path_descriptor("/proc/6/fd/0", 5), -1);
    EXPECT_EQUAL(path_descriptor("/proc/5/fd/", 5), -1);
    EXPECT_EQUAL(path_descriptor("/dev/fd/1x", 5), -1);
    EXPECT_EQUAL(path_descriptor("/dev/fd/99999999999", 5), -1);
    EXPECT_EQUAL(path_descriptor("/dev/stdinx", 5), -1);
    EXPECT(path_executable("/proc/5/exe", 5));
    EXPECT(!path_executable("/proc/5/exec", 5));
    EXPECT(!path_executable("/proc/51/exe", 5));
}
