/* sys_mem.c: operations on memory objects and mappings. */
#include <lib/string.h>
#include <sched/schedule.h>
#include <sys/copy.h>
#include <syscalls_kernel.h>

static enum status publish_mem(struct thread *thread, struct mem_object *mem, uint32_t rights, cap_t *new)
{
    return cap_publish(thread, (struct object *)mem, rights, new);
}

enum status sys_mem_create(struct thread *thread, struct ledger *ledger, uint64_t size, cap_t *new)
{
    struct mem_object *mem;
    enum status status = mem_create(ledger, size, &mem);
    return status == STATUS_OK ? publish_mem(thread, mem, RIGHTS_ALL, new) : status;
}

enum status sys_mem_create_physical(struct thread *thread, struct control *, uint64_t address, uint64_t size, uint64_t cache, cap_t *new)
{
    struct mem_object *mem;
    if (cache > CACHE_WRITE_COMBINING)
        return STATUS_INVALID_ARGUMENT;
    enum status status = mem_create_physical(thread->task->charge, address, size, (unsigned)cache, &mem);
    return status == STATUS_OK ? publish_mem(thread, mem, RIGHTS_ALL & ~RIGHT_MEM_RESIZE, new) : status;
}

enum status sys_mem_create_dma(struct thread *thread, struct control *, struct ledger *ledger, uint64_t size, cap_t *new, uint64_t *address)
{
    struct mem_object *mem;
    enum status status = mem_create_dma(ledger, size, &mem, address);
    return status == STATUS_OK ? publish_mem(thread, mem, RIGHTS_ALL & ~RIGHT_MEM_RESIZE, new) : status;
}

enum status sys_mem_size(struct thread *, struct mem_object *self, uint64_t *size, uint64_t *resident)
{
    *size = mem_size(self);
    *resident = mem_resident_bytes(self);
    return STATUS_OK;
}

enum status sys_mem_resize(struct thread *, struct mem_object *self, uint64_t size)
{
    return mem_resize(self, size);
}

enum status sys_mem_clone(struct thread *thread, struct mem_object *self, struct ledger *ledger, uint64_t offset, uint64_t size, cap_t *new)
{
    struct mem_object *mem;
    enum status status = mem_clone(self, ledger, offset, size, &mem);
    return status == STATUS_OK ? publish_mem(thread, mem, RIGHTS_ALL, new) : status;
}

enum status sys_mem_part(struct thread *thread, struct mem_object *self, uint64_t offset, uint64_t size, uint32_t rights, cap_t *new)
{
    struct cap *cap = cap_source(thread->task, (cap_t)thread->frame.FRAME_R0);
    if (cap == nullptr)
        return STATUS_INVALID_HANDLE;
    if ((rights & RIGHT_MEM_RESIZE) != 0)
        return STATUS_INVALID_ARGUMENT;
    if ((rights & ~cap->rights) != 0)
        return STATUS_NO_RIGHTS;
    struct mem_object *part;
    enum status status = mem_part(self, thread->task->charge, offset, size, &part);
    if (status != STATUS_OK)
        return status;
    status = cap_insert(thread->task, (struct object *)part, rights, cap, new);
    object_put((struct object *)part);
    return status;
}

/* Both ends of a piece of the copy. Making the user's side present may move the object's: then it is looked for again. */
static enum status touch_mem_user(struct mem_object *mem, uint64_t offset, struct space *space, uaddr_t address, bool into_mem, void **memory,
                                  void **user, uint64_t *piece)
{
    unsigned access = into_mem ? PROT_BIT_READ : PROT_BIT_WRITE;
    for (uint64_t most = *piece;;) {
        enum status status = mem_touch(mem, offset, into_mem, memory, piece);
        if (status != STATUS_OK)
            return status;
        if (*piece > most)
            *piece = most;
        if (space_find(space, address, *piece, access, user, piece))
            return *piece != 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
        status = space_fault(space, address, access);
        if (status != STATUS_OK)
            return status;
    }
}

/* Between an object and a user span, piece by piece; stops early, with OK, when an interrupt is pending. */
enum status copy_mem_user(struct mem_object *mem, uint64_t offset, struct space *space, uaddr_t address, uint64_t length, bool into_mem, uint64_t *done)
{
    uint64_t size = mem_size(mem);
    if (offset > size || length > size - offset)
        return STATUS_OUT_OF_RANGE;
    if (length != 0 && !user_range_valid(address, length))
        return STATUS_BAD_ADDRESS;
    while (*done < length) {
        void *memory, *user;
        uint64_t left = length - *done, piece = left < COPY_AT_ONCE ? left : COPY_AT_ONCE;
        enum status status = touch_mem_user(mem, offset + *done, space, address + *done, into_mem, &memory, &user, &piece);
        if (status != STATUS_OK)
            return status;
        if (into_mem)
            memcpy(memory, user, piece);
        else
            memcpy(user, memory, piece);
        *done += piece;
        if (*done < length && arch_interrupt_pending())
            break;
    }
    return STATUS_OK;
}

enum status sys_mem_read(struct thread *thread, struct mem_object *self, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    return copy_mem_user(self, offset, &thread->task->space, buffer, length, false, done);
}

enum status sys_mem_write(struct thread *thread, struct mem_object *self, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    return copy_mem_user(self, offset, &thread->task->space, buffer, length, true, done);
}

enum status sys_mem_map(struct thread *thread, struct task *task, struct mem_object *self, uint64_t offset, uaddr_t address,
                        uint64_t length, uint64_t flags, uint64_t *where)
{
    if (task->dead)
        return STATUS_PEER_GONE;
    uint32_t rights = RIGHT_MEM_READ | RIGHT_MEM_WRITE | RIGHT_MEM_EXEC;
    if (self != nullptr)
        rights = cap_slot(thread->task, (cap_t)thread->frame.FRAME_R1)->rights;
    *where = address;
    return space_map(&task->space, self, rights, offset, length, flags, where);
}

enum status sys_mem_unmap(struct thread *, struct task *task, uaddr_t address, uint64_t length)
{
    return task->dead ? STATUS_PEER_GONE : space_unmap(&task->space, address, length);
}

enum status sys_mem_protect(struct thread *, struct task *task, uaddr_t address, uint64_t length, uint64_t prot)
{
    if ((prot & ~(uint64_t)(PROT_BIT_READ | PROT_BIT_WRITE | PROT_BIT_EXEC)) != 0)
        return STATUS_INVALID_ARGUMENT;
    return task->dead ? STATUS_PEER_GONE : space_protect(&task->space, address, length, (unsigned)prot);
}

enum status sys_mem_advise(struct thread *, struct task *task, uaddr_t address, uint64_t length, uint64_t advice)
{
    if (advice >= ADVICE_END)
        return STATUS_INVALID_ARGUMENT;
    return task->dead ? STATUS_PEER_GONE : space_advise(&task->space, address, length, (unsigned)advice);
}

enum status sys_mem_move(struct thread *, struct task *task, uaddr_t address, uint64_t length, uint64_t new_length, uaddr_t new_address,
                         uint64_t flags, uint64_t *where)
{
    return task->dead ? STATUS_PEER_GONE : space_move(&task->space, address, length, new_length, new_address, flags, where);
}

enum status sys_mem_query(struct thread *, struct task *task, uaddr_t address, uint64_t *start, uint64_t *end, uint64_t *flags,
                          uint64_t *offset, uint64_t *resident)
{
    struct region_info info;
    if (task->dead)
        return STATUS_PEER_GONE;
    enum status status = space_query(&task->space, address, &info);
    if (status != STATUS_OK)
        return status;
    *start = info.start;
    *end = info.end;
    *flags = info.flags;
    *offset = info.offset;
    *resident = info.resident;
    return STATUS_OK;
}

enum status sys_mem_resident(struct thread *thread, struct task *task, uaddr_t address, uint64_t length, uaddr_t buffer)
{
    if (task->dead)
        return STATUS_PEER_GONE;
    if ((address & (MP_SIZE - 1)) != 0 || address > USER_END || length > USER_END - address)
        return STATUS_INVALID_ARGUMENT;
    uint64_t pages = (length + MP_SIZE - 1) >> MP_SHIFT, done = 0;
    enum status status = space_resident_map(&task->space, address, pages, &thread->task->space, buffer, &done);
    if (status != STATUS_OK || done == pages)
        return status;
    thread->frame.FRAME_R1 += done << MP_SHIFT; /* the rest */
    thread->frame.FRAME_R2 -= done << MP_SHIFT;
    thread->frame.FRAME_R3 += done;
    return SYSCALL_RESTART;
}

#define MAPPINGS_STEPS 200u /* entries looked at in one call */

enum status sys_mem_mappings(struct thread *thread, struct task *task, uaddr_t address, uint64_t length, uaddr_t buffer, uint64_t *done)
{
    struct mapping_sizes sizes = {};
    if (task->dead)
        return STATUS_PEER_GONE;
    if (((address | length) & (MP_SIZE - 1)) != 0 || address > USER_END || length > USER_END - address)
        return STATUS_INVALID_ARGUMENT;
    *done = arch_count_mappings(&task->space.arch, address, address + length, MAPPINGS_STEPS, sizes.bytes) - address;
    return copy_to_user(&thread->task->space, buffer, &sizes, sizeof sizes);
}
