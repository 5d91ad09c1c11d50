/* state.c: the state of the process, its locks all at once, and its end. */
#include "native.h"
#include "process.h"
#include "signal.h"

struct posix_process process = {.umask = 022, .descriptor_limit = 1024};

static struct os_lock *const locks[] = {
    &process.names_lock, &process.descriptors_lock, &process.memory_lock, &process.signals_lock, &process.threads_lock, &process.session_lock, &process.pool_lock,
};

void process_lock_all(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(locks); i++)
        os_lock(locks[i]);
}

void process_unlock_all(void)
{
    for (unsigned i = ARRAY_LENGTH(locks); i-- > 0;)
        os_unlock(locks[i]);
}

void posix_exit_process(unsigned wait_status)
{
    thread_release_memory(posix_self());
    for (;;)
        if (process_exit(POSIX_CAP_PROCESS, wait_status) == STATUS_PEER_GONE) /* proc is dead: nobody is there to end the process */
            ignore(os_thread_exit());
}

long posix_wait(struct posix_thread *self, int64_t selector, unsigned options, struct waited *waited)
{
    uint64_t pid = 0, wait_status = 0;
    enum status status;
    if (options & ~(WAIT_NO_HANG | WAIT_STOPPED | WAIT_EXITED | WAIT_CONTINUED | WAIT_PEEK))
        return -EINVAL;
    do
        status = INTERRUPTIBLE(self, process_wait(POSIX_CAP_PROCESS, selector, options, &pid, &wait_status, &waited->user_ns, &waited->system_ns));
    while (status == STATUS_INTERRUPTED && !signal_collect(self));
    if (status == STATUS_INTERRUPTED) { /* perhaps by the end of the very child that is waited for */
        status = process_wait(POSIX_CAP_PROCESS, selector, options | WAIT_NO_HANG, &pid, &wait_status, &waited->user_ns, &waited->system_ns);
        if (status == STATUS_OK && pid == 0)
            return RESULT_RESTART;
    }
    if (PROCESS->pending & ~self->mask) /* SIGCHLD comes with the answer, not after it */
        (void)signal_collect(self);
    waited->pid = (uint32_t)pid;
    waited->status = (uint32_t)wait_status;
    return status == STATUS_OK ? (long)pid : errno_of(status);
}
