/* signals.c: calls about signals, whose structures are Linux's; and the ways into and out of handlers that all machines share. */
#include "linux.h"
#include <personality.h>

#define STACK_ON 1
#define STACK_DISABLED 2
#define STACK_AUTO_DISARM (int32_t)0x80000000
#define STACK_SMALLEST 2048u

static long get_set(const struct linux_sigset *user_set, uint64_t size, uint64_t *set)
{
    struct linux_sigset raw;
    if (size != sizeof raw)
        return -EINVAL;
    if (USER_READ(raw, user_set) < 0)
        return -EFAULT;
    *set = sigset_in(&raw);
    return 0;
}

static long put_set(struct linux_sigset *user_set, uint64_t set)
{
    struct linux_sigset raw = sigset_out(set);
    return USER_WRITE(user_set, raw);
}

long linux_sigaction_call(uint32_t signal, const struct linux_sigaction *user_new, struct linux_sigaction *user_old, uint64_t size)
{
    struct linux_sigaction raw;
    struct signal_action action, old;
    uint32_t number = signal_in(signal);
    if (size != sizeof(struct linux_sigset))
        return -EINVAL;
    if (user_new) {
        if (USER_READ(raw, user_new) < 0)
            return -EFAULT;
        action = (struct signal_action){raw.handler, action_flags_in(raw.flags), LINUX_ACTION_RESTORER(&raw), sigset_in(&raw.mask)};
    }
    long result = signal_set_action(number, user_new ? &action : NULL, &old);
    if (result < 0 || !user_old)
        return result;
    raw = (struct linux_sigaction){.handler = old.handler, .mask = sigset_out(old.mask)};
    raw.flags = (typeof(raw.flags))action_flags_out(old.flags);
    LINUX_ACTION_SET_RESTORER(&raw, old.restorer);
    return USER_WRITE(user_old, raw);
}

long linux_sigprocmask(struct posix_thread *self, unsigned how, const struct linux_sigset *user_new, struct linux_sigset *user_old, uint64_t size)
{
    uint64_t set = 0, old = self->mask;
    long result = user_new ? get_set(user_new, size, &set) : size == sizeof(struct linux_sigset) ? 0 : -EINVAL;
    if (result == 0 && user_old)
        result = put_set(user_old, old);
    if (result == 0 && user_new)
        result = signal_change_mask(self, mask_how_in(how), set);
    return result;
}

long linux_sigpending(struct posix_thread *self, struct linux_sigset *user_set, uint64_t size)
{
    return size > sizeof *user_set ? -EINVAL : put_set(user_set, signal_pending(self) & self->mask);
}

long linux_sigtimedwait(struct posix_thread *self, const struct linux_sigset *user_set, struct linux_siginfo *user_info, const struct posix_time *user_timeout, uint64_t size)
{
    uint64_t set, deadline_ns;
    struct signal_info info;
    long result = get_set(user_set, size, &set);
    if (result == 0)
        result = clock_timeout(user_timeout, &deadline_ns);
    if (result != 0)
        return result;
    result = signal_wait_for(self, set, deadline_ns, &info);
    if (result <= 0)
        return result;
    struct linux_siginfo out = linux_siginfo_of(&info);
    if (user_info && USER_WRITE(user_info, out) < 0)
        return -EFAULT;
    return (long)signal_out(info.signal);
}

long linux_sigqueue(int pid, uint32_t signal, const struct linux_siginfo *user_info)
{
    struct linux_siginfo raw;
    if (USER_READ(raw, user_info) < 0)
        return -EFAULT;
    return posix_signal_queue(pid, signal_in(signal), &(struct signal_info){.code = raw.code, .value = raw.sent.value});
}

long linux_sigsuspend(struct posix_thread *self, const struct linux_sigset *user_set, uint64_t size)
{
    uint64_t set;
    long result = get_set(user_set, size, &set);
    return result < 0 ? result : posix_signal_suspend(self, set);
}

long linux_mask_for_call(struct posix_thread *self, const struct linux_sigset *user_mask, uint64_t size)
{
    uint64_t set;
    if (!user_mask)
        return 0;
    long result = get_set(user_mask, size, &set);
    if (result == 0)
        signal_mask_for_call(self, set);
    return result;
}

/* --- the alternate stack ------------------------------------------------------------------------------------------------------------------------ */

static bool on_alternate(const struct posix_thread *self, uint64_t stack_pointer)
{
    return !(self->alternate_flags & STACK_DISABLED) && stack_pointer > self->alternate_base && stack_pointer - self->alternate_base <= self->alternate_size;
}

struct linux_sigstack linux_stack_state(const struct posix_thread *self, uint64_t stack_pointer)
{
    struct linux_sigstack stack = {};
    stack.base = self->alternate_base;
    stack.size = self->alternate_size;
    stack.flags = (int32_t)self->alternate_flags | (on_alternate(self, stack_pointer) ? STACK_ON : 0);
    return stack;
}

void linux_set_stack_state(struct posix_thread *self, const struct linux_sigstack *stack)
{
    bool off = stack->flags & STACK_DISABLED;
    self->alternate_base = off ? 0 : stack->base;
    self->alternate_size = off ? 0 : stack->size;
    self->alternate_flags = off ? STACK_DISABLED : (uint32_t)stack->flags & (uint32_t)STACK_AUTO_DISARM;
}

long linux_sigaltstack(struct posix_thread *self, struct frame *frame, const struct linux_sigstack *user_new, struct linux_sigstack *user_old)
{
    struct linux_sigstack new, old = linux_stack_state(self, frame->FRAME_SP);
    if (user_new) {
        if (USER_READ(new, user_new) != 0)
            return -EFAULT;
        if (old.flags & STACK_ON)
            return -EPERM;
        if (new.flags & ~(STACK_ON | STACK_DISABLED | STACK_AUTO_DISARM))
            return -EINVAL;
        if (!(new.flags & STACK_DISABLED) && new.size < STACK_SMALLEST)
            return -ENOMEM;
        linux_set_stack_state(self, &new);
    }
    return user_old ? USER_WRITE(user_old, old) : 0;
}

/* --- handlers -------------------------------------------------------------------------------------------------------------------------------------- */

struct linux_siginfo linux_siginfo_of(const struct signal_info *info)
{
    struct linux_siginfo out = {};
    out.signal = (int32_t)signal_out(info->signal);
    out.code = info->code;
    bool from_processor = info->code > 0 && info->code < CODE_KERNEL;
    if (info->signal == SIGCHLD && from_processor) {
        out.child.pid = info->pid;
        out.child.uid = info->uid;
        out.child.status = (int32_t)(info->code == 1 ? info->value : signal_out((uint32_t)info->value));
    } else if (from_processor || (info->code == CODE_KERNEL && info->address)) {
        out.fault.address = info->address;
    } else {
        out.sent.pid = info->pid;
        out.sent.uid = info->uid;
        out.sent.value = info->value;
    }
    return out;
}

/* Bytes below the stack pointer that a program may use without moving it (x86-64). */
#define RED_ZONE 128u

bool personality_enter_handler(struct posix_thread *self, const struct signal_info *info, const struct signal_action *action, uint64_t mask)
{
    struct frame *frame = &page_of(self)->frame;
    struct linux_siginfo out = linux_siginfo_of(info);
    uint64_t top = frame->FRAME_SP - RED_ZONE;
    if (action->flags & ACTION_ON_STACK && !(self->alternate_flags & STACK_DISABLED) && !on_alternate(self, frame->FRAME_SP))
        top = self->alternate_base + self->alternate_size;
    uint64_t place = (top - signal_frame_size()) & ~63ull;
    if (place > top || !user_writable(place, top - place))
        return false;
    if (signal_frame_push(self, frame, place, &out, action, mask) < 0)
        return false;
    if (self->alternate_flags & (uint32_t)STACK_AUTO_DISARM)
        linux_set_stack_state(self, &(struct linux_sigstack){.flags = STACK_DISABLED});
    return true;
}

long linux_sigreturn(struct posix_thread *self)
{
    uint64_t mask;
    if (signal_frame_pop(self, &page_of(self)->frame, &mask) < 0) {
        signal_fault(self, &(struct signal_info){.signal = SIGSEGV, .code = CODE_KERNEL});
        return RESULT_FRAME;
    }
    (void)signal_change_mask(self, MASK_SET, mask);
    return RESULT_FRAME;
}
