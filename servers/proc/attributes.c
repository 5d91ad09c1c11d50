/* attributes.c: names, threads, limits, usage, umask, working directory, figures. */
#include "process.h"
#include <protocols/process_server.h>

#define TEXT_MAX (256u << 10)
#define PID_MAX 4194304u

/* Numbers of processes and threads, of one space. */
uint32_t next_pid(void)
{
    static uint32_t last;
    do
        last = last >= PID_MAX ? 2 : last + 1;
    while (process_find(last) != nullptr || (last != 1 && group_exists(last, 0)));
    return last;
}

enum status op_started(void *self, struct request *rq)
{
    struct process *process = self;
    char *text;
    size_t length;
    enum status status = request_text(rq, TEXT_MAX, &text, &length);
    if (status != STATUS_OK)
        return status;
    os_free(process->arguments);
    process->arguments = text;
    process->arguments_length = length + 1;
    process->name = text;
    process->has_executed = true;
    process->handled = 0;
    uint64_t name[2] = {};
    memcpy(name, text, strnlen(text, sizeof name));
    return os_task_set_name(process->task, name[0], name[1]);
}

enum status op_thread_new(void *self, struct request *, cap_t cap, uint64_t *tid)
{
    struct process *process = self;
    struct posix_thread *thread = NEW(struct posix_thread);
    if (thread == nullptr) {
        os_drop(cap);
        return STATUS_NO_MEMORY;
    }
    thread->tid = next_pid();
    thread->thread = cap;
    list_push_back(&process->threads, &thread->link);
    if (process->policy != 0)
        process_schedule(process);
    *tid = thread->tid;
    return STATUS_OK;
}

enum status op_thread_gone(void *self, struct request *, uint64_t tid)
{
    struct process *process = self;
    LIST_FOR(thread, &process->threads, struct posix_thread, link)
        if (thread->tid == tid) {
            list_remove(&thread->link);
            os_drop(thread->thread);
            os_free(thread);
            return STATUS_OK;
        }
    return STATUS_NO_PROCESS;
}

enum status op_limit(void *self, struct request *, uint64_t pid, uint64_t resource, uint64_t set, uint64_t soft, uint64_t hard,
                          uint64_t *old_soft, uint64_t *old_hard)
{
    struct process *caller = self, *process = pid == 0 ? caller : process_find((uint32_t)pid);
    if (resource >= LIMITS)
        return STATUS_INVALID_ARGUMENT;
    if (process == nullptr)
        return STATUS_NO_PROCESS;
    if (process != caller && caller->euid != 0 && caller->uid != process->uid)
        return STATUS_NOT_PERMITTED;
    *old_soft = process->limit[resource].soft;
    *old_hard = process->limit[resource].hard;
    if (set == 0)
        return STATUS_OK;
    if (soft > hard)
        return STATUS_INVALID_ARGUMENT;
    if (hard > *old_hard && caller->euid != 0)
        return STATUS_NOT_PERMITTED;
    process->limit[resource].soft = soft;
    process->limit[resource].hard = hard;
    return STATUS_OK;
}

enum status op_usage(void *self, struct request *, int64_t who, uint64_t *user_ns, uint64_t *system_ns, uint64_t *resident_max)
{
    struct process *process = self;
    *system_ns = 0;
    if (who == -1) {
        *user_ns = process->children_ns;
        return STATUS_OK;
    }
    if (who != 0 && who != 1)
        return STATUS_INVALID_ARGUMENT;
    *user_ns = process_cpu_ns(process);
    uint64_t resident = 0;
    (void)os_task_info(process->task, TASK_RESIDENT_BYTES, &resident);
    if (resident > process->resident_max)
        process->resident_max = resident;
    *resident_max = process->resident_max;
    return STATUS_OK;
}

enum status op_umask(void *self, struct request *, uint64_t set, uint64_t mask, uint64_t *old)
{
    struct process *process = self;
    *old = process->umask;
    if (set != 0)
        process->umask = (uint32_t)mask & 0777;
    return STATUS_OK;
}

enum status op_set_working_directory(void *self, struct request *rq)
{
    struct process *process = self;
    char *text;
    enum status status = request_text(rq, TEXT_MAX, &text, nullptr);
    if (status != STATUS_OK)
        return status;
    os_free(process->directory);
    process->directory = text;
    return STATUS_OK;
}

static uint64_t system_figure(enum system_figure what)
{
    uint64_t value = 0;
    (void)os_system_info(BOOTSTRAP_CONTROL, (uint64_t)what, &value);
    return value;
}

enum status op_figures(void *self, struct request *rq)
{
    struct process *process = self;
    struct system_figures figures = {
        .uptime_ns = os_now(),
        .idle_ns = system_figure(SYSTEM_IDLE_NS),
        .memory_total = system_figure(SYSTEM_MEMORY_TOTAL),
        .memory_free = system_figure(SYSTEM_MEMORY_FREE),
        .processes = processes.count,
        .user_ns = process_cpu_ns(process),
        .children_user_ns = process->children_ns,
    };
    size_t length = rq->out_length < sizeof figures ? rq->out_length : sizeof figures;
    return request_write(rq, 0, &figures, length);
}

enum status op_set_terminal(void *self, struct request *, uint64_t device)
{
    struct process *caller = self;
    if (caller->session != caller->pid)
        return STATUS_NOT_PERMITTED;
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->session == caller->session)
            process->terminal = device;
    return STATUS_OK;
}
