/* program_stack_test.c: what a program finds on its first stack. */
#include "program_stack.h"
#include <string.h>
#include <unit.h>

static uint64_t auxiliary(const uint64_t *vector, uint64_t type)
{
    for (; vector[0]; vector += 2)
        if (vector[0] == type)
            return vector[1];
    return UINT64_MAX;
}

TEST(program_stack_is_as_the_abi_says)
{
    alignas(16) static char stack[4096];
    char text[] = "prog\0arg\0HOME=/\0A=b";
    struct program_strings strings = {.text = text, .length = sizeof text, .argument_count = 2, .environment_count = 2};
    struct program_facts facts = {.entry = 0x1234, .headers = 0x40, .header_count = 5, .uid = 1, .euid = 2, .gid = 3, .egid = 4, .platform = "test",
                                  .random = "0123456789abcde"};
    uint64_t pointer = program_stack_build(stack + sizeof stack, sizeof stack, "/bin/prog", &strings, &facts);
    REQUIRE(pointer >= (uint64_t)stack && pointer < (uint64_t)stack + sizeof stack);
    EXPECT_EQUAL(pointer % 16, 0);
    const uint64_t *words = (const uint64_t *)pointer;
    EXPECT_EQUAL(words[0], 2);
    EXPECT(strcmp((const char *)words[1], "prog") == 0 && strcmp((const char *)words[2], "arg") == 0);
    EXPECT_EQUAL(words[3], 0);
    EXPECT(strcmp((const char *)words[4], "HOME=/") == 0 && strcmp((const char *)words[5], "A=b") == 0);
    EXPECT_EQUAL(words[6], 0);
    const uint64_t *vector = words + 7;
    EXPECT_EQUAL(auxiliary(vector, 9), 0x1234);
    EXPECT_EQUAL(auxiliary(vector, 5), 5);
    EXPECT_EQUAL(auxiliary(vector, 12), 2);
    EXPECT(strcmp((const char *)auxiliary(vector, 31), "/bin/prog") == 0);
    EXPECT(strcmp((const char *)auxiliary(vector, 15), "test") == 0);
    EXPECT(memcmp((const char *)auxiliary(vector, 25), facts.random, 16) == 0);
}

TEST(program_stack_without_room_is_refused)
{
    alignas(16) static char stack[1024];
    static char text[1000];
    struct program_strings strings = {.text = text, .length = sizeof text, .argument_count = 1000};
    struct program_facts facts = {};
    EXPECT_EQUAL(program_stack_build(stack + sizeof stack, sizeof stack, "/bin/prog", &strings, &facts), 0);
    strings = (struct program_strings){.text = text};
    EXPECT(program_stack_build(stack + sizeof stack, sizeof stack, "x", &strings, &facts) != 0);
}
