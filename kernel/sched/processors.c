/* processors.c: virtual processors and their members. Not here: what threads wait for, and which CPU runs what (schedule.c).
 * Invariant: a member is on the list of its state; While a processor is free no member is HELD.
 * Kernel lock. */
#include <sched/processors.h>

#include <lib/assert.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>

static bool processors_work(struct work *work);

static void set_state(struct activation *activation, enum activation_state state)
{
    struct processors *group = activation->group;
    group->number[activation->state]--;
    group->number[state]++;
    list_remove(&activation->link);
    activation->state = state;
    list_push_back(&group->members[state], &activation->link);
}

static bool has_free(const struct processors *group)
{
    return group->number[ACTIVATION_RUNNING] < group->count;
}

static struct activation *first(struct processors *group, enum activation_state state)
{
    struct list *list = &group->members[state];
    return list_empty(list) ? nullptr : container_of(list->next, struct activation, link);
}

static void set_results(struct thread *thread, enum processor_event why, uint64_t cookie)
{
    thread->frame.FRAME_STATUS = STATUS_OK;
    thread->frame.FRAME_R1 = (uint64_t)why;
    thread->frame.FRAME_R2 = cookie;
}

/* A member that waits for a processor gets one. */
static void run(struct activation *activation)
{
    thread_cancel_deadline(activation->thread);
    set_state(activation, ACTIVATION_RUNNING);
    thread_ready(activation->thread);
}

/* A processor may be free: for whom it is, if anybody, or for a parked member, who is told why. */
static void fill(struct processors *group, enum processor_event why, uint64_t cookie)
{
    if (!has_free(group) || group->gone)
        return;
    struct activation *next = first(group, ACTIVATION_HELD);
    if (next == nullptr && (next = first(group, ACTIVATION_PARKED)) != nullptr)
        set_results(next->thread, why, cookie);
    if (next != nullptr)
        run(next);
}

/* Something happened to a member: a running one is told. */
static void tell(struct activation *about, enum processor_event what)
{
    struct processors *group = about->group;
    if (about->news == 0)
        list_push_back(&group->news, &about->news_link);
    about->news |= (uint8_t)(1u << what);
    struct list *running = &group->members[ACTIVATION_RUNNING];
    struct list *item = running->next;
    if (item != running && container_of(item, struct activation, link) == about)
        item = item->next;
    if (item == running)
        return;
    list_remove(item); /* the next one is told of what comes next */
    list_push_back(running, item);
    struct thread *thread = container_of(item, struct activation, link)->thread;
    thread->page->processors_pending = 1;
    thread->attention |= ATTENTION_PROCESSORS;
    if (thread->state == THREAD_RUNNING && thread->cpu != this_cpu()->number)
        smp_kick(thread->cpu);
}

enum status processors_create(struct ledger *ledger, struct task *task, uint32_t count, uaddr_t entry, struct processors **processors)
{
    struct object *object;
    enum status status = object_create(OBJECT_PROCESSORS, ledger, &object);
    if (status != STATUS_OK)
        return status;
    struct processors *p = container_of(object, struct processors, object);
    object_get(&task->object);
    p->task = task;
    p->count = count;
    p->entry = entry;
    for (unsigned i = 0; i < ACTIVATION_STATES; i++)
        list_init(&p->members[i]);
    list_init(&p->news);
    work_init(&p->work, processors_work, object);
    *processors = p;
    return STATUS_OK;
}

enum status processors_join(struct processors *group, struct thread *thread, uint64_t cookie)
{
    if (thread->activation != nullptr)
        return STATUS_ALREADY_BOUND;
    if (thread->task != group->task)
        return STATUS_INVALID_ARGUMENT;
    void *memory;
    enum status status = ledger_alloc(thread->task->charge, sizeof(struct activation), &memory);
    if (status != STATUS_OK)
        return status;
    struct activation *activation = memory;
    *activation = (struct activation){.group = group, .thread = thread, .cookie = cookie, .state = ACTIVATION_RUNNING};
    list_init(&activation->link);
    list_init(&activation->news_link);
    thread->activation = activation;
    thread->is_member = true;
    bool free = has_free(group);
    list_push_back(&group->members[ACTIVATION_RUNNING], &activation->link);
    group->number[ACTIVATION_RUNNING]++;
    if (free)
        return STATUS_OK;
    set_results(thread, PROCESSOR_NONE, 0);
    set_state(activation, ACTIVATION_HELD);
    thread->state = THREAD_SPARE;
    cpu_leave(this_cpu());
    return SYSCALL_NO_RESULT;
}

/* The caller, if it is a member. It runs, so it has a processor. */
static struct activation *member(const struct processors *group, const struct thread *thread)
{
    struct activation *activation = thread->activation;
    return activation != nullptr && activation->group == group ? activation : nullptr;
}

enum status processors_park(struct processors *group, struct thread *thread, uint64_t deadline_ns, uint64_t *why, uint64_t *cookie)
{
    struct activation *activation = member(group, thread);
    if (activation == nullptr)
        return STATUS_BAD_STATE;
    if (group->tokens != 0) {
        group->tokens--;
        *why = PROCESSOR_WOKEN;
        *cookie = 0;
        return STATUS_OK;
    }
    bool past = !thread_set_deadline(thread, deadline_ns);
    *why = PROCESSOR_NONE;
    *cookie = 0;
    if (past && first(group, ACTIVATION_HELD) == nullptr)
        return STATUS_OK;
    set_results(thread, PROCESSOR_NONE, 0);
    set_state(activation, past ? ACTIVATION_HELD : ACTIVATION_PARKED);
    thread->state = THREAD_SPARE;
    struct activation *next = first(group, ACTIVATION_HELD);
    if (next != nullptr && has_free(group))
        run(next);
    cpu_leave(this_cpu());
    return SYSCALL_NO_RESULT;
}

enum status processors_pass(struct processors *group, struct thread *thread, uint64_t *passed)
{
    struct activation *activation = member(group, thread);
    if (activation == nullptr)
        return STATUS_BAD_STATE;
    struct activation *next = first(group, ACTIVATION_HELD);
    *passed = 0;
    if (next == nullptr)
        return STATUS_OK;
    thread->frame.FRAME_STATUS = STATUS_OK;
    thread->frame.FRAME_R1 = 1;
    set_state(activation, ACTIVATION_HELD);
    thread->state = THREAD_SPARE;
    if (has_free(group))
        run(next);
    cpu_leave(this_cpu());
    return SYSCALL_NO_RESULT;
}

void processors_wake(struct processors *group, uint64_t count, uint64_t *woken, uint64_t *missing)
{
    *woken = *missing = 0;
    struct activation *next;
    for (; *woken < count && has_free(group) && (next = first(group, ACTIVATION_PARKED)) != nullptr; ++*woken) {
        set_results(next->thread, PROCESSOR_WOKEN, 0);
        run(next);
    }
    uint64_t running = group->number[ACTIVATION_RUNNING], free = has_free(group) ? group->count - running : 0;
    *missing = count - *woken < free ? count - *woken : free;
    if (*woken < count)
        group->tokens = count - *woken < running ? count - *woken : running;
}

void processors_set_count(struct processors *group, uint32_t count)
{
    group->count = count;
    struct activation *next;
    while (has_free(group) && (next = first(group, ACTIVATION_HELD)) != nullptr)
        run(next);
}

void processors_event(struct processors *group, uint64_t *what, uint64_t *cookie)
{
    *what = PROCESSOR_NONE;
    *cookie = 0;
    if (list_empty(&group->news))
        return;
    struct activation *about = container_of(group->news.next, struct activation, news_link);
    *what = (uint64_t)__builtin_ctz(about->news);
    *cookie = about->cookie;
    about->news &= (uint8_t)(about->news - 1);
    if (about->news == 0)
        list_remove(&about->news_link);
}

void processors_leave_waiting(struct thread *thread)
{
    struct activation *activation = thread->activation;
    if (activation->state != ACTIVATION_RUNNING || thread->state == THREAD_READY)
        return;
    set_state(activation, ACTIVATION_WAITING);
    fill(activation->group, PROCESSOR_WAITING, activation->cookie);
}

static void leave(struct activation *activation)
{
    struct thread *thread = activation->thread;
    struct processors *group = activation->group;
    group->number[activation->state]--;
    list_remove(&activation->link);
    list_remove(&activation->news_link);
    thread->activation = nullptr;
    thread->is_member = false;
    ledger_free(thread->task->charge, activation, sizeof *activation);
}

void processors_leave_dead(struct thread *thread)
{
    struct processors *group = thread->activation->group;
    uint64_t cookie = thread->activation->cookie;
    leave(thread->activation);
    fill(group, PROCESSOR_ENDED, cookie);
}

bool processors_admit(struct thread *thread)
{
    struct activation *activation = thread->activation;
    struct processors *group = activation->group;
    if (activation->state == ACTIVATION_RUNNING)
        return true;
    if (has_free(group) || group->gone) {
        set_state(activation, ACTIVATION_RUNNING);
        return true;
    }
    set_state(activation, ACTIVATION_HELD);
    thread->state = THREAD_SPARE;
    tell(activation, PROCESSOR_UNBLOCKED);
    return false;
}

void processors_unwait(struct thread *thread)
{
    set_state(thread->activation, ACTIVATION_WAITING);
}

void processors_deadline(struct thread *thread)
{
    thread->timed = false;
    processors_unwait(thread);
    thread_ready(thread);
}

void processors_preempted(struct thread *thread, const struct thread *other)
{
    bool equals = other->is_member && other->activation->group == thread->activation->group;
    if (thread->activation->state == ACTIVATION_RUNNING && !equals)
        tell(thread->activation, PROCESSOR_PREEMPTED);
}

void processors_deliver(struct thread *thread)
{
    const struct activation *activation = thread->activation;
    struct thread_page *page = thread->page;
    if (activation == nullptr || page->processors_pending == 0 || activation->group->entry == 0) {
        thread->attention &= (uint8_t)~ATTENTION_PROCESSORS;
    } else if (page->upcall_mask == 0 && thread_upcall_at(thread, activation->group->entry, UPCALL_PROCESSORS)) {
        page->upcall_mask = 1;
        thread->attention &= (uint8_t)~ATTENTION_PROCESSORS;
    }
}

/* One step: a member leaves. */
static bool processors_work(struct work *work)
{
    struct processors *group = container_of(work, struct processors, work);
    for (unsigned state = 0; state < ACTIVATION_STATES; state++) {
        struct activation *activation = first(group, (enum activation_state)state);
        if (activation == nullptr)
            continue;
        struct thread *thread = activation->thread;
        bool waits = thread->state == THREAD_SPARE;
        if (state == ACTIVATION_PARKED)
            thread->frame.FRAME_STATUS = (uint64_t)(int64_t)STATUS_PEER_GONE;
        if (waits)
            thread_cancel_deadline(thread);
        leave(activation);
        if (waits)
            thread_ready(thread);
        return true;
    }
    return false;
}

void processors_unreachable(struct object *object)
{
    struct processors *group = container_of(object, struct processors, object);
    group->gone = true;
    work_add(&group->work);
}

void processors_free(struct object *object)
{
    object_put(&container_of(object, struct processors, object)->task->object);
}
