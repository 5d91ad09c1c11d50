/* path.h: paths as programs give them, made absolute. */
#ifndef POSIX_PATH_H
#define POSIX_PATH_H

#include "posix.h"

#define AT_WORKING_DIRECTORY (-100)

struct path {
    const char *text; /* absolute; NUL terminated */
    size_t length;    /* without the NUL */
    char   buffer[PATH_LIMIT];
};

/* --- text (path_text.c) ---------------------------------------------------------------------------------------------------------- */
/* base "/" relative, into to. base is absolute. Returns: the length, or -ENAMETOOLONG. */
[[nodiscard]] long path_join(char *to, size_t room, const char *base, const char *relative, size_t relative_length);
/* "/proc/self..." names this process: write "/proc/<pid>..." into to. Returns: the length, 0 when the path does not begin so, or
 * -ENAMETOOLONG. */
[[nodiscard]] long path_own_process(char *to, size_t room, const char *path, size_t length, uint32_t pid);
/* The descriptor that "/dev/fd/N", "/dev/stdin" and the like or "/proc/<pid>/fd/N" names; -1: none. */
int path_descriptor(const char *path, uint32_t pid);
/* Is it "/proc/<pid>/exe" ? */
bool path_executable(const char *path, uint32_t pid);

/* --- the calling process (path.c) ------------------------------------------------------------------------------------------------ */
/* Make user_path absolute: relative ones are seen from the directory that the descriptor names, or from the working directory.
 * Returns: 0, -EFAULT, -ENAMETOOLONG, -ENOENT (empty path), -EBADF, -ENOTDIR. */
[[nodiscard]] long path_get(struct path *path, int directory, const char *user_path);
/* If it is "/proc/<own pid>/exe": the path of the program's file in its place. Returns: 0, -ENOENT. */
[[nodiscard]] long path_follow_executable(struct path *path);

#endif
