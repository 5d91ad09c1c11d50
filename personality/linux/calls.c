/* calls.c: the call table of this machine, out of calls.h and numbers.h. */
#include "linux.h"

#define A(n) LINUX_A##n(frame)
#define I(n) ((int)A(n))
#define U(n) ((unsigned)A(n))
#define L(n) A(n)
#define S(n) ((int64_t)A(n))
#define P(n) ((void *)A(n))

#define CALL(name, expression)                                                                                         \
    [[maybe_unused]] static long call_##name([[maybe_unused]] struct posix_thread *self, [[maybe_unused]] struct frame *frame) \
    {                                                                                                                  \
        return (expression);                                                                                           \
    }
#include "calls.h"
#undef CALL

const struct linux_table_entry linux_table[] = {
#define NUMBER(name, number) [(number) - LINUX_TABLE_BASE] = {call_##name, #name},
#include <numbers.h>
#undef NUMBER
};
const unsigned linux_table_length = sizeof linux_table / sizeof linux_table[0];
