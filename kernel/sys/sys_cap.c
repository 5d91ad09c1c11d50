/* sys_cap.c: operations on capabilities of any type. */
#include <ipc/ipc.h>
#include <object/captable.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

#define REVOKE_STEPS 16u /* capabilities between two looks for interrupts */

static enum status derive(struct thread *thread, cap_t source, uint32_t rights, struct task *to, uint32_t index, cap_t *new)
{
    struct cap *cap = cap_source(thread->task, source);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    if ((cap->rights & RIGHT_COPY) == 0 || (rights & ~cap->rights) != 0)
        return STATUS_NO_RIGHTS;
    return cap_insert_at(to, index, cap->object, rights, cap, new);
}

enum status sys_cap_derive(struct thread *thread, cap_t source, uint32_t rights, cap_t *new)
{
    return derive(thread, source, rights, thread->task, 0, new);
}

enum status sys_cap_duplicate(struct thread *thread, cap_t source, cap_t *new)
{
    struct cap *cap = cap_slot(thread->task, source);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    return derive(thread, source, cap->rights, thread->task, 0, new);
}

enum status sys_cap_drop(struct thread *thread, cap_t handle)
{
    struct cap *cap = cap_slot(thread->task, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    cap_remove(cap);
    return STATUS_OK;
}

/* Interrupted, it is noted in thread->revoke, where others may have brought it to its end before it is made again. */
enum status sys_cap_revoke(struct thread *thread, cap_t handle, uint64_t *restart)
{
    bool again = thread_restart(thread, restart)->done != 0, ended = thread->revoke.object == nullptr;
    *restart = 0;
    if (again && ended && thread->revoke.done)
        return STATUS_OK;
    revoke_end(&thread->revoke, false);
    struct cap *cap = cap_slot(thread->task, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    if ((cap->rights & RIGHT_REVOKE) == 0)
        return STATUS_NO_RIGHTS;
    while (!cap_revoke_some(cap, REVOKE_STEPS))
        if (arch_interrupt_pending()) {
            revoke_begin(&thread->revoke, thread->task, handle);
            thread->restart.done = 1;
            thread_interrupt_call(thread, restart);
            return SYSCALL_RESTART;
        }
    return STATUS_OK;
}

static uint64_t badge_of(const struct object *object)
{
    return object->type == OBJECT_FACET ? container_of(object, struct facet, object)->badge : 0;
}

enum status sys_cap_info(struct thread *thread, cap_t handle, uint64_t *type, uint64_t *rights, uint64_t *badge)
{
    struct cap *cap = cap_slot(thread->task, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    *type = cap->object->type;
    *rights = cap->rights;
    /* the badge is the port owner's secret: only who may make facets sees it */
    *badge = (cap->rights & RIGHT_PORT_BADGE) != 0 ? badge_of(cap->object) : 0;
    return STATUS_OK;
}

enum status sys_cap_install(struct thread *thread, struct task *target, cap_t handle, uint32_t rights, uint32_t index, cap_t *new)
{
    return derive(thread, handle, rights, target, index, new);
}

enum status sys_cap_remove(struct thread *, struct task *target, cap_t handle)
{
    struct cap *cap = cap_slot(target, handle);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    cap_remove(cap);
    return STATUS_OK;
}

enum status sys_cap_same(struct thread *thread, cap_t a, cap_t b, uint64_t *same)
{
    struct cap *first = cap_slot(thread->task, a), *second = cap_slot(thread->task, b);
    if (first == nullptr || second == nullptr)
        return STATUS_INVALID_HANDLE;
    *same = first->object == second->object;
    return STATUS_OK;
}
