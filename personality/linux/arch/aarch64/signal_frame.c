/* signal_frame.c (aarch64): what a handler finds on its stack: siginfo, ucontext, and a frame record that leads to what was interrupted. */
#include "linux.h"
#include <machine.h>

struct record_head {
    uint32_t magic, size;
};

struct fpu_record {
    struct record_head head;
    struct fpu_image fpu;
};
#define FPU_MAGIC 0x46508001u
static_assert(sizeof(struct fpu_record) == 528);

struct context { /* struct sigcontext */
    uint64_t fault_address, x[31], sp, pc, pstate;
    alignas(16) struct fpu_record fpu;
    struct record_head end;
    uint8_t room[4096 - sizeof(struct fpu_record) - sizeof(struct record_head)];
};

struct signal_frame {
    struct linux_siginfo info;
    uint64_t flags, link;
    struct linux_sigstack stack;
    struct linux_sigset mask;
    uint8_t  mask_room[120];
    alignas(16) struct context context;
    uint64_t frame_pointer, return_address;
};
static_assert(offsetof(struct signal_frame, context) == 304 && offsetof(struct context, fpu) == 288);

/* The part that is written and read: what is behind the records stays as it is. */
#define USED_SIZE (offsetof(struct signal_frame, context) + offsetof(struct context, room))

size_t signal_frame_size(void)
{
    return sizeof(struct signal_frame);
}

union used_frame {
    uint8_t bytes[USED_SIZE];
    struct {
        struct linux_siginfo info;
        uint64_t flags, link;
        struct linux_sigstack stack;
        struct linux_sigset mask;
        uint8_t  mask_room[120];
        alignas(16) uint64_t fault_address;
        uint64_t x[31], sp, pc, pstate;
        alignas(16) struct fpu_record fpu;
        struct record_head end;
    };
};

long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                       const struct signal_action *action, uint64_t mask)
{
    union used_frame out = {};
    struct signal_frame *target = (struct signal_frame *)place;
    uint64_t record[2] = {frame->x[29], frame->x[30]};
    out.info = *info;
    out.stack = linux_stack_state(self, frame->sp);
    out.mask = sigset_out(mask);
    out.fault_address = info->fault.address;
    memcpy(out.x, frame->x, sizeof out.x);
    out.sp = frame->sp;
    out.pc = frame->pc;
    out.pstate = frame->pstate;
    out.fpu.head = (struct record_head){FPU_MAGIC, sizeof out.fpu};
    fpu_save(&out.fpu.fpu);
    long result = user_write(target, &out, USED_SIZE);
    if (result == 0)
        result = user_write(&target->frame_pointer, record, sizeof record);
    frame->x[0] = (uint64_t)(uint32_t)info->signal;
    frame->x[1] = (uint64_t)&target->info;
    frame->x[2] = (uint64_t)&target->flags;
    frame->x[29] = (uint64_t)&target->frame_pointer;
    frame->x[30] = action->flags & ACTION_RESTORER ? action->restorer : (uint64_t)entry_sigreturn;
    frame->sp = place;
    frame->pc = action->handler;
    return result;
}

long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask)
{
    union used_frame in;
    if (!user_readable(frame->sp, USED_SIZE) || user_read(&in, (const void *)frame->sp, USED_SIZE) < 0)
        return -EFAULT;
    memcpy(frame->x, in.x, sizeof in.x);
    frame->sp = in.sp;
    frame->pc = in.pc;
    frame->pstate = in.pstate;
    if (in.fpu.head.magic == FPU_MAGIC)
        fpu_restore(&in.fpu.fpu);
    linux_set_stack_state(self, &in.stack);
    *mask = sigset_in(&in.mask);
    return 0;
}
