/* signal_frame.c (x86-64): what a handler finds on its stack: return address, ucontext, siginfo; above them the extended registers. */
#include "linux.h"
#include <machine.h>

struct context { /* struct sigcontext */
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2, fpu, reserved[8];
};

struct signal_frame {
    uint64_t return_address;
    uint64_t flags, link;
    struct linux_sigstack stack;
    struct context context;
    struct linux_sigset mask;
    struct linux_siginfo info;
};
static_assert(offsetof(struct signal_frame, context) == 48 && sizeof(struct signal_frame) == 440);

/* The frame begins 8 below a multiple of 16, as after a call; the extended registers at a multiple of 64. */
#define FRAME_OFFSET 56u
#define FPU_OFFSET 512u
static_assert(FRAME_OFFSET + sizeof(struct signal_frame) <= FPU_OFFSET);

/* In the last bytes of the legacy region that the processor leaves to software. */
struct fpu_note {
    uint32_t magic, total_size;
    uint64_t features;
    uint32_t state_size, pad[7];
};
#define FPU_NOTE_OFFSET 464u
#define FPU_MAGIC 0x46505853u
#define FPU_MAGIC_END 0x46505845u
#define LEGACY_SIZE 512u
#define CONTEXT_HAS_STATE 1ull
#define CONTEXT_HAS_SS 6ull
#define FLAG_TRAP 0x100ull
#define FLAG_DIRECTION 0x400ull
#define PAGE_FAULT_TRAP 14u
#define USER_CS 0x33u
#define USER_SS 0x2bu

size_t signal_frame_size(void)
{
    return FPU_OFFSET + fpu_size() + sizeof(uint32_t);
}

static void save_fpu(char *area)
{
    size_t size = fpu_size();
    struct fpu_note note = {};
    uint32_t end = FPU_MAGIC_END;
    fpu_save(area);
    if (size > LEGACY_SIZE) {
        memcpy(&note.features, area + LEGACY_SIZE, sizeof note.features);
        note.magic = FPU_MAGIC;
        note.total_size = (uint32_t)(size + sizeof end);
        note.state_size = (uint32_t)size;
    }
    memcpy(area + FPU_NOTE_OFFSET, &note, sizeof note);
    memcpy(area + size, &end, sizeof end);
}

static void save_registers(struct context *c, const struct frame *f)
{
    *c = (struct context){
        .r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11, .r12 = f->r12, .r13 = f->r13, .r14 = f->r14, .r15 = f->r15, .rdi = f->rdi,
        .rsi = f->rsi, .rbp = f->rbp, .rbx = f->rbx, .rdx = f->rdx, .rax = f->rax, .rcx = f->rcx, .rsp = f->rsp, .rip = f->rip, .flags = f->rflags,
        .cs = USER_CS, .ss = USER_SS, .error = f->error,
    };
}

long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                       const struct signal_action *action, uint64_t mask)
{
    struct signal_frame out = {.flags = CONTEXT_HAS_SS | (fpu_size() > LEGACY_SIZE ? CONTEXT_HAS_STATE : 0)};
    uint64_t where = place + FRAME_OFFSET;
    out.return_address = action->flags & ACTION_RESTORER ? action->restorer : (uint64_t)entry_sigreturn;
    out.stack = linux_stack_state(self, frame->rsp);
    save_registers(&out.context, frame);
    if (info->signal == (int32_t)SIGSEGV) {
        out.context.trap = PAGE_FAULT_TRAP;
        out.context.cr2 = info->fault.address;
    }
    out.context.old_mask = mask;
    out.context.fpu = place + FPU_OFFSET;
    out.mask = sigset_out(mask);
    out.info = *info;
    save_fpu((char *)place + FPU_OFFSET);
    long result = user_write((void *)where, &out, sizeof out);
    frame->rdi = (uint64_t)(uint32_t)info->signal;
    frame->rsi = where + offsetof(struct signal_frame, info);
    frame->rdx = where + offsetof(struct signal_frame, flags);
    frame->rax = 0;
    frame->rsp = where;
    frame->rip = action->handler;
    frame->rflags &= ~(FLAG_TRAP | FLAG_DIRECTION);
    return result;
}

long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask)
{
    struct signal_frame in;
    const struct context *c = &in.context;
    if (!user_readable(frame->rsp - 8, sizeof in) || USER_READ(in, (const void *)(frame->rsp - 8)) < 0)
        return -EFAULT;
    uint64_t fs_base = frame->fs_base;
    *frame = (struct frame){
        .rax = c->rax, .rbx = c->rbx, .rcx = c->rcx, .rdx = c->rdx, .rsi = c->rsi, .rdi = c->rdi, .rbp = c->rbp, .r8 = c->r8, .r9 = c->r9,
        .r10 = c->r10, .r11 = c->r11, .r12 = c->r12, .r13 = c->r13, .r14 = c->r14, .r15 = c->r15, .rip = c->rip, .rsp = c->rsp,
        .rflags = c->flags, .fs_base = fs_base,
    };
    if (c->fpu && !(c->fpu & 63) && user_readable(c->fpu, fpu_size()))
        fpu_restore((const void *)c->fpu);
    linux_set_stack_state(self, &in.stack);
    *mask = sigset_in(&in.mask);
    return 0;
}
