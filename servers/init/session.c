/* session.c: the first session. A thread of its own talks to the terminal, because that can wait and init's loop must not: services wait for
 * init. The loop and the thread share `session`; what each writes, it writes before it signals the other. */
#include <session.h>

#include <boot_image.h>
#include <file.h>
#include <image.h>
#include <protocols/device.h>
#include <protocols/file.h>
#include <protocols/service_server.h>
#include <services.h>

#define TERMINAL_DEVICE (5u << 8 | 1u) /* /dev/console */
#define OPEN_READ_WRITE 2u
#define TCSBRK 0x5409u

#define TO_THREAD_END 1u   /* the first process ended */
#define TO_THREAD_POWER 2u

enum session_phase : int { PHASE_OPENING, PHASE_OPEN, PHASE_NO_TERMINAL, PHASE_RUNS };

static struct session {
    char              *command;      /* of exec=, NULL: an interactive shell */
    cap_t              tty;          /* facet of the terminal server */
    cap_t              terminal;     /* the open terminal */
    cap_t              to_thread;    /* notification */
    struct serve_watch from_thread;
    enum session_phase phase;
    enum status        open_status;
    uint64_t           wait_status;
    uint64_t           power_action;
    struct request    *asks;         /* proc waits for the session, or NULL */
} session;

/* --- the thread ------------------------------------------------------------------------------------------------------------------------- */

/* A terminal server that dies meanwhile is called again: the next one goes on with the open terminal. */
static void print(const char *text, size_t length)
{
    unsigned deaths = 0;
    for (size_t done = 0; done < length;) {
        uint64_t count = 0;
        enum status status = file_write(session.terminal, FILE_POSITION, 0, text + done, length - done, &count);
        if (status == STATUS_PEER_GONE && deaths++ < 3)
            continue;
        if (status != STATUS_OK || !count)
            return;
        done += count;
    }
}

static void drain(void)
{
    uint64_t result;
    if (session.terminal)
        (void)file_control(session.terminal, TCSBRK, 1, nullptr, 0, nullptr, 0, &result);
}

static enum status open_terminal(void)
{
    return device_open(session.tty, TERMINAL_DEVICE, OPEN_READ_WRITE, 0, 0, &session.terminal);
}

[[noreturn]] static void switch_off(uint64_t action)
{
    drain();
    enum status status = os_system_power(BOOTSTRAP_CONTROL, action);
    os_fatal("the power stays on: %s", os_status_text(status));
}

/* 0..255, or 128 + the signal that ended it, as shells say it. */
static unsigned exit_code(uint64_t wait_status)
{
    return (wait_status & 0x7f) ? 128 + (unsigned)(wait_status & 0x7f) : (unsigned)(wait_status >> 8 & 0xff);
}

static void print_end(void)
{
    char line[64];
    int length = os_format(line, sizeof line, "%s%u\n", BOOT_MARK_END, exit_code(session.wait_status));
    print(line, (size_t)length);
}

static void session_thread(void *)
{
    session.open_status = open_terminal();
    if (session.open_status == STATUS_OK && session.command)
        print(BOOT_MARK_BEGIN, strlen(BOOT_MARK_BEGIN));
    (void)os_notification_signal(session.from_thread.notification, 1);
    for (;;) {
        uint64_t bits;
        if (os_notification_wait(session.to_thread, UINT64_MAX, DEADLINE_NONE, false, &bits) != STATUS_OK)
            continue;
        if (bits & TO_THREAD_POWER)
            switch_off(session.power_action);
        if (!(bits & TO_THREAD_END))
            continue;
        if (session.command)
            print_end();
        switch_off(0);
    }
}

/* --- the loop's side -------------------------------------------------------------------------------------------------------------------- */

/* The path and the arguments of the first process, each with its NUL. */
static enum status put_arguments(struct request *rq, uint64_t *length, uint64_t *count)
{
    static const char shell[] = "/bin/sh\0-sh", runs[] = "/bin/sh\0sh\0-c";
    size_t command_size = session.command ? strlen(session.command) + 1 : 0;
    size_t first_size = session.command ? sizeof runs : sizeof shell;
    *length = first_size + command_size;
    *count = session.command ? 4 : 2;
    if (rq->out_length < *length)
        return STATUS_NO_SPACE;
    enum status status = request_write(rq, 0, session.command ? runs : shell, first_size);
    return status == STATUS_OK && command_size ? request_write(rq, first_size, session.command, command_size) : status;
}

static enum status answer(struct request *rq, uint64_t *length, uint64_t *count, cap_t *terminal)
{
    if (session.phase == PHASE_NO_TERMINAL)
        return session.open_status;
    enum status status = put_arguments(rq, length, count);
    if (status == STATUS_OK)
        status = os_cap_duplicate(session.terminal, terminal);
    if (status == STATUS_OK)
        session.phase = PHASE_RUNS;
    return status;
}

static void opened(struct serve_watch *, uint64_t)
{
    session.phase = session.open_status == STATUS_OK ? PHASE_OPEN : PHASE_NO_TERMINAL;
    if (session.open_status != STATUS_OK)
        os_log("there is no terminal for the first session: %s", os_status_text(session.open_status));
    session_look();
}

void session_look(void)
{
    struct request *rq = session.asks;
    if (!rq || session.phase == PHASE_OPENING || !devices_settled())
        return;
    session.asks = nullptr;
    uint64_t length = 0, count = 0;
    cap_t terminal = CAP_NULL;
    enum status status = answer(rq, &length, &count, &terminal);
    service_session_reply(rq, status, length, count, terminal);
}

enum status session_ask(struct request *rq, uint64_t *length, uint64_t *count, cap_t *terminal)
{
    if (session.phase != PHASE_OPENING && devices_settled())
        return answer(rq, length, count, terminal);
    if (session.asks)
        return STATUS_BUSY;
    session.asks = rq;
    return STATUS_DEFERRED;
}

void session_forget(struct request *rq)
{
    if (session.asks == rq)
        session.asks = nullptr;
}

void session_end(uint64_t wait_status)
{
    session.wait_status = wait_status;
    (void)os_notification_signal(session.to_thread, TO_THREAD_END);
}

void session_power(uint64_t action)
{
    session.power_action = action;
    (void)os_notification_signal(session.to_thread, TO_THREAD_POWER);
}

/* Who runs it died. A command is over then; a shell can be started again by the next instance. */
void session_lost(void)
{
    if (session.command)
        session_end(255u << 8);
    else if (session.phase == PHASE_RUNS)
        session.phase = PHASE_OPEN;
}

void session_start(void)
{
    struct service *tty = service_by_name("tty");
    session.command = image_option("exec");
    session.from_thread.signalled = opened;
    enum status status = os_notification_create(BOOTSTRAP_LEDGER, &session.to_thread);
    if (status == STATUS_OK)
        status = serve_watch(&session.from_thread);
    if (status == STATUS_OK)
        status = tty ? service_facet(tty, 0, &session.tty) : STATUS_NOT_FOUND;
    cap_t thread;
    if (status == STATUS_OK)
        status = os_thread_run(session_thread, nullptr, 0, &thread);
    if (status == STATUS_OK)
        return service_start(tty);
    session.phase = PHASE_NO_TERMINAL;
    session.open_status = status;
    os_log("no first session: %s", os_status_text(status));
}
