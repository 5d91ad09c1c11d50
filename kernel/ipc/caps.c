/* caps.c: capabilities in messages: from the sender's table, or the slots of a queued message, to the receiver's. Not here: the message itself
 * (message.c). What a thread page says is the program's, and may change at any time. Kernel lock. */
#include <ipc/ipc.h>
#include <object/captable.h>

/* How many the page lists: read once. */
static uint32_t listed(const struct thread *thread)
{
    return *(const volatile uint32_t *)&thread->page->send_cap_count;
}

static uint32_t listed_at_most(const struct thread *thread)
{
    uint32_t count = listed(thread);
    return count < MESSAGE_CAPS ? count : MESSAGE_CAPS;
}

/* One capability of a message from a slot into the receiver's table; the null handle when it can't have it. */
static cap_t transfer_cap(struct cap *from, bool move, struct task *to)
{
    cap_t handle = CAP_NULL;
    enum status status;
    if (move)
        status = cap_move(from, to, &handle);
    else
        status = cap_insert(to, from->object, from->rights, from, &handle);
    return status == STATUS_OK ? handle : CAP_NULL;
}

void caps_transfer(struct thread *from, struct thread *to)
{
    uint32_t count = listed_at_most(from);
    for (uint32_t i = 0; i < count; i++) {
        struct cap *cap = cap_find(&from->task->caps, from->page->send_cap[i]);
        bool move = from->page->send_cap_mode[i] == SEND_CAP_MOVE;
        bool allowed = cap != nullptr && (move || (cap->rights & RIGHT_COPY) != 0);
        to->page->received_cap[i] = allowed ? transfer_cap(cap, move, to->task) : CAP_NULL;
    }
    to->page->received_cap_count = count;
}

void caps_help_revokes(struct thread *thread)
{
    uint32_t count = listed_at_most(thread);
    for (uint32_t i = 0; i < count; i++)
        (void)cap_source(thread->task, thread->page->send_cap[i]);
}

enum status caps_check(struct thread *thread)
{
    uint32_t count = listed(thread);
    if (count > MESSAGE_CAPS)
        return STATUS_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < count; i++) {
        cap_t handle = thread->page->send_cap[i];
        if (handle == CAP_NULL)
            continue;
        struct cap *cap = cap_find(&thread->task->caps, handle);
        if (cap == nullptr)
            return STATUS_INVALID_HANDLE;
        if (thread->page->send_cap_mode[i] != SEND_CAP_MOVE && (cap->rights & RIGHT_COPY) == 0)
            return STATUS_NO_RIGHTS;
    }
    return STATUS_OK;
}

void caps_enqueue(struct thread *thread, struct queued_message *message)
{
    uint32_t count = listed_at_most(thread);
    for (uint32_t i = 0; i < count; i++) {
        struct cap *cap = cap_find(&thread->task->caps, thread->page->send_cap[i]);
        if (cap == nullptr)
            continue;
        if (thread->page->send_cap_mode[i] == SEND_CAP_MOVE)
            cap_replace(cap, &message->cap[i]);
        else if ((cap->rights & RIGHT_COPY) != 0)
            cap_fill(&message->cap[i], cap->object, cap->rights, cap);
    }
}

void caps_take(struct queued_message *message, struct thread *receiver)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < MESSAGE_CAPS; i++) {
        struct cap *cap = &message->cap[i];
        cap_t handle = CAP_NULL;
        if (cap->object != nullptr) {
            handle = transfer_cap(cap, true, receiver->task);
            if (handle == CAP_NULL)
                cap_remove(cap);
            count = i + 1;
        }
        receiver->page->received_cap[i] = handle;
    }
    receiver->page->received_cap_count = count;
}
