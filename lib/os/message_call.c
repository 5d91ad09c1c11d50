/* message_call.c: messages over the raw system calls. What does not fit the registers goes through the thread page. */
#include <os.h>

uint64_t os_message_put_caps(struct thread_page *page, const struct message *message)
{
    for (uint32_t i = 0; i < message->cap_count && i < MESSAGE_CAPS; i++) {
        page->send_cap[i] = message->cap[i];
        page->send_cap_mode[i] = message->cap_move >> i & 1 ? SEND_CAP_MOVE : SEND_CAP_COPY;
    }
    page->send_cap_count = message->cap_count;
    return MESSAGE_HAS_CAPS;
}

void os_message_take_caps(const struct thread_page *page, struct message *message)
{
    message->cap_count = page->received_cap_count < MESSAGE_CAPS ? page->received_cap_count : MESSAGE_CAPS;
    message->cap_move = 0;
    for (uint32_t i = 0; i < message->cap_count; i++)
        message->cap[i] = page->received_cap[i];
}

enum status os_send(cap_t port, const struct message *message, uint64_t flags, uint64_t deadline_ns)
{
    struct thread_page *page = os_thread_page();
    if (message->cap_count)
        flags |= os_message_put_caps(page, message);
    if (deadline_ns != DEADLINE_NONE) {
        page->deadline_ns = deadline_ns;
        flags |= MESSAGE_HAS_DEADLINE;
    }
    uint64_t r[9] = OS_MESSAGE_REGISTERS(port, message, os_any());
    os_trap(SYS_MESSAGE_SEND | flags, r);
    return (enum status)r[0];
}

enum status os_reply(cap_t answer, struct message *message)
{
    return os_reply_wait(answer, message, CAP_NULL, CAP_NULL, 0, DEADLINE_NONE);
}

enum status os_notification_wait(cap_t notification, uint64_t mask, uint64_t deadline_ns, bool interruptible, uint64_t *bits)
{
    uint64_t r[8] = {notification, mask, deadline_ns, interruptible, os_any(), os_any(), os_any(), os_any()};
    enum status status = os_syscall(SYS_NOTIFICATION_WAIT, r);
    *bits = status == STATUS_OK ? r[1] : 0;
    return status;
}

enum status os_futex_wait(const void *word, uint32_t expected, uint64_t deadline_ns, uint64_t flags, uint32_t mask)
{
    uint64_t r[8] = {(uintptr_t)word, expected, deadline_ns, flags, mask, os_any(), os_any(), os_any()};
    return os_syscall(SYS_FUTEX_WAIT, r);
}

enum status os_futex_lock(const void *word, uint32_t expected, uint64_t deadline_ns, uint64_t flags, uint32_t number, cap_t owner)
{
    uint64_t r[8] = {(uintptr_t)word, expected, deadline_ns, flags, number, owner, os_any(), os_any()};
    return os_syscall(SYS_FUTEX_LOCK, r);
}
