/* scheduling.h: niceness, policies, affinity. */
#ifndef POSIX_SCHEDULING_H
#define POSIX_SCHEDULING_H

#include "posix.h"

[[nodiscard]] long posix_get_priority(unsigned which, int who);
[[nodiscard]] long posix_set_priority(unsigned which, int who, int value);
[[nodiscard]] long posix_get_scheduler(int pid);
/* user_realtime: struct sched_param */
[[nodiscard]] long posix_set_scheduler(int pid, int policy, const int32_t *user_realtime);
[[nodiscard]] long posix_set_parameter(int pid, const int32_t *user_realtime);
[[nodiscard]] long posix_get_parameter(int pid, int32_t *user_realtime);
/* The least or greatest priority of a policy. */
[[nodiscard]] long posix_priority_limit(int policy, bool most);
[[nodiscard]] long posix_set_affinity(struct posix_thread *self, int tid, size_t length, const uint64_t *user_mask);
[[nodiscard]] long posix_get_affinity(struct posix_thread *self, int tid, size_t length, uint64_t *user_mask);
/* A new thread of the caller may run where the caller may. */
void posix_inherit_affinity(const struct posix_thread *self, cap_t thread);

#endif
