/* schedule.c: run queues per CPU, the choice of the next thread, idling. Not here: why threads block (ipc/, futex.c).
 * Invariant: a READY thread is on the run queue of exactly one CPU, a RUNNING one is current on exactly one. All under the kernel lock. */
#include <lib/assert.h>
#include <mm/clusters.h>
#include <sched/schedule.h>

#define WORK_STEPS 16u          /* of work, in one go */
#define WORK_PERIOD_NS 100000ull /* a CPU in user mode looks after it so often */

struct spinlock kernel_lock;
struct cpu cpus[ARCH_MAX_CPUS];
unsigned cpu_count;

void cpu_init(struct cpu *cpu, unsigned number)
{
    cpu->number = number;
    cpu->bit = 1ull << number;
    cpu->timer_ns = UINT64_MAX;
    cpu->slice_end_ns = UINT64_MAX;
    for (unsigned i = 0; i < PRIORITIES; i++)
        list_init(&cpu->run_queue[i]);
}

static int highest_ready(const struct cpu *cpu)
{
    return cpu->ready_mask == 0 ? -1 : 63 - __builtin_clzll(cpu->ready_mask);
}

static bool may_run_on(const struct thread *thread, unsigned cpu)
{
    return (thread->runnable_on >> cpu & 1) != 0;
}

/* A CPU that idles and may run the thread, or the thread's own. */
static struct cpu *choose_cpu(struct thread *thread)
{
    struct cpu *home = &cpus[thread->cpu];
    if (home->online && (home->current == nullptr || thread->fpu_cpu == thread->cpu) && may_run_on(thread, home->number))
        return home;
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].online && cpus[i].current == nullptr && cpus[i].ready_mask == 0 && may_run_on(thread, i))
            return &cpus[i];
    if (home->online && may_run_on(thread, home->number))
        return home;
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].online && (thread->affinity >> i & 1) != 0)
            return &cpus[i];
    return &cpus[0];
}

static void enqueue(struct cpu *cpu, struct thread *thread)
{
    thread->cpu = (uint8_t)cpu->number;
    thread->state = THREAD_READY;
    list_push_back(&cpu->run_queue[thread->priority], &thread->queue);
    cpu->ready_mask |= 1ull << thread->priority;
}

void thread_ready(struct thread *thread)
{
    if (thread->stopped) {
        thread->state = THREAD_READY; /* on no queue until thread_continue */
        return;
    }
    struct cpu *cpu = choose_cpu(thread);
    if (thread->fpu_cpu >= 0 && thread->fpu_cpu != (int)cpu->number)
        fpu_fetch(thread);
    enqueue(cpu, thread);
    struct cpu *here = this_cpu();
    if (cpu->current == nullptr) {
        if (cpu != here)
            smp_kick(cpu->number);
    } else if (thread->priority > cpu->current->priority) {
        cpu->need_schedule = true;
        if (cpu != here)
            smp_kick(cpu->number);
    } else if (thread->priority == cpu->current->priority && cpu->slice_end_ns == UINT64_MAX) {
        cpu->slice_end_ns = arch_time_ns() + TIME_SLICE_NS;
        if (cpu != here)
            smp_kick(cpu->number);
        else
            cpu_timer_update(cpu);
    }
}

void thread_unready(struct thread *thread)
{
    if (list_empty(&thread->queue))
        return; /* stopped */
    struct cpu *cpu = &cpus[thread->cpu];
    list_remove(&thread->queue);
    if (list_empty(&cpu->run_queue[thread->priority]))
        cpu->ready_mask &= ~(1ull << thread->priority);
}

void cpu_account(struct cpu *cpu, uint64_t now_ns)
{
    if (cpu->current != nullptr)
        cpu->current->cpu_ns += now_ns - cpu->switched_ns;
    cpu->switched_ns = now_ns;
}

void cpu_switch(struct cpu *cpu, struct thread *next)
{
    struct thread *from = cpu->current;
    struct space *space = &next->task->space;
    uint64_t bit = 1ull << cpu->number;
    arch_thread_switch(from, next);
    if (cpu->space != space) {
        cpu->space = space;
        space->cpus |= bit;
    }
    if ((space->stale & bit) != 0) [[clang::unlikely]] {
        space->stale &= ~bit;
        arch_tlb_flush(&space->arch, 0, SIZE_MAX);
    }
    next->state = THREAD_RUNNING;
    next->cpu = (uint8_t)cpu->number;
    cpu->current = next;
    cpu->switches++;
}

void cpu_leave(struct cpu *cpu)
{
    cpu_account(cpu, arch_time_ns());
    cpu->need_schedule = true;
}

void cpu_hand_over(struct cpu *cpu, struct thread *to)
{
    int highest = highest_ready(cpu);
    if (!to->stopped && may_run_on(to, cpu->number) && highest <= (int)to->priority) [[clang::likely]] {
        cpu_switch(cpu, to);
        return;
    }
    thread_ready(to);
    cpu->need_schedule = true;
}

/* Take a ready thread from a busy CPU. */
static struct thread *steal(struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *other = &cpus[i];
        if (other == cpu || !other->online || other->current == nullptr)
            continue;
        for (uint64_t mask = other->ready_mask; mask != 0; mask &= ~(1ull << (63 - __builtin_clzll(mask)))) {
            struct list *queue = &other->run_queue[63 - __builtin_clzll(mask)];
            for (struct list *item = queue->next; item != queue; item = item->next) {
                struct thread *thread = container_of(item, struct thread, queue);
                if (!may_run_on(thread, cpu->number))
                    continue;
                thread_unready(thread);
                return thread;
            }
        }
    }
    return nullptr;
}

static struct thread *take_next(struct cpu *cpu)
{
    int priority = highest_ready(cpu);
    if (priority < 0)
        return cpu_count > 1 ? steal(cpu) : nullptr;
    struct thread *thread = container_of(cpu->run_queue[priority].next, struct thread, queue);
    thread_unready(thread);
    return thread;
}

void cpu_timer_update(struct cpu *cpu)
{
    uint64_t next = timers_next(cpu);
    if (cpu->slice_end_ns < next)
        next = cpu->slice_end_ns;
    if (work_wanted) {
        uint64_t soon = arch_time_ns() + WORK_PERIOD_NS;
        next = soon < next ? soon : next;
    }
    if (next < cpu->timer_ns) {
        cpu->timer_ns = next;
        arch_timer_set(next);
    }
}

/* A new turn for the thread that becomes current: limited when another of its priority waits. */
static void begin_turn(struct cpu *cpu, struct thread *thread, uint64_t now_ns)
{
    bool contended = !list_empty(&cpu->run_queue[thread->priority]);
    cpu->slice_end_ns = contended ? now_ns + TIME_SLICE_NS : UINT64_MAX;
    cpu_timer_update(cpu);
}

/* Choose what runs on this CPU now. False: nothing. */
static bool choose(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    cpu->need_schedule = false;
    uint64_t now_ns = arch_time_ns();
    cpu_account(cpu, now_ns);
    if (current != nullptr && current->state == THREAD_RUNNING && (current->affinity >> cpu->number & 1) == 0) {
        thread_ready(current); /* it may not stay here */
    } else if (current != nullptr && current->state == THREAD_RUNNING) {
        bool turn_over = now_ns >= cpu->slice_end_ns;
        int highest = highest_ready(cpu);
        if (highest < (int)current->priority || (highest == (int)current->priority && !turn_over)) {
            if (turn_over)
                cpu->slice_end_ns = UINT64_MAX;
            return true;
        }
        enqueue(cpu, current);
    }
    struct thread *next = take_next(cpu);
    if (next == nullptr)
        return false;
    if (next == current)
        next->state = THREAD_RUNNING;
    else
        cpu_switch(cpu, next);
    begin_turn(cpu, next, now_ns);
    return true;
}

static void go_idle(struct cpu *cpu)
{
    fpu_flush(cpu);
    if (cpu->current != nullptr)
        arch_thread_leave(cpu->current);
    cpu->current = nullptr;
    cpu->slice_end_ns = UINT64_MAX;
    cpu->idle_since_ns = arch_time_ns();
    arch_call_on_stack_top(cpu_idle_loop);
}

/* Bring the CPU to a thread that may go to user mode, attending to its attention bits. */
static bool settle(struct cpu *cpu)
{
    for (;;) {
        struct thread *current = cpu->current;
        if (cpu->need_schedule || current == nullptr || current->state != THREAD_RUNNING) {
            if (!choose(cpu))
                return false;
        } else if (current->attention != 0) {
            thread_attend(current);
            if (cpu->current == current && current->state == THREAD_RUNNING && !cpu->need_schedule)
                return true;
        } else {
            return true;
        }
    }
}

void kernel_exit(struct cpu *cpu, bool was_idle)
{
    if (work_wanted) [[clang::unlikely]]
        (void)work_some(WORK_STEPS);
    if (!was_idle) {
        struct thread *current = cpu->current;
        if (cpu->need_schedule || current->state != THREAD_RUNNING || current->attention != 0) [[clang::unlikely]]
            if (!settle(cpu))
                go_idle(cpu); /* keeps the lock; the idle loop gives it up */
        if (work_wanted) [[clang::unlikely]]
            cpu_timer_update(cpu);
    }
    spin_unlock(&kernel_lock);
}

/* With the lock given up: what waits for this CPU comes first, then some of what may as well be done. */
static void idle_outside(struct zeroing *zeroing) NO_THREAD_SAFETY
{
    spin_unlock(&kernel_lock);
    while (!arch_interrupt_pending() && clusters_zero_step(zeroing)) {
    }
    if (arch_interrupt_pending())
        arch_idle();
    smp_poll();
    spin_lock(&kernel_lock);
}

void cpu_idle_loop(void) NO_THREAD_SAFETY
{
    struct cpu *cpu = this_cpu();
    struct zeroing zeroing = {};
    for (;;) {
        if (settle(cpu))
            break;
        cpu->current = nullptr;
        bool more = work_some(WORK_STEPS);
        if (cpu->ready_mask != 0)
            continue; /* the end of a task woke somebody */
        if (more || mm_idle_work(&zeroing)) {
            idle_outside(&zeroing);
        } else {
            cpu_timer_update(cpu);
            spin_unlock(&kernel_lock);
            arch_idle();
            spin_lock(&kernel_lock);
        }
    }
    clusters_zero_end(&zeroing);
    cpu->idle_ns += arch_time_ns() - cpu->idle_since_ns;
    spin_unlock(&kernel_lock);
    arch_return_to_user();
}

void fpu_flush(struct cpu *cpu)
{
    struct thread *owner = cpu->fpu_owner;
    if (owner == nullptr)
        return;
    arch_fpu_enable(true);
    arch_fpu_save(owner);
    arch_fpu_enable(false);
    owner->fpu_cpu = -1;
    thread_set_runnable(owner);
    cpu->fpu_owner = nullptr;
}

void trap_fpu(void)
{
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    struct thread *current = cpu->current;
    if (cpu->fpu_owner != current) {
        fpu_flush(cpu);
        fpu_fetch(current);
        if (!current->fpu_used) {
            arch_fpu_init(current);
            current->fpu_used = true;
        }
        arch_fpu_enable(true);
        arch_fpu_restore(current);
        cpu->fpu_owner = current;
        current->fpu_cpu = (int8_t)cpu->number;
        thread_set_runnable(current);
    }
    arch_fpu_enable(true);
    kernel_exit(cpu, false);
}
