/* jobs.c: job control: what the terminal asks proc. Calls to proc have a time limit: the terminal never hangs for it. */
#include "terminal.h"

#include <protocols/identity.h>

#define PATIENCE_NS 1000000000ull

static enum status ask(struct message *message)
{
    return os_call_flags(serve_import(IMPORT_PROC), message, 0, os_now() + PATIENCE_NS);
}

/* Sent, not called, where proc's queue has room: proc may be calling the terminal. */
void jobs_signal(uint32_t group, int signal)
{
    struct message message = {.label = IDENTITY_LABEL(IDENTITY_SIGNAL_GROUP), .word = {group, (uint64_t)signal}};
    enum status status = os_send(serve_import(IMPORT_PROC), &message, MESSAGE_NO_WAIT, DEADLINE_NONE);
    if (status != STATUS_OK)
        status = ask(&message);
    if (status != STATUS_OK && status != STATUS_NO_PROCESS)
        os_log("signal %d to group %u: %s", signal, group, os_status_text(status));
}

enum status jobs_session_of(uint32_t group, uint32_t *session, bool *orphaned)
{
    struct message message = {.label = IDENTITY_LABEL(IDENTITY_GROUP_SESSION), .word = {group}};
    enum status status = ask(&message);
    if (status != STATUS_OK)
        return status;
    *session = (uint32_t)message.word[0];
    *orphaned = message.word[1] != 0;
    return STATUS_OK;
}

enum status jobs_check(struct terminal *terminal, uint32_t group)
{
    if (!group || !terminal->session || !terminal->foreground || group == terminal->foreground) [[clang::likely]]
        return STATUS_OK;
    uint32_t session;
    bool orphaned;
    enum status status = jobs_session_of(group, &session, &orphaned);
    if (status != STATUS_OK || session != terminal->session)
        return STATUS_OK; /* not its controlling terminal */
    return orphaned ? STATUS_IO_ERROR : STATUS_BACKGROUND;
}
