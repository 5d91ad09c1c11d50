/* usage.h: what the system and the process are and use: limits, times, names of things. */
#ifndef POSIX_USAGE_H
#define POSIX_USAGE_H

#include "clock.h"
#include "posix.h"

struct posix_usage { /* struct rusage */
    struct posix_micro_time user, system;
    int64_t resident_max_kib, other[13];
};
struct posix_limit { uint64_t soft, hard; };

struct posix_micro_time info_micro(uint64_t ns);
/* who: 0 self, 1 this thread, -1 children */
[[nodiscard]] long posix_usage(int who, struct posix_usage *user_usage);
/* user_times: 4 words of ticks of 10 ms. Returns: ticks since boot. */
[[nodiscard]] long posix_times(int64_t *user_times);
[[nodiscard]] long posix_system(void *user_info);
[[nodiscard]] long posix_limit(int pid, unsigned resource, const struct posix_limit *user_new, struct posix_limit *user_old);
[[nodiscard]] long posix_name_thread(struct posix_thread *self, const char *user_name);
[[nodiscard]] long posix_thread_name(struct posix_thread *self, char *user_name);
[[nodiscard]] long posix_power(unsigned action);
/* The log, as syslog reads it: not shown to programs yet. */
[[nodiscard]] long posix_log(unsigned action);

#endif
