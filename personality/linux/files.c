/* files.c: calls about files whose structures are Linux's. */
#include "linux.h"

long linux_stat(int directory, const char *user_path, unsigned flags, struct linux_stat *user_stat)
{
    struct file_stat stat;
    long result = posix_stat(directory, user_path, flags, &stat);
    if (result < 0)
        return result;
    struct linux_stat out = stat_out(&stat);
    return USER_WRITE(user_stat, out);
}

long linux_stat_descriptor(int number, struct linux_stat *user_stat)
{
    struct file_stat stat;
    long result = posix_stat_descriptor(number, &stat);
    if (result < 0)
        return result;
    struct linux_stat out = stat_out(&stat);
    return USER_WRITE(user_stat, out);
}

/* --- statx --------------------------------------------------------------------------------------------------------------------------------- */

struct statx_time {
    int64_t  seconds;
    uint32_t nanoseconds;
    int32_t  pad;
};

struct linux_statx {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, pad;
    uint64_t inode, size, blocks, attributes_mask;
    struct statx_time accessed, created, changed, modified;
    uint32_t raw_major, raw_minor, major, minor;
    uint64_t spare[14];
};
static_assert(sizeof(struct linux_statx) == 256);
#define STATX_BASIC 0x7ffu
#define STATX_BIRTH 0x800u

static struct statx_time statx_time(uint64_t ns)
{
    return (struct statx_time){.seconds = (int64_t)(ns / 1000000000), .nanoseconds = (uint32_t)(ns % 1000000000)};
}

static uint32_t device_major(uint64_t device)
{
    return (uint32_t)((device >> 8 & 0xfff) | (device >> 32 & ~0xfffull));
}

static uint32_t device_minor(uint64_t device)
{
    return (uint32_t)((device & 0xff) | (device >> 12 & ~0xffull & 0xffffffff));
}

long linux_statx(int directory, const char *user_path, unsigned flags, unsigned, struct linux_statx *user_stat)
{
    struct file_stat s;
    long result = posix_stat(directory, user_path, flags, &s);
    if (result < 0)
        return result;
    struct linux_statx out = {
        .mask = STATX_BASIC | STATX_BIRTH, .block_size = s.block_size, .links = (uint32_t)s.links, .uid = s.uid, .gid = s.gid, .mode = (uint16_t)s.mode,
        .inode = s.inode, .size = s.size, .blocks = s.blocks, .accessed = statx_time(s.accessed_ns), .created = statx_time(s.created_ns),
        .changed = statx_time(s.changed_ns), .modified = statx_time(s.modified_ns), .raw_major = device_major(s.raw_device),
        .raw_minor = device_minor(s.raw_device), .major = device_major(s.device), .minor = device_minor(s.device),
    };
    return USER_WRITE(user_stat, out);
}

/* --- statfs ---------------------------------------------------------------------------------------------------------------------------------- */

static long statfs_put(const struct fs_status *s, struct linux_statfs *user_status)
{
    struct linux_statfs out = {
        .type = s->type, .block_size = s->block_size, .fragment_size = s->block_size, .blocks = s->blocks, .blocks_free = s->blocks_free,
        .blocks_available = s->blocks_available, .files = s->files, .files_free = s->files_free, .id = s->id, .name_length = s->name_length, .flags = s->flags,
    };
    return USER_WRITE(user_status, out);
}

long linux_statfs(const char *user_path, struct linux_statfs *user_status)
{
    struct fs_status status;
    long result = posix_file_system(user_path, &status);
    return result < 0 ? result : statfs_put(&status, user_status);
}

long linux_statfs_descriptor(int number, struct linux_statfs *user_status)
{
    struct fs_status status;
    long result = posix_file_system_descriptor(number, &status);
    return result < 0 ? result : statfs_put(&status, user_status);
}

/* --- fcntl, times ------------------------------------------------------------------------------------------------------------------------------ */

long linux_fcntl(struct posix_thread *self, int number, unsigned command, uint64_t argument)
{
    enum { GET_STATUS = 3, SET_STATUS = 4 };
    command = fcntl_command_in(command);
    if (command == SET_STATUS)
        argument = open_flags_in((unsigned)argument);
    long result = posix_fcntl(self, number, command, argument);
    return command == GET_STATUS && result >= 0 ? (long)open_flags_out((unsigned)result) : result;
}

long linux_utimes(int directory, const char *user_path, const struct posix_micro_time *user_times)
{
    struct posix_micro_time micro[2];
    if (!user_times)
        return posix_set_times(directory, user_path, NULL, 0);
    if (USER_READ(micro, user_times) < 0)
        return -EFAULT;
    struct posix_time times[2] = {{micro[0].seconds, micro[0].microseconds * 1000}, {micro[1].seconds, micro[1].microseconds * 1000}};
    return posix_set_times_to(directory, user_path, times, 0);
}

long linux_utime(const char *user_path, const int64_t *user_times)
{
    int64_t seconds[2];
    if (!user_times)
        return posix_set_times(AT_WORKING_DIRECTORY, user_path, NULL, 0);
    if (USER_READ(seconds, user_times) < 0)
        return -EFAULT;
    struct posix_time times[2] = {{seconds[0], 0}, {seconds[1], 0}};
    return posix_set_times_to(AT_WORKING_DIRECTORY, user_path, times, 0);
}

/* --- waiting -------------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t deadline_after_ms(int timeout_ms)
{
    return timeout_ms < 0 ? DEADLINE_NONE : timeout_ms == 0 ? 0 : clock_now() + (uint64_t)timeout_ms * 1000000;
}

long linux_poll(struct posix_thread *self, struct posix_poll *user_polls, unsigned count, int timeout_ms)
{
    return posix_poll(self, user_polls, count, deadline_after_ms(timeout_ms));
}

long linux_ppoll(struct posix_thread *self, struct posix_poll *user_polls, unsigned count, struct posix_time *user_timeout,
                 const struct linux_sigset *user_mask, uint64_t mask_size)
{
    uint64_t deadline_ns;
    long result = clock_timeout(user_timeout, &deadline_ns);
    if (result == 0)
        result = linux_mask_for_call(self, user_mask, mask_size);
    if (result < 0)
        return result;
    result = posix_poll(self, user_polls, count, deadline_ns);
    clock_put_rest(user_timeout, deadline_ns);
    return result;
}

long linux_select(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except, struct posix_micro_time *user_timeout)
{
    struct posix_micro_time timeout;
    uint64_t deadline_ns = DEADLINE_NONE;
    if (user_timeout) {
        if (USER_READ(timeout, user_timeout) < 0)
            return -EFAULT;
        if (timeout.seconds < 0 || timeout.microseconds < 0)
            return -EINVAL;
        uint64_t ns = (uint64_t)timeout.seconds * 1000000000 + (uint64_t)timeout.microseconds * 1000;
        deadline_ns = ns ? clock_now() + ns : 0;
    }
    long result = posix_select(self, count, user_reads, user_writes, user_except, deadline_ns);
    if (user_timeout && result >= 0) {
        uint64_t now_ns = clock_now();
        timeout = info_micro(deadline_ns > now_ns ? deadline_ns - now_ns : 0);
        (void)USER_WRITE(user_timeout, timeout);
    }
    return result;
}

long linux_pselect(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except,
                   struct posix_time *user_timeout, const uint64_t *user_mask_and_size)
{
    uint64_t mask_and_size[2] = {};
    uint64_t deadline_ns;
    if (user_mask_and_size && USER_READ(mask_and_size, user_mask_and_size) < 0)
        return -EFAULT;
    long result = clock_timeout(user_timeout, &deadline_ns);
    if (result == 0)
        result = linux_mask_for_call(self, (const struct linux_sigset *)mask_and_size[0], mask_and_size[1]);
    if (result < 0)
        return result;
    result = posix_select(self, count, user_reads, user_writes, user_except, deadline_ns);
    clock_put_rest(user_timeout, deadline_ns);
    return result;
}

long not_a_socket(int number)
{
    return descriptor_find(number) ? -ENOTSOCK : -EBADF;
}
