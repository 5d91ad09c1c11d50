/* serve.h: the server loop. A server is functions and a manifest:
 *
 *     SERVICE_MANIFEST("name = echo\nexport = echo\nstart = demand\n")
 *     static enum status say(void *self, struct request *rq, uint64_t number, uint64_t *answer) { *answer = number; return STATUS_OK; }
 *     static const struct echo_ops ops = {.say = say};
 *     static bool dispatch(void *self, struct request *rq) { return echo_dispatch(&ops, self, rq); }
 *     static const struct serve_type root = {.dispatch = dispatch};
 *     int main(uint64_t) { return serve_run(&(struct server){.root = &root}); }
 *
 * <protocol>_dispatch and <protocol>_ops are generated from protocols/<protocol>.idl.
 * One thread serves. A badge of the server's port names an object: those below 2^32 are other services (init made those facets, the
 * badge is the caller's number) and all go to the root; the server makes the others with serve_open. A badge that it does not know is
 * of an earlier instance: `adopt` may make an object for it, else it is answered UNKNOWN_SESSION. A request that no dispatch takes is answered NOT_SUPPORTED, a malformed one
 * INVALID_ARGUMENT. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <message.h>
#include <os.h>

/* One call that a client made, until it is answered. */
struct request {
    struct message message;      /* label, words, capabilities, badge, key */
    uint64_t in_length;          /* bytes that the caller offers to read from */
    uint64_t out_length;         /* bytes that it offers to write to */
    void    *object;             /* what the badge names */
    const struct serve_type *type;
    struct list link;            /* for the server, while the request is deferred */
    void    *owner;              /* for the server, while deferred */
    uint64_t parameter[4];       /* for the server, while deferred */
    /* the loop's own */
    struct list loop_link;
    cap_t    reply;
    enum request_state : uint32_t { REQUEST_IDLE, REQUEST_RUNS, REQUEST_ANSWERED, REQUEST_DEFERRED, REQUEST_ABANDONED } state;
};

/* What a badge can name. */
struct serve_type {
    /* Carry the request out: calls <protocol>_dispatch of each protocol that the type speaks; false when none took it. */
    bool (*dispatch)(void *object, struct request *rq);
    /* The last capability to the facet is gone: nobody can call the object any more. It must go, now or later; its requests that are
     * still deferred were cancelled before. May be NULL. */
    void (*close)(void *object);
    /* The caller of a deferred request went away or stopped waiting: forget the request (take it off lists, free what `owner` is). The
     * loop answers it. Needed by types with operations that defer. */
    void (*cancel)(void *object, struct request *rq);
    /* A signal reached the caller of a deferred request, which waits for an answer now: answer what was done of it, INTERRUPTED when nothing
     * was. NULL: the request is cancelled, and answered INTERRUPTED. */
    void (*interrupted)(void *object, struct request *rq);
    /* The answer did not reach its caller, which went away or stopped waiting just before: undo what the answer says was done, where that
     * can be undone (bytes read go back). rq->message holds the answer. Called at once, before any other request. May be NULL. */
    void (*undelivered)(void *object, struct request *rq);
};

struct server {
    const struct serve_type *root;        /* what services that import this one call */
    void                    *root_object;
    cap_t                    port;        /* CAP_NULL: BOOTSTRAP_PORT */
    /* A call came to a facet of an earlier instance of this server, which died, made with this tag (serve_open_tagged). Returns: an object for
     * it, as if it had been opened anew, and *type; NULL: the call is answered UNKNOWN_SESSION. May be NULL. */
    void *(*adopt)(uint8_t tag, const struct serve_type **type);
    bool                     not_ready;   /* do not tell init that the service is ready: the server does it itself with serve_ready */
};

/* Set up before serve_run, for what main does before it serves (serve_open, serve_watch, ...). serve_run calls it if needed. */
void serve_start(const struct server *server);
/* Serve for ever. Returns: an exit code, when the port is gone. */
int serve_run(const struct server *server);
/* Tell init that requests are taken from now on. */
void serve_ready(void);

/* --- requests ----------------------------------------------------------------------------------------------------------------------- */
/* Copy from the caller's in-window, to its out-window. Returns: OUT_OF_RANGE when [offset, offset + length) is not inside the window;
 * BAD_ADDRESS when the caller's memory is not there. */
[[nodiscard]] enum status request_read(struct request *rq, uint64_t offset, void *to, size_t length);
[[nodiscard]] enum status request_write(struct request *rq, uint64_t offset, const void *from, size_t length);
/* The same, straight from and to a memory object. */
[[nodiscard]] enum status request_write_memory(struct request *rq, uint64_t offset, cap_t memory, uint64_t memory_offset, size_t length);
[[nodiscard]] enum status request_read_memory(struct request *rq, uint64_t offset, cap_t memory, uint64_t memory_offset, size_t length);
/* The whole in-window as a string on the heap, terminated. Returns: NAME_TOO_LONG beyond limit bytes, NO_MEMORY, BAD_ADDRESS. *length
 * may be NULL. Owner: the caller frees *text. */
[[nodiscard]] enum status request_text(struct request *rq, size_t limit, char **text, size_t *length);
/* Text to the out-window, as much as fits. */
[[nodiscard]] enum status request_write_text(struct request *rq, const char *text, size_t length);

/* Answer; the generated <protocol>_<op>_reply functions do it. A request that was deferred (its operation returned STATUS_DEFERRED) must be
 * answered exactly once, at any time, and is gone after that. */
static inline void request_clear(struct request *rq) /* words and capabilities of the answer: none */
{
    for (int i = 0; i < MESSAGE_WORDS; i++)
        rq->message.word[i] = 0;
    rq->message.cap_count = 0;
    rq->message.cap_move = 0;
}
void request_reply_later(struct request *rq); /* request_reply's slower half */
static inline void request_reply(struct request *rq, enum status status)
{
    rq->message.label = (uint64_t)(int64_t)status;
    if (rq->state == REQUEST_RUNS) [[clang::likely]]
        rq->state = REQUEST_ANSWERED;
    else
        request_reply_later(rq);
}
/* Refuse a request that was not carried out: drops the capabilities that came with it. Returns: true. */
bool request_refuse(struct request *rq, enum status status);
/* Answer a deferred request with this status and no results. */
void request_fail(struct request *rq, enum status status);

/* --- objects ------------------------------------------------------------------------------------------------------------------------ */
/* Make a facet that names an object. Returns: OK and *facet, a capability to move to a client (SEND and the common rights), and the badge
 * (NULL: not wanted). When the last copy is gone, type->close(object) is called. */
[[nodiscard]] enum status serve_open(const struct serve_type *type, void *object, cap_t *facet, uint64_t *badge);
/* As serve_open; the tag is all that the next instance of the server knows of the object, should this one die (server->adopt). */
[[nodiscard]] enum status serve_open_tagged(const struct serve_type *type, void *object, uint8_t tag, cap_t *facet, uint64_t *badge);
/* Forget a badge: calls to it are answered UNKNOWN_SESSION from now on, close is not called. */
void serve_forget(uint64_t badge);
/* Returns: the object of a badge if it is of this type, else NULL. */
void *serve_object(uint64_t badge, const struct serve_type *type);

/* --- notifications and timers --------------------------------------------------------------------------------------------------------- */
struct serve_watch {
    void (*signalled)(struct serve_watch *watch, uint64_t bits);
    cap_t notification;
};
/* Call watch->signalled whenever the notification is signalled. A null watch->notification is created. */
[[nodiscard]] enum status serve_watch(struct serve_watch *watch);
void serve_unwatch(struct serve_watch *watch);

struct serve_timer {
    void (*expired)(struct serve_timer *timer);
    uint64_t deadline_ns;
    struct serve_timer *child, *next, **where; /* the loop's own: a pairing heap; where == NULL: not set */
};
/* Call timer->expired once, at or soon after this time. Setting it again replaces the old time. */
void serve_timer_set(struct serve_timer *timer, uint64_t deadline_ns);
void serve_timer_cancel(struct serve_timer *timer);
static inline bool serve_timer_is_set(const struct serve_timer *timer) { return timer->where != nullptr; }

/* Work for after the current request was answered, when nothing else is to do: called once. */
struct serve_work {
    void (*run)(struct serve_work *work);
    struct list link;
    bool queued;
};
void serve_later(struct serve_work *work);

/* --- file.poll ---------------------------------------------------------------------------------------------------------------------- */
#define POLL_IN   0x001u
#define POLL_PRI  0x002u
#define POLL_OUT  0x004u
#define POLL_ERR  0x008u
#define POLL_HUP  0x010u
#define POLL_NVAL 0x020u
#define POLL_RDNORM 0x040u
#define POLL_WRNORM 0x100u
#define POLL_RDHUP 0x2000u

/* Who waits for events of an object. */
struct poll_list {
    struct list waiters;
};
void poll_list_init(struct poll_list *list);
/* The body of file.poll: ready = what holds now of all events. Keeps the notification if nothing that was asked holds (ERR and HUP are
 * always asked), else drops it. owner: the open description, to forget its waiters when it closes. Returns: OK and *result. */
[[nodiscard]] enum status poll_ask(struct poll_list *list, void *owner, uint64_t ready, uint64_t events, uint64_t bits, cap_t notification, uint64_t *result);
/* These events may hold now: signal those who wait for one of them, once. */
void poll_wake(struct poll_list *list, uint64_t events);
/* The description is closed. */
void poll_forget(struct poll_list *list, void *owner);

/* --- manifest ------------------------------------------------------------------------------------------------------------------------ */
#define SERVICE_NOTE_TYPE 1u
#define SERVICE_NOTE_NAME "Heddle"
/* The service's manifest, text of abi/bootstrap.h; once a program. */
#define SERVICE_MANIFEST(...)                                                                                                        \
    static const struct {                                                                                                            \
        uint32_t name_size, text_size, type;                                                                                         \
        char name[8];                                                                                                                \
        char text[(sizeof(__VA_ARGS__) + 3) & ~3ul];                                                                                 \
    } service_manifest [[gnu::used, gnu::retain, gnu::section(".note.heddle"), gnu::aligned(4)]] = {                                 \
        sizeof SERVICE_NOTE_NAME, sizeof(__VA_ARGS__) - 1, SERVICE_NOTE_TYPE, SERVICE_NOTE_NAME, __VA_ARGS__};

/* --- what a service finds when it starts --------------------------------------------------------------------------------------------- */
/* Returns: the facet of the n-th import of the manifest. */
static inline cap_t serve_import(unsigned n) { return BOOTSTRAP_IMPORTS + n; }

#endif
