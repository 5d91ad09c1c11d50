/* identity.h: who the process is: users, groups, process groups, sessions. */
#ifndef POSIX_IDENTITY_H
#define POSIX_IDENTITY_H

#include "posix.h"

enum id_kind : unsigned { ID_USER = 0, ID_GROUP = 1 };
#define ID_KEEP UINT32_MAX

[[nodiscard]] long posix_set_id(enum id_kind kind, uint32_t id);
[[nodiscard]] long posix_set_real_effective(enum id_kind kind, uint32_t real, uint32_t effective);
[[nodiscard]] long posix_set_three(enum id_kind kind, uint32_t real, uint32_t effective, uint32_t saved);
[[nodiscard]] long posix_get_three(enum id_kind kind, uint32_t *user_real, uint32_t *user_effective, uint32_t *user_saved);
[[nodiscard]] long posix_get_groups(int room, uint32_t *user_groups);
[[nodiscard]] long posix_set_groups(int count, const uint32_t *user_groups);
[[nodiscard]] long posix_set_process_group(int pid, int group);
[[nodiscard]] long posix_get_process_group(int pid);
[[nodiscard]] long posix_get_session(int pid);
[[nodiscard]] long posix_new_session(void);

#endif
