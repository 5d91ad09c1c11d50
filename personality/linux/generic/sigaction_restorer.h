/* sigaction_restorer.h (generic): struct sigaction as the call takes it, on machines whose programs may bring the code that returns from a
 * handler. */
#ifndef LINUX_SIGACTION_H
#define LINUX_SIGACTION_H

#include <generic/signals.h>

struct linux_sigaction {
    uint64_t handler, flags, restorer;
    struct linux_sigset mask;
};
#define LINUX_ACTION_RESTORER(action) ((action)->restorer)
#define LINUX_ACTION_SET_RESTORER(action, value) ((action)->restorer = (value))

#endif
