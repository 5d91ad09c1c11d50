/* signal_frame.c (riscv64): what a handler finds on its stack: siginfo, ucontext. */
#include "linux.h"
#include <machine.h>

struct context { /* struct sigcontext */
    uint64_t pc, x[31]; /* x1..x31 */
    struct fpu_image fpu;
    uint8_t  quad_room[528 - sizeof(struct fpu_image)];
};

struct signal_frame {
    struct linux_siginfo info;
    uint64_t flags, link;
    struct linux_sigstack stack;
    struct linux_sigset mask;
    uint8_t  mask_room[120];
    alignas(16) struct context context;
};
static_assert(offsetof(struct signal_frame, context) == 304 && sizeof(struct context) == 784);

size_t signal_frame_size(void)
{
    return sizeof(struct signal_frame);
}

long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                       const struct signal_action *action, uint64_t mask)
{
    struct signal_frame out = {.info = *info, .stack = linux_stack_state(self, frame->FRAME_SP), .mask = sigset_out(mask)};
    out.context.pc = frame->pc;
    memcpy(out.context.x, frame->x + 1, sizeof out.context.x);
    fpu_save(&out.context.fpu);
    long result = user_write((void *)place, &out, sizeof out);
    frame->x[1] = (uint64_t)entry_sigreturn;
    frame->x[2] = place;
    frame->x[10] = (uint64_t)(uint32_t)info->signal;
    frame->x[11] = place + offsetof(struct signal_frame, info);
    frame->x[12] = place + offsetof(struct signal_frame, flags);
    frame->pc = action->handler;
    return result;
}

long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask)
{
    struct signal_frame in;
    if (!user_readable(frame->x[2], sizeof in) || USER_READ(in, (const void *)frame->x[2]) < 0)
        return -EFAULT;
    frame->pc = in.context.pc;
    memcpy(frame->x + 1, in.context.x, sizeof in.context.x);
    fpu_restore(&in.context.fpu);
    linux_set_stack_state(self, &in.stack);
    *mask = sigset_in(&in.mask);
    return 0;
}
