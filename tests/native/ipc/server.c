/* server.c: the server task of these tests, and threads. */
#include "ipc.h"

#define HOLD_MOST 64
#define CHUNK 1024

struct held {
    cap_t reply;
    bool pending;
};

static struct {
    cap_t reply, kept, abandoned; /* abandoned: its caller went before the answer; the kernel's message about that is still to come */
    uint64_t replies;             /* made so far: their cookies */
    uint64_t abandoned_cookie;
    struct held held[HOLD_MOST];
    uint64_t held_count, cancelled, last_cookie, last_cancelled_badge;
    uint64_t gone, last_gone;
} state;

static void new_reply(void)
{
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, ++state.replies, &state.reply));
}

/* It cannot be used for another call before the kernel's message came. */
static void abandon_reply(void)
{
    os_drop(state.abandoned);
    state.abandoned = state.reply;
    state.abandoned_cookie = state.replies;
    new_reply();
}

static void read_window(struct message *m)
{
    static uint8_t bytes[CHUNK];
    uint64_t at = m->word[0], left = m->word[1], sum = 0, done = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && left) {
        status = os_reply_read(state.reply, at, (uintptr_t)bytes, left < CHUNK ? left : CHUNK, &done);
        for (uint64_t i = 0; status == STATUS_OK && i < done; i++)
            sum += bytes[i];
        at += done;
        left -= done;
    }
    m->word[0] = sum;
    m->word[1] = (uint64_t)(int64_t)status;
}

static void write_window(struct message *m)
{
    static uint8_t bytes[CHUNK];
    memset(bytes, (int)m->word[2], sizeof bytes);
    uint64_t at = m->word[0], left = m->word[1], done = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && left) {
        status = os_reply_write(state.reply, at, (uintptr_t)bytes, left < CHUNK ? left : CHUNK, &done);
        at += done;
        left -= done;
    }
    m->word[1] = (uint64_t)(int64_t)status;
}

static void keep_cap(struct message *m)
{
    uint64_t badge;
    state.kept = m->cap_count ? m->cap[0] : CAP_NULL;
    m->word[2] = m->cap_count;
    m->cap_count = 0;
    if (os_cap_info(state.kept, &m->word[0], &m->word[1], &badge) != STATUS_OK)
        m->word[0] = m->word[1] = 0;
}

static void give_cap(struct message *m)
{
    m->cap[0] = state.kept;
    m->cap_count = 1;
    m->cap_move = m->word[0] == 1;
}

static void change_kept(struct message *m)
{
    uint64_t where = 0, length = m->word[1];
    enum status status = os_mem_map(BOOTSTRAP_TASK, state.kept, m->word[0], 0, length, PROT_BIT_READ | PROT_BIT_WRITE, &where);
    for (uint64_t at = 0; status == STATUS_OK && at < length; at += OS_PAGE_SIZE)
        ++*(uint64_t *)(where + at);
    if (status == STATUS_OK)
        EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, where, length));
    m->word[1] = (uint64_t)(int64_t)status;
}

static void hold(void)
{
    state.held[state.held_count++] = (struct held){state.reply, true};
    new_reply();
}

static void release(void)
{
    struct message answer = {.label = STATUS_OK};
    for (uint64_t i = 0; i < state.held_count; i++) {
        (void)os_reply(state.held[i].reply, &answer);
        os_drop(state.held[i].reply);
    }
    state.held_count = 0;
}

/* Returns: is there an answer? */
static bool serve(struct message *m)
{
    uint64_t label = m->label;
    m->label = STATUS_OK;
    if (label != SERVER_KEEP_CAP)
        m->cap_count = 0;
    switch (label) {
    case LABEL_FACET_GONE:
        state.gone++;
        state.last_gone = m->badge;
        return false;
    case LABEL_CALL_CANCELLED:
        state.cancelled++;
        state.last_cookie = m->word[0];
        state.last_cancelled_badge = m->badge;
        if (state.last_cookie == state.abandoned_cookie) {
            os_drop(state.abandoned);
            state.abandoned = CAP_NULL;
        }
        return false;
    case SERVER_ECHO:
        for (int i = 0; i < MESSAGE_WORDS; i++)
            m->word[i]++;
        m->word[5] = m->badge;
        return true;
    case SERVER_COMPUTE:
        for (uint64_t until = os_now() + m->word[0]; os_now() < until;) {
        }
        return true;
    case SERVER_READ:
        read_window(m);
        return true;
    case SERVER_WRITE:
        write_window(m);
        return true;
    case SERVER_LENGTHS:
        m->word[0] = m->in.length;
        m->word[1] = m->out.length;
        return true;
    case SERVER_DROP:
        os_drop(state.reply);
        new_reply();
        return false;
    case SERVER_EXIT:
        os_exit(7);
    case SERVER_HOLD:
        hold();
        return false;
    case SERVER_HELD:
        m->word[0] = state.held_count;
        m->word[1] = state.cancelled;
        m->word[2] = state.last_cookie;
        m->word[3] = state.last_cancelled_badge;
        return true;
    case SERVER_RELEASE:
        release();
        return true;
    case SERVER_KEEP_CAP:
        keep_cap(m);
        return true;
    case SERVER_GIVE_CAP:
        give_cap(m);
        return true;
    case SERVER_CHANGE:
        change_kept(m);
        return true;
    case SERVER_GONE:
        m->word[0] = state.gone;
        m->word[1] = state.last_gone;
        return true;
    default:
        m->label = (uint64_t)(int64_t)STATUS_NOT_SUPPORTED;
        return true;
    }
}

static int server_main(void)
{
    struct message message;
    cap_t answer = CAP_NULL;
    new_reply();
    for (;;) {
        enum status status = os_reply_wait(answer, &message, BOOTSTRAP_PORT, state.reply, 0, DEADLINE_NONE);
        bool answering = answer != CAP_NULL;
        answer = CAP_NULL;
        if (status == STATUS_OK && serve(&message))
            answer = state.reply;
        else if (status == STATUS_PEER_GONE && answering)
            abandon_reply();
        else if (status != STATUS_OK)
            return (int)-status;
    }
}

enum status server_start(struct server *server, uint64_t queue)
{
    enum status status = os_port_create(BOOTSTRAP_LEDGER, queue, &server->port);
    if (status == STATUS_OK)
        status = child_create(&server->child, BOOTSTRAP_LEDGER);
    if (status == STATUS_OK)
        status = child_give(&server->child, server->port, RIGHTS_ALL, BOOTSTRAP_PORT);
    return status == STATUS_OK ? child_start(&server->child, server_main, nullptr, 0) : status;
}

void server_stop(struct server *server)
{
    child_kill(&server->child);
    os_drop(server->port);
}

enum status server_call(cap_t port, uint64_t label, uint64_t words[MESSAGE_WORDS])
{
    struct message message = {.label = label};
    memcpy(message.word, words, sizeof message.word);
    enum status status = os_call(port, &message);
    memcpy(words, message.word, sizeof message.word);
    return status;
}

/* --- threads --------------------------------------------------------------------------------------------------------------------------------- */

bool thread_waits(cap_t thread)
{
    uint64_t state = 0;
    return os_thread_info(thread, THREAD_STATE, &state) == STATUS_OK && state >= THREAD_CALLING && state <= THREAD_FUTEX;
}
