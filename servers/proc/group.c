/* group.c: process groups and sessions, which are numbers that processes share. */
#include "process.h"

bool group_exists(uint32_t group, uint32_t session)
{
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->group == group && (session == 0 || process->session == session))
            return true;
    return false;
}

/* Can the parent continue the child's group, from outside it? The first process cannot: it does not know what it adopted. */
static bool connects(const struct process *parent, const struct process *child)
{
    return parent != nullptr && !child->adopted && parent->group != child->group && parent->session == child->session;
}

bool group_orphaned(uint32_t group)
{
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->group == group && process->state != ZOMBIE && connects(process->parent, process))
            return false;
    return true;
}

static bool has_stopped(uint32_t group)
{
    for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
        if (process->group == group && process->state == STOPPED)
            return true;
    return false;
}

static void hang_up_if_orphaned(uint32_t group)
{
    if (!has_stopped(group) || !group_orphaned(group))
        return;
    signal_post_group(group, SIGNAL_HUP, &(struct signal_info){});
    signal_post_group(group, SIGNAL_CONT, &(struct signal_info){});
}

void group_end(struct process *process)
{
    if (connects(process->parent, process))
        hang_up_if_orphaned(process->group);
}

void group_adopt(const struct process *from, struct process *child)
{
    bool connected = connects(from, child);
    child->adopted = true;
    if (connected)
        hang_up_if_orphaned(child->group);
}

enum status op_set_group(void *self, struct request *, uint64_t pid, uint64_t group)
{
    struct process *caller = self, *process = pid == 0 ? caller : process_find((uint32_t)pid);
    if (pid > INT32_MAX || group > INT32_MAX)
        return STATUS_INVALID_ARGUMENT;
    if (process == nullptr || (process != caller && process->parent != caller))
        return STATUS_NO_PROCESS;
    uint32_t wanted = group == 0 ? process->pid : (uint32_t)group;
    if (process != caller && process->has_executed)
        return STATUS_ACCESS_DENIED;
    if (process->session == process->pid || process->session != caller->session)
        return STATUS_NOT_PERMITTED;
    if (wanted != process->pid && !group_exists(wanted, process->session))
        return STATUS_NOT_PERMITTED;
    process->group = wanted;
    page_update(process);
    return STATUS_OK;
}

enum status op_new_session(void *self, struct request *, uint64_t *session)
{
    struct process *process = self;
    if (process->group == process->pid || group_exists(process->pid, 0))
        return STATUS_NOT_PERMITTED;
    process->session = process->group = process->pid;
    process->terminal = 0;
    page_update(process);
    *session = process->session;
    return STATUS_OK;
}

enum status op_get(void *self, struct request *, uint64_t pid, uint64_t what, uint64_t *value)
{
    struct process *process = pid == 0 ? self : pid > UINT32_MAX ? nullptr : process_find((uint32_t)pid);
    if (process == nullptr)
        return STATUS_NO_PROCESS;
    switch (what) {
    case PROCESS_GROUP: *value = process->group; return STATUS_OK;
    case PROCESS_SESSION: *value = process->session; return STATUS_OK;
    case PROCESS_PARENT: *value = process->parent != nullptr ? process->parent->pid : 0; return STATUS_OK;
    default: return STATUS_INVALID_ARGUMENT;
    }
}
