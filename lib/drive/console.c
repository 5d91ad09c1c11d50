/* console.c: the body of console drivers. Output goes from the terminal's call into a ring and from there to the device as it takes it;
 * input from the device into a ring and from there in messages to the terminal. Nothing here waits. */
#include <drive.h>
#include <stream.h>

#include <protocols/console_server.h>

#define RING 2048u /* a power of two */
#define BYTES_A_MESSAGE 32u
#define RETRY_NS 5000000ull

struct ring {
    uint32_t first, count;
    uint8_t  bytes[RING];
};

static struct console {
    const struct console_device *device;
    cap_t              tty;
    struct drive_irq   irq;
    struct serve_timer retry;          /* the terminal's queue was full */
    bool               tell_room, tell_drained;
    bool               receives, sends; /* interrupts that are on */
    struct stream      written;        /* by the terminal */
    struct ring        out, in;
} console;

/* --- rings ------------------------------------------------------------------------------------------------------------------------------ */

/* The free span behind what is in the ring. */
static uint8_t *ring_free(struct ring *ring, uint32_t *length)
{
    uint32_t at = (ring->first + ring->count) % RING, room = RING - ring->count;
    *length = room < RING - at ? room : RING - at;
    return &ring->bytes[at];
}

static const uint8_t *ring_filled(const struct ring *ring, uint32_t *length)
{
    *length = ring->count < RING - ring->first ? ring->count : RING - ring->first;
    return &ring->bytes[ring->first];
}

static void ring_consume(struct ring *ring, uint32_t length)
{
    ring->first = (ring->first + length) % RING;
    ring->count -= length;
}

/* --- messages to the terminal ------------------------------------------------------------------------------------------------------------ */

static enum status tell(uint64_t label, uint64_t word)
{
    struct message message = {.label = label, .word = {word}};
    return os_send(console.tty, &message, MESSAGE_NO_WAIT, DEADLINE_NONE);
}

static void tell_room(void)
{
    bool drained = console.tell_drained && !console.out.count, room = console.tell_room && console.out.count <= RING / 2;
    if (!drained && !room)
        return;
    if (tell(CONSOLE_LABEL(CONSOLE_ROOM), console.out.count) != STATUS_OK)
        return serve_timer_set(&console.retry, os_now() + RETRY_NS);
    console.tell_room = false;
    if (drained)
        console.tell_drained = false;
}

static enum status send_input(const uint8_t bytes[BYTES_A_MESSAGE], uint32_t count)
{
    struct message message = {.label = CONSOLE_LABEL(CONSOLE_INPUT), .word = {count}};
    for (uint32_t i = 0; i < count; i++)
        message.word[1 + i / 8] |= (uint64_t)bytes[i] << i % 8 * 8;
    return os_send(console.tty, &message, MESSAGE_NO_WAIT, DEADLINE_NONE);
}

static void pass_input(void)
{
    while (console.in.count) {
        uint32_t length;
        const uint8_t *bytes = ring_filled(&console.in, &length);
        if (length > BYTES_A_MESSAGE)
            length = BYTES_A_MESSAGE;
        if (send_input(bytes, length) != STATUS_OK)
            return serve_timer_set(&console.retry, os_now() + RETRY_NS);
        ring_consume(&console.in, length);
    }
}

/* --- the device ------------------------------------------------------------------------------------------------------------------------- */

static void set_interrupts(void)
{
    bool receives = console.in.count < RING, sends = console.out.count > 0;
    if (receives == console.receives && sends == console.sends)
        return;
    console.receives = receives;
    console.sends = sends;
    console.device->interrupts(receives, sends);
}

static void push_output(void)
{
    while (console.out.count) {
        uint32_t length;
        const uint8_t *bytes = ring_filled(&console.out, &length);
        unsigned taken = console.device->send(bytes, length);
        ring_consume(&console.out, taken);
        if (taken < length)
            break;
    }
    tell_room();
}

static void pull_input(void)
{
    uint32_t room;
    uint8_t *bytes;
    while (bytes = ring_free(&console.in, &room), room) {
        unsigned count = console.device->receive(bytes, room);
        console.in.count += count;
        if (count < room)
            break;
    }
    pass_input();
}

static void work(void)
{
    pull_input();
    push_output();
    set_interrupts();
}

static void interrupted(struct drive_irq *)
{
    work();
}

static void retry(struct serve_timer *)
{
    work();
}

/* --- the protocol ----------------------------------------------------------------------------------------------------------------------- */

static enum status console_take(void *, struct request *rq, uint64_t flags, uint64_t position, uint64_t *count)
{
    *count = stream_repeated(&console.written, position, rq->in_length);
    while (*count < rq->in_length) {
        uint32_t room;
        uint8_t *to = ring_free(&console.out, &room);
        if (room > rq->in_length - *count)
            room = (uint32_t)(rq->in_length - *count);
        if (!room)
            break;
        enum status status = request_read(rq, *count, to, room);
        if (status != STATUS_OK)
            return status;
        console.out.count += room;
        console.written.next += room;
        *count += room;
        if (console.out.count == RING)
            push_output();
    }
    console.tell_room |= *count < rq->in_length;
    console.tell_drained |= (flags & CONSOLE_DRAIN) != 0;
    push_output();
    set_interrupts();
    return STATUS_OK;
}

static const struct console_ops ops = {.write = console_take};

static bool dispatch(void *self, struct request *rq)
{
    return console_dispatch(&ops, self, rq);
}

int console_run(const struct console_device *device, cap_t tty, cap_t irq)
{
    static const struct serve_type root = {.dispatch = dispatch};
    static const struct server server = {.root = &root};
    console.device = device;
    console.tty = tty;
    console.retry.expired = retry;
    console.irq = (struct drive_irq){.handler = interrupted, .irq = irq};
    serve_start(&server);
    device->start();
    enum status status = drive_irq_start(&console.irq);
    if (status != STATUS_OK)
        os_fatal("no interrupt: %s", os_status_text(status));
    if (tell(CONSOLE_LABEL(CONSOLE_STARTED), 0) != STATUS_OK)
        os_log("the terminal does not take messages");
    work();
    return serve_run(&server);
}
