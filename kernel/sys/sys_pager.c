/* sys_pager.c: operations on memory objects that have a pager. */
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

enum status sys_pager_create(struct thread *thread, struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, uint64_t timeout_ns, cap_t *new)
{
    struct mem_object *mem;
    if (port->dead)
        return STATUS_PEER_GONE;
    enum status status = pager_create(ledger, port, size, key, timeout_ns, &mem);
    return status == STATUS_OK ? cap_publish(thread, &mem->object, RIGHTS_ALL, new) : status;
}

enum status sys_pager_supply(struct thread *thread, struct mem_object *self, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    struct page_request *started;
    enum status status = pager_supply(self, offset, length, &thread->task->space, buffer, done);
    if (status == STATUS_WOULD_BLOCK)
        return SYSCALL_RESTART;
    if ((status == STATUS_NO_MEMORY || status == STATUS_LEDGER_SPENT) && reclaim_for(self->map.ledger, status, &started) == RECLAIM_FREED)
        return *done > 0 ? STATUS_OK : SYSCALL_RESTART;
    return status;
}

#define SWAP_RIGHTS (RIGHT_MEM_READ | RIGHT_MEM_PAGER | RIGHT_MEM_INFO | RIGHT_COPY | RIGHT_REVOKE)

enum status sys_pager_swap(struct thread *thread, struct control *, struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, cap_t *new)
{
    struct mem_object *mem;
    if (port->dead)
        return STATUS_PEER_GONE;
    enum status status = swap_on(ledger, port, size, key, &mem);
    return status == STATUS_OK ? cap_publish(thread, &mem->object, SWAP_RIGHTS, new) : status;
}

enum status sys_pager_swap_off(struct thread *, struct control *) { return swap_off(); }

enum status sys_pager_keep(struct thread *, struct control *, struct ledger *ledger, uint64_t kept)
{
    if (kept > 1)
        return STATUS_INVALID_ARGUMENT;
    ledger->kept = kept;
    return STATUS_OK;
}

/* A status of a failure in a register. */
static bool is_failure(uint64_t value) { return (int64_t)value < 0 && (int64_t)value >= -255; }

enum status sys_pager_refuse(struct thread *, struct mem_object *self, uint64_t offset, uint64_t length, uint64_t reason)
{
    return is_failure(reason) ? pager_refuse(self, offset, length, (enum status)(int64_t)reason) : STATUS_INVALID_ARGUMENT;
}

enum status sys_pager_written(struct thread *, struct mem_object *self, uint64_t offset, uint64_t length, uint64_t result)
{
    if (result != 0 && !is_failure(result))
        return STATUS_INVALID_ARGUMENT;
    return pager_written(self, offset, length, (enum status)(int64_t)result);
}

enum status sys_pager_sync(struct thread *thread, struct mem_object *self, uint64_t offset, uint64_t length, uint64_t *restart)
{
    struct restart *state = thread_restart(thread, restart);
    enum status status = pager_range(self, offset, length);
    *restart = 0;
    if (status != STATUS_OK)
        return status;
    if (state->done < offset)
        state->done = offset;
    status = pager_sync(self, &state->done, offset + length);
    if (status == PAGE_AWAITED)
        thread_interrupt_call(thread, restart);
    return status;
}

enum status sys_pager_evict(struct thread *, struct mem_object *self, uint64_t offset, uint64_t length, uint64_t *evicted)
{
    enum status status = pager_range(self, offset, length);
    return status == STATUS_OK ? pager_evict(self, offset, offset + length, evicted) : status;
}
