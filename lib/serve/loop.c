/* loop.c: the server loop. Not here: what badges name (objects.c), timers (timer.c), what operations do with requests (request.c).
 * Invariants: the loop holds one request to receive into, `current`; while an operation runs there is at least one more in `spares`, so
 * that it may defer; a deferred request is in `deferred`. A reply object is armed only when the kernel allows it: an abandoned request
 * (its call was cancelled, the cancellation is still in the port) waits for that message before it is used again. */
#include <loop.h>

#include <protocols/service.h>

#define SPARES_KEPT 8u

static struct loop {
    const struct server *server;
    cap_t          port, set; /* set: CAP_NULL while the port is all there is to wait for */
    struct list    spares, deferred;
    unsigned       spare_count;
    struct list    work;
} loop = {.spares = LIST_INITIALIZER(loop.spares), .deferred = LIST_INITIALIZER(loop.deferred), .work = LIST_INITIALIZER(loop.work)};

/* --- requests that are not in use ------------------------------------------------------------------------------------------------------ */

static struct request *request_create(void)
{
    struct request *rq = NEW(struct request);
    if (!rq)
        return nullptr;
    if (os_reply_create(BOOTSTRAP_LEDGER, (uintptr_t)rq, &rq->reply) != STATUS_OK) {
        os_free(rq);
        return nullptr;
    }
    list_init(&rq->link);
    list_init(&rq->loop_link);
    return rq;
}

static bool have_spare(void)
{
    if (!list_empty(&loop.spares)) [[clang::likely]]
        return true;
    struct request *rq = request_create();
    if (!rq)
        return false;
    request_recycle(rq);
    return true;
}

static struct request *take_spare(void)
{
    struct list *item = list_pop_front(&loop.spares);
    ASSERT(item);
    loop.spare_count--;
    return container_of(item, struct request, loop_link);
}

void request_recycle(struct request *rq)
{
    rq->state = REQUEST_IDLE;
    list_remove(&rq->loop_link);
    if (loop.spare_count >= SPARES_KEPT) {
        os_drop(rq->reply);
        os_free(rq);
        return;
    }
    list_push_front(&loop.spares, &rq->loop_link);
    loop.spare_count++;
}

/* --- start ------------------------------------------------------------------------------------------------------------------------------ */

void serve_start(const struct server *server)
{
    if (loop.server)
        return;
    loop.server = server;
    loop.port = server->port ? server->port : BOOTSTRAP_PORT;
    objects_start(loop.port);
    timers_start();
    if (!have_spare())
        os_fatal("no memory for a first request");
}

/* From now on wait at a set, which the port is in. */
static enum status use_set(void)
{
    if (loop.set)
        return STATUS_OK;
    cap_t set;
    enum status status = os_set_create(BOOTSTRAP_LEDGER, &set);
    if (status != STATUS_OK)
        return status;
    status = os_set_add_port(set, loop.port, 0);
    if (status != STATUS_OK) {
        os_drop(set);
        return status;
    }
    loop.set = set;
    return STATUS_OK;
}

enum status loop_add_notification(cap_t notification, struct serve_watch *watch)
{
    enum status status = use_set();
    return status == STATUS_OK ? os_set_add_notification(loop.set, notification, (uintptr_t)watch) : status;
}

void loop_remove_notification(cap_t notification)
{
    (void)os_set_remove_notification(loop.set, notification);
}

enum status serve_watch(struct serve_watch *watch)
{
    bool created = false;
    enum status status = STATUS_OK;
    if (!watch->notification) {
        status = os_notification_create(BOOTSTRAP_LEDGER, &watch->notification);
        created = status == STATUS_OK;
    }
    if (status == STATUS_OK)
        status = loop_add_notification(watch->notification, watch);
    if (status != STATUS_OK && created) {
        os_drop(watch->notification);
        watch->notification = CAP_NULL;
    }
    return status;
}

void serve_unwatch(struct serve_watch *watch)
{
    loop_remove_notification(watch->notification);
}

void serve_ready(void)
{
    enum status status = service_ready(BOOTSTRAP_INIT);
    if (status != STATUS_OK)
        os_log("telling init that the service is ready: %s", os_status_text(status));
}

/* --- messages --------------------------------------------------------------------------------------------------------------------------- */

/* The caller of a request will not be answered: let its type forget it. */
static void forget(struct request *rq)
{
    if (rq->type->cancel)
        rq->type->cancel(rq->object, rq);
}

void request_undelivered(struct request *rq, enum status why)
{
    if (why == STATUS_PEER_GONE && rq->type && rq->type->undelivered)
        rq->type->undelivered(rq->object, rq);
    for (uint32_t i = 0; i < rq->message.cap_count; i++)
        if (rq->message.cap_move >> i & 1)
            os_drop(rq->message.cap[i]);
}

/* Returns: a deferred request of this badge, or NULL. */
static struct request *deferred_by(uint64_t badge)
{
    LIST_FOR(rq, &loop.deferred, struct request, loop_link)
        if (rq->state == REQUEST_DEFERRED && rq->message.badge == badge)
            return rq;
    return nullptr;
}

static void facet_gone(uint64_t badge)
{
    struct serve_slot *slot = slot_of(badge);
    if (!slot)
        return;
    for (struct request *rq; (rq = deferred_by(badge));) {
        forget(rq);
        request_fail(rq, STATUS_INTERRUPTED);
    }
    struct serve_slot gone = *slot;
    slot_release(slot);
    if (gone.type->close)
        gone.type->close(gone.object);
}

static void call_cancelled(struct request *rq)
{
    if (rq->state == REQUEST_DEFERRED)
        forget(rq);
    if (rq->state == REQUEST_DEFERRED || rq->state == REQUEST_ABANDONED)
        request_recycle(rq);
}

/* The caller waits: it gets an answer at once, which says what was done. */
static void call_interrupted(struct request *rq)
{
    if (rq->state != REQUEST_DEFERRED)
        return;
    if (rq->type->interrupted) {
        rq->type->interrupted(rq->object, rq);
        return;
    }
    forget(rq);
    request_fail(rq, STATUS_INTERRUPTED);
}

static void kernel_message(const struct message *message)
{
    switch (message->label) {
    case LABEL_FACET_GONE:
        return facet_gone(message->badge);
    case LABEL_CALL_CANCELLED:
        return call_cancelled((struct request *)message->word[0]);
    case LABEL_CALL_INTERRUPTED:
        return call_interrupted((struct request *)message->word[0]);
    case LABEL_NOTIFICATION: {
        struct serve_watch *watch = (struct serve_watch *)message->key;
        return watch->signalled(watch, message->word[0]);
    }
    default:
        os_log("message of the kernel that this server does not know: %lx", message->label);
    }
}


/* Find what the badge names. Returns: false when there is no such thing (any more). */
static inline bool find_object(struct request *rq)
{
    if (rq->message.badge >> 32 == 0) {
        rq->type = loop.server->root;
        rq->object = loop.server->root_object;
        return true;
    }
    struct serve_slot *slot = slot_of(rq->message.badge);
    if (!slot && loop.server->adopt)
        slot = slot_adopt(loop.server, rq->message.badge);
    if (!slot)
        return false;
    rq->type = slot->type;
    rq->object = slot->object;
    return true;
}

static void dispatch(struct request *rq)
{
    rq->state = REQUEST_RUNS;
    rq->in_length = rq->message.in.length;
    rq->out_length = rq->message.out.length;
    rq->message.cap_move = 0;
    rq->type = nullptr;
    if (!find_object(rq))
        request_refuse(rq, STATUS_UNKNOWN_SESSION);
    else if (!have_spare())
        request_refuse(rq, STATUS_NO_MEMORY);
    else if (!rq->type->dispatch(rq->object, rq))
        request_refuse(rq, STATUS_NOT_SUPPORTED);
}

/* Carry out what was received. Returns: the reply to answer, or CAP_NULL; then *current may be another. */
static cap_t handle(struct request **current)
{
    struct request *rq = *current;
    if (rq->message.label >> 63) [[clang::unlikely]] {
        kernel_message(&rq->message);
        return CAP_NULL;
    }
    dispatch(rq);
    if (rq->state == REQUEST_ANSWERED) [[clang::likely]]
        return rq->reply;
    rq->state = REQUEST_DEFERRED;
    list_push_back(&loop.deferred, &rq->loop_link);
    *current = take_spare();
    return CAP_NULL;
}

/* --- the loop --------------------------------------------------------------------------------------------------------------------------- */

static void run_work(void)
{
    struct list *item;
    while ((item = list_pop_front(&loop.work))) {
        struct serve_work *work = container_of(item, struct serve_work, link);
        work->queued = false;
        work->run(work);
    }
}

void serve_later(struct serve_work *work)
{
    if (work->queued)
        return;
    work->queued = true;
    list_push_back(&loop.work, &work->link);
}

/* The call that current was to answer takes no answer: it was sent and not called (BAD_STATE), or its caller went away (PEER_GONE), or the
 * server offered a capability it does not have. Returns: a request to receive into. */
static struct request *answer_failed(struct request *current, enum status status)
{
    request_undelivered(current, status);
    if (status != STATUS_PEER_GONE) {
        current->message.cap_count = 0;
        current->message.label = (uint64_t)(int64_t)STATUS_IO_ERROR;
        if (status != STATUS_BAD_STATE)
            (void)os_reply(current->reply, &current->message);
        return current;
    }
    current->state = REQUEST_ABANDONED;
    list_push_back(&loop.deferred, &current->loop_link);
    return have_spare() ? take_spare() : nullptr;
}

int serve_run(const struct server *server)
{
    serve_start(server);
    struct request *current = take_spare();
    cap_t answer = CAP_NULL;
    if (!server->not_ready)
        serve_ready();
    for (;;) {
        if (!list_empty(&loop.work)) [[clang::unlikely]] {
            enum status status = answer ? os_reply(answer, &current->message) : STATUS_OK;
            answer = CAP_NULL;
            if (status != STATUS_OK)
                current = answer_failed(current, status);
            run_work();
        }
        if (!current)
            os_fatal("no memory for a request to receive into");
        enum status status = os_reply_wait(answer, &current->message, loop.set ? loop.set : loop.port, current->reply, 0, DEADLINE_NONE);
        if (status == STATUS_OK) [[clang::likely]] {
            answer = handle(&current);
            continue;
        }
        if (!answer) {
            os_log("the port cannot be served: %s", os_status_text(status));
            return -1;
        }
        answer = CAP_NULL;
        current = answer_failed(current, status);
    }
}
