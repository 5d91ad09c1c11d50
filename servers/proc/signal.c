/* signal.c: signals between processes. The runtime of the receiver takes them (take_signal) and carries out what the program wants; proc
 * itself only ends, stops and continues. Invariant: bit n-1 of the page's `pending` is set when a signal n waits in process->pending. */
#include "process.h"
#include <protocols/process_server.h>
#include <protocols/service.h>
#include <stdatomic.h>

#define CODE_USER 0
#define CODE_THREAD (-6)
#define CODE_KERNEL 0x80
#define POWER_OFF 0u     /* actions of service.power */
#define POWER_RESTART 1u

static void show_pending(struct process *process)
{
    uint64_t bits = 0;
    LIST_FOR(pending, &process->pending, struct pending_signal, link)
        bits |= signal_bit(pending->signal);
    if (process->page != nullptr)
        atomic_store(&process->page->pending, bits);
}

static void drop_pending(struct process *process, uint64_t signals)
{
    LIST_FOR(pending, &process->pending, struct pending_signal, link)
        if ((signals & signal_bit(pending->signal)) != 0) {
            list_remove(&pending->link);
            os_free(pending);
        }
    show_pending(process);
}

void signals_drop_all(struct process *process)
{
    drop_pending(process, UINT64_MAX);
}

static bool is_pending(struct process *process, unsigned signal, uint32_t tid)
{
    LIST_FOR(pending, &process->pending, struct pending_signal, link)
        if (pending->signal == signal && pending->tid == tid)
            return true;
    return false;
}

/* Interrupt the thread meant, or all: the one that does not block it will take it. */
static void interrupt(struct process *process, uint32_t tid)
{
    LIST_FOR(thread, &process->threads, struct posix_thread, link)
        if (tid == 0 || thread->tid == tid)
            (void)os_thread_signal(thread->thread);
}

void process_stop(struct process *process, unsigned signal)
{
    if (process->state != RUNNING)
        return;
    process->state = STOPPED;
    process->stop_signal = signal;
    process->report_stop = true;
    process->report_continue = false;
    LIST_FOR(thread, &process->threads, struct posix_thread, link)
        (void)os_thread_stop(thread->thread);
    struct process *parent = process->parent;
    if (parent == nullptr)
        return;
    wait_wake(parent, &(struct signal_info){.code = 5, .pid = process->pid, .uid = process->uid, .value = signal});
}

void process_continue(struct process *process)
{
    if (process->state != STOPPED)
        return;
    process->state = RUNNING;
    process->report_stop = false;
    process->report_continue = true;
    LIST_FOR(rq, &process->stops, struct request, link) {
        list_remove(&rq->link);
        process_stopped_reply(rq, STATUS_OK);
    }
    LIST_FOR(thread, &process->threads, struct posix_thread, link)
        (void)os_thread_continue(thread->thread);
    struct process *parent = process->parent;
    if (parent == nullptr)
        return;
    wait_wake(parent, &(struct signal_info){.code = 6, .pid = process->pid, .uid = process->uid, .value = SIGNAL_CONT});
}

void signal_post(struct process *process, unsigned signal, uint32_t tid, const struct signal_info *info)
{
    uint64_t bit = signal_bit(signal);
    if (process->state == ZOMBIE)
        return;
    if (signal == SIGNAL_KILL) {
        process_end(process, SIGNAL_KILL);
        return;
    }
    if (signal == SIGNAL_STOP) {
        drop_pending(process, signal_bit(SIGNAL_CONT));
        process_stop(process, signal);
        return;
    }
    if (signal == SIGNAL_CONT) {
        drop_pending(process, SIGNALS_STOP);
        process_continue(process);
    } else if ((SIGNALS_STOP & bit) != 0) {
        drop_pending(process, signal_bit(SIGNAL_CONT));
    }
    if ((process->ignored & bit) != 0 || ((SIGNALS_DROPPED_BY_DEFAULT & bit) != 0 && (process->handled & bit) == 0))
        return;
    if (signal < 32 && is_pending(process, signal, tid))
        return;
    struct pending_signal *pending = NEW(struct pending_signal);
    if (pending == nullptr)
        return; /* as a full queue: POSIX lets it be lost */
    *pending = (struct pending_signal){.signal = signal, .tid = tid, .code = info->code, .pid = info->pid, .uid = info->uid, .value = info->value};
    list_push_back(&process->pending, &pending->link);
    show_pending(process);
    interrupt(process, tid);
}

void signal_post_group(uint32_t group, unsigned signal, const struct signal_info *info)
{
    uint32_t *pids = nullptr;
    size_t count = 0, room = 0;
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->group == group && GROW(pids, count, room))
            pids[count++] = process->pid;
    for (size_t i = 0; i < count; i++) { /* by number: ending one may free others */
        struct process *process = process_find(pids[i]);
        if (process != nullptr)
            signal_post(process, signal, 0, info);
    }
    os_free(pids);
}

bool signal_take(struct process *process, uint64_t mask, uint32_t tid, struct pending_signal *taken)
{
    struct pending_signal *best = nullptr;
    LIST_FOR(pending, &process->pending, struct pending_signal, link) {
        if ((mask & signal_bit(pending->signal)) != 0 || (pending->tid != 0 && pending->tid != tid))
            continue;
        if (best == nullptr || pending->signal < best->signal)
            best = pending;
    }
    if (best == nullptr)
        return false;
    *taken = *best;
    list_remove(&best->link);
    os_free(best);
    show_pending(process);
    return true;
}

bool may_signal(const struct process *from, const struct process *to, unsigned signal)
{
    return from->euid == 0 || from->uid == to->uid || from->uid == to->suid || from->euid == to->uid || from->euid == to->suid ||
           (signal == SIGNAL_CONT && from->session == to->session);
}

static struct signal_info info_of(const struct process *from, int code)
{
    return (struct signal_info){.code = code, .pid = from->pid, .uid = from->uid};
}

/* What the programs poweroff, halt and reboot say to a system's first process: proc does it, unless that process handles the signal. */
static bool asks_for_power(const struct process *from, const struct process *to, unsigned signal, uint64_t *action)
{
    if (to != first_process || from == to || from->euid != 0 || (to->handled & signal_bit(signal)) != 0)
        return false;
    *action = signal == SIGNAL_TERM ? POWER_RESTART : POWER_OFF;
    return signal == SIGNAL_USR1 || signal == SIGNAL_USR2 || signal == SIGNAL_TERM;
}

static enum status kill_one(struct process *from, struct process *to, unsigned signal)
{
    if (to == nullptr)
        return STATUS_NO_PROCESS;
    if (!may_signal(from, to, signal))
        return STATUS_NOT_PERMITTED;
    uint64_t action;
    if (signal != 0 && asks_for_power(from, to, signal, &action))
        return service_power(INIT, action);
    struct signal_info info = info_of(from, CODE_USER);
    if (signal != 0)
        signal_post(to, signal, 0, &info);
    return STATUS_OK;
}

/* group 0: all but the first process and the sender. */
static enum status kill_many(struct process *from, uint32_t group, unsigned signal)
{
    uint32_t *pids = nullptr, own = from->pid;
    size_t count = 0, room = 0;
    bool any = false, allowed = false, self = false;
    for (struct process *to = process_next(nullptr); to != nullptr; to = process_next(to)) {
        if (group != 0 ? to->group != group : to == first_process || to == from)
            continue;
        any = true;
        if (!may_signal(from, to, signal))
            continue;
        allowed = true;
        if (to == from)
            self = true;
        else if (GROW(pids, count, room))
            pids[count++] = to->pid;
    }
    struct signal_info info = info_of(from, CODE_USER);
    for (size_t i = 0; i < count && signal != 0; i++) {
        struct process *to = process_find(pids[i]);
        if (to != nullptr)
            signal_post(to, signal, 0, &info);
    }
    os_free(pids);
    if (self && signal != 0 && (from = process_find(own)) != nullptr)
        signal_post(from, signal, 0, &info);
    return allowed ? STATUS_OK : any ? STATUS_NOT_PERMITTED : STATUS_NO_PROCESS;
}

enum status op_kill(void *self, struct request *, int64_t target, uint64_t signal)
{
    struct process *from = self;
    if (signal > SIGNALS)
        return STATUS_INVALID_ARGUMENT;
    if (target > 0)
        return target > UINT32_MAX ? STATUS_NO_PROCESS : kill_one(from, process_find((uint32_t)target), (unsigned)signal);
    if (target == -1)
        return kill_many(from, 0, (unsigned)signal);
    if (target < -(int64_t)UINT32_MAX)
        return STATUS_NO_PROCESS;
    return kill_many(from, target == 0 ? from->group : (uint32_t)-target, (unsigned)signal);
}

/* The process and thread with this thread number. */
static struct process *find_thread(uint32_t tid)
{
    struct process *process = process_find(tid);
    if (process != nullptr)
        return process;
    for (process = process_next(nullptr); process != nullptr; process = process_next(process))
        LIST_FOR(thread, &process->threads, struct posix_thread, link)
            if (thread->tid == tid)
                return process;
    return nullptr;
}

enum status op_thread_kill(void *self, struct request *, uint64_t tid, uint64_t signal, uint64_t tgid)
{
    struct process *from = self, *to = tid <= UINT32_MAX ? find_thread((uint32_t)tid) : nullptr;
    if (signal > SIGNALS)
        return STATUS_INVALID_ARGUMENT;
    if (to == nullptr || (tgid != 0 && to->pid != tgid))
        return STATUS_NO_PROCESS;
    if (!may_signal(from, to, (unsigned)signal))
        return STATUS_NOT_PERMITTED;
    struct signal_info info = info_of(from, CODE_THREAD);
    if (signal != 0)
        signal_post(to, (unsigned)signal, (uint32_t)tid, &info);
    return STATUS_OK;
}

enum status op_take_signal(void *self, struct request *, uint64_t mask, uint64_t tid, uint64_t *signal, uint64_t *code,
                                uint64_t *pid, uint64_t *uid, uint64_t *value)
{
    struct pending_signal taken;
    if (!signal_take(self, mask, (uint32_t)tid, &taken))
        return STATUS_OK; /* signal 0 */
    *signal = taken.signal;
    *code = (uint64_t)(int64_t)taken.code;
    *pid = taken.pid;
    *uid = taken.uid;
    *value = taken.value;
    return STATUS_OK;
}

enum status op_stopped(void *self, struct request *rq, uint64_t signal)
{
    struct process *process = self;
    if (signal == 0 || signal > SIGNALS || (SIGNALS_STOP & signal_bit((unsigned)signal)) == 0)
        return STATUS_INVALID_ARGUMENT;
    if (signal != SIGNAL_STOP && group_orphaned(process->group))
        return STATUS_OK; /* POSIX: nobody could continue it */
    list_push_back(&process->stops, &rq->link);
    process_stop(process, (unsigned)signal);
    return STATUS_DEFERRED;
}

enum status op_ignore(void *self, struct request *, uint64_t ignored, uint64_t handled)
{
    struct process *process = self;
    uint64_t always = signal_bit(SIGNAL_KILL) | signal_bit(SIGNAL_STOP);
    process->ignored = ignored & ~always;
    process->handled = handled & ~always;
    drop_pending(process, process->ignored | (SIGNALS_DROPPED_BY_DEFAULT & ~process->handled));
    return STATUS_OK;
}

enum status op_queue_signal(void *self, struct request *, uint64_t pid, uint64_t signal, int64_t code, uint64_t value)
{
    struct process *from = self, *to = pid <= UINT32_MAX ? process_find((uint32_t)pid) : nullptr;
    if (signal > SIGNALS)
        return STATUS_INVALID_ARGUMENT;
    if (to == nullptr)
        return STATUS_NO_PROCESS;
    if (!may_signal(from, to, (unsigned)signal) || ((code >= 0 || code == CODE_THREAD) && to != from))
        return STATUS_NOT_PERMITTED;
    struct signal_info info = info_of(from, (int)code);
    info.value = value;
    if (signal != 0)
        signal_post(to, (unsigned)signal, 0, &info);
    return STATUS_OK;
}

void alarm_expired(struct serve_timer *timer)
{
    struct process *process = container_of(timer, struct process, alarm);
    if (process->alarm_interval_ns != 0)
        serve_timer_set(timer, timer->deadline_ns + process->alarm_interval_ns);
    signal_post(process, SIGNAL_ALRM, 0, &(struct signal_info){.code = CODE_KERNEL});
}

enum status op_set_alarm(void *self, struct request *, uint64_t which, uint64_t value_ns, uint64_t interval_ns,
                              uint64_t *old_value_ns, uint64_t *old_interval_ns)
{
    struct process *process = self;
    if (which != 0)
        return STATUS_NOT_SUPPORTED;
    uint64_t now = os_now();
    if (serve_timer_is_set(&process->alarm)) {
        *old_value_ns = process->alarm.deadline_ns > now ? process->alarm.deadline_ns - now : 1;
        *old_interval_ns = process->alarm_interval_ns;
    }
    serve_timer_cancel(&process->alarm);
    process->alarm_interval_ns = interval_ns;
    if (value_ns != 0)
        serve_timer_set(&process->alarm, value_ns > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + value_ns);
    return STATUS_OK;
}
