/* credentials.c: user and group ids, and what servers may ask about the process behind an identity facet. */
#include "process.h"
#include <protocols/identity_server.h>

#define GROUPS_MAX 65536u
#define KEEP UINT64_MAX

struct ids { uint32_t *real, *effective, *saved; };

static bool allowed(const struct ids *ids, uint64_t value)
{
    return value == KEEP || value == *ids->real || value == *ids->effective || value == *ids->saved;
}

enum status op_set_ids(void *self, struct request *, uint64_t what, uint64_t real, uint64_t effective, uint64_t saved)
{
    struct process *process = self;
    if (what > 1)
        return STATUS_INVALID_ARGUMENT;
    struct ids ids = what == 0 ? (struct ids){&process->uid, &process->euid, &process->suid}
                               : (struct ids){&process->gid, &process->egid, &process->sgid};
    uint64_t wanted[] = {real, effective, saved};
    for (unsigned i = 0; i < 3; i++)
        if (wanted[i] != KEEP && wanted[i] > UINT32_MAX - 1)
            return STATUS_INVALID_ARGUMENT;
    if (process->euid != 0 && !(allowed(&ids, real) && allowed(&ids, effective) && allowed(&ids, saved)))
        return STATUS_NOT_PERMITTED;
    if (real != KEEP)
        *ids.real = (uint32_t)real;
    if (effective != KEEP)
        *ids.effective = (uint32_t)effective;
    if (saved != KEEP)
        *ids.saved = (uint32_t)saved;
    page_update(process);
    return STATUS_OK;
}

enum status op_set_groups(void *self, struct request *rq)
{
    struct process *process = self;
    if (process->euid != 0)
        return STATUS_NOT_PERMITTED;
    if (rq->in_length % sizeof(uint32_t) != 0 || rq->in_length / sizeof(uint32_t) > GROUPS_MAX)
        return STATUS_INVALID_ARGUMENT;
    uint32_t *groups = os_allocate(rq->in_length);
    if (groups == nullptr)
        return STATUS_NO_MEMORY;
    enum status status = request_read(rq, 0, groups, rq->in_length);
    if (status != STATUS_OK) {
        os_free(groups);
        return status;
    }
    os_free(process->groups);
    process->groups = groups;
    process->group_count = (uint32_t)(rq->in_length / sizeof(uint32_t));
    return STATUS_OK;
}

/* The pages of all processes have the offset, so that they need no call to know the time. */
enum status op_set_clock(void *self, struct request *, uint64_t wall_offset_ns)
{
    const struct process *caller = self;
    if (caller->euid != 0)
        return STATUS_NOT_PERMITTED;
    enum status status = os_system_set_clock(BOOTSTRAP_CONTROL, wall_offset_ns);
    if (status == STATUS_OK)
        for (struct process *process = process_next(nullptr); process != nullptr; process = process_next(process))
            if (process->page != nullptr)
                process->page->wall_offset_ns = wall_offset_ns;
    return status;
}

static enum status give_groups(const struct process *process, struct request *rq, uint64_t *count)
{
    size_t bytes = process->group_count * sizeof(uint32_t);
    *count = process->group_count;
    if (rq->out_length == 0)
        return STATUS_OK;
    return rq->out_length < bytes ? STATUS_INVALID_ARGUMENT : request_write(rq, 0, process->groups, bytes);
}

enum status op_get_groups(void *self, struct request *rq, uint64_t *count)
{
    return give_groups(self, rq, count);
}

static enum status who(void *self, struct request *, uint64_t *pid, uint64_t *uid, uint64_t *gid, uint64_t *group, uint64_t *session, uint64_t *groups)
{
    const struct process *process = self;
    *pid = process->pid;
    *uid = process->euid;
    *gid = process->egid;
    *group = process->group;
    *session = process->session;
    *groups = process->group_count;
    return STATUS_OK;
}

static enum status groups(void *self, struct request *rq, uint64_t *count)
{
    return give_groups(self, rq, count);
}

const struct identity_ops identity_operations = {.who = who, .groups = groups};
