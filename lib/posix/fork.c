/* fork.c: a copy of the process. proc has the kernel clone the task; the child's one thread starts here with an empty thread page, and
 * finds what it was in a record on its stack. */
#include "callers.h"
#include "machine.h"
#include "native.h"
#include "personality.h"
#include "process.h"
#include "random.h"
#include "user.h"

struct fork_record {
    alignas(16) struct frame frame; /* what the child continues with; the record is the child's first stack pointer */
    struct posix_thread thread; /* of the caller */
    uint64_t flags;
    uint32_t *child_tid;
    struct fpu_kept fpu;
};

[[noreturn]] void fork_child(struct fork_record *record);

/* The child's state: the copied memory still says what held for the parent. */
static void become_child(struct posix_thread *self, struct fork_record *record)
{
    *self = record->thread;
    self->next = self->previous = NULL;
    self->handle = POSIX_CAP_THREAD;
    self->tid = PROCESS->pid;
    self->taken.signal = 0;
    self->interruptible = false;
    self->clear_tid = record->flags & CLONE_CHILD_CLEARTID ? record->child_tid : NULL;
    if (self->notification != CAP_NULL)
        ignore(os_cap_drop(self->notification));
    self->notification = CAP_NULL;
    if (process.session != CAP_NULL)
        ignore(os_cap_drop(process.session));
    process.session = CAP_NULL;
    process.lock_future = false;
    random_fork();
    callers_clear(self);
    thread_forget_others(self);
}

void fork_child(struct fork_record *record)
{
    struct posix_thread *self = posix_self();
    struct thread_page *page = page_of(self);
    page->upcall_stack = upcall_stack_top(page);
    become_child(self, record);
    process_unlock_all();
    if (record->flags & CLONE_CHILD_SETTID)
        (void)USER_WRITE(record->child_tid, self->tid);
    page->frame = record->frame;
    fpu_take_up(&record->fpu);
    runtime_resume();
    __builtin_unreachable();
}

long clone_process(struct posix_thread *self, const struct clone_request *request)
{
    struct thread_page *page = page_of(self);
    struct fork_record record = {.frame = page->frame, .thread = *self, .flags = request->flags, .child_tid = request->user_child_tid};
    uint64_t pid;
    fpu_keep(&record.fpu);
    personality_set_result(&record.frame, 0);
    if (request->stack)
        record.frame.FRAME_SP = request->stack;
    if (request->flags & CLONE_SETTLS)
        record.frame.FRAME_TLS = request->tls;
    process_lock_all();
    enum status status = process_fork(POSIX_CAP_PROCESS, (uint64_t)runtime_fork_child, (uint64_t)&record, (uint64_t)page, 0, &pid);
    process_unlock_all();
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT ? -EAGAIN : errno_of(status);
    uint32_t tid = (uint32_t)pid;
    if (request->flags & CLONE_PARENT_SETTID)
        (void)USER_WRITE(request->user_parent_tid, tid);
    return (long)pid;
}

long posix_clone(struct posix_thread *self, const struct clone_request *request)
{
    uint64_t flags = request->flags;
    if (flags & CLONE_NEW_NAMESPACES)
        return -EPERM;
    if (flags & CLONE_THREAD)
        return (flags & (CLONE_VM | CLONE_SIGHAND)) == (CLONE_VM | CLONE_SIGHAND) ? clone_thread(self, request) : -EINVAL;
    /* Memory shared without CLONE_VFORK would be another process in the same address space. */
    if (flags & CLONE_VM && !(flags & CLONE_VFORK))
        return -EINVAL;
    return clone_process(self, request);
}
