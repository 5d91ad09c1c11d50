/* quick.c: calls whose answer is a number on the process page. entry_call (call.S) answers them where it stands: a byte is the number's place on
 * the page + 4, 0 for other calls. */
#include "linux.h"

#define QUICK_CALLS 256u

enum {
#define NUMBER(name, number) QUICK_##name = (number) - LINUX_TABLE_BASE,
#include <numbers.h>
#undef NUMBER
};

#define PLACE(field) (offsetof(struct process_page, field) + 4)

[[gnu::used, gnu::section(".entry_page.quick")]] const uint8_t entry_quick[QUICK_CALLS] = {
    [QUICK_getpid] = PLACE(pid), [QUICK_getppid] = PLACE(parent), [QUICK_getuid] = PLACE(uid), [QUICK_geteuid] = PLACE(euid),
    [QUICK_getgid] = PLACE(gid), [QUICK_getegid] = PLACE(egid),
};
