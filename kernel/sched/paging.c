/* paging.c: threads that wait for a pager. Not here: what it is asked for (mm/pager.c).
 * Invariant: a thread that is PAGING is on its request's list of waiters; its registers are as the call or the fault left them. Kernel lock. */
#include <mm/pager.h>
#include <sched/schedule.h>

#define CALL_WAITS_NS 10000000000ull /* at most, for one page, in a system call: the pager need not be the caller's own */

static void begin_wait(struct thread *thread)
{
    struct page_request *request = thread->paging.asked;
    thread->paging.request = request;
    thread->paging.offset = thread->paging.asked_offset;
    thread->wait.object = nullptr;
    thread->wait.reply = nullptr;
    thread->wait.flags = 0;
    thread->state = THREAD_PAGING;
    list_push_back(&request->waiters, &thread->queue);
    cpu_leave(this_cpu());
}

void thread_page_wait(struct thread *thread)
{
    thread_cancel_deadline(thread);
    bool bounded = !page_request_is_out(thread->paging.asked); /* that has no other waits */
    (void)thread_set_deadline(thread, bounded ? arch_time_ns() + CALL_WAITS_NS : DEADLINE_NONE);
    thread->paging.cause = PAGING_CALL;
    begin_wait(thread);
}

void thread_page_retry_wait(struct thread *thread)
{
    thread_cancel_deadline(thread);
    thread->paging.cause = PAGING_RETRY;
    begin_wait(thread);
}

void thread_page_fault_wait(struct thread *thread, uaddr_t va, unsigned access)
{
    thread->paging.cause = PAGING_FAULT;
    thread->paging.address = va;
    thread->paging.access = access;
    begin_wait(thread);
}

void paging_leave(struct thread *thread)
{
    list_remove(&thread->queue);
    page_request_left(thread->paging.request);
    thread->paging.request = nullptr;
}

void thread_page_done(struct thread *thread, enum status status)
{
    thread_unwait(thread);
    if (thread->paging.cause == PAGING_RETRY && status == STATUS_OK)
        thread->retries = 0; /* some was written: that others took the memory is no reason to give up */
    if (thread->paging.cause == PAGING_CALL && status == STATUS_OK)
        thread->frame.FRAME_PC -= SYSCALL_INSTRUCTION_BYTES;
    else if (thread->paging.cause == PAGING_CALL)
        thread->frame.FRAME_STATUS = (uint64_t)(int64_t)status;
    else if (thread->paging.cause == PAGING_FAULT && status != STATUS_OK)
        thread->attention |= ATTENTION_BUS_ERROR;
    thread_ready(thread);
}

void thread_bus_error(struct thread *thread)
{
    thread->attention &= (uint8_t)~ATTENTION_BUS_ERROR;
    thread->page->upcall_access = thread->paging.access;
    thread_exception(thread, EXCEPTION_BUS_ERROR, thread->paging.address, thread->paging.access);
}
