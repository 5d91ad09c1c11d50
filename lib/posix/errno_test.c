/* errno_test.c: every status has an error number. */
#include "errno.h"
#include <unit.h>

TEST(every_status_has_an_errno)
{
    EXPECT_EQUAL(errno_of(STATUS_OK), 0);
#define X(name, value, text)                                          \
    if (STATUS_##name != STATUS_OK)                                   \
        EXPECT(errno_of(STATUS_##name) < 0 && errno_of(STATUS_##name) > -134);
    STATUS_TABLE(X)
#undef X
    EXPECT_EQUAL(errno_of(STATUS_NOT_FOUND), -ENOENT);
    EXPECT_EQUAL(errno_of(STATUS_BAD_ADDRESS), -EFAULT);
}

TEST(unknown_status_is_an_input_output_error)
{
    EXPECT_EQUAL(errno_of((enum status)-1000), -EIO);
    EXPECT_EQUAL(errno_of((enum status)5), -EIO);
}
