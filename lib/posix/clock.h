/* clock.h: clocks, sleeping and interval timers. Times are nanoseconds since boot unless said otherwise. */
#ifndef POSIX_CLOCK_H
#define POSIX_CLOCK_H

#include "names.h"
#include "posix.h"

enum clock_id : int {
    CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPU = 2, CLOCK_THREAD_CPU = 3, CLOCK_MONOTONIC_RAW = 4, CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6, CLOCK_BOOT = 7, CLOCK_REALTIME_ALARM = 8, CLOCK_BOOT_ALARM = 9, CLOCK_TAI = 11,
};

uint64_t clock_now(void);
/* What the clock shows, ns. Returns: -EINVAL for clocks there are not. */
[[nodiscard]] long clock_read(int clock, uint64_t *ns);
/* The deadline for a time of that clock, absolute or from now. Returns: 0 or -EINVAL. */
[[nodiscard]] long clock_deadline(int clock, const struct posix_time *time, bool absolute, uint64_t *deadline_ns);
/* The deadline of an optional relative timeout at a user address; NULL: DEADLINE_NONE; a zero timeout gives 0. */
[[nodiscard]] long clock_timeout(const struct posix_time *user_timeout, uint64_t *deadline_ns);
/* Write what is left of the time until the deadline. */
void clock_put_rest(struct posix_time *user_rest, uint64_t deadline_ns);
struct posix_time clock_split(uint64_t ns);

[[nodiscard]] long posix_clock_get(int clock, struct posix_time *user_time);
/* Set what CLOCK_REALTIME shows. Returns: -EINVAL for what is no time or before boot's, -EPERM. */
[[nodiscard]] long clock_set(const struct posix_time *time);
[[nodiscard]] long posix_clock_set(int clock, const struct posix_time *user_time);
[[nodiscard]] long posix_clock_resolution(int clock, struct posix_time *user_time);
[[nodiscard]] long posix_sleep(struct posix_thread *self, int clock, bool absolute, const struct posix_time *user_time, struct posix_time *user_rest);
struct posix_micro_time { int64_t seconds, microseconds; };
struct posix_interval { struct posix_micro_time interval, value; };
[[nodiscard]] long posix_set_interval(unsigned which, const struct posix_interval *user_value, struct posix_interval *user_old);
[[nodiscard]] long posix_get_interval(unsigned which, struct posix_interval *user_value);
[[nodiscard]] long posix_alarm(unsigned seconds);

#endif
