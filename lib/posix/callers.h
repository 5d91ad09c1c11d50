/* callers.h: which thread calls. A call that is no trap comes with the program's registers alone; where none of them leads to the thread page,
 * it is found by the thread pointer, in a table of those that called. A thread that is not in it enters itself by a trap; another one may take
 * its place, then it does so again. Programs must not let two threads use one thread pointer. */
#ifndef POSIX_CALLERS_H
#define POSIX_CALLERS_H

#include "callers_table.h"
#include "posix.h"

/* The thread calls with this thread pointer from now on. Returns: 0, or -EINVAL when it has none or one that is no address. */
long caller_register(struct posix_thread *thread, uint64_t pointer);
/* The same, when the process has callers at all: of a thread that does not run yet. */
void caller_expect(struct posix_thread *thread, uint64_t pointer);
/* The thread ends. */
void caller_forget(struct posix_thread *thread);
/* Another program, or another process, and this is its only thread: nobody has called yet. */
void callers_clear(struct posix_thread *self);

#endif
