/* execute.h: replacing the program of a process. */
#ifndef POSIX_EXECUTE_H
#define POSIX_EXECUTE_H

#include "posix.h"

/* The arguments and the environment, in memory of the runtime: strings one after the other, each with its NUL, arguments first. */
struct program_strings {
    char  *text; /* from the pool */
    size_t length, room;
    size_t argument_count, environment_count;
};
#define STRINGS_MOST 0x200000u /* bytes, as RLIMIT_STACK / 4 */

/* Append at the end. Returns: -ENOMEM, -E2BIG. */
[[nodiscard]] long strings_add(struct program_strings *strings, const char *text, size_t length);
/* Replace argument 0 by these, a script's interpreter and its arguments. */
[[nodiscard]] long strings_prepend(struct program_strings *strings, const char *const *texts, size_t count);
void strings_free(struct program_strings *strings);

[[nodiscard]] long posix_execute(struct posix_thread *self, int directory, const char *user_path, const char *const *user_arguments,
                                 const char *const *user_environment, unsigned flags);

/* The program is decided and can be loaded: end what belonged to the old one (threads, mappings, handlers, descriptors to close).
 * Nothing can fail any more but the end of memory. */
void execute_commit(struct posix_thread *self);
/* The new program, for stack traces and /proc: the path it was called by, and that of its file. */
void execute_named(struct posix_thread *self, const char *called, const char *file, const struct program_strings *strings);

#endif
