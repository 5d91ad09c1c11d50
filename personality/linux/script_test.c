/* script_test.c: the first lines of scripts. */
#include "script.h"
#include <string.h>
#include <unit.h>

static bool parsed(const char *text, const char *interpreter, const char *argument)
{
    struct script_line line;
    return script_parse(text, strlen(text), &line) && strcmp(line.interpreter, interpreter) == 0 && strcmp(line.argument, argument) == 0;
}

TEST(script_names_its_interpreter)
{
    EXPECT(parsed("#!/bin/sh\necho", "/bin/sh", ""));
    EXPECT(parsed("#! /bin/sh -e\n", "/bin/sh", "-e"));
    EXPECT(parsed("#!\t/usr/bin/env  awk -f \t\n", "/usr/bin/env", "awk -f"));
    EXPECT(parsed("#!/bin/sh", "/bin/sh", ""));
}

TEST(script_without_interpreter_is_refused)
{
    struct script_line line;
    EXPECT(!script_parse("#!", 2, &line));
    EXPECT(!script_parse("#!\n/bin/sh", 10, &line));
    EXPECT(!script_parse("#!   \n", 6, &line));
}

TEST(script_line_that_is_cut_off)
{
    char text[4096];
    struct script_line line;
    memset(text, 'a', sizeof text);
    memcpy(text, "#!/", 3);
    EXPECT(!script_parse(text, sizeof text, &line));
    text[100] = ' ';
    EXPECT(script_parse(text, sizeof text, &line));
    EXPECT_EQUAL(strlen(line.interpreter), 98);
    EXPECT_EQUAL(strlen(line.argument), SCRIPT_LINE_MOST - 101);
}
