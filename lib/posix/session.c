/* session.c: attaching to vfs. Lazy, so that a process that only forks and ends never does. */
#include "session.h"

cap_t session_get(enum status *status)
{
    cap_t session = process.session;
    *status = STATUS_OK;
    if (session != CAP_NULL)
        return session;
    os_lock(&process.session_lock);
    if (process.session == CAP_NULL)
        *status = vfs_attach(POSIX_CAP_VFS, POSIX_CAP_IDENTITY, &process.session);
    session = process.session;
    os_unlock(&process.session_lock);
    return session;
}

void session_forget(cap_t session)
{
    os_lock(&process.session_lock);
    if (process.session == session && session != CAP_NULL) {
        ignore(os_cap_drop(session));
        process.session = CAP_NULL;
    }
    os_unlock(&process.session_lock);
}

bool session_retry(cap_t session, enum status status, unsigned attempt)
{
    if ((status != STATUS_UNKNOWN_SESSION && status != STATUS_PEER_GONE) || attempt == 3)
        return false;
    session_forget(session);
    return true;
}
