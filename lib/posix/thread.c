/* thread.c: threads of the process. Each has a block of RUNTIME_STACK_SIZE: thread page, then the stack for upcalls. A block is used
 * again when its thread is gone; while that still runs its last instructions, the kernel refuses the block (OVERLAP).
 * Invariant: under threads_lock, process.threads lists every thread but those that ended; each block below next_block is used by one of
 * them or in free_blocks. */
#include "callers.h"
#include "layout.h"
#include "native.h"
#include "personality.h"
#include "pool.h"
#include "process.h"
#include "robust.h"
#include "scheduling.h"
#include "signal.h"
#include "user.h"

static uint32_t next_block = 1; /* block 0 is the first thread's */
static uint32_t *free_blocks;   /* a ring of numbers */
static uint32_t free_first, free_count, free_room;

static struct thread_page *block_page(uint32_t block)
{
    return (struct thread_page *)(RUNTIME_STACKS + block * RUNTIME_STACK_SIZE);
}

static uint32_t block_of(const struct thread_page *page)
{
    return (uint32_t)(((uint64_t)page - RUNTIME_STACKS) / RUNTIME_STACK_SIZE);
}

static void put_block_locked(uint32_t block)
{
    if (free_count == free_room) {
        uint32_t room = free_room ? free_room * 2 : 16;
        uint32_t *blocks = pool_allocate(room * sizeof *blocks);
        if (!blocks)
            return; /* the addresses are lost until exec */
        for (uint32_t i = 0; i < free_count; i++)
            blocks[i] = free_blocks[(free_first + i) % free_room];
        pool_free(free_blocks, free_room * sizeof *blocks);
        free_blocks = blocks;
        free_room = room;
        free_first = 0;
    }
    free_blocks[(free_first + free_count++) % free_room] = block;
}

static enum status new_block_locked(uint32_t *block)
{
    uint64_t where;
    uint64_t stack = (uint64_t)block_page(next_block) + PAGE_BYTES;
    if (stack >= RUNTIME_STACKS_END)
        return STATUS_NO_MEMORY;
    enum status status = os_mem_map(POSIX_CAP_TASK, CAP_NULL, 0, stack, RUNTIME_STACK_SIZE - PAGE_BYTES,
                                    PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_REPLACE, &where);
    if (status == STATUS_OK)
        *block = next_block++;
    return status;
}

/* A kernel thread that does not run yet, on a block of its own. */
static enum status make_thread_locked(cap_t *handle, struct thread_page **page)
{
    uint32_t block = 0;
    enum status status = STATUS_OVERLAP;
    if (free_count) {
        block = free_blocks[free_first];
        free_first = (free_first + 1) % free_room;
        free_count--;
        status = os_thread_create(POSIX_CAP_TASK, (uaddr_t)block_page(block), handle);
        if (status == STATUS_OVERLAP)
            put_block_locked(block);
    }
    if (status == STATUS_OVERLAP) {
        status = new_block_locked(&block);
        if (status == STATUS_OK)
            status = os_thread_create(POSIX_CAP_TASK, (uaddr_t)block_page(block), handle);
    }
    if (status != STATUS_OK && block && status != STATUS_OVERLAP)
        put_block_locked(block);
    *page = block_page(block);
    return status;
}

static void link_locked(struct posix_thread *thread)
{
    thread->previous = NULL;
    thread->next = process.threads;
    if (thread->next)
        thread->next->previous = thread;
    process.threads = thread;
    process.thread_count++;
}

static void unlink_locked(struct posix_thread *thread)
{
    if (thread->next)
        thread->next->previous = thread->previous;
    if (thread->previous)
        thread->previous->next = thread->next;
    else
        process.threads = thread->next;
    process.thread_count--;
}

void thread_register(struct posix_thread *thread)
{
    link_locked(thread);
}

struct posix_thread *thread_find_locked(uint32_t tid)
{
    for (struct posix_thread *thread = process.threads; thread; thread = thread->next)
        if (thread->tid == tid)
            return thread;
    return NULL;
}

/* What the new thread is and continues with. */
static void fill_page(struct posix_thread *self, struct thread_page *page, cap_t handle, uint32_t tid, const struct clone_request *request)
{
    struct posix_thread *thread = thread_of(page);
    page->upcall_stack = upcall_stack_top(page);
    page->frame = page_of(self)->frame;
    personality_set_result(&page->frame, 0);
    if (request->stack)
        page->frame.FRAME_SP = request->stack;
    if (request->flags & CLONE_SETTLS)
        page->frame.FRAME_TLS = request->tls;
    thread->handle = handle;
    thread->tid = tid;
    thread->mask = self->mask;
    memcpy(thread->name, self->name, sizeof thread->name);
    thread->alternate_flags = 2; /* SS_DISABLE */
    thread->caller = 0;
    caller_expect(thread, page->frame.FRAME_TLS);
    thread->clear_tid = request->flags & CLONE_CHILD_CLEARTID ? request->user_child_tid : NULL;
}

long clone_thread(struct posix_thread *self, const struct clone_request *request)
{
    struct thread_page *page;
    cap_t handle;
    uint64_t number = 0;
    os_lock(&process.threads_lock);
    enum status status = make_thread_locked(&handle, &page);
    if (status == STATUS_OK) {
        status = process_thread_new(POSIX_CAP_PROCESS, handle, &number);
        if (status != STATUS_OK) {
            ignore(os_thread_kill(handle));
            ignore(os_cap_drop(handle));
            put_block_locked(block_of(page));
        }
    }
    if (status != STATUS_OK) {
        os_unlock(&process.threads_lock);
        return status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT ? -EAGAIN : errno_of(status);
    }
    uint32_t tid = (uint32_t)number;
    fill_page(self, page, handle, tid, request);
    link_locked(thread_of(page));
    if (request->flags & CLONE_PARENT_SETTID)
        (void)USER_WRITE(request->user_parent_tid, tid);
    if (request->flags & CLONE_CHILD_SETTID)
        (void)USER_WRITE(request->user_child_tid, tid);
    posix_inherit_affinity(self, handle);
    status = os_thread_start(handle, (uaddr_t)runtime_resume, upcall_stack_top(page), 0);
    os_unlock(&process.threads_lock);
    return status == STATUS_OK ? (long)tid : -EAGAIN;
}

void thread_release_memory(struct posix_thread *self)
{
    uint64_t woken;
    uint32_t zero = 0;
    robust_release(self);
    if (!self->clear_tid)
        return;
    if (process.thread_count > 1 && USER_WRITE(self->clear_tid, zero) == 0)
        ignore(os_futex_wake((uaddr_t)self->clear_tid, 1, FUTEX_FLAG_SHARED, UINT32_MAX, &woken));
    self->clear_tid = NULL;
}

void posix_exit_thread(struct posix_thread *self, int code)
{
    os_lock(&process.threads_lock);
    bool last = process.thread_count == 1;
    os_unlock(&process.threads_lock);
    if (last)
        posix_exit_process((unsigned)(code & 0xff) << 8);
    thread_release_memory(self);
    ignore(process_thread_gone(POSIX_CAP_PROCESS, self->tid));
    if (self->notification != CAP_NULL)
        ignore(os_cap_drop(self->notification));
    os_lock(&process.threads_lock);
    caller_forget(self);
    unlink_locked(self);
    last = process.thread_count == 0;
    if (block_of(page_of(self)) != 0) /* the first thread's page is where fork and exec expect it */
        put_block_locked(block_of(page_of(self)));
    os_unlock(&process.threads_lock);
    if (last)
        posix_exit_process((unsigned)(code & 0xff) << 8);
    ignore(os_cap_drop(self->handle));
    for (;;)
        ignore(os_thread_exit());
}

void thread_end_others(struct posix_thread *self)
{
    uint64_t alive = 1;
    for (struct posix_thread *thread = process.threads, *next; thread; thread = next) {
        next = thread->next;
        if (thread == self)
            continue;
        uint32_t tid = thread->tid;
        cap_t handle = thread->handle, notification = thread->notification;
        unlink_locked(thread);
        ignore(process_thread_gone(POSIX_CAP_PROCESS, tid));
        ignore(os_thread_kill(handle));
        ignore(os_cap_drop(handle));
        if (notification != CAP_NULL)
            ignore(os_cap_drop(notification));
    }
    while (os_task_info(POSIX_CAP_TASK, TASK_THREADS, &alive) == STATUS_OK && alive > 1)
        ignore(os_thread_yield());
    thread_forget_others(self);
}

void thread_forget_others(struct posix_thread *self)
{
    uint32_t own = block_of(page_of(self));
    if (own)
        ignore(os_mem_unmap(POSIX_CAP_TASK, (uaddr_t)block_page(0), own * RUNTIME_STACK_SIZE));
    if (next_block > own + 1)
        ignore(os_mem_unmap(POSIX_CAP_TASK, (uaddr_t)block_page(own + 1), (next_block - own - 1) * RUNTIME_STACK_SIZE));
    next_block = own + 1;
    free_count = 0;
    process.threads = NULL;
    process.thread_count = 0;
    link_locked(self);
}
