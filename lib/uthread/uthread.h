/* uthread.h: many user threads on few virtual processors (M:N). The library switches between user threads without the kernel; when one waits
 * in the kernel its processor goes on with another, and when that wait is over one of the others makes room for it (scheduler activations:
 * the calls `processors_*`). For native programs, which use no floating point.
 *
 * A user thread's stack has no thread page: what sends messages (os_call and all that is made of it), waits or starts threads is called by
 * uthread_call, on the stack of the kernel's thread. Calls that use registers alone (os_now, futexes, notifications) can be made anywhere. */
#ifndef UTHREAD_UTHREAD_H
#define UTHREAD_UTHREAD_H

#include <os.h>
#include <list.h>

struct uthread;

/* Run function(argument) as the first user thread, on so many virtual processors. Returns when all user threads have ended: OK; or why nothing
 * was started. Only one at a time in a task (BUSY). To be called from an ordinary thread. Memory for a worker
 * that cannot be had is no error: then a wait may cost a processor. */
[[nodiscard]] enum status uthread_main(unsigned processors, void (*function)(void *), void *argument);

/* The next four are for user threads alone. */

/* Start another. Returns: OK, and in *thread, if that is not NULL, what uthread_join waits for (it has to be called then); NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status uthread_start(void (*function)(void *), void *argument, struct uthread **thread);
/* Wait until it has ended; it is gone then. */
void uthread_join(struct uthread *thread);
/* Let others run. */
void uthread_yield(void);
/* Call function(argument) where the kernel's calls may wait; others run meanwhile. Not from within such a function. 12 KiB of stack. */
void uthread_call(void (*function)(void *), void *argument);

/* A counting semaphore: what waits costs no thread of the kernel. Set to {.count = n} by UTHREAD_SEMAPHORE_INIT(s, n). */
struct uthread_semaphore {
    uint64_t count;
    struct list waiters;
};
void uthread_semaphore_init(struct uthread_semaphore *semaphore, uint64_t count);
void uthread_semaphore_wait(struct uthread_semaphore *semaphore);
void uthread_semaphore_post(struct uthread_semaphore *semaphore);

struct uthread_figures {
    uint64_t workers;   /* threads of the kernel that there are, or were at the end */
    uint64_t switches;  /* to user threads */
    uint64_t waits;     /* that a processor went on with another for: told by park */
    uint64_t unblocked; /* told of by upcalls, or before one was due */
    uint64_t preempted;
};
/* Of the present uthread_main, or the last. */
void uthread_figures(struct uthread_figures *figures);

#endif
