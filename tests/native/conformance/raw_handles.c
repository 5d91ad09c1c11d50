/* raw_handles.c: the capabilities that raw calls take, from the table: wrong ones, with other rights than they need, and those that go while the
 * call waits. */
#include <futex.h>
#include "conformance.h"

#define HELD (FUTEX_WAITERS | 5u) /* a word that futex_lock waits for */

enum status raw_call(uint64_t number, uint64_t r[9])
{
    struct balance before, now;
    balance_take(&before);
    os_trap(number, r);
    balance_take(&now);
    if ((enum status)r[0] != STATUS_OK)
        EXPECT(balance_equal(&before, &now, false));
    return (enum status)r[0];
}

static bool is(const struct raw_argument *argument, const char *name) { return !strcmp(argument->name, name); }

static void set_handle(const struct raw_argument *argument, uint64_t r[9], cap_t handle)
{
    uint64_t *in = &r[argument->in], low = UINT32_MAX;
    *in = argument->high ? (*in & low) | (uint64_t)handle << 32 : (*in & ~low) | handle;
}

static void expect(const struct raw_argument *argument, const char *what, enum status wanted, enum status got)
{
    if (wanted == got)
        return;
    test_failures++;
    test_say("FAIL %s, %s: %s: %s, not %s", argument->call, argument->name, what, test_status_name(got), test_status_name(wanted));
}

static void for_each_argument(void (*run)(const struct raw_argument *argument))
{
    for (unsigned i = 0; i < raw_argument_count; i++) {
        struct balance before;
        fixture_prepare();
        balance_take(&before);
        fixture_create();
        run(&raw_arguments[i]);
        fixture_destroy();
        EXPECT_BALANCE(&before, false);
    }
}

/* --- calls that do not wait ----------------------------------------------------------------------------------------------------------------- */

static void lock_registers(uint64_t r[9])
{
    *(uint32_t *)buffer = HELD;
    r[0] = buffer, r[1] = HELD, r[2] = DEADLINE_NONE, r[3] = 0, r[4] = 1;
}

/* The call is as it should be but for this handle, and does not wait. */
static void try_raw(const struct raw_argument *argument, cap_t handle, enum status wanted, const char *what)
{
    uint64_t r[9] = {0, 1, 2, 3, 4, 5, 6, 7, 0}, number = argument->number;
    if (is(argument, "arm"))
        r[8] = fixture.object[TYPE_PORT];
    if (number == SYS_FUTEX_LOCK)
        lock_registers(r);
    if (number == SYS_NOTIFICATION_WAIT || number == SYS_FUTEX_LOCK)
        r[2] = 1, r[3] = 0; /* the deadline is past */
    else
        number |= MESSAGE_NO_WAIT;
    set_handle(argument, r, handle);
    expect(argument, what, wanted, raw_call(number, r));
}

/* What it gives with a good handle. */
static enum status good_status(const struct raw_argument *argument)
{
    if (argument->number == SYS_NOTIFICATION_WAIT || argument->number == SYS_FUTEX_LOCK)
        return STATUS_TIMED_OUT;
    return argument->number == SYS_MESSAGE_SEND || is(argument, "answer") ? STATUS_OK : STATUS_WOULD_BLOCK;
}

/* A capability that will do: a reply to be armed is one without a call. */
static cap_t good_handle(const struct raw_argument *argument)
{
    cap_t good = CAP_NULL;
    if (is(argument, "arm"))
        EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &good));
    else
        EXPECT_OK(os_cap_duplicate(fixture.object[argument->type], &good));
    return good;
}

static void wrong_handles(const struct raw_argument *argument)
{
    cap_t good = good_handle(argument), child;
    if (!argument->optional)
        try_raw(argument, CAP_NULL, STATUS_INVALID_HANDLE, "null handle");
    try_raw(argument, fixture.stale, STATUS_INVALID_HANDLE, "stale handle");
    try_raw(argument, UINT32_MAX, STATUS_INVALID_HANDLE, "all bits of a handle");
    try_raw(argument, (1u << CAP_INDEX_BITS) - 1, STATUS_INVALID_HANDLE, "index beyond the table");
    for (unsigned bit = CAP_INDEX_BITS; bit < 32; bit++)
        try_raw(argument, good ^ 1u << bit, STATUS_INVALID_HANDLE, "handle of another generation");
    EXPECT_OK(os_cap_duplicate(good, &child));
    EXPECT_OK(os_cap_revoke(good));
    try_raw(argument, child, STATUS_INVALID_HANDLE, "revoked handle");
    for (unsigned type = 0; type < TYPES; type++)
        if (!(argument->types >> type & 1) && fixture.object[type] != CAP_NULL)
            try_raw(argument, fixture.object[type], STATUS_WRONG_TYPE, "wrong type of object");
    if (!(argument->types >> TYPE_PORT & 1) || argument->rights & ~RIGHT_PORT_SEND)
        try_raw(argument, fixture.facet, STATUS_WRONG_TYPE, "facet");
    os_drop(good);
}

TEST(raw_wrong_handles)
{
    for_each_argument(wrong_handles);
}

static void rights(const struct raw_argument *argument)
{
    uint64_t type, has, badge;
    cap_t good = good_handle(argument), less;
    EXPECT_OK(os_cap_info(good, &type, &has, &badge));
    for (uint32_t left = argument->rights; left; left &= left - 1) {
        EXPECT_OK(os_cap_derive(good, (uint32_t)has & ~(left & -left), &less));
        try_raw(argument, less, STATUS_NO_RIGHTS, "missing right");
        os_drop(less);
    }
    EXPECT_OK(os_cap_derive(good, 0, &less));
    try_raw(argument, less, STATUS_NO_RIGHTS, "no rights");
    os_drop(less);
    EXPECT_OK(os_cap_derive(good, argument->rights, &less));
    try_raw(argument, less, good_status(argument), "exactly the rights");
    os_drop(less);
    os_drop(good);
}

TEST(raw_rights)
{
    for_each_argument(rights);
}

/* --- waits whose capability goes ----------------------------------------------------------------------------------------------------------- */

/* A thread that makes one call that waits, through a capability derived for it. */
static struct waiter {
    uint64_t number, r[9];
    cap_t thread, done;
} waiter;

static void make_waiting_call(void *)
{
    os_trap(waiter.number, waiter.r);
    (void)os_notification_signal(waiter.done, 1);
}

static uint64_t state_of(cap_t thread)
{
    uint64_t state = 0;
    EXPECT_OK(os_thread_info(thread, THREAD_STATE, &state));
    return state;
}

static bool waits(cap_t thread) { return state_of(thread) >= THREAD_CALLING && state_of(thread) <= THREAD_FUTEX; }

/* Until its end the thread has its stack, and the next one would get another. */
static enum status end_of_wait(void)
{
    uint64_t bits, end = os_now() + 5000 * MILLISECONDS;
    EXPECT_OK(os_notification_wait(waiter.done, 1, end, false, &bits));
    while (state_of(waiter.thread) != THREAD_DEAD && os_now() < end)
        test_sleep(MILLISECONDS / 10);
    EXPECT_EQUAL(THREAD_DEAD, state_of(waiter.thread));
    os_drop(waiter.thread);
    os_drop(waiter.done);
    return (enum status)waiter.r[0];
}

/* What one call waits with. */
struct wait {
    const struct raw_argument *argument;
    cap_t object; /* all that it names */
    cap_t handle; /* derived from it: what the call is made with */
    cap_t port;   /* where a reply_wait gets its end from */
    bool received; /* of a call: a server has it, through this reply: */
    cap_t reply;
};

static void create_objects(struct wait *wait)
{
    const struct raw_argument *argument = wait->argument;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 1, &wait->port));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &wait->reply));
    if (argument->type == TYPE_PORT)
        EXPECT_OK(os_cap_duplicate(wait->port, &wait->object));
    else if (argument->type == TYPE_SET)
        EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &wait->object));
    else if (argument->type == TYPE_NOTIFICATION)
        EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &wait->object));
    else if (is(argument, "arm"))
        EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &wait->object));
    else
        EXPECT_OK(os_cap_duplicate(fixture.object[argument->type], &wait->object));
    if (argument->type == TYPE_SET)
        EXPECT_OK(os_set_add_port(wait->object, wait->port, 1));
    EXPECT_OK(os_cap_derive(wait->object, argument->rights, &wait->handle));
}

static void start_wait(struct wait *wait)
{
    const struct raw_argument *argument = wait->argument;
    struct message message;
    create_objects(wait);
    if (argument->number == SYS_MESSAGE_SEND) /* the queue is full */
        EXPECT_OK(os_send(wait->port, &(struct message){.label = 1}, MESSAGE_NO_WAIT, DEADLINE_NONE));
    waiter = (struct waiter){.number = argument->number, .r = {0, 77, 0, 0, 0, 0, 0, 0, 0}};
    if (argument->number == SYS_NOTIFICATION_WAIT)
        waiter.r[1] = 1, waiter.r[2] = DEADLINE_NONE;
    if (argument->number == SYS_MESSAGE_REPLY_WAIT)
        waiter.r[8] = wait->port;
    if (argument->number == SYS_FUTEX_LOCK)
        lock_registers(waiter.r);
    set_handle(argument, waiter.r, wait->handle);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &waiter.done));
    EXPECT_OK(os_thread_run(make_waiting_call, nullptr, 0, &waiter.thread));
    for (uint64_t end = os_now() + 5000 * MILLISECONDS; !waits(waiter.thread) && os_now() < end;)
        test_sleep(MILLISECONDS / 10);
    if (wait->received)
        EXPECT_OK(os_reply_wait(CAP_NULL, &message, wait->port, wait->reply, MESSAGE_NO_WAIT, DEADLINE_NONE));
}

/* Make the wait end as it is meant to. */
static void serve(const struct wait *wait)
{
    struct message message;
    switch (wait->argument->number) {
    case SYS_NOTIFICATION_WAIT:
        EXPECT_OK(os_notification_signal(wait->object, 1));
        break;
    case SYS_MESSAGE_CALL:
        if (!wait->received)
            EXPECT_OK(os_reply_wait(CAP_NULL, &message, wait->port, wait->reply, MESSAGE_NO_WAIT, DEADLINE_NONE));
        EXPECT_OK(os_reply(wait->reply, &(struct message){.label = STATUS_OK}));
        break;
    case SYS_MESSAGE_SEND:
        for (uint64_t label = 1; label <= 77; label += 76) {
            EXPECT_OK(os_reply_wait(CAP_NULL, &message, wait->port, CAP_NULL, MESSAGE_NO_WAIT, DEADLINE_NONE));
            EXPECT_EQUAL(label, message.label);
        }
        break;
    case SYS_FUTEX_LOCK:
        EXPECT_OK(os_futex_unlock(buffer, 0));
        break;
    default:
        EXPECT_OK(os_send(wait->port, &(struct message){.label = 5}, MESSAGE_NO_WAIT, DEADLINE_NONE));
        break;
    }
}

enum end { SERVED, DROPPED, REPLY_DROPPED };

/* The last capability to what it waits for goes. A reply is not waited for, but only calls need it; the owner of a lock lives without one. */
static enum status drop_last(struct wait *wait)
{
    const struct raw_argument *argument = wait->argument;
    os_drop(wait->object);
    if (argument->type == TYPE_PORT)
        os_drop(wait->port);
    if (argument->type != TYPE_REPLY && argument->type != TYPE_THREAD)
        return STATUS_PEER_GONE;
    EXPECT(waits(waiter.thread));
    EXPECT_STATUS(STATUS_WOULD_BLOCK, os_call_flags(wait->port, &(struct message){.label = 6}, MESSAGE_NO_WAIT, DEADLINE_NONE));
    serve(wait);
    return STATUS_OK;
}

static void lose(const struct raw_argument *argument, bool received, enum end way)
{
    struct wait wait = {.argument = argument, .received = received};
    enum status wanted = STATUS_OK;
    start_wait(&wait);
    EXPECT_OK(os_cap_revoke(wait.object));
    expect(argument, "wait goes on", true, waits(waiter.thread));
    if (argument->type != TYPE_REPLY && argument->type != TYPE_THREAD)
        try_raw(argument, wait.handle, STATUS_INVALID_HANDLE, "handle revoked while a thread waits");
    if (way == DROPPED)
        wanted = drop_last(&wait);
    else if (way == REPLY_DROPPED)
        os_drop(wait.reply), wanted = STATUS_PEER_GONE;
    else
        serve(&wait);
    expect(argument, "end of a wait whose capability is gone", wanted, end_of_wait());
    (void)os_cap_drop(wait.object);
    (void)os_cap_drop(wait.port);
    (void)os_cap_drop(wait.reply);
}

/* A wait that has begun goes on when the capability that it began with is revoked, as long as there is another to the object; the end of the
 * last one ends it with PEER_GONE; and the handle is stale for the next call, from the moment of the revoke. */
static void revoked_while_waiting(const struct raw_argument *argument)
{
    lose(argument, false, SERVED);
    if (!is(argument, "answer")) /* the fixture has one call */
        lose(argument, false, DROPPED);
    if (argument->number != SYS_MESSAGE_CALL)
        return;
    lose(argument, true, SERVED);
    lose(argument, true, DROPPED);
    lose(argument, true, REPLY_DROPPED);
}

TEST(revoked_while_waiting)
{
    fixture_prepare();
    fixture_create();
    lose(&raw_arguments[0], false, SERVED); /* the thread's stack is kept for the next one */
    fixture_destroy();
    for_each_argument(revoked_while_waiting);
}
