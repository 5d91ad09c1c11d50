/* format_test.c: the same text as the build machine's snprintf, and numbers read back. */
#include <format.h>
#include <stdio.h>
#include <string.h>
#include <unit.h>

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        int our_length = os_format(ours, sizeof ours, __VA_ARGS__);                                \
        int their_length = snprintf(theirs, sizeof theirs, __VA_ARGS__);                           \
        if (strcmp(ours, theirs) != 0)                                                             \
            unit_note("ours \"%s\", theirs \"%s\"", ours, theirs);                                 \
        EXPECT(strcmp(ours, theirs) == 0 && our_length == their_length);                           \
    } while (0)

TEST(text_is_that_of_the_standard)
{
    SAME("%d %i %u %x %X %o %c %s %%", -5, 7, 42u, 0xbeefu, 0xBEEFu, 8u, 'q', "text");
    SAME("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, 42, 42, 42);
    SAME("[%8s] [%-8s] [%.2s] [%*s] [%.*s]", "ab", "ab", "abcdef", 6, "x", 3, "abcdef");
    SAME("%#x %#o [%08x] [%.3d] [%8.3d]", 255u, 8u, 0xabcu, 7, 7);
    SAME("%lld %llu %llx %ld %lu %zu %jd %td", -1ll, ~0ull, ~0ull, -1l, ~0ul, sizeof(int), (intmax_t)-3, (ptrdiff_t)-4);
    SAME("%hhu %hu %hhd", (unsigned char)200, (unsigned short)60000, (signed char)-7);
    SAME("%d %d", 0x7fffffff, -0x7fffffff - 1);
}

TEST(a_small_buffer_is_never_overrun)
{
    for (size_t size = 0; size < 12; size++) {
        char text[13];
        memset(text, '!', sizeof text);
        EXPECT_EQUAL(os_format(text, size, "%s-%d", "hello", 1234), 10);
        EXPECT(text[size] == '!');
        if (size)
            EXPECT_EQUAL(strlen(text), size - 1 < 10 ? size - 1 : 10);
    }
}

TEST(numbers_are_read)
{
    static const struct { const char *text; unsigned base; bool fine; uint64_t value; size_t used; } cases[] = {
        {"123x", 10, true, 123, 3}, {"ff", 16, true, 255, 2}, {"0x1F ", 0, true, 31, 4}, {"017", 0, true, 15, 3}, {"0", 0, true, 0, 1},
        {"18446744073709551615", 10, true, UINT64_MAX, 20}, {"18446744073709551616", 10, false, 0, 0}, {"", 10, false, 0, 0}, {"x", 10, false, 0, 0},
        {"zz", 36, true, 35 * 36 + 35, 2}, {"8", 8, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = cases[i].text;
        uint64_t value = 0;
        bool fine = os_parse_number(&at, cases[i].base, &value);
        if (fine != cases[i].fine)
            unit_note("%s", cases[i].text);
        EXPECT_EQUAL(fine, cases[i].fine);
        EXPECT_EQUAL(at - cases[i].text, cases[i].used);
        if (fine)
            EXPECT_EQUAL(value, cases[i].value);
    }
}
