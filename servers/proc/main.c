/* main.c: the proc server: what its facets answer. */
#include "process.h"
#include <protocols/identity_server.h>
#include <protocols/process_server.h>

SERVICE_MANIFEST("name = proc\nexport = proc\nimport = vfs pipe init\ncontrol = info clock\nmay = files session\nledgers = yes\nqueue = 32\nrestart = never\nstart = boot\npriority = 24\n")

static enum status op_exit(void *self, struct request *, uint64_t exit_status)
{
    process_end(self, (uint32_t)exit_status & 0xffff);
    return STATUS_OK; /* to nobody: the caller is gone */
}

static const struct process_ops operations = {
    .fork = op_fork,
    .exit = op_exit,
    .wait = op_wait,
    .kill = op_kill,
    .thread_kill = op_thread_kill,
    .take_signal = op_take_signal,
    .stopped = op_stopped,
    .set_group = op_set_group,
    .new_session = op_new_session,
    .get = op_get,
    .set_ids = op_set_ids,
    .set_groups = op_set_groups,
    .get_groups = op_get_groups,
    .started = op_started,
    .thread_new = op_thread_new,
    .thread_gone = op_thread_gone,
    .ignore = op_ignore,
    .set_alarm = op_set_alarm,
    .set_terminal = op_set_terminal,
    .limit = op_limit,
    .priority = op_priority,
    .scheduler = op_scheduler,
    .affinity = op_affinity,
    .usage = op_usage,
    .umask = op_umask,
    .set_working_directory = op_set_working_directory,
    .figures = op_figures,
    .queue_signal = op_queue_signal,
    .set_clock = op_set_clock,
};

static bool control_dispatch(void *self, struct request *rq)
{
    return process_dispatch(&operations, self, rq);
}

/* How a task that the kernel ended died, as a wait status. */
static uint32_t fatal_status(uint64_t code)
{
    switch (code) {
    case EXCEPTION_PAGE_FAULT: return SIGNAL_SEGV;
    case EXCEPTION_BUS_ERROR:
    case EXCEPTION_ALIGNMENT: return SIGNAL_BUS;
    case EXCEPTION_ILLEGAL: return SIGNAL_ILL;
    case EXCEPTION_DIVIDE:
    case EXCEPTION_FLOAT: return SIGNAL_FPE;
    case EXCEPTION_BREAKPOINT:
    case EXCEPTION_STEP: return SIGNAL_TRAP;
    default: return SIGNAL_KILL;
    }
}

/* The process's only control capability is gone, so its task is: it ended without telling. */
static void control_closed(void *self)
{
    struct process *process = self;
    uint64_t code = 0;
    process->control_badge = 0;
    if (process->state == ZOMBIE)
        return;
    (void)os_task_info(process->task, TASK_EXIT_CODE, &code);
    process_end(process, fatal_status(code));
}

/* A deferred wait or stop whose caller went away. */
static void control_cancel(void *, struct request *rq)
{
    list_remove(&rq->link);
}

static bool identity_request(void *self, struct request *rq)
{
    return identity_dispatch(&identity_operations, self, rq);
}

static void identity_closed(void *self)
{
    struct process *process = self;
    process->identity_badge = 0;
}

static void control_undelivered(void *self, struct request *rq)
{
    wait_undelivered(self, rq);
}

const struct serve_type control_type = {.dispatch = control_dispatch, .close = control_closed, .cancel = control_cancel, .undelivered = control_undelivered};
const struct serve_type identity_type = {.dispatch = identity_request, .close = identity_closed};

/* Other services ask here: tty about groups, vfs for the files of /proc. */
static enum status signal_group(void *, struct request *, uint64_t group, uint64_t signal)
{
    if (signal == 0 || signal > SIGNALS)
        return STATUS_INVALID_ARGUMENT;
    if (group > UINT32_MAX || !group_exists((uint32_t)group, 0))
        return STATUS_NO_PROCESS;
    signal_post_group((uint32_t)group, (unsigned)signal, &(struct signal_info){.code = 0x80});
    return STATUS_OK;
}

static enum status group_session(void *, struct request *, uint64_t group, uint64_t *session, uint64_t *orphaned)
{
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->group == group) {
            *session = process->session;
            *orphaned = group_orphaned((uint32_t)group);
            return STATUS_OK;
        }
    return STATUS_NO_PROCESS;
}

static const struct identity_ops root_identity = {.signal_group = signal_group, .group_session = group_session};

static bool root_dispatch(void *self, struct request *rq)
{
    return identity_dispatch(&root_identity, self, rq) || files_dispatch(self, rq);
}

static const struct serve_type root_type = {.dispatch = root_dispatch};

int main(uint64_t)
{
    static const struct server server = {.root = &root_type};
    serve_start(&server);
    spawn_first();
    return serve_run(&server);
}
