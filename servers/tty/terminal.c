/* terminal.c: bytes between the driver, the discipline and those who read and write. Nothing here waits: requests are deferred.
 * Invariants: a deferred reader is one that discipline_can_read does not satisfy; a writer is deferred only while `out` is full. */
#include "terminal.h"

#include <file.h>
#include <protocols/console.h>
#include <protocols/file_server.h>

#define CONSOLE_DRAIN 1u
#define DRIVER_PATIENCE_NS 200000000ull
#define RETRY_NS 50000000ull
#define PIECE 512u

/* --- to the driver ---------------------------------------------------------------------------------------------------------------------- */

static void drained(struct terminal *t)
{
    if (t->out_count || t->driver_busy)
        return;
    struct list *item;
    while ((item = list_pop_front(&t->drainers)))
        control_drained(container_of(item, struct request, link));
}

/* One call of console.write, which answers at once unless the driver is being started again. Where no answer comes in time the driver may have
 * taken the bytes all the same: it tells by their position when they come again. */
static enum status give_driver(struct terminal *t, const uint8_t *bytes, size_t length, uint64_t flags, uint64_t *count)
{
    struct message message = {.label = CONSOLE_LABEL(CONSOLE_WRITE), .word = {flags, t->position}, .in = {(void *)bytes, length}};
    enum status status = os_call_flags(t->driver, &message, 0, os_now() + DRIVER_PATIENCE_NS);
    *count = status == STATUS_OK && message.word[0] <= length ? message.word[0] : 0;
    return status;
}

static void discard_output(struct terminal *t)
{
    t->position += t->out_count;
    t->out_count = 0;
}

static void push_output(struct terminal *t)
{
    if (!t->driver)
        discard_output(t);
    while (t->out_count && !t->driver_full && !t->discipline.stopped) {
        size_t span = OUTPUT_ROOM - t->out_first < t->out_count ? OUTPUT_ROOM - t->out_first : t->out_count;
        uint64_t flags = list_empty(&t->drainers) ? 0 : CONSOLE_DRAIN, count;
        if (give_driver(t, t->out + t->out_first, span, flags, &count) != STATUS_OK)
            return serve_timer_set(&t->retry, os_now() + RETRY_NS);
        t->out_first = (t->out_first + (uint32_t)count) % OUTPUT_ROOM;
        t->out_count -= (uint32_t)count;
        t->position += count;
        t->driver_full = count < span;
        t->driver_busy |= flags != 0;
    }
}

static void out_append(struct terminal *t, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && t->out_count < OUTPUT_ROOM; i++)
        t->out[(t->out_first + t->out_count++) % OUTPUT_ROOM] = bytes[i];
}

/* --- what the discipline asks ------------------------------------------------------------------------------------------------------------- */

static struct terminal *terminal_of(struct discipline *discipline)
{
    return container_of(discipline, struct terminal, discipline);
}

static void echo(struct discipline *discipline, const uint8_t *bytes, size_t length)
{
    out_append(terminal_of(discipline), bytes, length);
}

static void signal(struct discipline *discipline, enum terminal_signal number)
{
    struct terminal *t = terminal_of(discipline);
    if (t->foreground)
        jobs_signal(t->foreground, number);
}

static void flush_output(struct discipline *discipline)
{
    discard_output(terminal_of(discipline));
}

static void flow(struct discipline *, bool)
{
    /* push_output looks */
}

/* --- writing ---------------------------------------------------------------------------------------------------------------------------- */

/* Carry on with a write from rq->parameter[0] on. Returns: OK when all is in `out`; DEFERRED when there is no room for more. */
static enum status write_on(struct terminal *t, struct request *rq)
{
    uint64_t *done = &rq->parameter[0];
    while (*done < rq->in_length) {
        uint8_t from[PIECE], to[PIECE];
        size_t piece = rq->in_length - *done < PIECE ? rq->in_length - *done : PIECE;
        size_t room = OUTPUT_ROOM - t->out_count < PIECE ? OUTPUT_ROOM - t->out_count : PIECE, produced;
        if (room < 8) {
            push_output(t);
            if (OUTPUT_ROOM - t->out_count < 8)
                return STATUS_DEFERRED;
            continue;
        }
        enum status status = request_read(rq, *done, from, piece);
        if (status != STATUS_OK)
            return *done ? STATUS_OK : status;
        *done += discipline_output(&t->discipline, from, piece, to, room, &produced);
        out_append(t, to, produced);
    }
    push_output(t);
    return STATUS_OK;
}

enum status terminal_write(struct opened *opened, struct request *rq, bool no_wait, uint64_t *count)
{
    struct terminal *t = opened->terminal;
    rq->parameter[0] = 0;
    enum status status = list_empty(&t->writers) ? write_on(t, rq) : STATUS_DEFERRED;
    *count = rq->parameter[0];
    if (status != STATUS_DEFERRED)
        return status;
    if (no_wait)
        return *count ? STATUS_OK : STATUS_WOULD_BLOCK;
    list_push_back(&t->writers, &rq->link);
    return STATUS_DEFERRED;
}

static void serve_writers(struct terminal *t)
{
    while (!list_empty(&t->writers)) {
        struct request *rq = container_of(t->writers.next, struct request, link);
        enum status status = write_on(t, rq);
        if (status == STATUS_DEFERRED)
            return;
        list_remove(&rq->link);
        file_write_reply(rq, status, rq->parameter[0]);
    }
    if (OUTPUT_ROOM - t->out_count >= OUTPUT_ROOM / 2)
        poll_wake(&t->polls, POLL_OUT | POLL_WRNORM);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------------- */

/* The driver's bytes that had no room before. */
static void feed_backlog(struct terminal *t)
{
    size_t fed = 0;
    while (fed < t->backlog_count && discipline_input_room(&t->discipline) > 8)
        discipline_input(&t->discipline, t->backlog[fed++]);
    if (!fed)
        return;
    t->backlog_count -= fed;
    memmove(t->backlog, t->backlog + fed, t->backlog_count);
}

/* How many bytes a read waits for. Canonical: a line, whatever its length. */
static size_t least(const struct terminal *t, uint64_t wanted)
{
    const struct termios *termios = &t->discipline.termios;
    size_t minimum = termios->cc[VMIN];
    if (minimum == 0)
        return 1;
    return minimum < wanted ? minimum : wanted;
}

static bool is_canonical(const struct terminal *t)
{
    return (t->discipline.termios.lflag & ICANON) != 0;
}

/* Copy what there is to the reader. */
static enum status take_input(struct terminal *t, struct request *rq, uint64_t *count)
{
    uint8_t bytes[PIECE];
    uint32_t before = t->discipline.read;
    enum status status = STATUS_OK;
    *count = 0;
    while (*count < rq->out_length) {
        size_t room = rq->out_length - *count < PIECE ? rq->out_length - *count : PIECE;
        size_t part = discipline_read(&t->discipline, bytes, room);
        status = request_write(rq, *count, bytes, part);
        if (status != STATUS_OK)
            break;
        *count += part;
        if (part < room || t->discipline.line_ended)
            break;
    }
    t->discipline.read_before = before;
    if (status != STATUS_OK)
        discipline_unread(&t->discipline);
    return status;
}

/* Returns: OK when the read is over, with *count; DEFERRED when it must wait. */
static enum status try_read(struct terminal *t, struct request *rq, uint64_t *count)
{
    feed_backlog(t);
    if (!rq->out_length)
        return STATUS_OK;
    if (discipline_can_read(&t->discipline, least(t, rq->out_length)))
        return take_input(t, rq, count);
    const uint8_t *cc = t->discipline.termios.cc;
    return !is_canonical(t) && !cc[VMIN] && !cc[VTIME] ? STATUS_OK : STATUS_DEFERRED;
}

/* VTIME: from the start of the read when VMIN is 0, else from the last byte. */
static void set_read_timer(struct terminal *t)
{
    const uint8_t *cc = t->discipline.termios.cc;
    bool runs = !list_empty(&t->readers) && !is_canonical(t) && cc[VTIME] && (!cc[VMIN] || discipline_readable(&t->discipline));
    if (runs)
        serve_timer_set(&t->read_timer, os_now() + cc[VTIME] * 100000000ull);
    else
        serve_timer_cancel(&t->read_timer);
}

static void serve_readers(struct terminal *t)
{
    while (!list_empty(&t->readers)) {
        struct request *rq = container_of(t->readers.next, struct request, link);
        uint64_t count = 0;
        enum status status = try_read(t, rq, &count);
        if (status == STATUS_DEFERRED)
            break;
        list_remove(&rq->link);
        file_read_reply(rq, status, count);
    }
    set_read_timer(t);
    if (terminal_ready(t) & POLL_IN)
        poll_wake(&t->polls, POLL_IN | POLL_RDNORM);
}

static void read_time_is_over(struct serve_timer *timer)
{
    struct terminal *t = container_of(timer, struct terminal, read_timer);
    if (list_empty(&t->readers))
        return;
    struct request *rq = container_of(t->readers.next, struct request, link);
    uint64_t count = 0;
    enum status status = discipline_readable(&t->discipline) ? take_input(t, rq, &count) : STATUS_OK;
    list_remove(&rq->link);
    file_read_reply(rq, status, count);
    serve_readers(t);
}

enum status terminal_read(struct opened *opened, struct request *rq, bool no_wait, uint64_t *count)
{
    struct terminal *t = opened->terminal;
    enum status status = list_empty(&t->readers) ? try_read(t, rq, count) : STATUS_DEFERRED;
    if (status != STATUS_DEFERRED)
        return status;
    if (no_wait) {
        /* Fewer than VMIN bytes are better than none. */
        if (!is_canonical(t) && list_empty(&t->readers) && discipline_readable(&t->discipline))
            return take_input(t, rq, count);
        return STATUS_WOULD_BLOCK;
    }
    list_push_back(&t->readers, &rq->link);
    set_read_timer(t);
    return STATUS_DEFERRED;
}

void terminal_cancel(struct request *rq)
{
    list_remove(&rq->link);
}

void terminal_interrupted(struct request *rq)
{
    uint64_t written = rq->message.label == FILE_LABEL(FILE_WRITE) ? rq->parameter[0] : 0;
    list_remove(&rq->link);
    if (written)
        file_write_reply(rq, STATUS_OK, written);
    else
        request_fail(rq, STATUS_INTERRUPTED);
}

/* Bytes that were read and did not arrive go back. Output that was written stays written. */
void terminal_undelivered(struct opened *opened, struct request *rq)
{
    if (rq->message.label == STATUS_OK && rq->parameter[1]) /* it was a read */
        discipline_unread(&opened->terminal->discipline);
}

/* --- events ----------------------------------------------------------------------------------------------------------------------------- */

void terminal_kick(struct terminal *t)
{
    push_output(t);
    serve_readers(t);
    serve_writers(t);
    drained(t);
}

static void keep_for_later(struct terminal *t, uint8_t byte)
{
    if (t->backlog_count < BACKLOG_MOST && GROW(t->backlog, t->backlog_count, t->backlog_capacity))
        t->backlog[t->backlog_count++] = byte;
}

void terminal_input(struct terminal *t, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool room = is_canonical(t) || discipline_input_room(&t->discipline) > 8;
        if (t->backlog_count || !room)
            keep_for_later(t, bytes[i]);
        else
            discipline_input(&t->discipline, bytes[i]);
    }
    terminal_kick(t);
}

void terminal_room(struct terminal *t, uint64_t pending)
{
    t->driver_full = false;
    t->driver_busy = pending > 0;
    terminal_kick(t);
}

void terminal_driver_started(struct terminal *t)
{
    serve_timer_cancel(&t->retry);
    terminal_room(t, 0);
}

static void retry(struct serve_timer *timer)
{
    struct terminal *t = container_of(timer, struct terminal, retry);
    t->driver_full = false;
    terminal_kick(t);
}

enum status terminal_drain(struct terminal *t, struct request *rq)
{
    list_push_back(&t->drainers, &rq->link);
    uint64_t count;
    push_output(t);
    if (t->driver && !t->out_count && !t->driver_busy && give_driver(t, nullptr, 0, CONSOLE_DRAIN, &count) == STATUS_OK)
        t->driver_busy = true;
    if (t->driver_busy || t->out_count)
        return STATUS_DEFERRED;
    list_remove(&rq->link);
    return STATUS_OK;
}

void terminal_flush(struct terminal *t, bool input, bool output)
{
    if (input) {
        discipline_flush_input(&t->discipline);
        t->backlog_count = 0;
    }
    if (output)
        discard_output(t);
    terminal_kick(t);
}

uint64_t terminal_ready(const struct terminal *t)
{
    const uint8_t *cc = t->discipline.termios.cc;
    size_t enough = cc[VTIME] || !cc[VMIN] ? 1 : cc[VMIN];
    uint64_t ready = discipline_can_read(&t->discipline, enough) ? POLL_IN | POLL_RDNORM : 0;
    return ready | (OUTPUT_ROOM - t->out_count >= OUTPUT_ROOM / 2 ? POLL_OUT | POLL_WRNORM : 0);
}

void terminal_init(struct terminal *t, cap_t driver)
{
    static const struct discipline_ops ops = {.output = echo, .signal = signal, .flush_output = flush_output, .flow = flow};
    discipline_init(&t->discipline, &ops);
    t->size = (struct window_size){.rows = 24, .columns = 80};
    t->driver = driver;
    t->position = os_now(); /* above all positions of an earlier instance: a byte takes longer than a nanosecond */
    t->read_timer.expired = read_time_is_over;
    t->retry.expired = retry;
    list_init(&t->readers);
    list_init(&t->writers);
    list_init(&t->drainers);
    poll_list_init(&t->polls);
}
