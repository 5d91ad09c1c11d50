/* signal_deliver.c: taking signals from proc, default actions, entering handlers. */
#include "native.h"
#include "personality.h"
#include "process.h"
#include "report.h"
#include "signal.h"

#define CHILD_STOPPED 5
#define CHILD_CONTINUED 6

void signal_terminate(uint32_t signal)
{
    posix_exit_process(signal & 0x7f);
}

/* What the default action does, unless it ends the process. */
static void default_action(struct posix_thread *self, const struct signal_info *info)
{
    uint64_t bit = SIGNAL_BIT(info->signal);
    if (bit & SIGNALS_IGNORED_BY_DEFAULT)
        return;
    if (bit & SIGNALS_STOPPING) {
        ignore(process_stopped(POSIX_CAP_PROCESS, info->signal));
        return;
    }
    report_signal(self, info);
    signal_terminate(info->signal);
}

/* Is it a report about a child that the program does not want? */
static bool unwanted_child(const struct signal_info *info, const struct signal_action *action)
{
    return info->signal == SIGCHLD && action->flags & ACTION_NO_CHILD_STOP && (info->code == CHILD_STOPPED || info->code == CHILD_CONTINUED);
}

/* Deal with a signal that was taken. Returns: true when its handler is to run. */
static bool consider(struct posix_thread *self, const struct signal_info *info)
{
    const struct signal_action *action = &process.actions[info->signal];
    uint64_t handler = action->handler;
    if (handler == HANDLER_IGNORE || unwanted_child(info, action))
        return false;
    if (handler != HANDLER_DEFAULT) {
        self->taken = *info;
        return true;
    }
    default_action(self, info);
    return false;
}

void signal_taken_again(struct posix_thread *self)
{
    struct signal_info info = self->taken;
    self->taken.signal = 0;
    if (info.signal)
        (void)consider(self, &info);
}

static bool take(struct posix_thread *self, uint64_t mask, struct signal_info *info)
{
    uint64_t signal = 0, code = 0, pid = 0, uid = 0, value = 0;
    enum status status = process_take_signal(POSIX_CAP_PROCESS, mask, self->tid, &signal, &code, &pid, &uid, &value);
    if (status != STATUS_OK || signal < 1 || signal > SIGNAL_LAST)
        return false;
    *info = (struct signal_info){.signal = (uint32_t)signal, .code = (int32_t)code, .pid = (uint32_t)pid, .uid = (uint32_t)uid, .value = value};
    return true;
}

bool signal_collect(struct posix_thread *self)
{
    struct signal_info info;
    /* First, so that what is posted from here on interrupts again. */
    atomic_store_explicit((_Atomic uint64_t *)&page_of(self)->upcall_pending, 0, memory_order_seq_cst);
    while (!self->taken.signal) {
        if (!(PROCESS->pending & ~self->mask) || !take(self, self->mask, &info))
            return false;
        consider(self, &info);
    }
    return true;
}

/* Enter the handler of one signal. */
static void enter(struct posix_thread *self, const struct signal_info *info)
{
    uint64_t mask = self->restore_mask ? self->saved_mask : self->mask;
    os_lock(&process.signals_lock);
    struct signal_action action = process.actions[info->signal];
    if (action.flags & ACTION_RESET && info->signal != SIGILL && info->signal != SIGTRAP)
        process.actions[info->signal].handler = HANDLER_DEFAULT;
    os_unlock(&process.signals_lock);
    if (action.handler == HANDLER_DEFAULT || action.handler == HANDLER_IGNORE) { /* another thread changed it since */
        (void)consider(self, info);
        return;
    }
    if (!personality_enter_handler(self, info, &action, mask)) {
        struct signal_info overflow = {.signal = SIGSEGV, .code = CODE_KERNEL, .address = page_of(self)->frame.FRAME_SP};
        report_signal(self, &overflow);
        signal_terminate(SIGSEGV);
    }
    self->restore_mask = false;
    self->mask |= action.mask | (action.flags & ACTION_NO_DEFER ? 0 : SIGNAL_BIT(info->signal));
}

void signal_deliver(struct posix_thread *self)
{
    do {
        struct signal_info info = self->taken;
        self->taken.signal = 0;
        if (info.signal)
            enter(self, &info);
    } while (signal_collect(self));
}

void signal_raise(struct posix_thread *self, uint32_t signal)
{
    struct signal_info info = {.signal = signal, .code = CODE_USER, .pid = PROCESS->pid, .uid = PROCESS->uid};
    if (self->mask & SIGNAL_BIT(signal) || self->taken.signal)
        ignore(process_thread_kill(POSIX_CAP_PROCESS, self->tid, signal, PROCESS->pid));
    else
        (void)consider(self, &info);
}

long signal_background(struct posix_thread *self, uint32_t signal)
{
    if (signal_unwanted(self, signal))
        return -EIO;
    enum status status = process_kill(POSIX_CAP_PROCESS, 0, signal);
    if (status != STATUS_OK)
        return -EIO;
    bool pending = PROCESS->pending & SIGNAL_BIT(signal);
    if (signal_collect(self))
        return RESULT_RESTART;
    /* The process was stopped and goes on; where the stop was refused (an orphaned group), the terminal is not for it. */
    return pending ? 0 : -EIO;
}

void signal_fault(struct posix_thread *self, const struct signal_info *info)
{
    const struct signal_action *action = &process.actions[info->signal];
    if (action->handler == HANDLER_DEFAULT || action->handler == HANDLER_IGNORE || self->mask & SIGNAL_BIT(info->signal)) {
        report_signal(self, info);
        signal_terminate(info->signal);
    }
    enter(self, info);
}
