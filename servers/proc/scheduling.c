/* scheduling.c: niceness, policies, affinity: what of them is a weight or a priority of the kernel. They are the process's: its threads share them,
 * but for affinity. */
#include "process.h"
#include <info.h>
#include <scheduling_abi.h>

#define PRIORITY_ORDINARY 16 /* of the kernel's fair class */
#define WEIGHT_IDLE 3

/* As on Linux: each step is a quarter more or less. */
static uint64_t weight_of(const struct process *process)
{
    static const uint32_t weights[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
                                       3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
                                       172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};
    return process->policy == POLICY_IDLE ? WEIGHT_IDLE : weights[process->nice + 20];
}

static bool is_realtime(uint64_t policy) { return policy == POLICY_FIFO || policy == POLICY_ROUND_ROBIN; }

/* Between the ordinary ones and servers. */
static uint64_t priority_of(const struct process *process)
{
    return PRIORITY_ORDINARY + (process->realtime == 0 ? 0 : 1 + (process->realtime - 1) * 7 / REALTIME_MOST);
}

void process_schedule(struct process *process)
{
    LIST_FOR(thread, &process->threads, struct posix_thread, link) {
        (void)os_thread_set_weight(thread->thread, weight_of(process));
        (void)os_thread_set_priority(thread->thread, priority_of(process));
    }
}

void process_inherit_scheduling(struct process *process, const struct process *parent)
{
    process->nice = parent->nice;
    process->policy = parent->policy;
    process->realtime = parent->realtime;
    if (!parent->resets_on_fork)
        return;
    if (is_realtime(process->policy))
        process->policy = POLICY_ORDINARY, process->realtime = 0;
    if (process->nice < 0)
        process->nice = 0;
}

static bool meant(const struct process *process, const struct process *caller, uint64_t which, uint64_t who)
{
    switch (which) {
    case 0: return process->pid == (who == 0 ? caller->pid : who);
    case 1: return process->group == (who == 0 ? caller->group : who);
    default: return process->uid == (who == 0 ? caller->uid : who);
    }
}

enum status op_priority(void *self, struct request *, uint64_t which, uint64_t who, uint64_t set, int64_t value, int64_t *now)
{
    struct process *caller = self;
    bool any = false;
    if (which > 2)
        return STATUS_INVALID_ARGUMENT;
    value = value < -20 ? -20 : value > 19 ? 19 : value;
    *now = 20;
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process)) {
        if (process->state == ZOMBIE || !meant(process, caller, which, who))
            continue;
        any = true;
        if (set != 0 && caller->euid != 0 && (caller->euid != process->uid || value < process->nice))
            return caller->euid != process->uid ? STATUS_NOT_PERMITTED : STATUS_ACCESS_DENIED;
        if (set != 0) {
            process->nice = value;
            process_schedule(process);
        }
        if (process->nice < *now)
            *now = process->nice;
    }
    return any ? STATUS_OK : STATUS_NO_PROCESS;
}

static struct posix_thread *thread_of(struct process *process, uint64_t tid)
{
    LIST_FOR(thread, &process->threads, struct posix_thread, link)
        if (thread->tid == tid)
            return thread;
    return nullptr;
}

/* The process whose thread that is; 0: the caller. */
static struct process *find(struct process *caller, uint64_t tid, struct posix_thread **thread)
{
    if (tid == 0)
        tid = caller->pid;
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->state != ZOMBIE && (*thread = thread_of(process, tid)) != nullptr)
            return process;
    return nullptr;
}

static bool may_change(const struct process *caller, const struct process *process)
{
    return caller->euid == 0 || caller->euid == process->euid || caller->euid == process->uid;
}

static enum status set_policy(const struct process *caller, struct process *process, uint64_t policy, uint64_t realtime)
{
    bool resets = (policy & POLICY_RESET_ON_FORK) != 0;
    policy &= ~(uint64_t)POLICY_RESET_ON_FORK;
    if (policy > POLICY_IDLE || policy == POLICY_NONE || (is_realtime(policy) ? realtime < 1 || realtime > REALTIME_MOST : realtime != 0))
        return STATUS_INVALID_ARGUMENT;
    bool more = (is_realtime(policy) && (policy != process->policy || realtime > process->realtime)) ||
                (process->policy == POLICY_IDLE && policy != POLICY_IDLE) || (process->resets_on_fork && !resets);
    if (!may_change(caller, process) || (more && caller->euid != 0))
        return STATUS_NOT_PERMITTED;
    process->policy = policy;
    process->realtime = realtime;
    process->resets_on_fork = resets;
    process_schedule(process);
    return STATUS_OK;
}

enum status op_scheduler(void *self, struct request *, uint64_t pid, uint64_t set, uint64_t policy, uint64_t realtime, uint64_t *now, uint64_t *now_realtime)
{
    struct process *caller = self;
    struct posix_thread *thread;
    struct process *process = find(caller, pid, &thread);
    if (process == nullptr)
        return STATUS_NO_PROCESS;
    enum status status = STATUS_OK;
    if (set != 0)
        status = set_policy(caller, process, policy == POLICY_AS_IT_IS ? process->policy | (process->resets_on_fork ? POLICY_RESET_ON_FORK : 0) : policy, realtime);
    *now = process->policy | (process->resets_on_fork ? POLICY_RESET_ON_FORK : 0);
    *now_realtime = process->realtime;
    return status;
}

enum status op_affinity(void *self, struct request *, uint64_t tid, uint64_t set, uint64_t mask, uint64_t *now)
{
    struct process *caller = self;
    struct posix_thread *thread;
    const struct process *process = find(caller, tid, &thread);
    if (process == nullptr)
        return STATUS_NO_PROCESS;
    if (set != 0 && !may_change(caller, process))
        return STATUS_NOT_PERMITTED;
    enum status status = set != 0 ? os_thread_set_affinity(thread->thread, mask) : STATUS_OK;
    return status == STATUS_OK ? os_thread_info(thread->thread, THREAD_AFFINITY, now) : status;
}
