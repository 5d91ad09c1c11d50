/* calls.c: the call table of this machine, out of calls.h and numbers.h. */
#include "linux.h"

#define A(n) LINUX_A##n(frame)
#define I(n) ((int)A(n))
#define U(n) ((unsigned)A(n))
#define L(n) A(n)
#define S(n) ((int64_t)A(n))
#define P(n) ((void *)A(n))

#define FUNCTION(name, expression)                                                                                  \
    [[maybe_unused]] static long name([[maybe_unused]] struct posix_thread *self, [[maybe_unused]] struct frame *frame) \
    {                                                                                                               \
        return (expression);                                                                                        \
    }
#define NONE(name) [[maybe_unused]] static constexpr linux_call name = nullptr;
#define CALL(name, expression) FUNCTION(call_##name, expression) NONE(whole_##name)
#define CALL_WHOLE(name, expression) FUNCTION(whole_##name, expression) NONE(call_##name)
#include "calls.h"
#undef CALL
#undef CALL_WHOLE

const struct linux_table_entry linux_table[LINUX_TABLE_LENGTH] = {
#define NUMBER(name, number) [(number) - LINUX_TABLE_BASE] = {call_##name, whole_##name},
#include <numbers.h>
#undef NUMBER
};
