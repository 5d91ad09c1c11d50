/* clock.c: what time it is, and waiting for a time. */
#include "clock.h"
#include "native.h"
#include "page_clock.h"
#include "signal.h"
#include "user.h"

#define SECOND 1000000000ull

uint64_t clock_now(void)
{
    uint64_t now_ns, wall_offset_ns;
    if (page_clock(&now_ns))
        return now_ns;
    return os_system_clock(&now_ns, &wall_offset_ns) == STATUS_OK ? now_ns : 0;
}

struct posix_time clock_split(uint64_t ns)
{
    return (struct posix_time){(int64_t)(ns / SECOND), (int64_t)(ns % SECOND)};
}

static long clock_cpu(bool thread, uint64_t *ns)
{
    return errno_of(thread ? os_thread_info(posix_self()->handle, THREAD_CPU_NS, ns) : os_task_info(POSIX_CAP_TASK, TASK_CPU_NS, ns));
}

long clock_read(int clock, uint64_t *ns)
{
    if (clock == CLOCK_PROCESS_CPU || clock == CLOCK_THREAD_CPU)
        return clock_cpu(clock == CLOCK_THREAD_CPU, ns);
    uint64_t now_ns = clock_now();
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI: *ns = now_ns + PROCESS->wall_offset_ns; return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOT:
    case CLOCK_BOOT_ALARM: *ns = now_ns; return 0;
    default: return -EINVAL;
    }
}

static bool time_valid(const struct posix_time *time)
{
    return time->seconds >= 0 && (uint64_t)time->nanoseconds < SECOND;
}

/* The sum, or DEADLINE_NONE where it is beyond all time. */
static uint64_t time_after(uint64_t base_ns, const struct posix_time *time)
{
    uint64_t ns;
    if (__builtin_mul_overflow((uint64_t)time->seconds, SECOND, &ns) || __builtin_add_overflow(ns, (uint64_t)time->nanoseconds, &ns) ||
        __builtin_add_overflow(ns, base_ns, &ns))
        return DEADLINE_NONE;
    return ns;
}

long clock_deadline(int clock, const struct posix_time *time, bool absolute, uint64_t *deadline_ns)
{
    uint64_t shown_ns = 0, now_ns = clock_now();
    if (!time_valid(time))
        return -EINVAL;
    if (!absolute) {
        *deadline_ns = time_after(now_ns, time);
        return clock_read(clock, &shown_ns);
    }
    long result = clock_read(clock, &shown_ns);
    if (result != 0)
        return result;
    uint64_t wanted_ns = time_after(0, time);
    *deadline_ns = wanted_ns <= shown_ns ? 1 : wanted_ns == DEADLINE_NONE ? DEADLINE_NONE : now_ns + (wanted_ns - shown_ns);
    return 0;
}

long clock_timeout(const struct posix_time *user_timeout, uint64_t *deadline_ns)
{
    struct posix_time timeout;
    *deadline_ns = DEADLINE_NONE;
    if (!user_timeout)
        return 0;
    if (USER_READ(timeout, user_timeout) < 0)
        return -EFAULT;
    if (!time_valid(&timeout))
        return -EINVAL;
    *deadline_ns = timeout.seconds | timeout.nanoseconds ? time_after(clock_now(), &timeout) : 0;
    return 0;
}

void clock_put_rest(struct posix_time *user_rest, uint64_t deadline_ns)
{
    if (!user_rest || deadline_ns == DEADLINE_NONE)
        return;
    uint64_t now_ns = clock_now();
    struct posix_time rest = clock_split(deadline_ns > now_ns ? deadline_ns - now_ns : 0);
    (void)USER_WRITE(user_rest, rest);
}

long posix_clock_get(int clock, struct posix_time *user_time)
{
    uint64_t ns = 0;
    long result = clock_read(clock, &ns);
    if (result != 0)
        return result;
    struct posix_time time = clock_split(ns);
    return USER_WRITE(user_time, time);
}

long clock_set(const struct posix_time *time)
{
    uint64_t now_ns = clock_now(), wall_ns = time_valid(time) ? time_after(0, time) : DEADLINE_NONE;
    if (wall_ns == DEADLINE_NONE || wall_ns < now_ns) /* or before the machine was there */
        return -EINVAL;
    return errno_of(process_set_clock(POSIX_CAP_PROCESS, wall_ns - now_ns));
}

long posix_clock_set(int clock, const struct posix_time *user_time)
{
    struct posix_time time;
    if (clock != CLOCK_REALTIME)
        return -EINVAL;
    if (USER_READ(time, user_time) < 0)
        return -EFAULT;
    return clock_set(&time);
}

long posix_clock_resolution(int clock, struct posix_time *user_time)
{
    uint64_t ns;
    struct posix_time resolution = {0, 1};
    long result = clock_read(clock, &ns);
    return result < 0 || !user_time ? result : USER_WRITE(user_time, resolution);
}

long posix_sleep(struct posix_thread *self, int clock, bool absolute, const struct posix_time *user_time, struct posix_time *user_rest)
{
    struct posix_time time;
    uint64_t deadline_ns = 0;
    if (USER_READ(time, user_time) < 0)
        return -EFAULT;
    long result = clock_deadline(clock, &time, absolute, &deadline_ns);
    if (result < 0)
        return result;
    for (;;) {
        enum status status = os_futex_wait(&self->sleep_word, 0, deadline_ns, FUTEX_FLAG_INTERRUPTIBLE, UINT32_MAX);
        if (status == STATUS_TIMED_OUT)
            return 0;
        if (status != STATUS_INTERRUPTED)
            return errno_of(status);
        if (!signal_collect(self))
            continue;
        if (absolute)
            return -EINTR;
        clock_put_rest(user_rest, deadline_ns);
        return -EINTR;
    }
}

/* --- interval timers: kept by proc, which sends the signals -------------------------------------------------------------------------------- */

static uint64_t interval_ns(const struct posix_micro_time *time)
{
    return (uint64_t)time->seconds * SECOND + (uint64_t)time->microseconds * 1000;
}

static struct posix_micro_time interval_split(uint64_t ns)
{
    return (struct posix_micro_time){(int64_t)(ns / SECOND), (int64_t)((ns % SECOND + 999) / 1000)};
}

static long set_alarm(unsigned which, uint64_t value_ns, uint64_t repeat_ns, uint64_t *old_ns, uint64_t *old_repeat_ns)
{
    return errno_of(process_set_alarm(POSIX_CAP_PROCESS, which, value_ns, repeat_ns, old_ns, old_repeat_ns));
}

long posix_set_interval(unsigned which, const struct posix_interval *user_value, struct posix_interval *user_old)
{
    struct posix_interval value;
    uint64_t old_ns, old_repeat_ns;
    if (which > 2)
        return -EINVAL;
    if (USER_READ(value, user_value) < 0)
        return -EFAULT;
    if ((uint64_t)value.value.microseconds >= 1000000 || (uint64_t)value.interval.microseconds >= 1000000 || value.value.seconds < 0 || value.interval.seconds < 0)
        return -EINVAL;
    long result = set_alarm(which, interval_ns(&value.value), interval_ns(&value.interval), &old_ns, &old_repeat_ns);
    if (result < 0 || !user_old)
        return result;
    struct posix_interval old = {interval_split(old_repeat_ns), interval_split(old_ns)};
    return USER_WRITE(user_old, old);
}

long posix_get_interval(unsigned which, struct posix_interval *user_value)
{
    uint64_t old_ns, old_repeat_ns;
    if (which > 2)
        return -EINVAL;
    uint64_t ignored_ns, ignored_repeat_ns;
    long result = set_alarm(which, 0, 0, &old_ns, &old_repeat_ns);
    if (result == 0 && old_ns) /* asking is stopping it; start it again */
        result = set_alarm(which, old_ns, old_repeat_ns, &ignored_ns, &ignored_repeat_ns);
    if (result < 0)
        return result;
    struct posix_interval value = {interval_split(old_repeat_ns), interval_split(old_ns)};
    return USER_WRITE(user_value, value);
}

long posix_alarm(unsigned seconds)
{
    uint64_t old_ns, old_repeat_ns;
    long result = set_alarm(0, seconds * SECOND, 0, &old_ns, &old_repeat_ns);
    return result < 0 ? 0 : (long)((old_ns + SECOND - 1) / SECOND);
}
