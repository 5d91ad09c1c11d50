/* main.c: init: the first task. Unpacks the boot archive, starts the services in it and answers them (service protocol).
 * Not here: services' life (services.c), the first session (session.c). init makes no calls from its loop: services wait for it. */
#include <image.h>
#include <info.h>
#include <protocols/service_server.h>
#include <services.h>
#include <session.h>

/* What the caller may do: services by their manifest, who imports "init" what an administrator does. */
static bool may(const struct request *rq, uint32_t what)
{
    if (rq->message.badge == ADMIN_BADGE)
        return what & (MAY_POWER | MAY_KILL | MAY_LIST);
    const struct service *caller = service_by_number(rq->message.badge);
    return caller && caller->manifest.may & what;
}

static enum status name_of(struct request *rq, char **name)
{
    return request_text(rq, 255, name, nullptr);
}

static enum status lookup(void *, struct request *rq, cap_t *facet)
{
    const struct service *caller = service_by_number(rq->message.badge);
    char *name;
    if (!caller)
        return STATUS_ACCESS_DENIED;
    enum status status = name_of(rq, &name);
    if (status != STATUS_OK)
        return status;
    struct service *service = service_by_name(name);
    if (!service_imports(caller, name))
        status = STATUS_ACCESS_DENIED;
    else
        status = service ? service_facet(service, caller->number, facet) : STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        service_start(service);
    os_free(name);
    return status;
}

static enum status ready(void *, struct request *rq)
{
    struct service *caller = service_by_number(rq->message.badge);
    if (!caller)
        return STATUS_ACCESS_DENIED;
    if (caller->state == STATE_STARTED)
        caller->state = STATE_READY;
    session_look();
    return STATUS_OK;
}

/* What services are given of the archive cannot be changed by them. */
static enum status give_memory(cap_t memory, cap_t *given)
{
    return os_cap_derive(memory, RIGHT_MEM_READ | RIGHT_MEM_EXEC | RIGHT_MEM_INFO | RIGHT_COPY, given);
}

static enum status file(void *, struct request *rq, cap_t *memory, uint64_t *size)
{
    char *name;
    if (!may(rq, MAY_FILES))
        return STATUS_ACCESS_DENIED;
    enum status status = name_of(rq, &name);
    if (status != STATUS_OK)
        return status;
    struct archive_entry entry;
    status = archive_find(image.bytes, image.size, name, strlen(name), &entry);
    os_free(name);
    if (status != STATUS_OK || (entry.mode & 0170000) != 0100000)
        return status == STATUS_OK ? STATUS_NOT_FOUND : status;
    cap_t part;
    status = image_part(entry.offset, entry.size, BOOTSTRAP_LEDGER, &part);
    if (status != STATUS_OK)
        return status;
    *size = entry.size;
    status = give_memory(part, memory);
    os_drop(part);
    return status;
}

static enum status archive(void *, struct request *rq, cap_t *memory, uint64_t *size)
{
    if (!may(rq, MAY_ARCHIVE))
        return STATUS_ACCESS_DENIED;
    *size = image.size;
    return give_memory(image.archive, memory);
}

static enum status list(void *, struct request *rq, uint64_t *length)
{
    if (!may(rq, MAY_LIST))
        return STATUS_ACCESS_DENIED;
    for (struct service *service = service_next(nullptr); service; service = service_next(service)) {
        char line[128];
        int count = service_describe(service, line, sizeof line);
        size_t room = rq->out_length > *length ? rq->out_length - *length : 0;
        size_t part = (size_t)count < sizeof line ? (size_t)count : sizeof line - 1;
        if (part > room)
            part = room;
        enum status status = request_write(rq, *length, line, part);
        if (status != STATUS_OK)
            return status;
        *length += part;
    }
    return STATUS_OK;
}

static enum status power(void *, struct request *rq, uint64_t action)
{
    if (!may(rq, MAY_POWER))
        return STATUS_ACCESS_DENIED;
    if (action > 1)
        return STATUS_INVALID_ARGUMENT;
    session_power(action);
    return STATUS_OK;
}

static enum status kill(void *, struct request *rq)
{
    char *name;
    if (!may(rq, MAY_KILL))
        return STATUS_ACCESS_DENIED;
    enum status status = name_of(rq, &name);
    if (status != STATUS_OK)
        return status;
    struct service *service = service_by_name(name);
    os_free(name);
    return service && service->task ? os_task_kill(service->task, 0) : STATUS_NOT_FOUND;
}

static enum status offer(void *, struct request *rq, uint64_t place, cap_t device)
{
    char *names = nullptr;
    enum status status = may(rq, MAY_OFFER) ? name_of(rq, &names) : STATUS_ACCESS_DENIED;
    if (status == STATUS_OK)
        status = device_offered(service_by_number(rq->message.badge), place, names, device);
    if (status != STATUS_OK) {
        os_free(names);
        os_drop(device);
    }
    return status;
}

static enum status begin_session(void *, struct request *rq, uint64_t *length, uint64_t *count, cap_t *terminal)
{
    return may(rq, MAY_SESSION) ? session_ask(rq, length, count, terminal) : STATUS_ACCESS_DENIED;
}

static enum status end_session(void *, struct request *rq, uint64_t wait_status)
{
    if (!may(rq, MAY_SESSION))
        return STATUS_ACCESS_DENIED;
    session_end(wait_status);
    return STATUS_OK;
}

static const struct service_ops ops = {
    .lookup = lookup, .ready = ready, .file = file, .list = list, .power = power, .kill = kill, .archive = archive,
    .session = begin_session, .session_end = end_session, .offer = offer,
};

static bool dispatch(void *self, struct request *rq)
{
    return service_dispatch(&ops, self, rq);
}

static void cancel(void *, struct request *rq)
{
    session_forget(rq);
}

/* The boot option report=SECONDS: what services and the system use at that time, in the log. */
static void report(struct serve_timer *)
{
    uint64_t total = 0, free = 0;
    char line[128];
    for (struct service *service = service_next(nullptr); service; service = service_next(service))
        if (service->task) {
            service_describe(service, line, sizeof line);
            os_log("%s", line);
        }
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_TOTAL, &total);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_FREE, &free);
    os_log("memory in use: %lu KiB of %lu", (total - free) / 1024, total / 1024);
}

static void set_report(void)
{
    static struct serve_timer timer = {.expired = report};
    char *text = image_option("report");
    const char *at = text;
    uint64_t seconds;
    if (text && os_parse_number(&at, 10, &seconds) && seconds < UINT32_MAX)
        serve_timer_set(&timer, os_now() + seconds * 1000000000ull);
    os_free(text);
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch, .cancel = cancel};
    struct server server = {.root = &root, .not_ready = true};
    enum status status = os_port_create(BOOTSTRAP_LEDGER, 0, &server.port);
    if (status != STATUS_OK)
        os_fatal("init has no port: %s", os_status_text(status));
    serve_start(&server);
    image_open();
    services_start(server.port);
    session_start();
    set_report();
    return serve_run(&server);
}
