/* main.c: echo: a server that shows what a server is made of. docs/add-a-server.md walks through it. */
#include <protocols/echo_server.h>
#include <serve.h>

SERVICE_MANIFEST("name = echo\n"
                 "start = demand\n"
                 "memory = 1M\n")

#define MOST_TEXT 4096u

static const struct serve_type counter_type;

static enum status add(void *, struct request *, uint64_t left, uint64_t right, uint64_t *sum, uint64_t *calls)
{
    static uint64_t count;
    *sum = left + right;
    *calls = ++count;
    return STATUS_OK;
}

/* Windows: the caller's memory, in as many pieces as the server likes. */
static enum status repeat(void *, struct request *rq, uint64_t *length)
{
    char *text;
    enum status status = request_text(rq, MOST_TEXT, &text, nullptr);
    if (status != STATUS_OK)
        return status == STATUS_NAME_TOO_LONG ? STATUS_TOO_BIG : status;
    for (char *at = text; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at -= 'a' - 'A';
    *length = rq->in_length < rq->out_length ? rq->in_length : rq->out_length;
    status = request_write(rq, 0, text, *length);
    os_free(text);
    return status;
}

/* Objects: each client holds a facet of its own; close is called when the last copy of the facet is gone. */
static enum status open(void *, struct request *, cap_t *counter)
{
    uint64_t *value = NEW(uint64_t);
    if (!value)
        return STATUS_NO_MEMORY;
    enum status status = serve_open(&counter_type, value, counter, nullptr);
    if (status != STATUS_OK)
        os_free(value);
    return status;
}

static enum status count(void *self, struct request *rq, uint64_t *value)
{
    if (rq->type != &counter_type)
        return STATUS_BAD_STATE;
    *value = ++*(uint64_t *)self;
    return STATUS_OK;
}

static bool dispatch(void *self, struct request *rq)
{
    static const struct echo_ops ops = {.add = add, .repeat = repeat, .open = open, .count = count};
    return echo_dispatch(&ops, self, rq);
}

static const struct serve_type counter_type = {.dispatch = dispatch, .close = os_free};

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch};
    return serve_run(&(struct server){.root = &root});
}
