/* signal_frame.c (mips64el, n64): what a handler finds on its stack: room for arguments, siginfo, ucontext. */
#include "linux.h"
#include <machine.h>

struct signal_frame {
    uint32_t arguments[4], pad[2];
    struct linux_siginfo info;
    uint64_t flags, link;
    struct linux_sigstack stack;
    uint64_t r[32]; /* struct sigcontext */
    uint64_t f[32];
    uint64_t hi, hi_more[3], lo, lo_more[3], pc;
    uint32_t fcsr, fpu_used, dsp, reserved;
    struct linux_sigset mask;
    uint64_t end;
};
static_assert(offsetof(struct signal_frame, r) == 24 + 128 + 16 + 24 && offsetof(struct signal_frame, mask) == offsetof(struct signal_frame, r) + 600);
#define CONTEXT_END 0x78454e44u

size_t signal_frame_size(void)
{
    return sizeof(struct signal_frame);
}

long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                       const struct signal_action *action, uint64_t mask)
{
    struct signal_frame out = {.info = *info, .stack = linux_stack_state(self, frame->FRAME_SP), .hi = frame->hi, .lo = frame->lo, .pc = frame->pc};
    struct fpu_image fpu;
    memcpy(out.r, frame->r, sizeof out.r);
    fpu_save(&fpu);
    memcpy(out.f, fpu.f, sizeof out.f);
    out.fcsr = fpu.fcsr;
    out.fpu_used = 1;
    out.mask = sigset_out(mask);
    out.end = CONTEXT_END;
    long result = user_write((void *)place, &out, sizeof out);
    frame->r[4] = (uint64_t)(uint32_t)info->signal;
    frame->r[5] = place + offsetof(struct signal_frame, info);
    frame->r[6] = place + offsetof(struct signal_frame, flags);
    frame->r[25] = action->handler;
    frame->r[29] = place;
    frame->r[31] = (uint64_t)entry_sigreturn;
    frame->pc = action->handler;
    return result;
}

long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask)
{
    struct signal_frame in;
    struct fpu_image fpu;
    if (!user_readable(frame->r[29], sizeof in) || USER_READ(in, (const void *)frame->r[29]) < 0)
        return -EFAULT;
    memcpy(frame->r, in.r, sizeof in.r);
    frame->hi = in.hi;
    frame->lo = in.lo;
    frame->pc = in.pc;
    memcpy(fpu.f, in.f, sizeof fpu.f);
    fpu.fcsr = in.fcsr;
    fpu_restore(&fpu);
    linux_set_stack_state(self, &in.stack);
    *mask = sigset_in(&in.mask);
    return 0;
}
