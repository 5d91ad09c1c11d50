/* scheduling.c: niceness, policies, affinity: proc keeps them. */
#include "scheduling.h"
#include "native.h"
#include "process.h"
#include "user.h"
#include <info.h>
#include <scheduling_abi.h>

/* As the system call gives it: 20 - nice. */
long posix_get_priority(unsigned which, int who)
{
    int64_t now;
    if (which > 2)
        return -EINVAL;
    enum status status = process_priority(POSIX_CAP_PROCESS, which, (uint64_t)who, 0, 0, &now);
    return status == STATUS_OK ? 20 - (long)now : errno_of(status);
}

long posix_set_priority(unsigned which, int who, int value)
{
    int64_t now;
    if (which > 2)
        return -EINVAL;
    value = value < -20 ? -20 : value > 19 ? 19 : value;
    return errno_of(process_priority(POSIX_CAP_PROCESS, which, (uint64_t)who, 1, value, &now));
}

long posix_get_scheduler(int pid)
{
    uint64_t policy, realtime;
    if (pid < 0)
        return -EINVAL;
    enum status status = process_scheduler(POSIX_CAP_PROCESS, (uint64_t)pid, 0, 0, 0, &policy, &realtime);
    return status == STATUS_OK ? (long)policy : errno_of(status);
}

long posix_set_scheduler(int pid, int policy, const int32_t *user_realtime)
{
    int32_t wanted;
    uint64_t now, now_realtime;
    if (pid < 0 || policy < 0 || user_realtime == NULL)
        return -EINVAL;
    if (USER_READ(wanted, user_realtime) < 0)
        return -EFAULT;
    return errno_of(process_scheduler(POSIX_CAP_PROCESS, (uint64_t)pid, 1, (uint64_t)policy, (uint64_t)(int64_t)wanted, &now, &now_realtime));
}

long posix_set_parameter(int pid, const int32_t *user_realtime)
{
    int32_t wanted;
    uint64_t now, now_realtime;
    if (pid < 0 || user_realtime == NULL)
        return -EINVAL;
    if (USER_READ(wanted, user_realtime) < 0)
        return -EFAULT;
    return errno_of(process_scheduler(POSIX_CAP_PROCESS, (uint64_t)pid, 1, POLICY_AS_IT_IS, (uint64_t)(int64_t)wanted, &now, &now_realtime));
}

long posix_get_parameter(int pid, int32_t *user_realtime)
{
    uint64_t policy, realtime;
    if (pid < 0 || user_realtime == NULL)
        return -EINVAL;
    enum status status = process_scheduler(POSIX_CAP_PROCESS, (uint64_t)pid, 0, 0, 0, &policy, &realtime);
    if (status != STATUS_OK)
        return errno_of(status);
    int32_t value = (int32_t)realtime;
    return USER_WRITE(user_realtime, value);
}

long posix_priority_limit(int policy, bool most)
{
    switch (policy) {
    case POLICY_FIFO:
    case POLICY_ROUND_ROBIN: return most ? REALTIME_MOST : 1;
    case POLICY_ORDINARY:
    case POLICY_BATCH:
    case POLICY_IDLE:
    case POLICY_DEADLINE: return 0;
    default: return -EINVAL;
    }
}

static uint64_t all_cpus(void)
{
    return PROCESS->cpus >= 64 ? UINT64_MAX : (1ull << PROCESS->cpus) - 1;
}

/* Of the caller, which proc need not be asked for. */
static bool is_self(const struct posix_thread *self, int tid) { return tid == 0 || (uint32_t)tid == self->tid; }

long posix_set_affinity(struct posix_thread *self, int tid, size_t length, const uint64_t *user_mask)
{
    uint64_t mask = 0, now;
    if (user_read(&mask, user_mask, length < sizeof mask ? length : sizeof mask) < 0)
        return -EFAULT;
    if (tid < 0)
        return -ESRCH;
    if (is_self(self, tid))
        return mask & all_cpus() ? errno_of(os_thread_set_affinity(self->handle, mask)) : -EINVAL;
    return errno_of(process_affinity(POSIX_CAP_PROCESS, (uint64_t)tid, 1, mask, &now));
}

long posix_get_affinity(struct posix_thread *self, int tid, size_t length, uint64_t *user_mask)
{
    uint64_t mask;
    if (length < sizeof mask || length % sizeof mask)
        return -EINVAL;
    if (tid < 0)
        return -ESRCH;
    enum status status = is_self(self, tid) ? os_thread_info(self->handle, THREAD_AFFINITY, &mask)
                                            : process_affinity(POSIX_CAP_PROCESS, (uint64_t)tid, 0, 0, &mask);
    if (status != STATUS_OK)
        return errno_of(status);
    mask &= all_cpus();
    return USER_WRITE(user_mask, mask) < 0 ? -EFAULT : (long)sizeof mask;
}

void posix_inherit_affinity(const struct posix_thread *self, cap_t thread)
{
    uint64_t mask;
    if (os_thread_info(self->handle, THREAD_AFFINITY, &mask) == STATUS_OK && mask != UINT64_MAX)
        (void)os_thread_set_affinity(thread, mask);
}
