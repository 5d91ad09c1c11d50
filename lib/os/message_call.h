/* message_call.h: calls, answers and messages over the raw system calls. abi/message.h has the struct. */
#ifndef OS_MESSAGE_CALL_H
#define OS_MESSAGE_CALL_H

#include <message.h>
#include <os_thread.h>
#include <status.h>
#include <syscalls.h>

/* --- between a struct message and the registers: r[0] = target, r[1] = label, r[2..7] = words, r[8] = last; the rest in the thread page ---- */

/* Returns: the flags that say what was put into the page. */
uint64_t os_message_put_caps(struct thread_page *page, const struct message *message);
void os_message_take_caps(const struct thread_page *page, struct message *message);

static inline uint64_t os_message_put(struct thread_page *page, const struct message *message, uint64_t deadline_ns)
{
    uint64_t flags = 0;
    if (message->cap_count)
        flags |= os_message_put_caps(page, message);
    if (message->in.length | message->out.length) {
        page->in_base = (uintptr_t)message->in.base;
        page->in_length = message->in.length;
        page->out_base = (uintptr_t)message->out.base;
        page->out_length = message->out.length;
        flags |= MESSAGE_HAS_WINDOWS;
    }
    if (deadline_ns != DEADLINE_NONE) {
        page->deadline_ns = deadline_ns;
        flags |= MESSAGE_HAS_DEADLINE;
    }
    return flags;
}

static inline void os_message_take(const struct thread_page *page, struct message *message, const uint64_t r[9])
{
    message->label = r[1];
    for (int i = 0; i < MESSAGE_WORDS; i++)
        message->word[i] = r[2 + i];
    message->cap_count = 0;
    if (page->received_cap_count) [[clang::unlikely]]
        os_message_take_caps(page, message);
}

#define OS_MESSAGE_REGISTERS(target, message, last)                                                                                \
    {(target), (message)->label, (message)->word[0], (message)->word[1], (message)->word[2], (message)->word[3], (message)->word[4], \
     (message)->word[5], (last)}

/* --- calls -------------------------------------------------------------------------------------------------------------------------------- */

/* Call the port with MESSAGE_INTERRUPTIBLE, MESSAGE_NO_WAIT of abi/thread_page.h, and a deadline (DEADLINE_NONE: none); waits for the
 * answer, which replaces the message (badge, key and windows stay as they were).
 * Returns: the answer's label, or why there is none; then the message is as it was. Owner: capabilities of the answer are the caller's. */
[[nodiscard]] static inline enum status os_call_flags(cap_t port, struct message *message, uint64_t flags, uint64_t deadline_ns)
{
    struct thread_page *page = os_thread_page();
    flags |= os_message_put(page, message, deadline_ns);
    uint64_t r[9] = OS_MESSAGE_REGISTERS(port, message, os_any());
    os_trap(SYS_MESSAGE_CALL | flags, r);
    if ((enum status)r[0] != STATUS_OK) [[clang::unlikely]]
        return (enum status)r[0];
    os_message_take(page, message, r);
    return (enum status)(int64_t)message->label;
}

[[nodiscard]] static inline enum status os_call(cap_t port, struct message *message)
{
    return os_call_flags(port, message, 0, DEADLINE_NONE);
}

/* As os_call, and makes the call again when the server died with it (PEER_GONE): for operations that can be repeated without harm. */
[[nodiscard]] static inline enum status os_call_idempotent(cap_t port, struct message *message)
{
    enum status status;
    for (unsigned attempt = 0; attempt < 4; attempt++)
        if ((status = os_call(port, message)) != STATUS_PEER_GONE)
            break;
    return status;
}

/* Queue a message: label, words and capabilities; no windows. Waits for room until the deadline unless flags has MESSAGE_NO_WAIT. */
[[nodiscard]] enum status os_send(cap_t port, const struct message *message, uint64_t flags, uint64_t deadline_ns);

/* Answer the call that is pending in `answer` (CAP_NULL: none) with the label, words and capabilities of the message; then take the next
 * message from `receive_from`, a port or a set (CAP_NULL: none, only answer), with `arm` as the reply object of the call it may be.
 * Returns: OK and the message received: badge, key, window lengths in in.length and out.length. */
[[nodiscard]] static inline enum status os_reply_wait(cap_t answer, struct message *message, cap_t receive_from, cap_t arm, uint64_t flags, uint64_t deadline_ns)
{
    struct thread_page *page = os_thread_page();
    if (deadline_ns != DEADLINE_NONE) {
        page->deadline_ns = deadline_ns;
        flags |= MESSAGE_HAS_DEADLINE;
    }
    if (answer && message->cap_count) [[clang::unlikely]]
        flags |= os_message_put_caps(page, message);
    uint64_t r[9] = OS_MESSAGE_REGISTERS(answer, message, (uint64_t)arm << 32 | receive_from);
    os_trap(SYS_MESSAGE_REPLY_WAIT | flags, r);
    if ((enum status)r[0] != STATUS_OK || !receive_from) [[clang::unlikely]]
        return (enum status)r[0];
    os_message_take(page, message, r);
    message->badge = r[8];
    message->key = page->received_key;
    message->in.length = page->received_in_length;
    message->out.length = page->received_out_length;
    return STATUS_OK;
}

/* Only answer. */
[[nodiscard]] enum status os_reply(cap_t answer, struct message *message);

/* Wait for any bit of mask. Returns: OK and the bits in *bits, which are cleared; TIMED_OUT; INTERRUPTED when interruptible. */
[[nodiscard]] enum status os_notification_wait(cap_t notification, uint64_t mask, uint64_t deadline_ns, bool interruptible, uint64_t *bits);

/* Wait while *word holds expected. flags: abi/futex.h; mask: bits that os_futex_wake names. */
[[nodiscard]] enum status os_futex_wait(const void *word, uint32_t expected, uint64_t deadline_ns, uint64_t flags, uint32_t mask);
/* Wait until the lock is the caller's, while *word holds expected; abi/futex.h. number: the caller's; owner: the thread that has it, or CAP_NULL. */
[[nodiscard]] enum status os_futex_lock(const void *word, uint32_t expected, uint64_t deadline_ns, uint64_t flags, uint32_t number, cap_t owner);

#endif
