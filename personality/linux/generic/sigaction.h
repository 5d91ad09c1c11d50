/* sigaction.h (generic): struct sigaction as the call takes it, on machines without a restorer. */
#ifndef LINUX_SIGACTION_H
#define LINUX_SIGACTION_H

#include <generic/signals.h>

struct linux_sigaction {
    uint64_t handler, flags;
    struct linux_sigset mask;
};
#define LINUX_ACTION_RESTORER(action) 0ull
#define LINUX_ACTION_SET_RESTORER(action, value) ((void)(value))

#endif
