/* process.c: the making and the end of processes. Not here: how the first one gets its program (spawn.c). */
#include "process.h"
#include <info.h>
#include <protocols/service.h>
#include <stdatomic.h>

#define PAGES_PER_BLOCK 16u
#define FIRST_LIMIT_SOFT_STACK (8ull << 20)

struct table processes;
struct process *first_process;
cap_t init_service = BOOTSTRAP_INIT;

/* --- process pages: a few memory objects of many pages, mapped here once ---------------------------------------------------------------- */
struct page_block {
    struct page_block *next;
    cap_t memory;
    char *mapped;
    uint32_t used; /* bit per page */
};
static struct page_block *blocks;

static struct page_block *new_block(void)
{
    struct page_block *block = NEW(struct page_block);
    uint64_t where = 0, size = PAGES_PER_BLOCK * OS_PAGE_SIZE;
    if (block == nullptr)
        return nullptr;
    if (os_mem_create(BOOTSTRAP_LEDGER, size, &block->memory) != STATUS_OK)
        goto free_block;
    if (os_mem_map(BOOTSTRAP_TASK, block->memory, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE, &where) != STATUS_OK)
        goto drop_memory;
    block->mapped = (char *)where;
    block->next = blocks;
    blocks = block;
    return block;

drop_memory:
    os_drop(block->memory);
free_block:
    os_free(block);
    return nullptr;
}

static bool page_take(struct process *process, cap_t *memory)
{
    struct page_block *block = blocks;
    while (block != nullptr && block->used == (1u << PAGES_PER_BLOCK) - 1)
        block = block->next;
    if (block == nullptr && (block = new_block()) == nullptr)
        return false;
    unsigned index = (unsigned)__builtin_ctz(~block->used);
    block->used |= 1u << index;
    process->page_offset = index * OS_PAGE_SIZE;
    process->page = (struct process_page *)(block->mapped + process->page_offset);
    memset(process->page, 0, sizeof *process->page);
    *memory = block->memory;
    return true;
}

static struct page_block *block_of(const struct process *process)
{
    struct page_block *block = blocks;
    while ((char *)process->page - block->mapped != (ptrdiff_t)process->page_offset)
        block = block->next;
    return block;
}

static void page_give_back(struct process *process)
{
    if (process->page == nullptr)
        return;
    block_of(process)->used &= ~(1u << (process->page_offset / OS_PAGE_SIZE));
    process->page = nullptr;
}

void page_update(struct process *process)
{
    struct process_page *page = process->page;
    if (page == nullptr)
        return;
    page->pid = process->pid;
    page->parent = process->parent != nullptr ? process->parent->pid : 0;
    page->group = process->group;
    page->session = process->session;
    page->uid = process->uid;
    page->euid = process->euid;
    page->suid = process->suid;
    page->gid = process->gid;
    page->egid = process->egid;
    page->sgid = process->sgid;
}

static void page_fill(struct process *process)
{
    struct process_page *page = process->page;
    uint64_t now, wall_offset_ns = 0;
    page_update(process);
    page->start_ns = process->start_ns;
    (void)os_system_clock(&now, &wall_offset_ns);
    page->wall_offset_ns = wall_offset_ns;
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CLOCK_START, &page->clock_start);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CLOCK_WHOLE, &page->clock_whole);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CLOCK_FRACTION, &page->clock_fraction);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_PAGE_SIZE, &page->page_size);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CLUSTER_SIZE, &page->cluster_size);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPUS, &page->cpus);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_TOTAL, &page->memory_total);
    memcpy(page->machine, OS_MACHINE_NAME, sizeof OS_MACHINE_NAME);
}

/* A child's page begins as its parent's. */
static void page_inherit(struct process *process, const struct process *parent)
{
    *process->page = *parent->page;
    atomic_store(&process->page->pending, 0);
    page_update(process);
    process->page->start_ns = process->start_ns;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------------------ */
static bool has_pid(const struct table_node *node, const void *key)
{
    return container_of(node, struct process, by_pid)->pid == *(const uint32_t *)key;
}

struct process *process_find(uint32_t pid)
{
    struct table_node *node = table_find(&processes, hash_number(pid), has_pid, &pid);
    return node != nullptr ? container_of(node, struct process, by_pid) : nullptr;
}

struct process *process_next(const struct process *process)
{
    struct table_node *node = table_next(&processes, process != nullptr ? &process->by_pid : nullptr);
    return node != nullptr ? container_of(node, struct process, by_pid) : nullptr;
}

/* --- making ---------------------------------------------------------------------------------------------------------------------------------- */
static bool inherit(struct process *process, const struct process *parent)
{
    process->group = parent->group;
    process->session = parent->session;
    process->uid = parent->uid, process->euid = parent->euid, process->suid = parent->suid;
    process->gid = parent->gid, process->egid = parent->egid, process->sgid = parent->sgid;
    process->ignored = parent->ignored;
    process->handled = parent->handled;
    process->umask = parent->umask;
    process_inherit_scheduling(process, parent);
    process->terminal = parent->terminal;
    memcpy(process->limit, parent->limit, sizeof process->limit);
    if (parent->group_count > 0) {
        process->groups = os_allocate(parent->group_count * sizeof *process->groups);
        if (process->groups == nullptr)
            return false;
        memcpy(process->groups, parent->groups, parent->group_count * sizeof *process->groups);
        process->group_count = parent->group_count;
    }
    if (parent->arguments != nullptr && (process->arguments = os_allocate(parent->arguments_length)) != nullptr) {
        memcpy(process->arguments, parent->arguments, parent->arguments_length);
        process->arguments_length = parent->arguments_length;
        process->name = process->arguments + (parent->name - parent->arguments);
    }
    if (parent->directory != nullptr && (process->directory = os_allocate(strlen(parent->directory) + 1)) != nullptr)
        memcpy(process->directory, parent->directory, strlen(parent->directory) + 1);
    return true;
}

static void defaults(struct process *process)
{
    process->group = process->session = process->pid;
    process->umask = 022;
    for (unsigned i = 0; i < LIMITS; i++)
        process->limit[i].soft = process->limit[i].hard = UINT64_MAX;
    process->limit[3].soft = FIRST_LIMIT_SOFT_STACK; /* RLIMIT_STACK */
    process->limit[4].soft = 0;                      /* RLIMIT_CORE */
    process->limit[7].soft = 1024, process->limit[7].hard = 1048576; /* RLIMIT_NOFILE */
}

static void free_process(struct process *process)
{
    page_give_back(process);
    os_free(process->groups);
    os_free(process->arguments);
    os_free(process->directory);
    os_free(process);
}

struct process *process_new(struct process *parent)
{
    struct process *process = NEW(struct process);
    if (process == nullptr)
        return nullptr;
    process->pid = next_pid();
    process->start_ns = os_now();
    process->alarm.expired = alarm_expired;
    list_init(&process->children);
    list_init(&process->siblings);
    list_init(&process->threads);
    list_init(&process->pending);
    list_init(&process->waits);
    list_init(&process->stops);
    list_init(&process->taken);
    if (parent != nullptr ? !inherit(process, parent) : (defaults(process), false))
        goto free;
    if (!table_insert(&processes, &process->by_pid, hash_number(process->pid)))
        goto free;
    process->parent = parent;
    if (parent != nullptr)
        list_push_back(&parent->children, &process->siblings);
    return process;

free:
    free_process(process);
    return nullptr;
}

void process_discard(struct process *process)
{
    table_remove(&processes, &process->by_pid);
    list_remove(&process->siblings);
    if (process->control_badge != 0)
        serve_forget(process->control_badge);
    if (process->identity_badge != 0)
        serve_forget(process->identity_badge);
    LIST_FOR(thread, &process->threads, struct posix_thread, link) {
        os_drop(thread->thread);
        os_free(thread);
    }
    if (process->task != CAP_NULL)
        (void)os_task_kill(process->task, 0);
    os_drop(process->task);
    os_drop(process->ledger);
    free_process(process);
}

/* Install a derived capability at a fixed index. */
static enum status install(struct process *process, cap_t cap, uint32_t rights, unsigned index)
{
    cap_t handle;
    return os_cap_install(process->task, cap, rights, index, &handle);
}

/* A facet of one of the two types, installed; our own copy goes away, so the process holds the only one. */
static enum status install_facet(struct process *process, const struct serve_type *type, uint64_t *badge, uint32_t rights, unsigned index)
{
    cap_t facet;
    enum status status = serve_open(type, process, &facet, badge);
    if (status != STATUS_OK)
        return status;
    status = install(process, facet, rights, index);
    if (status != STATUS_OK)
        serve_forget(*badge), *badge = 0;
    os_drop(facet);
    return status;
}

static enum status map_page(struct process *process)
{
    cap_t memory;
    uint64_t where;
    if (!page_take(process, &memory))
        return STATUS_NO_MEMORY;
    if (process->parent != nullptr)
        page_inherit(process, process->parent);
    else
        page_fill(process);
    return os_mem_map(process->task, memory, process->page_offset, PROCESS_PAGE, OS_PAGE_SIZE,
                      PROT_BIT_READ | MAP_FIXED_ADDRESS | MAP_NO_CLONE | PROT_BIT_READ << MAP_MAX_PROT_SHIFT, &where);
}

/* Its thread may run where its parent's first one may. */
static void inherit_affinity(const struct process *process)
{
    uint64_t mask;
    const struct posix_thread *own = container_of(process->threads.next, struct posix_thread, link);
    if (process->parent == nullptr || list_empty(&process->parent->threads))
        return;
    const struct posix_thread *first = container_of(process->parent->threads.next, struct posix_thread, link);
    if (os_thread_info(first->thread, THREAD_AFFINITY, &mask) == STATUS_OK && mask != UINT64_MAX)
        (void)os_thread_set_affinity(own->thread, mask);
}

static enum status first_thread(struct process *process, uint64_t thread_page)
{
    struct posix_thread *thread = NEW(struct posix_thread);
    if (thread == nullptr)
        return STATUS_NO_MEMORY;
    enum status status = os_thread_create(process->task, thread_page, &thread->thread);
    if (status != STATUS_OK) {
        os_free(thread);
        return status;
    }
    thread->tid = process->pid;
    list_push_back(&process->threads, &thread->link);
    inherit_affinity(process);
    if (process->nice != 0 || process->policy != 0)
        process_schedule(process);
    return install(process, thread->thread, RIGHT_THREAD_INFO | RIGHT_THREAD_SIGNAL | RIGHT_THREAD_KILL | RIGHT_THREAD_SCHEDULE, POSIX_CAP_THREAD);
}

enum status process_equip(struct process *process, uint64_t thread_page)
{
    static const uint32_t task_rights = RIGHT_TASK_MAP | RIGHT_TASK_THREADS | RIGHT_TASK_CONTROL | RIGHT_TASK_INFO;
    enum status status = map_page(process);
    if (status == STATUS_OK)
        status = first_thread(process, thread_page);
    if (status == STATUS_OK)
        status = install(process, process->task, task_rights, POSIX_CAP_TASK);
    if (status == STATUS_OK)
        status = install_facet(process, &control_type, &process->control_badge, RIGHT_PORT_SEND, POSIX_CAP_PROCESS);
    if (status == STATUS_OK)
        status = install_facet(process, &identity_type, &process->identity_badge, RIGHT_PORT_SEND | RIGHT_COPY, POSIX_CAP_IDENTITY);
    if (status == STATUS_OK)
        status = install(process, process->ledger, RIGHT_LEDGER_CHARGE | RIGHT_LEDGER_INFO, POSIX_CAP_LEDGER);
    return status;
}

/* --- the end ------------------------------------------------------------------------------------------------------------------------------------ */
uint64_t process_cpu_ns(const struct process *process)
{
    uint64_t ns = process->user_ns;
    if (process->state != ZOMBIE)
        (void)os_task_info(process->task, TASK_CPU_NS, &ns);
    return ns;
}

static void fail_requests(struct list *list)
{
    LIST_FOR(rq, list, struct request, link) {
        list_remove(&rq->link);
        request_fail(rq, STATUS_PEER_GONE);
    }
}

static void drop_capabilities(struct process *process)
{
    if (process->control_badge != 0)
        serve_forget(process->control_badge);
    process->control_badge = 0;
    LIST_FOR(thread, &process->threads, struct posix_thread, link) {
        list_remove(&thread->link);
        os_drop(thread->thread);
        os_free(thread);
    }
    os_drop(process->task);
    os_drop(process->ledger);
    process->task = process->ledger = CAP_NULL;
}

/* Children go to the first process. */
static void reparent_children(struct process *process)
{
    LIST_FOR(child, &process->children, struct process, siblings) {
        list_remove(&child->siblings);
        group_adopt(process, child);
        child->parent = first_process;
        if (first_process == nullptr || first_process == process) {
            child->parent = nullptr;
            if (child->state == ZOMBIE)
                process_bury(child);
            continue;
        }
        list_push_back(&first_process->children, &child->siblings);
        page_update(child);
        if (child->state == ZOMBIE)
            wait_wake(first_process, nullptr);
    }
}

/* Tell the parent. */
static void report(struct process *process)
{
    struct process *parent = process->parent;
    if (parent == nullptr) {
        process_bury(process);
        return;
    }
    bool unwanted = (parent->ignored & signal_bit(SIGNAL_CHLD)) != 0;
    uint32_t status = process->wait_status;
    int code = (status & 0x7f) == 0 ? 1 : 2; /* CLD_EXITED, CLD_KILLED */
    struct signal_info info = {.code = code, .pid = process->pid, .uid = process->uid, .value = code == 1 ? status >> 8 : status & 0x7f};
    if (unwanted)
        process_bury(process);
    wait_wake(parent, &info);
}

void process_end(struct process *process, uint32_t wait_status)
{
    if (process->state == ZOMBIE)
        return;
    process->user_ns = process_cpu_ns(process);
    process->state = ZOMBIE;
    process->wait_status = wait_status;
    serve_timer_cancel(&process->alarm);
    signals_drop_all(process);
    if (process->task != CAP_NULL)
        (void)os_task_kill(process->task, wait_status);
    fail_requests(&process->waits);
    fail_requests(&process->stops);
    drop_capabilities(process);
    page_give_back(process);
    if (process->session == process->pid) /* a session leader: its group in the foreground hangs up */
        signal_post_group(process->group, SIGNAL_HUP, &(struct signal_info){});
    reparent_children(process);
    group_end(process);
    if (process == first_process) {
        first_process = nullptr;
        (void)service_session_end(init_service, wait_status);
    }
    report(process);
}

void process_bury(struct process *process)
{
    if (process->parent != nullptr)
        process->parent->children_ns += process->user_ns + process->children_ns;
    table_remove(&processes, &process->by_pid);
    list_remove(&process->siblings);
    list_remove(&process->taken);
    if (process->identity_badge != 0)
        serve_forget(process->identity_badge);
    free_process(process);
}
