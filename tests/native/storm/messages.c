/* messages.c: operations of the storm that send and take messages. Each message says who sent it, what capabilities it has, and has a sum; the
 * answer has the number of its call. */
#include "storm.h"

#define LABEL_CALL 0x1001u
#define LABEL_SEND 0x1002u
#define UNSEEN 0u /* an answer's number: of a reply that was kept, by somebody who did not see the call */
#define WAITS (ALSO(WOULD_BLOCK) | ALSO(TIMED_OUT) | ALSO(INTERRUPTED) | ALSO(PEER_GONE))
#define MAKES (ALSO(LEDGER_SPENT) | ALSO(NO_MEMORY))

static uint64_t sum_of(const struct message *m)
{
    uint64_t state = m->label;
    for (unsigned i = 0; i + 1 < MESSAGE_WORDS; i++)
        state = test_random(&state) ^ m->word[i];
    return test_random(&state);
}

/* An interrupt stays posted until the program says that it took it. */
static enum status taken(enum status status)
{
    if (status == STATUS_INTERRUPTED)
        os_thread_page()->upcall_pending = 0;
    return status;
}

/* --- capabilities in messages ------------------------------------------------------------------------------------------------------------------- */

/* A port or task in a queue could be all that keeps that queue. */
static bool may_queue(uint64_t type) { return type != IS_PORT && type != IS_TASK; }

static void add_caps(struct actor *a, struct message *m, bool queued)
{
    m->cap_count = m->cap_move = 0;
    m->word[2] = 0;
    for (unsigned count = below(a, 3) ? below(a, MESSAGE_CAPS + 1) : 0; count > 0; count--) {
        bool moves = below(a, 2);
        cap_t cap = moves ? take(a) : look(a);
        uint64_t type = cap != CAP_NULL ? type_of(cap) : 0;
        if (moves && cap != CAP_NULL && (type == 0 || (queued && !may_queue(type)))) {
            keep(a, cap);
            continue;
        }
        if (type == 0 || (queued && !may_queue(type)))
            continue;
        m->cap_move |= (uint32_t)moves << m->cap_count;
        m->word[2] |= type << m->cap_count * 8;
        m->cap[m->cap_count++] = cap;
    }
}

/* After it was sent, or not: what was to be moved and is still here is the actor's. */
static void settle_caps(struct actor *a, const struct message *m)
{
    for (unsigned i = 0; i < m->cap_count; i++)
        if ((m->cap_move >> i & 1) && type_of(m->cap[i]) != 0)
            keep(a, m->cap[i]);
}

static void take_caps(struct actor *a, const struct message *m)
{
    for (unsigned i = 0; i < m->cap_count; i++) {
        if (m->cap[i] == CAP_NULL)
            continue;
        uint64_t type = type_of(m->cap[i]), said = m->word[2] >> i * 8 & 0xff;
        if (type != 0 && type != said)
            storm_failed("a capability of another type", type, said);
        SHARED->capabilities += type != 0;
        keep(a, m->cap[i]);
    }
}

/* --- sending --------------------------------------------------------------------------------------------------------------------------------------- */

static cap_t somebody(struct actor *a, struct message *m)
{
    bool direct = below(a, 4);
    m->word[0] = actor_number | a->thread << 8 | (uint64_t)direct << 16;
    m->word[1] = ++a->nonce << 16 | actor_number << 8 | a->thread;
    m->word[3] = test_random(&a->seed);
    return direct ? PEERS + below(a, ACTORS) : look(a);
}

static uint64_t random_flags(struct actor *a)
{
    return (below(a, 8) ? 0 : MESSAGE_NO_WAIT) | (below(a, 4) ? 0 : MESSAGE_INTERRUPTIBLE);
}

static uint64_t soon(struct actor *a)
{
    return os_now() + (1 + below(a, below(a, 16) ? 16 : 256)) * MILLISECONDS / 16;
}

void call_somebody(struct actor *a)
{
    struct message m = {.label = LABEL_CALL};
    cap_t target = somebody(a, &m);
    uint64_t nonce = m.word[1];
    add_caps(a, &m, false);
    m.word[4] = a->window[0] = (uint8_t)below(a, 256);
    m.word[5] = sum_of(&m);
    if (below(a, 4) == 0) {
        m.in = (struct message_window){a->window, sizeof a->window};
        m.out = (struct message_window){a->window + 64, 128};
    }
    struct message sent = m;
    enum status status = taken(check_status("call", os_call_flags(target, &m, random_flags(a), soon(a)), WAITS));
    settle_caps(a, &sent);
    if (status != STATUS_OK)
        return;
    SHARED->answers++;
    if (m.word[1] != UNSEEN && m.word[1] != nonce)
        storm_failed("answer to another call", m.word[1], nonce);
    if (m.word[5] != sum_of(&m))
        storm_failed("answer is not as it was sent", m.word[5], nonce);
    take_caps(a, &m);
}

void send_somebody(struct actor *a)
{
    struct message m = {.label = LABEL_SEND};
    cap_t target = somebody(a, &m);
    add_caps(a, &m, true);
    m.word[5] = sum_of(&m);
    (void)taken(check_status("send", os_send(target, &m, random_flags(a), soon(a)), WAITS | ALSO(NOT_SUPPORTED)));
    settle_caps(a, &m);
}

/* --- taking and answering ------------------------------------------------------------------------------------------------------------------------------ */

/* Answer with capabilities; when those are gone meanwhile, without. */
static void answer(struct actor *a, cap_t reply, struct message *m)
{
    add_caps(a, m, false);
    m->word[5] = sum_of(m);
    enum status status = check_status("answer", os_reply(reply, m), ALSO(PEER_GONE) | ALSO(BAD_STATE));
    settle_caps(a, m);
    if (status != STATUS_INVALID_HANDLE && status != STATUS_NO_RIGHTS)
        return;
    m->cap_count = 0;
    m->word[2] = 0;
    m->word[5] = sum_of(m);
    (void)check_status("answer without capabilities", os_reply(reply, m), ALSO(PEER_GONE) | ALSO(BAD_STATE));
}

static void answer_call(struct actor *a, struct message *m)
{
    unsigned how = below(a, 32);
    if (how < 2) { /* not now: the reply is a capability among the others, or gone */
        if (how == 0)
            keep(a, a->reply);
        else
            os_drop(a->reply);
        a->reply = CAP_NULL;
        return;
    }
    uint64_t done;
    if (how < 8 && m->in.length != 0) {
        uint8_t first;
        enum status status = check_status("read", os_reply_read(a->reply, 0, (uintptr_t)&first, 1, &done), ALSO(PEER_GONE) | ALSO(BAD_STATE));
        if (status == STATUS_OK && first != m->word[4])
            storm_failed("another's window", first, m->word[4]);
        (void)check_status("write", os_reply_write(a->reply, 0, (uintptr_t)&first, 1, &done), ALSO(PEER_GONE) | ALSO(BAD_STATE));
    }
    m->label = STATUS_OK;
    answer(a, a->reply, m);
}

static bool is_whole(const struct message *m)
{
    unsigned sender = m->word[0] & 0xff;
    if (m->word[5] != sum_of(m) || sender >= ACTORS || m->cap_count > MESSAGE_CAPS)
        storm_failed("message is not as it was sent", m->label, m->word[5]);
    else if ((m->word[0] >> 16 & 1) && m->badge != sender)
        storm_failed("badge of another", m->badge, sender);
    else
        return true;
    return false;
}

static void take_message(struct actor *a, cap_t source)
{
    struct message m = {};
    uint64_t flags = random_flags(a), armed = a->reply;
    enum status status = taken(check_status("receive", os_reply_wait(CAP_NULL, &m, source, a->reply, flags, soon(a)), WAITS | ALSO(BAD_STATE)));
    if (status == STATUS_BAD_STATE || status == STATUS_INVALID_HANDLE) { /* a cancelled call is still to be told of, or it is revoked */
        os_drop(a->reply);
        a->reply = CAP_NULL;
    }
    if (status != STATUS_OK || m.label >> 63)
        return;
    SHARED->messages++;
    if (!is_whole(&m))
        return;
    take_caps(a, &m);
    if (m.label == LABEL_CALL && armed == CAP_NULL)
        storm_failed("a call without a reply", source, 0);
    if (m.label == LABEL_CALL)
        answer_call(a, &m);
}

static void receive_from(struct actor *a, cap_t source)
{
    if (a->reply == CAP_NULL && check_status("reply", os_reply_create(BOOTSTRAP_LEDGER, a->thread, &a->reply), MAKES) != STATUS_OK)
        a->reply = CAP_NULL;
    take_message(a, source);
}

void serve(struct actor *a)
{
    receive_from(a, BOOTSTRAP_PORT);
}

void receive_anywhere(struct actor *a)
{
    cap_t source = look(a);
    if (source != CAP_NULL) /* without one nothing is received */
        receive_from(a, source);
}

void answer_held(struct actor *a)
{
    struct message m = {.label = STATUS_OK, .word[1] = UNSEEN};
    cap_t reply = look(a);
    if (reply != CAP_NULL)
        answer(a, reply, &m);
}
