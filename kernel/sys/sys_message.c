/* sys_message.c: the raw message calls, and resume. */
#include <ipc/ipc.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

void sys_message_call(struct thread *thread, struct frame *frame)
{
    ipc_call(thread, frame, (uint32_t)frame->FRAME_NUMBER);
}

void sys_message_reply_wait(struct thread *thread, struct frame *frame)
{
    ipc_reply_wait(thread, frame, (uint32_t)frame->FRAME_NUMBER);
}

void sys_message_send(struct thread *thread, struct frame *frame)
{
    ipc_send(thread, frame, (uint32_t)frame->FRAME_NUMBER);
}

void sys_message_resume(struct thread *thread, struct frame *)
{
    thread->frame = thread->page->frame;
    arch_frame_sanitize(&thread->frame);
    arch_tls_load(thread->frame.FRAME_TLS); /* where the way back does not */
    if (thread->page->upcall_pending != 0)
        thread->attention |= ATTENTION_INTERRUPT;
}

void sys_message_null(struct thread *, struct frame *frame)
{
    frame->FRAME_STATUS = STATUS_OK;
}

void sys_notification_wait(struct thread *thread, struct frame *frame)
{
    ipc_notification_wait(thread, frame);
}
