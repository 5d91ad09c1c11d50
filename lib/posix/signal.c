/* signal.c: what the process does about each signal, and what its threads block. proc is told of a change only where it would drop a
 * signal that is wanted now, or collect a child that is; the rest this runtime drops itself.
 * Invariant: under signals_lock, proc believes known_ignored and known_handled. */
#include "signal.h"
#include "native.h"

static uint64_t known_ignored, known_handled;
static uint64_t waited_for; /* signals that somebody waited for with sigtimedwait: proc must not drop them */

static void dispositions_locked(uint64_t *ignored, uint64_t *handled)
{
    *ignored = *handled = 0;
    for (uint32_t signal = 1; signal <= SIGNAL_LAST; signal++) {
        if (process.actions[signal].handler == HANDLER_IGNORE)
            *ignored |= SIGNAL_BIT(signal);
        else if (process.actions[signal].handler != HANDLER_DEFAULT)
            *handled |= SIGNAL_BIT(signal);
    }
    *handled |= waited_for & ~*ignored;
}

static void tell_proc_locked(void)
{
    uint64_t ignored, handled;
    dispositions_locked(&ignored, &handled);
    bool wanted_again = (known_ignored & ~ignored) != 0;
    uint64_t proc_acts = SIGNALS_IGNORED_BY_DEFAULT | (PROCESS->pid == 1 ? SIGNALS_FOR_POWER : 0);
    bool default_changed = ((ignored ^ known_ignored) | (handled ^ known_handled)) & proc_acts;
    if (!wanted_again && !default_changed)
        return;
    known_ignored = ignored;
    known_handled = handled;
    ignore(process_ignore(POSIX_CAP_PROCESS, ignored, handled));
}

long signal_set_action(uint32_t signal, const struct signal_action *action, struct signal_action *old)
{
    if (signal < 1 || signal > SIGNAL_LAST || (action && SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE))
        return -EINVAL;
    os_lock(&process.signals_lock);
    *old = process.actions[signal];
    if (action) {
        process.actions[signal] = *action;
        process.actions[signal].mask &= ~SIGNALS_UNBLOCKABLE;
        tell_proc_locked();
    }
    os_unlock(&process.signals_lock);
    return 0;
}

void signal_reset_actions(void)
{
    os_lock(&process.signals_lock);
    for (uint32_t signal = 1; signal <= SIGNAL_LAST; signal++) {
        uint64_t handler = process.actions[signal].handler == HANDLER_IGNORE ? HANDLER_IGNORE : HANDLER_DEFAULT;
        process.actions[signal] = (struct signal_action){.handler = handler};
    }
    tell_proc_locked();
    os_unlock(&process.signals_lock);
}

void signal_want(uint64_t set)
{
    set &= SIGNALS_IGNORED_BY_DEFAULT;
    if (!(set & ~waited_for))
        return;
    os_lock(&process.signals_lock);
    waited_for |= set;
    tell_proc_locked();
    os_unlock(&process.signals_lock);
}

uint64_t signal_pending(struct posix_thread *self)
{
    uint64_t pending = PROCESS->pending;
    return self->taken.signal ? pending | SIGNAL_BIT(self->taken.signal) : pending;
}

long signal_change_mask(struct posix_thread *self, enum mask_how how, uint64_t set)
{
    uint64_t mask = self->mask;
    switch (how) {
    case MASK_BLOCK: mask |= set; break;
    case MASK_UNBLOCK: mask &= ~set; break;
    case MASK_SET: mask = set; break;
    default: return -EINVAL;
    }
    self->mask = mask & ~SIGNALS_UNBLOCKABLE;
    if (PROCESS->pending & ~self->mask) [[clang::unlikely]]
        (void)signal_collect(self);
    return 0;
}

void signal_mask_for_call(struct posix_thread *self, uint64_t mask)
{
    self->saved_mask = self->mask;
    self->restore_mask = true;
    self->mask = mask & ~SIGNALS_UNBLOCKABLE;
}

void signal_mask_restore(struct posix_thread *self)
{
    if (!self->restore_mask || self->taken.signal)
        return; /* the handler's frame restores it */
    self->restore_mask = false;
    self->mask = self->saved_mask;
    if (PROCESS->pending & ~self->mask) [[clang::unlikely]]
        (void)signal_collect(self);
}

bool signal_unwanted(struct posix_thread *self, uint32_t signal)
{
    return self->mask & SIGNAL_BIT(signal) || process.actions[signal].handler == HANDLER_IGNORE;
}
