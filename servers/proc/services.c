/* services.c: /proc/services: what init knows of the system's services. Reading gives a line each: name, state, restarts, KiB of its memory,
 * KiB of the kernel's for it. Root may write "kill NAME". */
#include "files.h"
#include <protocols/service.h>

#define MOST (64u << 10)

void write_services(struct text *text, struct process *)
{
    char *lines = os_allocate(MOST);
    uint64_t length = 0;
    if (lines != nullptr && service_list(INIT, lines, MOST, &length) == STATUS_OK)
        text_add(text, lines, length);
    text->failed |= lines == nullptr;
    os_free(lines);
}

enum status take_services(const char *text, size_t length)
{
    static const char verb[] = "kill ";
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length <= sizeof verb - 1 || memcmp(text, verb, sizeof verb - 1) != 0)
        return STATUS_INVALID_ARGUMENT;
    return service_kill(INIT, text + sizeof verb - 1, length - (sizeof verb - 1));
}
