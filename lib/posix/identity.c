/* identity.c: credentials and groups, kept by proc; the process page shows them. */
#include "identity.h"
#include "native.h"
#include "user.h"

/* vfs has the credentials of when it was told last. */
static long changed(enum status status)
{
    if (status == STATUS_OK && process.session != CAP_NULL)
        ignore(vfs_refresh(process.session));
    return errno_of(status);
}

static uint64_t keep_or(uint32_t id)
{
    return id == ID_KEEP ? UINT64_MAX : id;
}

long posix_set_three(enum id_kind kind, uint32_t real, uint32_t effective, uint32_t saved)
{
    return changed(process_set_ids(POSIX_CAP_PROCESS, kind, keep_or(real), keep_or(effective), keep_or(saved)));
}

long posix_set_id(enum id_kind kind, uint32_t id)
{
    if (id == ID_KEEP)
        return -EINVAL;
    if (PROCESS->euid == 0)
        return posix_set_three(kind, id, id, id);
    return posix_set_three(kind, ID_KEEP, id, ID_KEEP);
}

long posix_set_real_effective(enum id_kind kind, uint32_t real, uint32_t effective)
{
    uint32_t old_real = kind == ID_USER ? PROCESS->uid : PROCESS->gid;
    bool sets_saved = real != ID_KEEP || (effective != ID_KEEP && effective != old_real);
    uint32_t now_effective = effective != ID_KEEP ? effective : kind == ID_USER ? PROCESS->euid : PROCESS->egid;
    return posix_set_three(kind, real, effective, sets_saved ? now_effective : ID_KEEP);
}

long posix_get_three(enum id_kind kind, uint32_t *user_real, uint32_t *user_effective, uint32_t *user_saved)
{
    uint32_t real = kind == ID_USER ? PROCESS->uid : PROCESS->gid, effective = kind == ID_USER ? PROCESS->euid : PROCESS->egid,
             saved = kind == ID_USER ? PROCESS->suid : PROCESS->sgid;
    if (USER_WRITE(user_real, real) < 0 || USER_WRITE(user_effective, effective) < 0)
        return -EFAULT;
    return USER_WRITE(user_saved, saved);
}

long posix_get_groups(int room, uint32_t *user_groups)
{
    uint64_t count = 0;
    if (room < 0)
        return -EINVAL;
    if (!user_range(user_groups, (uint64_t)room * sizeof *user_groups))
        return -EFAULT;
    enum status status = process_get_groups(POSIX_CAP_PROCESS, user_groups, (size_t)room * sizeof *user_groups, &count);
    if (status != STATUS_OK)
        return errno_of(status);
    return room && count > (uint64_t)room ? -EINVAL : (long)count;
}

long posix_set_groups(int count, const uint32_t *user_groups)
{
    if (count < 0 || count > 65536)
        return -EINVAL;
    if (!user_range(user_groups, (uint64_t)count * sizeof *user_groups))
        return -EFAULT;
    return changed(process_set_groups(POSIX_CAP_PROCESS, user_groups, (size_t)count * sizeof *user_groups));
}

long posix_set_process_group(int pid, int group)
{
    if (pid < 0 || group < 0)
        return -EINVAL;
    return errno_of(process_set_group(POSIX_CAP_PROCESS, (uint64_t)pid, (uint64_t)group));
}

static long get(int pid, enum process_figure what, uint32_t own)
{
    uint64_t value;
    if (pid < 0)
        return -EINVAL;
    if (pid == 0 || (uint32_t)pid == PROCESS->pid)
        return own;
    enum status status = process_get(POSIX_CAP_PROCESS, (uint64_t)pid, what, &value);
    return status == STATUS_OK ? (long)value : errno_of(status);
}

long posix_get_process_group(int pid)
{
    return get(pid, PROCESS_GROUP, PROCESS->group);
}

long posix_get_session(int pid)
{
    return get(pid, PROCESS_SESSION, PROCESS->session);
}

long posix_new_session(void)
{
    uint64_t session;
    enum status status = process_new_session(POSIX_CAP_PROCESS, &session);
    return status == STATUS_OK ? (long)session : errno_of(status);
}
