/* schedule.c: run queues per CPU, the choice of the next thread, idling. Not here: why threads block (ipc/, futex.c).
 * Invariant: a READY thread is on the run queue of exactly one CPU, a RUNNING one is current on exactly one. All under the kernel lock. */
#include <lib/assert.h>
#include <mm/zero_pool.h>
#include <sched/fair.h>
#include <sched/processors.h>
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
    cpu->ready_mask = 0;
    cpu->fair.root = nullptr;
}

static int highest_ready(const struct cpu *cpu)
{
    return cpu->ready_mask == 0 ? -1 : 63 - __builtin_clzll(cpu->ready_mask);
}

static bool may_run_on(const struct thread *thread, unsigned cpu)
{
    return (thread->runnable_on >> cpu & 1) != 0;
}

/* The priority of what the CPU runs, or will; -1: nothing. */
static int urgency(const struct cpu *cpu)
{
    int highest = highest_ready(cpu);
    bool runs = cpu->current != nullptr && cpu->current->state == THREAD_RUNNING;
    return runs && cpu->current->priority > highest ? cpu->current->priority : highest;
}

/* The thread's own CPU if it idles, else one that idles, else the thread's own if the thread is more urgent than what is there, else the one
 * with the least urgent. */
static struct cpu *choose_cpu(const struct thread *thread)
{
    struct cpu *home = &cpus[thread->cpu], *best = nullptr;
    int least = PRIORITIES;
    if (home->online && !home->off && (thread->affinity & home->bit) != 0) {
        best = home;
        least = urgency(home);
        if (least < 0 || cpu_count == 1)
            return home;
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        bool possible = cpus[i].online && !cpus[i].off && (thread->affinity & cpus[i].bit) != 0;
        int found = possible ? urgency(&cpus[i]) : (int)PRIORITIES;
        if (found < 0)
            return &cpus[i];
        bool better = found < least && (best != home || least >= (int)thread->priority);
        bool roomier = found == least && found <= (int)thread->priority && best != home && is_fair(thread) && fair_is_ahead(&cpus[i], best);
        if (better || roomier) {
            best = &cpus[i];
            least = found;
        }
    }
    return best != nullptr ? best : &cpus[0];
}

void thread_charge(struct thread *thread)
{
    uint64_t ticks = thread->time.ticks - thread->charged_ticks;
    if (ticks == 0)
        return;
    thread->task->space.run_ticks += ticks;
    thread->charged_ticks = thread->time.ticks;
    if (is_fair(thread))
        fair_charge(thread, arch_ticks_ns(ticks));
}

void cpu_account(struct cpu *cpu)
{
    account_update(cpu->current != nullptr ? &cpu->current->time : &cpu->nobody);
}

void cpu_forget_current(struct cpu *cpu)
{
    account_switch(&cpu->current->time, &cpu->nobody);
    cpu->current = nullptr;
}

static void enqueue(struct cpu *cpu, struct thread *thread)
{
    thread_charge(thread);
    thread->cpu = (uint8_t)cpu->number;
    thread->state = THREAD_READY;
    list_push_back(&cpu->run_queue[thread->priority], &thread->queue);
    if (is_fair(thread))
        fair_insert(cpu, thread);
    cpu->ready_mask |= 1ull << thread->priority;
}

/* The thread that is current is one of several with its priority: its turn ends. */
static void limit_turn(struct cpu *cpu)
{
    cpu->slice_end_ns = arch_time_ns() + fair_turn_ns(cpu->current);
    if (cpu == this_cpu())
        cpu_timer_update(cpu);
    else
        smp_kick(cpu->number);
}

/* Put it on that CPU's queue, and let the CPU look if it should. */
static void place(struct cpu *cpu, struct thread *thread)
{
    if (thread->fpu_cpu >= 0 && thread->fpu_cpu != (int)cpu->number)
        fpu_fetch(thread);
    enqueue(cpu, thread);
    const struct thread *current = cpu->current;
    bool here = cpu == this_cpu();
    if (current == nullptr || current->state != THREAD_RUNNING) {
        if (!here)
            smp_kick(cpu->number); /* here, the next is chosen before the CPU leaves the kernel */
    } else if (thread->priority > current->priority) {
        cpu->need_schedule = true;
        if (!here)
            smp_kick(cpu->number);
    } else if (thread->priority == current->priority && cpu->slice_end_ns == UINT64_MAX) {
        limit_turn(cpu);
    }
}

void thread_ready(struct thread *thread)
{
    if (thread->stopped) {
        thread->state = THREAD_READY; /* on no queue until thread_continue */
        list_init(&thread->queue);
        return;
    }
    if (thread->is_member && !processors_admit(thread))
        return;
    struct cpu *cpu = choose_cpu(thread);
    if (is_fair(thread)) {
        thread_charge(thread);
        fair_arrive(cpu, thread);
    }
    place(cpu, thread);
}

void thread_unready(struct thread *thread)
{
    if (list_empty(&thread->queue))
        return; /* stopped */
    struct cpu *cpu = &cpus[thread->cpu];
    list_remove(&thread->queue);
    if (is_fair(thread))
        fair_remove(cpu, thread);
    if (list_empty(&cpu->run_queue[thread->priority]))
        cpu->ready_mask &= ~(1ull << thread->priority);
}

void cpu_switch(struct cpu *cpu, struct thread *next)
{
    struct thread *from = cpu->current;
    struct space *space = &next->task->space;
    uint64_t bit = 1ull << cpu->number;
    account_switch(from != nullptr ? &from->time : &cpu->nobody, &next->time);
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
    cpu->need_schedule = true;
}

/* Nothing else is due here, and current could go on: what runs next may be settled at once. */
static bool is_plain(const struct cpu *cpu)
{
    const struct thread *current = cpu->current;
    return cpu->alone && !cpu->need_schedule && current != nullptr && current->state == THREAD_RUNNING && current->unusual == 0;
}

void cpu_wake(struct cpu *cpu, struct thread *thread)
{
    struct thread *current = cpu->current;
    if (!is_plain(cpu) || thread->stopped || thread->is_member || thread->priority <= current->priority || cpu->ready_mask >> thread->priority != 0) {
        thread_ready(thread);
        return;
    }
    cpu_switch(cpu, thread);
    enqueue(cpu, current);
    cpu->slice_end_ns = UINT64_MAX;
    cpu->turn_over = false;
}

void cpu_yield(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    struct list *queue = &cpu->run_queue[current->priority];
    if (!is_plain(cpu) || cpu->ready_mask >> current->priority != 1) {
        cpu->slice_end_ns = 0;
        cpu->need_schedule = true;
        return;
    }
    uint64_t now_ns = arch_time_ns();
    struct thread *next = container_of(queue->next, struct thread, queue);
    list_remove(&next->queue);
    list_push_back(queue, &current->queue);
    cpu_switch(cpu, next);
    current->state = THREAD_READY;
    thread_charge(current);
    if (is_fair(current))
        fair_replace(cpu, next, current);
    cpu->slice_end_ns = now_ns + fair_turn_ns(next);
    cpu->turn_over = false;
    if (cpu->slice_end_ns < cpu->timer_ns)
        cpu_timer_update(cpu);
}

void cpu_yield_to(struct cpu *cpu, struct thread *next)
{
    struct thread *current = cpu->current;
    thread_unready(next);
    if (next->fpu_cpu >= 0 && next->fpu_cpu != (int)cpu->number)
        fpu_fetch(next);
    cpu_switch(cpu, next);
    enqueue(cpu, current);
    if (cpu->slice_end_ns == UINT64_MAX) /* else it is the same turn: two that yield to each other do not keep others waiting */
        limit_turn(cpu);
}

void cpu_hand_over(struct cpu *cpu, struct thread *to)
{
    struct thread *from = cpu->current;
    if (from != nullptr && from->is_member)
        processors_leave_waiting(from);
    uint64_t rivals = cpu->ready_mask >> to->priority; /* bit 0: equals */
    if (!to->stopped && !to->is_member && may_run_on(to, cpu->number) && (rivals == 0 || (rivals == 1 && !cpu->turn_over))) [[clang::likely]] {
        cpu_switch(cpu, to);
        if (rivals != 0 && cpu->slice_end_ns == UINT64_MAX)
            limit_turn(cpu);
        return;
    }
    thread_ready(to);
    cpu->need_schedule = true;
}

/* The most urgent thread in the queues of a CPU that may run on another. */
static struct thread *find_for(const struct cpu *cpu, const struct cpu *other)
{
    for (uint64_t mask = cpu->ready_mask; mask != 0; mask &= ~(1ull << (63 - __builtin_clzll(mask)))) {
        unsigned priority = 63 - (unsigned)__builtin_clzll(mask);
        const struct list *queue = &cpu->run_queue[priority];
        if (priority == PRIORITY_DEFAULT && (fair_first(cpu)->affinity & other->bit) != 0)
            return fair_first(cpu);
        for (struct list *item = queue->next; item != queue; item = item->next) {
            struct thread *thread = container_of(item, struct thread, queue);
            if ((thread->affinity & other->bit) != 0)
                return thread;
        }
    }
    return nullptr;
}

static struct thread *take_from_other(struct cpu *cpu, struct thread *thread)
{
    thread_unready(thread);
    if (is_fair(thread))
        fair_move(cpu, thread);
    fpu_fetch(thread);
    return thread;
}

/* Take a ready thread from a busy CPU. */
static struct thread *steal(struct cpu *cpu)
{
    struct thread *best = nullptr;
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct cpu *other = &cpus[i];
        if (other == cpu || other->current == nullptr || other->ready_mask == 0)
            continue;
        struct thread *found = find_for(other, cpu);
        if (found != nullptr && (best == nullptr || found->priority > best->priority || (is_fair(found) && is_fair(best) && fair_is_behind(found, best))))
            best = found;
    }
    if (best == nullptr)
        return nullptr;
    return take_from_other(cpu, best);
}

/* Who got least: of those who wait here, or clearly less elsewhere. */
static struct thread *take_fair(struct cpu *cpu)
{
    struct thread *first = fair_first(cpu), *other = cpu_count > 1 && !cpu->off ? fair_behind(cpu, first) : nullptr;
    if (other == nullptr) {
        thread_unready(first);
        return first;
    }
    return take_from_other(cpu, other);
}

static struct thread *take_next(struct cpu *cpu)
{
    int priority = highest_ready(cpu);
    if (priority < 0)
        return cpu_count > 1 && !cpu->off ? steal(cpu) : nullptr;
    if (priority == PRIORITY_DEFAULT)
        return take_fair(cpu);
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
    cpu->slice_end_ns = contended ? now_ns + fair_turn_ns(thread) : UINT64_MAX;
    cpu->turn_over = false;
    cpu_timer_update(cpu);
}

/* May current, which runs, go on? Where its turn is over and only less urgent ones wait, that is kept for whom it hands the CPU to. */
static bool goes_on(struct cpu *cpu, const struct thread *current, uint64_t now_ns)
{
    bool over = now_ns >= cpu->slice_end_ns;
    int highest = highest_ready(cpu);
    if (cpu->off || (current->affinity & cpu->bit) == 0 || highest > (int)current->priority || (highest == (int)current->priority && over))
        return false;
    if (over) {
        cpu->slice_end_ns = UINT64_MAX;
        cpu->turn_over = true;
    } else if (highest == (int)current->priority && cpu->slice_end_ns == UINT64_MAX) {
        limit_turn(cpu);
    }
    return true;
}

/* It goes from one CPU's queue to another's. */
static void move(struct cpu *to, struct thread *thread)
{
    if (is_fair(thread))
        fair_move(to, thread);
    place(to, thread);
}

/* The threads that are ready here go elsewhere, as long as no interrupt waits for more than the first. False: some are left. */
static bool empty_queues(struct cpu *cpu)
{
    for (bool moved = false; cpu->ready_mask != 0; moved = true) {
        if (moved && arch_interrupt_pending())
            return false;
        struct thread *thread = container_of(cpu->run_queue[highest_ready(cpu)].next, struct thread, queue);
        thread_unready(thread);
        move(choose_cpu(thread), thread);
    }
    return true;
}

bool cpu_set_off(struct cpu *cpu, bool off)
{
    cpu->off = off;
    if (off && !empty_queues(cpu))
        return false;
    cpu->need_schedule = true;
    if (cpu != this_cpu())
        smp_kick(cpu->number);
    return true;
}

/* Of the fair class, the first who would wait here now that current's turn is over; NULL: nobody. */
static struct thread *first_to_wait(const struct cpu *cpu, struct thread *current)
{
    if (!is_fair(current))
        return nullptr;
    if (!fair_is_next(cpu, current))
        return current;
    return cpu->fair.root != nullptr ? fair_first(cpu) : nullptr;
}

/* Who would wait here goes where all got more, if there is such a place, and has its turn there. Returns: it did. */
static bool move_on(struct thread *thread)
{
    struct cpu *better = fair_elsewhere(thread);
    if (better == nullptr)
        return false;
    if (thread->state == THREAD_READY)
        thread_unready(thread);
    move(better, thread);
    better->slice_end_ns = 0;
    better->need_schedule = true;
    smp_kick(better->number);
    return true;
}

/* Current, which runs, gives way: to whom is more urgent or got less. */
static void end_turn(struct cpu *cpu, struct thread *current)
{
    if (cpu_count > 1) {
        struct thread *waits = first_to_wait(cpu, current);
        if (waits != nullptr && move_on(waits) && waits == current)
            return;
    }
    struct cpu *to = choose_cpu(current);
    if (to == cpu)
        enqueue(cpu, current);
    else
        move(to, current);
}

/* Choose what runs on this CPU now. False: nothing. */
static bool choose(struct cpu *cpu)
{
    struct thread *current = cpu->current;
    cpu->need_schedule = false;
    uint64_t now_ns = arch_time_ns();
    cpu_account(cpu);
    if (current != nullptr)
        thread_charge(current);
    if (current != nullptr && current->state == THREAD_RUNNING) {
        if (goes_on(cpu, current, now_ns))
            return true;
        end_turn(cpu, current);
    }
    if (cpu->off) [[clang::unlikely]]
        (void)empty_queues(cpu); /* it has what current made ready here before it left, if anything */
    struct thread *next = take_next(cpu);
    if (next == nullptr)
        return false;
    if (next == current) {
        next->state = THREAD_RUNNING;
    } else {
        cpu_switch(cpu, next);
        if (current != nullptr && current->is_member && current->state == THREAD_READY)
            processors_preempted(current, next);
    }
    begin_turn(cpu, next, now_ns);
    return true;
}

static void leave_current(struct cpu *cpu)
{
    if (cpu->current == nullptr)
        return;
    arch_thread_leave(cpu->current);
    cpu_forget_current(cpu);
}

/* It has no space where others would have to interrupt it for changes: those wait until it loads the space again. */
static void go_idle(struct cpu *cpu)
{
    fpu_flush(cpu);
    leave_current(cpu);
    if (!ARCH_TLB_BROADCAST && cpu_count > 1 && cpu->space != nullptr) {
        arch_space_leave();
        cpu->space = nullptr;
    }
    cpu->slice_end_ns = UINT64_MAX;
    arch_call_on_stack_top(cpu_idle_loop);
}

/* Bring the CPU to a thread that may go to user mode, attending to its attention bits. Those that may take it off the CPU come first: it must not
 * wait in a queue with them. */
static bool settle(struct cpu *cpu)
{
    for (;;) {
        struct thread *current = cpu->current;
        bool runs = current != nullptr && current->state == THREAD_RUNNING;
        if (runs && (current->attention & (ATTENTION_KILLED | ATTENTION_STOP | ATTENTION_BUS_ERROR)) != 0) {
            thread_attend(current);
        } else if (cpu->need_schedule || !runs) {
            if (!runs && current != nullptr && current->is_member)
                processors_leave_waiting(current);
            if (!choose(cpu))
                return false;
        } else {
            if (current->attention != 0)
                thread_attend(current);
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
    while (!arch_interrupt_pending() && zeroing_step(zeroing)) {
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
        leave_current(cpu);
        bool more = !cpu->off && work_some(WORK_STEPS);
        if (cpu->ready_mask != 0)
            continue; /* the end of a task woke somebody */
        if (more || (!cpu->off && mm_idle_work(&zeroing))) {
            idle_outside(&zeroing);
        } else {
            cpu_timer_update(cpu);
            spin_unlock(&kernel_lock);
            arch_idle();
            spin_lock(&kernel_lock);
        }
    }
    zeroing_end(&zeroing);
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
