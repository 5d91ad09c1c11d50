/* common.c: the end of a program, and small things that every program uses. */
#include <os.h>

void os_exit(int code)
{
    (void)os_task_kill(BOOTSTRAP_TASK, (uint64_t)code);
    /* Without a right to end the task, at least this thread ends. */
    for (;;)
        (void)os_thread_exit();
}

const char *os_status_text(enum status status)
{
    switch (status) {
#define X(name, value, text) \
    case STATUS_##name:      \
        return text;
        STATUS_TABLE(X)
#undef X
    }
    return "unknown status";
}

void os_drop(cap_t cap)
{
    if (cap != CAP_NULL && os_cap_drop(cap) != STATUS_OK)
        os_log("dropping a capability that is not there: %x", cap);
}

uint64_t os_now(void)
{
    uint64_t now_ns, wall_offset_ns;
    return os_system_clock(&now_ns, &wall_offset_ns) == STATUS_OK ? now_ns : 0;
}

uint64_t os_wall_clock(void)
{
    uint64_t now_ns, wall_offset_ns;
    return os_system_clock(&now_ns, &wall_offset_ns) == STATUS_OK ? now_ns + wall_offset_ns : 0;
}

void os_check_failed(const char *file, int line, const char *text)
{
    os_log("%s:%d: broken: %s", file, line, text);
    os_exit(-1);
}

void os_fatal(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    os_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    os_log("%s", text);
    os_exit(-1);
}
