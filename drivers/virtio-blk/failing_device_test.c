/* failing_device_test.c: requests (jobs.c, included here) with devices that answer late, never, with nonsense or with errors. */
#define request_read fake_request_read
#define request_write fake_request_write
#define request_fail fake_request_fail
#define serve_timer_set fake_timer_set
#define serve_timer_cancel fake_timer_cancel
#define os_now fake_now
#define os_log fake_log
#include "jobs.c"

#include <unit.h>

#define BYTES (4u << 20)
#define CALLERS 64u

static uint8_t medium[BYTES], data[SLOTS][SLOT_BYTES];
static struct head heads[SLOTS];
static uint64_t now_ns = 1;

/* --- callers ---------------------------------------------------------------------------------------------------------------------------------- */
static struct caller {
    struct request rq;
    uint8_t bytes[3 * SLOT_BYTES];
    bool answered, unreadable;
    enum status status;
} callers[CALLERS];

static struct caller *caller_of(struct request *rq)
{
    return container_of(rq, struct caller, rq);
}

enum status fake_request_read(struct request *rq, uint64_t offset, void *to, size_t length)
{
    if (caller_of(rq)->unreadable)
        return STATUS_BAD_ADDRESS;
    memcpy(to, caller_of(rq)->bytes + offset, length);
    return STATUS_OK;
}

enum status fake_request_write(struct request *rq, uint64_t offset, const void *from, size_t length)
{
    memcpy(caller_of(rq)->bytes + offset, from, length);
    return STATUS_OK;
}

void fake_request_fail(struct request *rq, enum status status)
{
    EXPECT(!caller_of(rq)->answered); /* each once */
    caller_of(rq)->answered = true;
    caller_of(rq)->status = status;
}

/* --- time ----------------------------------------------------------------------------------------------------------------------------------------- */
static struct serve_timer *set_timer_of;
static uint64_t deadline_ns;

uint64_t fake_now(void)
{
    return now_ns;
}

void fake_log(const char *, ...)
{
}

void fake_timer_set(struct serve_timer *which, uint64_t deadline)
{
    which->where = &set_timer_of;
    set_timer_of = which;
    deadline_ns = deadline;
}

void fake_timer_cancel(struct serve_timer *which)
{
    which->where = nullptr;
    set_timer_of = nullptr;
}

static void pass(uint64_t ns)
{
    for (now_ns += ns; set_timer_of && deadline_ns <= now_ns;) {
        struct serve_timer *due = set_timer_of;
        fake_timer_cancel(due);
        due->expired(due);
        if (deadline_ns <= now_ns && set_timer_of)
            return unit_fail(__FILE__, __LINE__, "the timer goes off again and again");
    }
}

/* --- the device ---------------------------------------------------------------------------------------------------------------------------------- */
struct disk disk;
static struct fake_device {
    struct slot *queue[SLOTS];
    unsigned count, room, stops;
    bool silent, stubborn, nonsense;
    enum status error;
} fake;

bool disk_restart(void)
{
    fake.stops++;
    fake.count = 0;
    fake.nonsense = false;
    disk.lost |= fake.stubborn;
    disk.runs = !disk.lost;
    return disk.runs;
}

bool disk_submit(struct slot *slot)
{
    if (fake.count == fake.room)
        return false;
    fake.queue[fake.count++] = slot;
    return true;
}

void disk_push(void)
{
}

static void carry_out(struct slot *slot)
{
    if (slot->kind == JOB_READ)
        memcpy(slot->data, medium + slot->sector * SECTOR, slot->length);
    else if (slot->kind == JOB_WRITE)
        memcpy(medium + slot->sector * SECTOR, slot->data, slot->length);
}

enum virtqueue_result disk_take(struct slot **slot, enum status *status)
{
    if (fake.nonsense)
        return VIRTQUEUE_BROKEN;
    if (fake.silent || !fake.count)
        return VIRTQUEUE_NONE;
    unsigned which = (unsigned)unit_random_below(fake.count);
    *slot = fake.queue[which];
    fake.queue[which] = fake.queue[--fake.count];
    *status = fake.error;
    if (fake.error == STATUS_OK)
        carry_out(*slot);
    return VIRTQUEUE_TAKEN;
}

static void begin(void)
{
    fake = (struct fake_device){.room = SLOTS, .error = STATUS_OK};
    disk = (struct disk){.size = BYTES, .sector = SECTOR, .most = SLOT_BYTES, .runs = true};
    for (unsigned i = 0; i < SLOTS; i++)
        disk.slot[i] = (struct slot){.head = &heads[i], .data = data[i]};
    memset(callers, 0, sizeof callers);
    restarts = 0;
}

static enum status ask(unsigned caller, enum job_kind kind, uint64_t offset, uint64_t length)
{
    return job_start(&callers[caller].rq, kind, offset, length);
}

static bool all_free(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slot[i].job)
            return false;
    return list_empty(&waiting) && !set_timer_of;
}

/* --- tests -------------------------------------------------------------------------------------------------------------------------------------------- */

TEST(disk_many_requests_in_any_order)
{
    begin();
    fake.room = 5; /* a short ring */
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 16; i++) {
            callers[i].answered = false;
            memset(callers[i].bytes, (int)(round * 16 + i), sizeof callers[i].bytes);
            REQUIRE(ask(i, JOB_WRITE, i * sizeof callers[i].bytes, sizeof callers[i].bytes) == STATUS_DEFERRED);
        }
        while (fake.count)
            jobs_interrupt();
        for (unsigned i = 0; i < 16; i++) {
            REQUIRE(callers[i].answered && callers[i].status == STATUS_OK);
            callers[i].answered = false;
            memset(callers[i].bytes, 0, sizeof callers[i].bytes);
            REQUIRE(ask(i, JOB_READ, i * sizeof callers[i].bytes, sizeof callers[i].bytes) == STATUS_DEFERRED);
        }
        while (fake.count)
            jobs_interrupt();
        for (unsigned i = 0; i < 16; i++)
            REQUIRE(callers[i].answered && callers[i].bytes[0] == (uint8_t)(round * 16 + i) && callers[i].bytes[3 * SLOT_BYTES - 1] == callers[i].bytes[0]);
    }
    EXPECT(all_free());
}

TEST(disk_that_answers_after_a_stop)
{
    begin();
    fake.silent = true;
    memset(callers[0].bytes, 0x5a, SLOT_BYTES);
    REQUIRE(ask(0, JOB_WRITE, 0, SLOT_BYTES) == STATUS_DEFERRED);
    pass(ANSWER_NS - 1);
    EXPECT(fake.stops == 0);
    pass(2);
    EXPECT(fake.stops == 1 && fake.count == 1 && !callers[0].answered);
    fake.silent = false;
    jobs_interrupt();
    EXPECT(callers[0].answered && callers[0].status == STATUS_OK && medium[SLOT_BYTES - 1] == 0x5a && all_free());
}

TEST(disk_that_never_answers)
{
    begin();
    fake.silent = true;
    for (unsigned i = 0; i < 20; i++) /* more than there are slots */
        REQUIRE(ask(i, JOB_READ, 0, SLOT_BYTES) == STATUS_DEFERRED);
    for (unsigned i = 0; i < 20; i++)
        pass(ANSWER_NS + 1);
    for (unsigned i = 0; i < 20; i++)
        EXPECT(callers[i].answered && callers[i].status == STATUS_IO_ERROR);
    EXPECT(fake.stops >= RESTARTS_MOST && all_free());
    fake.silent = false; /* and when it works again, so do requests */
    REQUIRE(ask(20, JOB_READ, 0, SLOT_BYTES) == STATUS_DEFERRED);
    jobs_interrupt();
    EXPECT(callers[20].answered && callers[20].status == STATUS_OK);
}

TEST(disk_that_does_not_stop)
{
    begin();
    fake.silent = fake.stubborn = true;
    REQUIRE(ask(0, JOB_READ, 0, SLOT_BYTES) == STATUS_DEFERRED);
    pass(ANSWER_NS + 1);
    EXPECT(callers[0].answered && callers[0].status == STATUS_IO_ERROR && disk.lost);
    REQUIRE(ask(1, JOB_READ, 0, SLOT_BYTES) == STATUS_DEFERRED);
    EXPECT(callers[1].answered && callers[1].status == STATUS_IO_ERROR && fake.count == 0); /* its memory is not used again */
}

TEST(disk_that_answers_nonsense)
{
    begin();
    REQUIRE(ask(0, JOB_READ, 0, 2 * SLOT_BYTES) == STATUS_DEFERRED);
    fake.nonsense = true;
    jobs_interrupt();
    EXPECT(fake.stops == 1 && fake.count == 2);
    jobs_interrupt();
    EXPECT(callers[0].answered && callers[0].status == STATUS_OK && all_free());
}

TEST(disk_errors_are_told)
{
    begin();
    fake.error = STATUS_IO_ERROR;
    REQUIRE(ask(0, JOB_READ, 0, 3 * SLOT_BYTES) == STATUS_DEFERRED);
    while (fake.count)
        jobs_interrupt();
    EXPECT(callers[0].answered && callers[0].status == STATUS_IO_ERROR && all_free());
    fake.error = STATUS_OK;
    callers[1].unreadable = true;
    REQUIRE(ask(1, JOB_WRITE, 0, SLOT_BYTES) == STATUS_DEFERRED);
    EXPECT(callers[1].answered && callers[1].status == STATUS_BAD_ADDRESS && all_free());
}

TEST(disk_callers_that_leave)
{
    begin();
    for (unsigned i = 0; i < 30; i++)
        REQUIRE(ask(i, i % 3 ? JOB_READ : JOB_FLUSH, 0, i % 3 ? 2 * SLOT_BYTES : 1) == STATUS_DEFERRED);
    for (unsigned i = 0; i < 30; i += 2)
        job_cancel(&callers[i].rq);
    while (fake.count)
        jobs_interrupt();
    for (unsigned i = 0; i < 30; i++)
        EXPECT(callers[i].answered == (i % 2 == 1));
    EXPECT(all_free());
}
