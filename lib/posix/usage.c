/* usage.c: limits, times, names. */
#include "usage.h"
#include "native.h"
#include "process.h"
#include "user.h"

#define LIMIT_DESCRIPTORS 7u
#define LIMITS 16u
#define TICK_NS 10000000ull

struct posix_micro_time info_micro(uint64_t ns)
{
    return (struct posix_micro_time){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000 / 1000)};
}

long posix_usage(int who, struct posix_usage *user_usage)
{
    uint64_t user_ns = 0, system_ns = 0, resident = 0;
    struct posix_usage usage = {};
    enum status status = process_usage(POSIX_CAP_PROCESS, who, &user_ns, &system_ns, &resident);
    if (status != STATUS_OK)
        return errno_of(status);
    usage.user = info_micro(user_ns);
    usage.system = info_micro(system_ns);
    usage.resident_max_kib = (int64_t)(resident / 1024);
    return USER_WRITE(user_usage, usage);
}

long posix_times(int64_t *user_times)
{
    struct system_figures figures = {};
    enum status status = process_figures(POSIX_CAP_PROCESS, &figures, sizeof figures);
    if (status != STATUS_OK)
        return errno_of(status);
    int64_t times[4] = {(int64_t)(figures.user_ns / TICK_NS), (int64_t)(figures.system_ns / TICK_NS), (int64_t)(figures.children_user_ns / TICK_NS),
                        (int64_t)(figures.children_system_ns / TICK_NS)};
    if (user_times && USER_WRITE(user_times, times) < 0)
        return -EFAULT;
    return (long)(figures.uptime_ns / TICK_NS);
}

struct system_info { /* struct sysinfo */
    int64_t  uptime;
    uint64_t loads[3], total, free, shared, buffers, total_swap, free_swap;
    uint16_t processes, pad;
    uint64_t total_high, free_high;
    uint32_t unit;
};

long posix_system(void *user_info)
{
    struct system_figures figures = {};
    enum status status = process_figures(POSIX_CAP_PROCESS, &figures, sizeof figures);
    if (status != STATUS_OK)
        return errno_of(status);
    struct system_info info = {
        .uptime = (int64_t)(figures.uptime_ns / 1000000000),
        .loads = {figures.load[0], figures.load[1], figures.load[2]},
        .total = figures.memory_total,
        .free = figures.memory_free,
        .processes = (uint16_t)(figures.processes > UINT16_MAX ? UINT16_MAX : figures.processes),
        .unit = 1,
    };
    return USER_WRITE((struct system_info *)user_info, info);
}

long posix_limit(int pid, unsigned resource, const struct posix_limit *user_new, struct posix_limit *user_old)
{
    struct posix_limit wanted = {}, old;
    if (resource >= LIMITS || pid < 0)
        return -EINVAL;
    if (user_new && USER_READ(wanted, user_new) < 0)
        return -EFAULT;
    if (wanted.soft > wanted.hard)
        return -EINVAL;
    if (resource == LIMIT_DESCRIPTORS && user_new && wanted.hard > 1048576)
        return -EPERM;
    enum status status = process_limit(POSIX_CAP_PROCESS, (uint64_t)pid, resource, user_new != NULL, wanted.soft, wanted.hard, &old.soft, &old.hard);
    if (status != STATUS_OK)
        return errno_of(status);
    if (user_new && resource == LIMIT_DESCRIPTORS && (pid == 0 || (uint32_t)pid == PROCESS->pid))
        process.descriptor_limit = wanted.soft;
    return user_old ? USER_WRITE(user_old, old) : 0;
}

long posix_name_thread(struct posix_thread *self, const char *user_name)
{
    long length = user_string_length(user_name, sizeof self->name);
    if (length == -EFAULT)
        return length;
    size_t used = length < 0 ? sizeof self->name - 1 : (size_t)length;
    memset(self->name, 0, sizeof self->name);
    memcpy(self->name, user_name, used);
    return 0;
}

long posix_thread_name(struct posix_thread *self, char *user_name)
{
    return USER_WRITE(user_name, self->name);
}

long posix_power(unsigned action)
{
    if (PROCESS->euid != 0)
        return -EPERM;
    enum status status = service_power(POSIX_CAP_INIT, action);
    return status == STATUS_INVALID_HANDLE || status == STATUS_ACCESS_DENIED ? -EPERM : errno_of(status);
}

long posix_log(unsigned action)
{
    enum { CLOSE = 0, OPEN = 1, SIZE_UNREAD = 9, SIZE = 10 };
    switch (action) {
    case CLOSE:
    case OPEN:
    case SIZE_UNREAD: return 0;
    case SIZE: return 65536;
    default: return -EPERM;
    }
}
