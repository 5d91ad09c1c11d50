/* abi.h (x86-64): how a Linux program calls, and what its structures look like. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <generic/open.h>
#include <generic/requests.h>
#include <generic/sigaction_restorer.h>
#include <generic/signals.h>
#include <generic/statfs.h>
#include <process.h>
#include <thread_page.h>

#define LINUX_MACHINE "x86_64"
#define LINUX_PLATFORM "x86_64"
#define LINUX_ILLEGAL_CODE 2 /* ILL_ILLOPN */
#define LINUX_BREAK_CODE 0x80 /* SI_KERNEL */
#define LINUX_KERNEL_ADDRESS SIGSEGV /* what touching one raises */
#define LINUX_TABLE_BASE 0u
#define LINUX_NUMBER(frame) ((frame)->rax)
#define LINUX_A0(frame) ((frame)->rdi)
#define LINUX_A1(frame) ((frame)->rsi)
#define LINUX_A2(frame) ((frame)->rdx)
#define LINUX_A3(frame) ((frame)->r10)
#define LINUX_A4(frame) ((frame)->r8)
#define LINUX_A5(frame) ((frame)->r9)
/* clone(flags, stack, parent tid, child tid, tls) */
#define LINUX_CLONE_TLS(frame) LINUX_A4(frame)
#define LINUX_CLONE_CHILD_TID(frame) LINUX_A3(frame)

static inline void linux_set_result(struct frame *frame, long result)
{
    frame->rax = (uint64_t)result;
}

/* The result of a call that is no trap: a negated errno where it failed. */
static inline long linux_call_result(long result)
{
    return result;
}

/* Make such a call be made again: at the call instruction of a cancellation point (call.S says so in error), else at the entry, with its number and
 * arguments where a function has them. */
static inline void linux_call_again(struct frame *frame)
{
    bool point = frame->error;
    frame->r9 = frame->r8;
    frame->r8 = frame->r10;
    frame->rcx = frame->rdx;
    frame->rdx = frame->rsi;
    frame->rsi = frame->rdi;
    frame->rdi = frame->rax;
    frame->rax = ENTRY_POINT;
    if (point) {
        frame->rip -= 2;
        return;
    }
    frame->rip = (uint64_t)entry_call;
    frame->rsp -= 8; /* the return address is still there */
}

/* Processor features as the C libraries look for them. */
static inline uint64_t linux_hardware(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return d;
}

struct linux_stat {
    uint64_t device, inode, links;
    uint32_t mode, uid, gid, pad0;
    uint64_t raw_device;
    int64_t  size, block_size, blocks;
    int64_t  accessed, accessed_ns, modified, modified_ns, changed, changed_ns;
    int64_t  unused[3];
};
static_assert(sizeof(struct linux_stat) == 144);

#include <file.h>
static inline struct linux_stat stat_out(const struct file_stat *s)
{
    return (struct linux_stat){
        .device = s->device, .inode = s->inode, .links = s->links, .mode = s->mode, .uid = s->uid, .gid = s->gid,
        .raw_device = s->raw_device, .size = (int64_t)s->size, .block_size = s->block_size, .blocks = (int64_t)s->blocks,
        .accessed = (int64_t)(s->accessed_ns / 1000000000), .accessed_ns = (int64_t)(s->accessed_ns % 1000000000),
        .modified = (int64_t)(s->modified_ns / 1000000000), .modified_ns = (int64_t)(s->modified_ns % 1000000000),
        .changed = (int64_t)(s->changed_ns / 1000000000), .changed_ns = (int64_t)(s->changed_ns % 1000000000),
    };
}

#endif
