/* native.c: calls of the runtime's protocol stubs. */
#include "native.h"

enum status posix_call(cap_t port, struct message *message)
{
    return os_call_flags(port, message, posix_self()->interruptible ? MESSAGE_INTERRUPTIBLE : 0, DEADLINE_NONE);
}

enum status posix_call_idempotent(cap_t port, struct message *message)
{
    for (unsigned attempt = 0;; attempt++) {
        struct message copy = *message;
        enum status status = posix_call(port, &copy);
        if (status != STATUS_PEER_GONE || attempt == 3) {
            *message = copy;
            return status;
        }
    }
}
