/* operations.c: what actors of the storm do besides messages, each to random capabilities. */
#include "storm.h"

#define MAKES (ALSO(LEDGER_SPENT) | ALSO(NO_MEMORY))

static void keep_new(struct actor *a, const char *what, enum status status, cap_t new, uint64_t also)
{
    if (check_status(what, status, MAKES | also) == STATUS_OK)
        keep(a, new);
}

/* Rights of a capability, fewer by some. */
static uint32_t some_rights(struct actor *a, cap_t cap)
{
    uint64_t type, rights = 0, badge;
    (void)check_status("rights", os_cap_info(cap, &type, &rights, &badge), 0);
    for (unsigned i = below(a, 3); i > 0; i--)
        rights &= ~(1ull << below(a, 20));
    return (uint32_t)rights;
}

void derive(struct actor *a)
{
    cap_t new = CAP_NULL, from = below(a, 10) ? look(a) : (cap_t)BOOTSTRAP_PORT;
    if (below(a, 3))
        keep_new(a, "derive", os_cap_derive(from, some_rights(a, from), &new), new, 0);
    else
        keep_new(a, "duplicate", os_cap_duplicate(from, &new), new, 0);
}

void make_part(struct actor *a)
{
    cap_t new = CAP_NULL, mem = look(a);
    uint64_t pages = 1 + below(a, 2), first = below(a, 2) * OS_PAGE_SIZE;
    uint64_t also = first != 0 || pages != 1 ? ALSO(OUT_OF_RANGE) : 0; /* all memory here has one page */
    keep_new(a, "part", os_mem_part(mem, first, pages * OS_PAGE_SIZE, some_rights(a, mem) & ~RIGHT_MEM_RESIZE, &new), new, also);
}

void revoke(struct actor *a)
{
    cap_t cap = look(a);
    if (cap != CAP_NULL)
        (void)check_status("revoke", os_cap_revoke(cap), 0);
}

void drop(struct actor *a)
{
    cap_t cap = below(a, 2) ? take(a) : look(a);
    (void)check_status("drop", os_cap_drop(cap), 0);
}

void create(struct actor *a)
{
    cap_t new = CAP_NULL;
    switch (below(a, 7)) {
    case 0:
        keep_new(a, "port", os_port_create(BOOTSTRAP_LEDGER, below(a, 7), &new), new, 0);
        break;
    case 1:
        keep_new(a, "notification", os_notification_create(BOOTSTRAP_LEDGER, &new), new, 0);
        break;
    case 2:
        keep_new(a, "reply", os_reply_create(BOOTSTRAP_LEDGER, 5, &new), new, 0);
        break;
    case 3:
        keep_new(a, "set", os_set_create(BOOTSTRAP_LEDGER, &new), new, 0);
        break;
    case 4:
        keep_new(a, "memory", os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &new), new, 0);
        break;
    case 5:
        keep_new(a, "ledger", os_ledger_create(BOOTSTRAP_LEDGER, &new), new, 0);
        break;
    default:
        keep_new(a, "task", os_task_create(BOOTSTRAP_LEDGER, &new), new, 0);
        break;
    }
}

void make_badge(struct actor *a)
{
    cap_t new = CAP_NULL, port = below(a, 2) ? look(a) : (cap_t)BOOTSTRAP_PORT;
    uint64_t badge = 1000 + below(a, 1000);
    keep_new(a, "badge", os_port_badge(port, badge, RIGHT_PORT_SEND | RIGHT_COPY | RIGHT_REVOKE, &new), new, 0);
}

void use_notification(struct actor *a)
{
    cap_t notification = look(a);
    uint64_t bits, mask = 1ull << below(a, 4);
    switch (below(a, 3)) {
    case 0:
        (void)check_status("signal", os_notification_signal(notification, mask), 0);
        break;
    case 1:
        (void)check_status("timer", os_notification_bind_timer(notification, os_now() + below(a, 3) * MILLISECONDS, mask), 0);
        break;
    default: {
        enum status status = os_notification_wait(notification, mask | 1, os_now() + below(a, 2) * MILLISECONDS / 16, below(a, 2), &bits);
        if (check_status("wait", status, ALSO(TIMED_OUT) | ALSO(INTERRUPTED) | ALSO(PEER_GONE)) == STATUS_INTERRUPTED)
            os_thread_page()->upcall_pending = 0;
    }
    }
}

void use_set(struct actor *a)
{
    cap_t set = look(a), member = look(a);
    switch (below(a, 4)) {
    case 0:
        (void)check_status("add port", os_set_add_port(set, member, 3), ALSO(ALREADY_BOUND) | ALSO(BUSY) | ALSO(PEER_GONE));
        break;
    case 1:
        (void)check_status("add notification", os_set_add_notification(set, member, 3), ALSO(ALREADY_BOUND));
        break;
    case 2:
        (void)check_status("remove port", os_set_remove_port(set, member), ALSO(BAD_STATE));
        break;
    default:
        (void)check_status("remove notification", os_set_remove_notification(set, member), ALSO(BAD_STATE));
        break;
    }
}

void use_reply(struct actor *a)
{
    uint64_t done, bytes = 7;
    cap_t reply = look(a);
    uint64_t also = ALSO(BAD_STATE) | ALSO(PEER_GONE) | ALSO(OUT_OF_RANGE);
    if (below(a, 2))
        (void)check_status("read held", os_reply_read(reply, below(a, 300), (uintptr_t)&bytes, 8, &done), also);
    else
        (void)check_status("write held", os_reply_copy(reply, look(a), 0, below(a, 200), 8, &done), also | MAKES);
}

void end_port(struct actor *a)
{
    cap_t port = look(a);
    if (below(a, 2))
        (void)check_status("destroy", os_port_destroy(port), 0);
    else
        (void)check_status("break", os_port_break_calls(port), 0);
}

/* Into its own table, at a place of its choice or any. */
void install(struct actor *a)
{
    cap_t new = CAP_NULL, cap = look(a);
    uint32_t index = below(a, 3) ? 0 : 100 + below(a, 2000);
    keep_new(a, "install", os_cap_install(BOOTSTRAP_TASK, cap, some_rights(a, cap), index, &new), new, ALSO(OVERLAP));
}

/* With a task that has no threads. A task in its table could be all that keeps it. */
void use_task(struct actor *a)
{
    cap_t task = look(a), cap = look(a), new;
    switch (below(a, 8)) {
    case 0:
        (void)check_status("kill", os_task_kill(task, 1), 0);
        break;
    case 1:
        (void)check_status("death", os_task_bind_death(task, cap, 2), ALSO(ALREADY_BOUND));
        break;
    case 2:
        (void)check_status("exceptions", os_task_set_exception_port(task, cap, 1), ALSO(PEER_GONE));
        break;
    default:
        if (cap != CAP_NULL && type_of(cap) != IS_TASK)
            (void)check_status("give", os_cap_install(task, cap, some_rights(a, cap), 0, &new), MAKES | ALSO(PEER_GONE));
        break;
    }
}

/* The first thread goes on to the end. */
void disturb_thread(struct actor *a)
{
    cap_t thread = actor_threads[below(a, THREADS)];
    if (thread != CAP_NULL && below(a, 2000) == 0)
        (void)check_status("kill thread", os_thread_kill(thread), 0);
    else if (thread != CAP_NULL)
        (void)check_status("interrupt", os_thread_signal(thread), 0);
}
