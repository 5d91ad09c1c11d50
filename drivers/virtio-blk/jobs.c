/* jobs.c: what clients asked for, in slots of the device. A job waits in the list until all of it is in slots; it is answered when the device is
 * done with them. A device that does not answer, or answers nonsense, is stopped and gets what it had once more; when that happens again and
 * again, what it had fails. */
#include "disk.h"

#define ANSWER_NS 10000000000ull /* the device has so long for a request */
#define RESTARTS_MOST 3u         /* without an answer in between */

struct job {
    struct list     link;    /* while something is to be given to the device */
    struct request *rq;      /* NULL: the caller left */
    enum job_kind   kind;
    uint64_t        offset, left, at; /* what comes next: bytes of the disk, how many, where in the window */
    unsigned        pending; /* slots */
    enum status     status;
};

static struct list waiting = LIST_INITIALIZER(waiting);
static unsigned restarts;
static struct serve_timer timer;

static void job_end(struct job *job)
{
    if (job->rq)
        request_fail(job->rq, job->status);
    os_free(job);
}

static void end_if_done(struct job *job)
{
    if (!job->pending && list_empty(&job->link))
        job_end(job);
}

/* Nothing more of it is given to the device. */
static void job_stop(struct job *job, enum status status)
{
    if (job->status == STATUS_OK)
        job->status = status;
    job->left = 0;
    list_remove(&job->link);
}

/* --- slots ---------------------------------------------------------------------------------------------------------------------------------- */

static struct slot *free_slot(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (!disk.slot[i].job)
            return &disk.slot[i];
    return nullptr;
}

/* The next part of a job. */
static void fill(struct slot *slot, struct job *job)
{
    uint64_t most = job->kind == JOB_DISCARD ? disk.discard_most : disk.most;
    slot->kind = job->kind;
    slot->length = (uint32_t)(job->kind == JOB_FLUSH ? 0 : job->left < most ? job->left : most);
    slot->sector = job->offset / SECTOR;
    slot->window_at = job->at;
}

static void advance(struct job *job, uint64_t length)
{
    job->offset += length;
    job->at += length;
    job->left -= job->kind == JOB_FLUSH ? job->left : length;
    if (!job->left)
        list_remove(&job->link);
}

/* One more request for the device. Returns: false when it has to wait. */
static bool issue(struct job *job)
{
    struct slot *slot = free_slot();
    if (!slot)
        return false;
    fill(slot, job);
    enum status status = job->kind == JOB_WRITE ? request_read(job->rq, slot->window_at, slot->data, slot->length) : STATUS_OK;
    if (status != STATUS_OK) {
        job_stop(job, status);
        end_if_done(job);
        return true;
    }
    if (!disk_submit(slot))
        return false;
    slot->job = job;
    slot->since_ns = os_now();
    job->pending++;
    advance(job, slot->length);
    return true;
}

/* --- a device that fails ---------------------------------------------------------------------------------------------------------------------- */

static void slot_end(struct slot *slot, enum status status)
{
    struct job *job = slot->job;
    slot->job = nullptr;
    job->pending--;
    if (status == STATUS_OK && slot->kind == JOB_READ && job->rq)
        status = request_write(job->rq, slot->window_at, slot->data, slot->length);
    if (status != STATUS_OK)
        job_stop(job, status);
    end_if_done(job);
}

static void fail_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slot[i].job)
            slot_end(&disk.slot[i], STATUS_IO_ERROR);
    LIST_FOR(job, &waiting, struct job, link) {
        job_stop(job, STATUS_IO_ERROR);
        end_if_done(job);
    }
}

/* What it had is still in the slots, and harmless to repeat. */
static void submit_again(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slot[i].job) {
            disk.slot[i].since_ns = os_now();
            if (!disk_submit(&disk.slot[i]))
                return fail_all();
        }
}

static void recover(const char *why)
{
    os_log("%s: it is stopped and started again", why);
    if (!disk_restart() || ++restarts > RESTARTS_MOST) {
        os_log("that did not help: what it had to do failed");
        restarts = 0;
        return fail_all();
    }
    submit_again();
}

/* --- work ------------------------------------------------------------------------------------------------------------------------------------- */

static void set_timer(void)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slot[i].job && disk.slot[i].since_ns < first)
            first = disk.slot[i].since_ns;
    if (first == UINT64_MAX)
        serve_timer_cancel(&timer);
    else if (!serve_timer_is_set(&timer))
        serve_timer_set(&timer, first + ANSWER_NS);
}

static void work(void)
{
    if (!disk.runs && (disk.lost || !disk_restart()))
        fail_all();
    while (!list_empty(&waiting) && issue(container_of(waiting.next, struct job, link)))
        ;
    disk_push();
    set_timer();
}

static void expired(struct serve_timer *)
{
    uint64_t now = os_now();
    for (unsigned i = 0; i < SLOTS; i++)
        if (disk.slot[i].job && now - disk.slot[i].since_ns >= ANSWER_NS) {
            recover("the device does not answer");
            break;
        }
    work();
}

void jobs_interrupt(void)
{
    struct slot *slot;
    enum status status = STATUS_OK;
    for (;;) {
        enum virtqueue_result result = disk.runs ? disk_take(&slot, &status) : VIRTQUEUE_NONE;
        if (result == VIRTQUEUE_BROKEN)
            recover("the device's answer makes no sense");
        if (result != VIRTQUEUE_TAKEN)
            break;
        restarts = 0;
        slot_end(slot, status);
    }
    work();
}

enum status job_start(struct request *rq, enum job_kind kind, uint64_t offset, uint64_t length)
{
    struct job *job = NEW(struct job);
    if (!job)
        return STATUS_NO_MEMORY;
    *job = (struct job){.rq = rq, .kind = kind, .offset = offset, .left = length, .status = STATUS_OK};
    rq->owner = job;
    timer.expired = expired;
    list_push_back(&waiting, &job->link);
    work();
    return STATUS_DEFERRED;
}

void job_cancel(struct request *rq)
{
    struct job *job = rq->owner;
    job->rq = nullptr;
    job_stop(job, STATUS_INTERRUPTED);
    end_if_done(job);
}
