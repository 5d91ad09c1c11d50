/* session.h: the process's session at vfs. */
#ifndef POSIX_SESSION_H
#define POSIX_SESSION_H

#include "native.h"

/* The session facet, attached when there is none yet. Returns: CAP_NULL and *status when that fails. */
cap_t session_get(enum status *status);
/* vfs lost it (or this process has another identity): attach again at the next call. */
void session_forget(cap_t session);

/* May the call be made again with a new session? Forgets the old one if so. */
bool session_retry(cap_t session, enum status status, unsigned attempt);

/* The status of a vfs call, an expression that uses `session`; made again when vfs was restarted. */
#define WITH_SESSION(vfs_call)                                                       \
    ({                                                                               \
        enum status with_status;                                                     \
        for (unsigned attempt = 0;; attempt++) {                                     \
            cap_t session = session_get(&with_status);                               \
            if (session != CAP_NULL)                                                 \
                with_status = (vfs_call);                                            \
            if (session == CAP_NULL || !session_retry(session, with_status, attempt)) \
                break;                                                               \
        }                                                                            \
        with_status;                                                                 \
    })

#endif
