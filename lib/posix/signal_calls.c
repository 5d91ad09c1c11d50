/* signal_calls.c: sending signals and waiting for them. */
#include "native.h"
#include "process.h"
#include "signal.h"

/* A signal of the process to itself that has a handler and is not blocked needs nobody's help. Returns: false when it does. */
static bool send_to_self(struct posix_thread *self, uint32_t signal, int code)
{
    uint64_t handler = process.actions[signal].handler;
    if (handler == HANDLER_DEFAULT || handler == HANDLER_IGNORE || self->mask & SIGNAL_BIT(signal) || self->taken.signal || signal == SIGCONT)
        return false;
    self->taken = (struct signal_info){.signal = signal, .code = code, .pid = PROCESS->pid, .uid = PROCESS->uid};
    return true;
}

long posix_kill(struct posix_thread *self, int target, uint32_t signal)
{
    if (signal > SIGNAL_LAST)
        return -EINVAL;
    if ((uint32_t)target == PROCESS->pid && signal && send_to_self(self, signal, CODE_USER))
        return 0;
    return errno_of(process_kill(POSIX_CAP_PROCESS, target, signal));
}

long posix_thread_kill(struct posix_thread *self, int group, int tid, uint32_t signal)
{
    if (signal > SIGNAL_LAST || tid <= 0 || group < 0)
        return -EINVAL;
    if ((uint32_t)tid == self->tid && (group == 0 || (uint32_t)group == PROCESS->pid) && signal && send_to_self(self, signal, CODE_THREAD_KILL))
        return 0;
    return errno_of(process_thread_kill(POSIX_CAP_PROCESS, (uint64_t)tid, signal, (uint64_t)group));
}

long posix_signal_queue(int pid, uint32_t signal, const struct signal_info *info)
{
    if (signal > SIGNAL_LAST || pid <= 0)
        return -EINVAL;
    return errno_of(process_queue_signal(POSIX_CAP_PROCESS, (uint64_t)pid, signal, info->code, info->value));
}

/* Until a handler is to run. */
static void wait_for_handler(struct posix_thread *self)
{
    while (!signal_collect(self))
        ignore(os_futex_wait(&self->sleep_word, 0, DEADLINE_NONE, FUTEX_FLAG_INTERRUPTIBLE, UINT32_MAX));
}

long posix_signal_suspend(struct posix_thread *self, uint64_t mask)
{
    signal_mask_for_call(self, mask);
    wait_for_handler(self);
    return -EINTR;
}

long posix_pause(struct posix_thread *self)
{
    wait_for_handler(self);
    return -EINTR;
}

static bool take_of(struct posix_thread *self, uint64_t set, struct signal_info *info)
{
    uint64_t signal = 0, code = 0, pid = 0, uid = 0, value = 0;
    if (!(PROCESS->pending & set) || process_take_signal(POSIX_CAP_PROCESS, ~set, self->tid, &signal, &code, &pid, &uid, &value) != STATUS_OK || !signal)
        return false;
    *info = (struct signal_info){.signal = (uint32_t)signal, .code = (int32_t)code, .pid = (uint32_t)pid, .uid = (uint32_t)uid, .value = value};
    return true;
}

long signal_wait_for(struct posix_thread *self, uint64_t set, uint64_t deadline_ns, struct signal_info *info)
{
    set &= ~SIGNALS_UNBLOCKABLE;
    signal_want(set);
    for (;;) {
        atomic_store((_Atomic uint64_t *)&page_of(self)->upcall_pending, 0);
        if (take_of(self, set, info))
            return (long)info->signal;
        if (signal_collect(self))
            return -EINTR;
        if (!deadline_ns)
            return -EAGAIN;
        enum status status = os_futex_wait(&self->sleep_word, 0, deadline_ns, FUTEX_FLAG_INTERRUPTIBLE, UINT32_MAX);
        if (status == STATUS_TIMED_OUT)
            deadline_ns = 0; /* look once more */
        else if (status != STATUS_INTERRUPTED)
            return errno_of(status);
    }
}
