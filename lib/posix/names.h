/* names.h: what is done to files by their names. `directory`: a descriptor or AT_WORKING_DIRECTORY. */
#ifndef POSIX_NAMES_H
#define POSIX_NAMES_H

#include "path.h"
#include <file.h>

#define AT_NO_FOLLOW 0x100u
#define AT_REMOVE_DIRECTORY 0x200u
#define AT_EFFECTIVE 0x200u
#define AT_FOLLOW 0x400u
#define AT_EMPTY_PATH 0x1000u

struct posix_time { /* struct timespec of 64-bit Linux */
    int64_t seconds, nanoseconds;
};

[[nodiscard]] long posix_stat(int directory, const char *user_path, unsigned flags, struct file_stat *stat);
[[nodiscard]] long posix_stat_descriptor(int number, struct file_stat *stat);
[[nodiscard]] long posix_file_system(const char *user_path, struct fs_status *status);
[[nodiscard]] long posix_file_system_descriptor(int number, struct fs_status *status);
[[nodiscard]] long posix_access(int directory, const char *user_path, unsigned mode, unsigned flags);
[[nodiscard]] long posix_read_link(int directory, const char *user_path, char *user_buffer, size_t length);

[[nodiscard]] long posix_make_directory(int directory, const char *user_path, unsigned mode);
[[nodiscard]] long posix_make_node(int directory, const char *user_path, unsigned mode, uint64_t device);
[[nodiscard]] long posix_make_link(const char *user_text, int directory, const char *user_path);
[[nodiscard]] long posix_link(int from_directory, const char *user_from, int to_directory, const char *user_to, unsigned flags);
[[nodiscard]] long posix_rename(int from_directory, const char *user_from, int to_directory, const char *user_to, unsigned flags);
[[nodiscard]] long posix_unlink(int directory, const char *user_path, unsigned flags);

[[nodiscard]] long posix_change_mode(int directory, const char *user_path, unsigned mode, unsigned flags);
[[nodiscard]] long posix_change_mode_descriptor(int number, unsigned mode);
[[nodiscard]] long posix_change_owner(int directory, const char *user_path, uint32_t uid, uint32_t gid, unsigned flags);
[[nodiscard]] long posix_change_owner_descriptor(int number, uint32_t uid, uint32_t gid);
/* user_times NULL: both now. user_path NULL: the descriptor `directory` itself. */
[[nodiscard]] long posix_set_times(int directory, const char *user_path, const struct posix_time *user_times, unsigned flags);
/* The same with times in memory of the runtime. */
[[nodiscard]] long posix_set_times_to(int directory, const char *user_path, const struct posix_time times[2], unsigned flags);
[[nodiscard]] long posix_truncate(const char *user_path, int64_t size);

[[nodiscard]] long posix_change_directory(const char *user_path);
[[nodiscard]] long posix_change_directory_descriptor(int number);
/* Returns: bytes with the NUL. */
[[nodiscard]] long posix_get_directory(char *user_buffer, size_t length);
[[nodiscard]] long posix_umask(unsigned mask);

#endif
