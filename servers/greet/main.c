/* main.c: greet: a client of echo, written with the native library. Started by the boot option start=greet. */
#include <protocols/echo.h>
#include <serve.h>

SERVICE_MANIFEST("name = greet\n"
                 "import = echo\n"
                 "start = demand\n"
                 "restart = never\n"
                 "memory = 1M\n")

static enum status greet(cap_t echo)
{
    uint64_t sum, calls, length, value;
    cap_t counter;
    char text[64];
    enum status status = echo_add(echo, 40, 2, &sum, &calls);
    if (status != STATUS_OK)
        return status;
    status = echo_repeat(echo, "hello", 5, text, sizeof text, &length);
    if (status != STATUS_OK)
        return status;
    status = echo_open(echo, &counter);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < 3 && status == STATUS_OK; i++)
        status = echo_count(counter, &value);
    os_drop(counter); /* echo frees it */
    if (status == STATUS_OK)
        os_log("%.*s: %lu after %lu calls, counted to %lu", (int)length, text, sum, calls, value);
    return status;
}

int main(uint64_t)
{
    enum status status = greet(serve_import(0));
    if (status != STATUS_OK)
        os_log("echo does not answer: %s", os_status_text(status));
    return status == STATUS_OK ? 0 : 1;
}
