/* attach.c: disks, as their drivers tell of them. That is the work of a thread, as the server of disks may be in a call to the driver. It waits in
 * a call that is never answered, which ends when that server dies. */
#include <attach.h>

#include <protocols/disks.h>

#define OWN_BADGE 1u /* all callers of a disk are the same to it */
#define RETRY_NS 100000000ull

static struct attachment {
    cap_t    disks, own;
    unsigned number;
} attachment;

static enum status attach(void)
{
    return disks_attach(attachment.disks, attachment.number, attachment.own);
}

static void stay(void *)
{
    enum status first = attach();
    if (first != STATUS_OK)
        os_log("nobody uses the disk: %s", os_status_text(first));
    serve_ready();
    for (;;) {
        enum status status = disks_stay(attachment.disks);
        if (status == STATUS_PEER_GONE)
            status = attach();
        if (status == STATUS_OK)
            continue;
        cap_t pause;
        uint64_t bits;
        if (os_notification_create(BOOTSTRAP_LEDGER, &pause) != STATUS_OK)
            return;
        (void)os_notification_wait(pause, 1, os_now() + RETRY_NS, false, &bits);
        os_drop(pause);
    }
}

void disk_attach(cap_t disks, unsigned number)
{
    cap_t thread;
    attachment = (struct attachment){.disks = disks, .number = number};
    enum status status = os_port_badge(BOOTSTRAP_PORT, OWN_BADGE, RIGHT_PORT_SEND | RIGHT_COMMON, &attachment.own);
    if (status == STATUS_OK)
        status = os_thread_run(stay, nullptr, 0, &thread);
    if (status != STATUS_OK)
        os_fatal("nobody is told of the disk: %s", os_status_text(status));
}
