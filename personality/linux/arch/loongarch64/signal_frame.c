/* signal_frame.c (loongarch64): what a handler finds on its stack: siginfo, ucontext with the floating-point registers behind it. */
#include "linux.h"
#include <machine.h>

struct record_head {
    uint32_t magic, size;
    uint64_t pad;
};
#define FPU_MAGIC 0x46505501u

struct signal_frame {
    struct linux_siginfo info;
    uint64_t flags, link;
    struct linux_sigstack stack;
    struct linux_sigset mask;
    uint8_t  mask_room[120];
    alignas(16) uint64_t pc; /* struct sigcontext */
    uint64_t r[32];
    uint32_t context_flags;
    alignas(16) struct record_head fpu_head;
    struct fpu_image fpu;
    alignas(16) struct record_head end;
};
static_assert(offsetof(struct signal_frame, pc) == 304 && offsetof(struct signal_frame, fpu_head) == 304 + 272);

size_t signal_frame_size(void)
{
    return sizeof(struct signal_frame);
}

long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                       const struct signal_action *action, uint64_t mask)
{
    struct signal_frame out = {.info = *info, .stack = linux_stack_state(self, frame->FRAME_SP), .mask = sigset_out(mask), .pc = frame->pc};
    memcpy(out.r, frame->r, sizeof out.r);
    out.context_flags = 1; /* floating point was used */
    out.fpu_head = (struct record_head){.magic = FPU_MAGIC, .size = offsetof(struct signal_frame, end) - offsetof(struct signal_frame, fpu_head)};
    fpu_save(&out.fpu);
    long result = user_write((void *)place, &out, sizeof out);
    frame->r[1] = (uint64_t)entry_sigreturn;
    frame->r[3] = place;
    frame->r[4] = (uint64_t)(uint32_t)info->signal;
    frame->r[5] = place + offsetof(struct signal_frame, info);
    frame->r[6] = place + offsetof(struct signal_frame, flags);
    frame->pc = action->handler;
    return result;
}

long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask)
{
    struct signal_frame in;
    if (!user_readable(frame->r[3], sizeof in) || USER_READ(in, (const void *)frame->r[3]) < 0)
        return -EFAULT;
    frame->pc = in.pc;
    memcpy(frame->r, in.r, sizeof in.r);
    if (in.fpu_head.magic == FPU_MAGIC)
        fpu_restore(&in.fpu);
    linux_set_stack_state(self, &in.stack);
    *mask = sigset_in(&in.mask);
    return 0;
}
