/* load.h: makes a task of a native program in the boot archive. */
#ifndef INIT_LOAD_H
#define INIT_LOAD_H

#include <image.h>

/* A program's task, its first thread (not started) and its capability tables still empty. */
struct loaded {
    cap_t    task, thread;
    uint64_t entry, stack_pointer;
};

/* program: a file of the boot archive. ledger: pays for the task. stack: bytes. Returns: OK and *loaded; BAD_FORMAT, NOT_SUPPORTED for what
 * is no program of this machine; out of memory. */
[[nodiscard]] enum status load_program(const struct archive_entry *program, cap_t ledger, const char *name, uint64_t stack, struct loaded *loaded);

#endif
