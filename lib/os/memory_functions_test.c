/* memory_functions_test.c: string.c under other names, against the C library. */
#include <string.h>
#include <unit.h>

#define memcpy tested_memcpy
#define memmove tested_memmove
#define memset tested_memset
#define memcmp tested_memcmp
#define memchr tested_memchr
#define strlen tested_strlen
#define strnlen tested_strnlen
#define strcmp tested_strcmp
#define strncmp tested_strncmp
#define strchr tested_strchr
#define strrchr tested_strrchr
#undef OS_STRING_H
#include "string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

static uint8_t a[600], b[600], c[600];

static void randomise(void)
{
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = c[i] = (uint8_t)unit_random();
}

TEST(copies_fills_and_comparisons)
{
    for (int round = 0; round < 20000; round++) {
        size_t from = unit_random_below(300), to = unit_random_below(300), length = unit_random_below(300);
        randomise();
        tested_memmove(a + to, a + from, length);
        memmove(b + to, b + from, length);
        REQUIRE_EQUAL(memcmp(a, b, sizeof a), 0);
        tested_memcpy(a + to, c + from, length);
        memcpy(b + to, c + from, length);
        REQUIRE_EQUAL(memcmp(a, b, sizeof a), 0);
        tested_memset(a + to, (int)from, length);
        memset(b + to, (int)from, length);
        REQUIRE_EQUAL(memcmp(a, b, sizeof a), 0);
        int ours = tested_memcmp(a + to, c + to, length), theirs = memcmp(a + to, c + to, length);
        REQUIRE((ours < 0) == (theirs < 0) && (ours > 0) == (theirs > 0));
    }
}

TEST(lengths)
{
    for (size_t i = 0; i < 64; i++)
        for (size_t length = 0; length < 64; length++) {
            memset(a, 'x', sizeof a);
            a[i + length] = 0;
            REQUIRE_EQUAL(tested_strlen((char *)a + i), length);
        }
}
