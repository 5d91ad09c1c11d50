/* native.h: what the runtime adds to lib/os: calls that a signal may interrupt, and the fast forms of the frequent ones. */
#ifndef POSIX_NATIVE_H
#define POSIX_NATIVE_H

#include <futex.h>
#include <info.h>
#include <os.h>

#include "posix.h"

/* What the protocol stubs of the runtime call: interruptible when the thread says so (INTERRUPTIBLE below). */
[[nodiscard]] enum status posix_call(cap_t port, struct message *message);
[[nodiscard]] enum status posix_call_idempotent(cap_t port, struct message *message);

#define os_call posix_call
#define os_call_idempotent posix_call_idempotent
#include <protocols/file.h>
#include <protocols/pipe.h>
#include <protocols/process.h>
#include <protocols/service.h>
#include <protocols/vfs.h>
#undef os_call
#undef os_call_idempotent

/* The status of a stub's call that a posted signal may end with INTERRUPTED. */
#define INTERRUPTIBLE(self, stub_call)                 \
    ({                                                 \
        (self)->interruptible = true;                  \
        enum status interruptible_status = (stub_call); \
        (self)->interruptible = false;                 \
        interruptible_status;                          \
    })

/* r[0] = port, r[1] = label, r[2..7] = words; the answer's label and words come back in r[1..7]. flags = MESSAGE_*: which fields of the
 * thread page count. Returns: the answer's status, or why there is none. */
[[nodiscard]] static inline enum status native_call(uint64_t flags, uint64_t r[8])
{
    enum status status = os_syscall(SYS_MESSAGE_CALL | flags, r);
    return status == STATUS_OK ? (enum status)(int64_t)r[1] : status;
}

/* For calls whose failure leaves nothing to do. */
static inline void ignore(enum status status)
{
    (void)status;
}

#endif
