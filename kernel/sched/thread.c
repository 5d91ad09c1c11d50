/* thread.c: threads: life, waits, interrupts, upcalls, exceptions. Not here: which one runs (schedule.c).
 * Invariant: what a thread waits for is in `state` and `wait` alone; thread_unwait undoes all of it. Kernel lock. */
#include <ipc/futex.h>
#include <ipc/lock.h>
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <lib/format.h>
#include <mm/carve.h>
#include <mm/reclaim.h>
#include <sched/fair.h>
#include <sched/processors.h>
#include <sched/schedule.h>

#define RETRIES_MOST 100u
#define RETRY_STEPS 256u /* of work, while no interrupt waits */

static void leave_task(struct thread *thread);

/* One step with who names a dead thread. */
static bool thread_work(struct work *work)
{
    struct thread *thread = container_of(work, struct thread, work);
    if (thread->robust.list != 0) {
        if (!robust_step(thread))
            leave_task(thread);
        return true;
    }
    return lock_leave(thread) || ipc_leave_reply(thread) || thread_leave_donor(thread);
}

static void deadline_passed(struct timer *timer)
{
    struct thread *thread = container_of(timer, struct thread, timer);
    if (thread->state == THREAD_SPARE)
        processors_deadline(thread);
    else
        thread_wake(thread, STATUS_TIMED_OUT);
}

enum status thread_create(struct task *task, uaddr_t page_address, struct thread **thread)
{
    if (task->dead)
        return STATUS_PEER_GONE;
    enum status status = ledger_charge(task->charge, LEDGER_THREADS, 1);
    if (status != STATUS_OK)
        return status;
    struct object *object;
    status = object_create(OBJECT_THREAD, task->charge, &object);
    if (status != STATUS_OK)
        goto credit_thread;
    struct thread *t = container_of(object, struct thread, object);
    const struct thread *creator = this_cpu()->current;
    paddr_t page = mp_alloc(0, true);
    status = STATUS_NO_MEMORY;
    if (page == 0)
        goto put_object;
    t->page = phys_to_virt(page);
    status = ledger_charge(task->charge, LEDGER_KERNEL, MP_SIZE);
    if (status != STATUS_OK)
        goto free_page;
    status = space_map_pinned(&task->space, page_address, page, PROT_BIT_READ | PROT_BIT_WRITE);
    if (status != STATUS_OK)
        goto credit_page;
    object_get(&task->object);
    t->task = task;
    t->thread_page_address = page_address;
    t->priority = t->base_priority = PRIORITY_DEFAULT;
    t->affinity = UINT64_MAX;
    t->fpu_cpu = -1;
    thread_set_runnable(t);
    t->state = THREAD_NEW;
    t->cpu = (uint8_t)this_cpu()->number;
    fair_init(t, creator != nullptr && creator->task == task ? creator->fair.weight : WEIGHT_DEFAULT);
    list_init(&t->queue);
    work_init(&t->work, thread_work, object);
    list_init(&t->replies);
    list_init(&t->locks);
    list_init(&t->serving_link);
    timer_init(&t->timer, deadline_passed);
    thread_set_runtime(t);
    list_push_back(&task->threads, &t->task_link);
    task->thread_count++;
    object_get(object); /* the task's list holds one until the thread is dead */
    *thread = t;
    return STATUS_OK;

credit_page:
    ledger_credit(task->charge, LEDGER_KERNEL, MP_SIZE);
free_page:
    mp_free(page, 0);
    t->page = nullptr;
put_object:
    object_put(object);
credit_thread:
    ledger_credit(task->charge, LEDGER_THREADS, 1);
    return status;
}

void thread_free(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);
    if (thread->page == nullptr)
        return; /* never completed */
    if (thread->fpu_cpu >= 0)
        cpus[thread->fpu_cpu].fpu_owner = nullptr;
    mp_free(virt_to_phys(thread->page), 0);
    ledger_credit(thread->task->charge, LEDGER_KERNEL, MP_SIZE);
    ledger_credit(thread->task->charge, LEDGER_THREADS, 1);
    object_put(&thread->task->object);
}

void thread_set_runtime(struct thread *thread)
{
    const struct task *task = thread->task;
    thread->runtime_start = task->foreign ? task->runtime_start : 0;
    thread->runtime_end = task->foreign ? task->runtime_end : UINT64_MAX;
    thread->call_entry = task->upcall_entry + UPCALL_CALL_OFFSET;
}

bool thread_set_deadline(struct thread *thread, uint64_t deadline_ns)
{
    if (deadline_ns == DEADLINE_NONE)
        return true;
    if (deadline_ns <= arch_time_ns())
        return false;
    timer_set(&thread->timer, deadline_ns);
    thread->timed = true;
    return true;
}

/* Memory that has a pager goes; or the thread waits until some is written back. */
static bool thread_reclaims(struct thread *thread, enum status status)
{
    struct page_request *started;
    switch (reclaim_for(thread->task->charge, status, &started)) {
    case RECLAIM_FREED:
        thread->retries = 0;
        return true;
    case RECLAIM_STARTED:
        if (thread->retries == RETRIES_MOST || thread->state != THREAD_RUNNING || page_await(started, 0) != PAGE_AWAITED)
            break;
        thread->retries++;
        thread_page_retry_wait(thread);
        return true;
    case RECLAIM_NOTHING:
        break;
    }
    thread->retries = 0;
    return false;
}

bool thread_retries(struct thread *thread, enum status status)
{
    if (status != STATUS_NO_MEMORY && status != STATUS_LEDGER_SPENT)
        return false;
    if (work_wanted && thread->retries < RETRIES_MOST) {
        thread->retries++;
        (void)work_some(RETRY_STEPS);
        return true;
    }
    return thread_reclaims(thread, status);
}

struct restart *thread_restart(struct thread *thread, const uint64_t *cookie)
{
    uint64_t number = thread->frame.FRAME_NUMBER;
    if (*cookie == 0 || *cookie != thread->restart.cookie || number != thread->restart.number)
        thread->restart = (struct restart){.number = number};
    return &thread->restart;
}

void thread_interrupt_call(struct thread *thread, uint64_t *cookie)
{
    static uint64_t last;
    *cookie = thread->restart.cookie = ++last;
}

void thread_unwait(struct thread *thread)
{
    thread_cancel_deadline(thread);
    switch (thread->state) {
    case THREAD_READY:
        thread_unready(thread);
        break;
    case THREAD_CALLING:
    case THREAD_SENDING:
    case THREAD_AWAITING_REPLY:
    case THREAD_RECEIVING:
    case THREAD_NOTIFICATION:
        ipc_unwait(thread);
        break;
    case THREAD_FUTEX:
        futex_leave(thread);
        break;
    case THREAD_PAGING:
        paging_leave(thread);
        break;
    case THREAD_SPARE:
        processors_unwait(thread);
        break;
    default:
        break;
    }
}

void thread_wake(struct thread *thread, enum status status)
{
    thread_unwait(thread);
    thread->frame.FRAME_STATUS = (uint64_t)(int64_t)status;
    thread_ready(thread);
}

/* The thread is off every queue and CPU, and needs its task's memory no more. */
static void leave_task(struct thread *thread)
{
    struct task *task = thread->task;
    list_remove(&thread->task_link);
    task->thread_count--;
    task->cpu_ticks += thread->time.ticks;
    if (task->dead) { /* its page stays: others of the task may be in user mode yet */
        list_push_back(&task->gone, &thread->task_link);
        if (task->thread_count == 0)
            work_add(&task->work);
        return;
    }
    space_unmap_pinned(&task->space, thread->thread_page_address, virt_to_phys(thread->page));
    if (task->thread_count == 0)
        task_kill(task, task->exit_code);
    object_put(&thread->object);
}

/* The thread is off every queue and CPU: give it to its task's end, which waits for its robust locks. */
static void bury(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if (cpu->current == thread)
        cpu_forget_current(cpu); /* the last reference may go now */
    thread_charge(thread);
    thread->state = THREAD_DEAD;
    if (thread->is_member)
        processors_leave_dead(thread);
    thread_serve(thread, nullptr);
    revoke_end(&thread->revoke, false);
    bool walk = robust_begin(thread);
    if (walk || thread->donors.root != nullptr || !list_empty(&thread->replies) || !list_empty(&thread->locks))
        work_add(&thread->work);
    if (!walk)
        leave_task(thread);
}

void thread_kill(struct thread *thread)
{
    if (thread->state == THREAD_DEAD)
        return;
    thread->attention |= ATTENTION_KILLED;
    if (thread->state != THREAD_RUNNING) {
        thread_unwait(thread);
        bury(thread);
        return;
    }
    struct cpu *cpu = &cpus[thread->cpu];
    if (cpu != this_cpu())
        smp_kick(cpu->number);
}

bool thread_interrupted(struct thread *thread)
{
    if ((thread->attention & ATTENTION_INTERRUPT) == 0)
        return false;
    if (thread->page->upcall_pending != 0)
        return true;
    thread->attention &= (uint8_t)~ATTENTION_INTERRUPT;
    return false;
}

static bool is_waiting(const struct thread *thread)
{
    return thread->state >= THREAD_CALLING && thread->state <= THREAD_PAGING;
}

void thread_signal(struct thread *thread)
{
    if (thread->state == THREAD_DEAD)
        return;
    thread->page->upcall_pending = 1;
    thread->attention |= ATTENTION_INTERRUPT;
    if (is_waiting(thread) && thread_interruptible(thread))
        ipc_interrupt(thread);
    else if (thread->state == THREAD_RUNNING && thread->cpu != this_cpu()->number)
        smp_kick(thread->cpu);
}

static bool in_runtime(const struct task *task, uaddr_t pc)
{
    return pc >= task->runtime_start && pc < task->runtime_end;
}

bool thread_upcall_at(struct thread *thread, uaddr_t entry, uint64_t reason)
{
    struct task *task = thread->task;
    struct thread_page *page = thread->page;
    if (task->foreign && in_runtime(task, thread->frame.FRAME_PC))
        return false;
    page->frame = thread->frame;
    page->upcall_reason = reason;
    thread->frame.FRAME_PC = entry;
    thread->frame.FRAME_SP = page->upcall_stack;
    return true;
}

bool thread_upcall(struct thread *thread, uint64_t reason, uint64_t code, uint64_t address, uint64_t access)
{
    struct thread_page *page = thread->page;
    if (!thread->task->foreign || !thread_upcall_at(thread, thread->task->upcall_entry, reason))
        return false;
    page->upcall_code = code;
    page->upcall_address = address;
    page->upcall_access = access;
    return true;
}

/* An interrupt is posted: into the runtime if that can take it now. */
static void deliver_interrupt(struct thread *thread)
{
    struct task *task = thread->task;
    uaddr_t pc = thread->frame.FRAME_PC;
    if (thread->page->upcall_pending == 0) {
        thread->attention &= (uint8_t)~ATTENTION_INTERRUPT;
        return;
    }
    if (pc >= task->critical_start && pc < task->critical_end) {
        thread->frame.FRAME_PC = task->critical_start;
        return;
    }
    if (thread->page->upcall_mask == 0 && thread_upcall(thread, UPCALL_INTERRUPT, 0, 0, 0))
        thread->attention &= (uint8_t)~ATTENTION_INTERRUPT;
}

void thread_attend(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    if ((thread->attention & ATTENTION_KILLED) != 0) {
        cpu_leave(cpu);
        thread->state = THREAD_READY;
        bury(thread);
    } else if ((thread->attention & ATTENTION_STOP) != 0) {
        thread->attention &= (uint8_t)~ATTENTION_STOP;
        if (thread->stopped) {
            cpu_leave(cpu);
            thread->state = THREAD_READY; /* on no queue */
            list_init(&thread->queue);
        }
    } else if ((thread->attention & ATTENTION_BUS_ERROR) != 0) {
        thread_bus_error(thread);
    } else {
        if ((thread->attention & ATTENTION_INTERRUPT) != 0)
            deliver_interrupt(thread);
        if ((thread->attention & ATTENTION_PROCESSORS) != 0)
            processors_deliver(thread);
    }
}

/* A fault of the runtime itself where it expects one, copying to and from the program: it goes on where it said. */
static bool runtime_recovers(struct thread *thread)
{
    struct task *task = thread->task;
    uaddr_t recover_pc = thread->page->recover_pc;
    if (recover_pc == 0 || !task->foreign || !in_runtime(task, thread->frame.FRAME_PC) || !in_runtime(task, recover_pc))
        return false;
    thread->page->recover_pc = 0;
    thread->frame.FRAME_PC = recover_pc;
    return true;
}

void thread_exception(struct thread *thread, enum exception exception, uint64_t address, uint64_t code)
{
    if (thread_is_killed(thread) || thread_upcall(thread, UPCALL_EXCEPTION, (uint64_t)exception, address, code) || runtime_recovers(thread))
        return;
    thread->fault.exception = (uint64_t)exception;
    thread->fault.address = address;
    thread->fault.code = code;
    if (ipc_exception_call(thread))
        return;
    log_print("%s: exception %d at pc %llx, address %llx, code %llx, sp %llx: task ends\n", thread->task->name, (int)exception,
              (unsigned long long)thread->frame.FRAME_PC, (unsigned long long)address, (unsigned long long)code,
              (unsigned long long)thread->frame.FRAME_SP);
    task_kill(thread->task, (uint64_t)exception);
}
