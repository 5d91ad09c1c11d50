/* wait.c: wait4 and waitid. Invariants: a deferred wait is on process->waits, and no child matches it now; a child whose report was given to a
 * waiter is in `taken` until the end of the request in which that happened, when it is known whether the answer arrived. */
#include "process.h"
#include <protocols/process_server.h>

#define WAIT_NO_HANG 1u
#define WAIT_UNTRACED 2u
#define WAIT_EXITED 4u
#define WAIT_CONTINUED 8u
#define WAIT_NO_WAIT 0x1000000u
#define STATUS_CONTINUED 0xffffu

static struct list taken = LIST_INITIALIZER(taken);

static void bury_taken(struct serve_work *)
{
    for (struct list *item; (item = list_pop_front(&taken));) {
        struct process *child = container_of(item, struct process, taken);
        if (child->state == ZOMBIE)
            process_bury(child);
    }
}

static struct serve_work burial = {.run = bury_taken};

static void take(struct process *child)
{
    child->report_stop = child->report_continue = false;
    list_push_back(&taken, &child->taken);
    serve_later(&burial);
}

void wait_undelivered(struct process *parent, const struct request *rq)
{
    LIST_FOR(child, &taken, struct process, taken) {
        if (child->parent != parent || child->pid != rq->message.word[0])
            continue;
        list_remove(&child->taken);
        child->report_continue = child->state == RUNNING;
        child->report_stop = child->state == STOPPED;
    }
}

static bool selected(const struct process *child, const struct process *parent, int64_t selector)
{
    if (!list_empty(&child->taken))
        return false;
    if (selector == -1)
        return true;
    if (selector > 0)
        return child->pid == (uint64_t)selector;
    return child->group == (selector == 0 ? parent->group : (uint64_t)-selector);
}

/* Does the child have something to report? */
static bool has_report(const struct process *child, uint64_t options, uint32_t *status)
{
    if (child->state == ZOMBIE && (options & WAIT_EXITED) != 0) {
        *status = child->wait_status;
        return true;
    }
    if (child->report_stop && (options & WAIT_UNTRACED) != 0) {
        *status = child->stop_signal << 8 | 0x7f;
        return true;
    }
    if (child->report_continue && (options & WAIT_CONTINUED) != 0) {
        *status = STATUS_CONTINUED;
        return true;
    }
    return false;
}

struct result { uint64_t pid, status, cpu_ns; };

/* The report of the first child that has one; it is used up unless WAIT_NO_WAIT. NO_CHILD: none is selected. */
static enum status find(struct process *parent, int64_t selector, uint64_t options, struct result *result)
{
    bool any = false;
    *result = (struct result){};
    LIST_FOR(child, &parent->children, struct process, siblings) {
        uint32_t status;
        if (!selected(child, parent, selector))
            continue;
        any = true;
        if (!has_report(child, options, &status))
            continue;
        *result = (struct result){child->pid, status, child->state == ZOMBIE ? child->user_ns + child->children_ns : 0};
        if ((options & WAIT_NO_WAIT) == 0)
            take(child);
        return STATUS_OK;
    }
    return any ? STATUS_OK : STATUS_NO_CHILD;
}

static uint64_t effective_options(uint64_t options)
{
    return (options & (WAIT_EXITED | WAIT_UNTRACED | WAIT_CONTINUED)) == 0 || (options & WAIT_EXITED) == 0 ? options | WAIT_EXITED : options;
}

enum status op_wait(void *self, struct request *rq, int64_t selector, uint64_t options, uint64_t *pid, uint64_t *status,
                         uint64_t *user_ns, uint64_t *system_ns)
{
    struct process *process = self;
    struct result result;
    enum status found = find(process, selector, effective_options(options), &result);
    if (found == STATUS_OK && result.pid == 0 && (options & WAIT_NO_HANG) == 0) {
        rq->parameter[0] = (uint64_t)selector;
        rq->parameter[1] = effective_options(options);
        list_push_back(&process->waits, &rq->link);
        return STATUS_DEFERRED;
    }
    *pid = result.pid;
    *status = result.status;
    *user_ns = result.cpu_ns;
    *system_ns = 0;
    return found;
}

static void answer_waits(struct process *parent)
{
    LIST_FOR(rq, &parent->waits, struct request, link) {
        struct result result;
        enum status status = find(parent, (int64_t)rq->parameter[0], rq->parameter[1], &result);
        if (status == STATUS_OK && result.pid == 0)
            continue;
        list_remove(&rq->link);
        process_wait_reply(rq, status, result.pid, result.status, result.cpu_ns, 0);
    }
}

void wait_wake(struct process *parent, const struct signal_info *info)
{
    if (info != nullptr) /* first, so that its handler runs before the wait returns */
        signal_post(parent, SIGNAL_CHLD, 0, info);
    answer_waits(parent);
}
