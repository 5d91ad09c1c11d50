/* control.c: ioctl of terminals, by Linux's generic numbers and structures. */
#include "terminal.h"

#include <file.h>
#include <protocols/file_server.h>

#define SIGWINCH 28

#define FLUSH_INPUT 0u
#define FLUSH_OUTPUT 1u
#define FLUSH_BOTH 2u

/* A structure to and from the caller. */
static enum status give(struct request *rq, const void *from, size_t size)
{
    return rq->out_length < size ? STATUS_INVALID_ARGUMENT : request_write(rq, 0, from, size);
}

static enum status take(struct request *rq, void *to, size_t size)
{
    return rq->in_length < size ? STATUS_INVALID_ARGUMENT : request_read(rq, 0, to, size);
}

static enum status give_number(struct request *rq, uint32_t number)
{
    return give(rq, &number, sizeof number);
}

/* --- settings --------------------------------------------------------------------------------------------------------------------------- */

static enum status set_termios(struct terminal *t, struct request *rq, size_t size)
{
    struct termios termios = t->discipline.termios;
    enum status status = take(rq, &termios, size);
    if (status != STATUS_OK)
        return status;
    discipline_set(&t->discipline, &termios);
    terminal_kick(t);
    return STATUS_OK;
}

static bool is_set(uint32_t request)
{
    switch (request) {
    case TCSETS: case TCSETSW: case TCSETSF: case TCSETS2: case TCSETSW2: case TCSETSF2:
        return true;
    default:
        return false;
    }
}

static bool waits_for_output(uint32_t request)
{
    return request == TCSETSW || request == TCSETSF || request == TCSETSW2 || request == TCSETSF2;
}

static bool flushes_input(uint32_t request)
{
    return request == TCSETSF || request == TCSETSF2;
}

static enum status set_now(struct terminal *t, struct request *rq, uint32_t request)
{
    if (flushes_input(request))
        terminal_flush(t, true, false);
    return set_termios(t, rq, request & 0xffff0000 ? TERMIOS2_SIZE : TERMIOS_SIZE);
}

static enum status set(struct opened *opened, struct request *rq, uint32_t request)
{
    struct terminal *t = opened->terminal;
    if (waits_for_output(request)) {
        rq->parameter[0] = request;
        rq->owner = t;
        enum status status = terminal_drain(t, rq);
        if (status != STATUS_OK)
            return status;
    }
    return set_now(t, rq, request);
}

void control_drained(struct request *rq)
{
    struct terminal *t = rq->owner;
    uint32_t request = (uint32_t)rq->parameter[0];
    file_control_reply(rq, is_set(request) ? set_now(t, rq, request) : STATUS_OK, 0);
}

static enum status drain(struct terminal *t, struct request *rq, uint32_t request)
{
    rq->parameter[0] = request;
    rq->owner = t;
    return terminal_drain(t, rq);
}

static enum status set_size(struct terminal *t, struct request *rq)
{
    struct window_size size;
    enum status status = take(rq, &size, sizeof size);
    if (status != STATUS_OK || memcmp(&size, &t->size, sizeof size) == 0)
        return status;
    t->size = size;
    if (t->foreground)
        jobs_signal(t->foreground, SIGWINCH);
    return STATUS_OK;
}

static enum status flush(struct terminal *t, uint64_t what)
{
    if (what > FLUSH_BOTH)
        return STATUS_INVALID_ARGUMENT;
    terminal_flush(t, what != FLUSH_OUTPUT, what != FLUSH_INPUT);
    return STATUS_OK;
}

/* tcflow: 0 and 1 stop and start output; 2 and 3 send the stop and start characters. */
static enum status flow(struct terminal *t, uint64_t what)
{
    if (what > 3)
        return STATUS_INVALID_ARGUMENT;
    if (what < 2)
        discipline_flow(&t->discipline, what == 0);
    else
        t->discipline.ops->output(&t->discipline, &t->discipline.termios.cc[what == 2 ? VSTOP : VSTART], 1);
    terminal_kick(t);
    return STATUS_OK;
}

static enum status put_in(struct terminal *t, struct request *rq)
{
    uint8_t byte;
    enum status status = take(rq, &byte, 1);
    if (status == STATUS_OK)
        terminal_input(t, &byte, 1);
    return status;
}

/* --- sessions --------------------------------------------------------------------------------------------------------------------------- */

/* Returns: OK and the session of the caller, by the group that the runtime says it is in. */
static enum status session_of_caller(uint32_t group, uint32_t *session)
{
    bool orphaned;
    return group ? jobs_session_of(group, session, &orphaned) : STATUS_NOT_PERMITTED;
}

/* A session whose leader's group is gone and that has no process left holds no terminal. */
static bool session_lives(uint32_t session)
{
    uint32_t found;
    bool orphaned;
    return session && jobs_session_of(session, &found, &orphaned) != STATUS_NO_PROCESS;
}

static enum status acquire(struct terminal *t, uint32_t group)
{
    uint32_t session;
    enum status status = session_of_caller(group, &session);
    if (status != STATUS_OK || session == t->session)
        return status;
    if (session != group || session_lives(t->session))
        return STATUS_NOT_PERMITTED; /* not the leader's group, or another's terminal */
    t->session = session;
    t->foreground = group;
    return STATUS_OK;
}

static enum status leave(struct terminal *t, uint32_t group)
{
    uint32_t session;
    enum status status = session_of_caller(group, &session);
    if (status != STATUS_OK || session != t->session)
        return status == STATUS_OK ? STATUS_NOT_TERMINAL : status;
    if (session == group)
        t->session = t->foreground = 0;
    return STATUS_OK;
}

/* Is this the caller's controlling terminal? One that belongs to nobody goes to the session whose leader's group asks first. */
static enum status check_own(struct terminal *t, uint32_t group)
{
    uint32_t session;
    enum status status = session_of_caller(group, &session);
    if (status == STATUS_OK && !t->session && session == group)
        t->session = t->foreground = session;
    return status == STATUS_OK && (!t->session || session != t->session) ? STATUS_NOT_TERMINAL : status;
}

static enum status set_foreground(struct terminal *t, struct request *rq, uint32_t group)
{
    uint32_t wanted, session;
    bool orphaned;
    enum status status = take(rq, &wanted, sizeof wanted);
    if (status == STATUS_OK)
        status = check_own(t, group);
    if (status != STATUS_OK)
        return status;
    if (!wanted || wanted > INT32_MAX)
        return STATUS_INVALID_ARGUMENT;
    status = jobs_session_of(wanted, &session, &orphaned);
    if (status != STATUS_OK)
        return status;
    if (session != t->session)
        return STATUS_NOT_PERMITTED;
    t->foreground = wanted;
    return STATUS_OK;
}

static enum status get_foreground(struct terminal *t, struct request *rq, uint32_t group)
{
    enum status status = check_own(t, group);
    return status == STATUS_OK ? give_number(rq, t->foreground) : status;
}

static enum status get_session(struct terminal *t, struct request *rq, uint32_t group)
{
    enum status status = check_own(t, group);
    return status == STATUS_OK ? give_number(rq, t->session) : status;
}

/* --- all -------------------------------------------------------------------------------------------------------------------------------- */

/* Those that a background process may not do. */
static bool changes(uint32_t request)
{
    return is_set(request) || request == TIOCSPGRP || request == TCSBRK || request == TCSBRKP || request == TCFLSH || request == TCXONC;
}

static enum status change(struct opened *opened, struct request *rq, uint32_t request, uint64_t argument, uint32_t group)
{
    struct terminal *t = opened->terminal;
    if (is_set(request))
        return set(opened, rq, request);
    switch (request) {
    case TIOCSPGRP:
        return set_foreground(t, rq, group);
    case TCFLSH:
        return flush(t, argument);
    case TCXONC:
        return flow(t, argument);
    default: /* TCSBRK, TCSBRKP: a break is not sent, output is waited for */
        return drain(t, rq, request);
    }
}

static enum status other(struct opened *opened, struct request *rq, uint32_t request, uint32_t group)
{
    struct terminal *t = opened->terminal;
    static const uint32_t modem_lines = 0x166; /* DTR RTS CTS DCD DSR */
    switch (request) {
    case TCGETS:
        return give(rq, &t->discipline.termios, TERMIOS_SIZE);
    case TCGETS2:
        return give(rq, &t->discipline.termios, TERMIOS2_SIZE);
    case TIOCGWINSZ:
        return give(rq, &t->size, sizeof t->size);
    case TIOCSWINSZ:
        return set_size(t, rq);
    case TIOCGPGRP:
        return get_foreground(t, rq, group);
    case TIOCGSID:
        return get_session(t, rq, group);
    case TIOCSCTTY:
        return acquire(t, group);
    case TIOCNOTTY:
        return leave(t, group);
    case FIONREAD:
        return give_number(rq, (uint32_t)discipline_readable(&t->discipline));
    case TIOCOUTQ:
        return give_number(rq, t->out_count);
    case TIOCSTI:
        return put_in(t, rq);
    case TIOCGETD:
        return give_number(rq, 0);
    case TIOCSETD: {
        uint32_t number;
        enum status status = take(rq, &number, sizeof number);
        return status == STATUS_OK && number != 0 ? STATUS_INVALID_ARGUMENT : status;
    }
    case TIOCMGET:
        return give_number(rq, modem_lines);
    case TIOCMBIS: case TIOCMBIC: case TIOCMSET: case TIOCEXCL: case TIOCNXCL:
        return STATUS_OK; /* the lines are always on, and nobody is kept out */
    default:
        return STATUS_NOT_TERMINAL;
    }
}

enum status control(struct opened *opened, struct request *rq, uint64_t request, uint64_t argument, uint64_t *)
{
    uint32_t group = (uint32_t)(request >> FILE_CALLER_SHIFT), number = (uint32_t)request;
    if (!changes(number))
        return other(opened, rq, number, group);
    enum status status = request & FILE_CONTROL_ANYWAY ? STATUS_OK : jobs_check(opened->terminal, group);
    return status == STATUS_OK ? change(opened, rq, number, argument, group) : status;
}
