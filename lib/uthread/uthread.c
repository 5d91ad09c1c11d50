/* uthread.c: user threads, the workers that run them, and what these hear of each other from the kernel.
 * Words: a worker is a thread of the kernel, and a member of the task's virtual processors; its own stack has two parts, the upper for its loop,
 * the lower for upcalls and uthread_call, which exclude each other.
 * Invariant: what is the library's runs with upcall_mask set, so that upcalls come only between its calls; ready_lock guards the ready list, the
 * free stacks, the counts and the waiters of semaphores and ends. Who holds it never waits for anything but CPUs. */
#include "uthread.h"
#include "context.h"

#include <check.h>
#include <heap.h>
#include <message_call.h>
#include <processors_abi.h>
#include <stdatomic.h>
#include <string.h>

#define STACK_PAGES 4                             /* of a user thread: a page that is not mapped, then the thread itself and its stack */
#define STACK_SIZE (STACK_PAGES * OS_PAGE_SIZE)
#define STACKS_AT_ONCE 64
#define WORKER_STACK ((size_t)32 << 10)
#define LOOP_STACK ((size_t)16 << 10)             /* of that, for the loop */
#define SPINS 100
#define END_BIT 1

struct uthread {
    void *context;              /* saved stack pointer, while it does not run */
    struct worker *worker;      /* that runs it */
    struct list link;           /* ready, waiting, or a free stack */
    void (*function)(void *);
    void *argument;
    struct uthread *joiner;
    bool kept, ended;           /* somebody will join it; it has ended */
};

/* What a worker does for the user thread that it ran last. */
enum after : int { AFTER_NOTHING, AFTER_READY, AFTER_END };

struct worker {
    struct worker *next;        /* all of them */
    struct thread_page *page;
    cap_t thread;
    void *context;              /* of the loop, while a user thread runs */
    struct uthread *current;
    enum after after;
    bool unlock;                /* and gives the lock up that the user thread took */
};

/* Guarded by ready_lock, but what a comment says. */
static struct {
    _Atomic(struct worker *) owner; /* the lock; itself */
    struct list ready, free_stacks;
    uint64_t live;                  /* user threads */
    uint64_t idle;                  /* workers that park, or are about to */
    uint64_t spare;                 /* those, and the ones that are new: who goes on when another waits */
    uint64_t workers;               /* that have not ended */
    bool finished;
    struct uthread_figures figures;
    cap_t processors;               /* fixed while it runs */
    cap_t end;                      /* a notification: END_BIT when the last worker ended; fixed */
    struct worker *all;
    struct list slabs;              /* of stacks */
} sched;

struct slab {
    struct list link;
    uint64_t address, size;
};

static _Atomic bool busy;

static void worker_main(void *argument);

/* --- where one is ----------------------------------------------------------------------------------------------------------------------- */

static struct uthread *self(void)
{
    return (struct uthread *)(((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(STACK_SIZE - 1)) + OS_PAGE_SIZE);
}

static struct worker *on_own_stack(void)
{
    return (struct worker *)os_thread_page()->runtime[0];
}

/* --- the lock, of workers --------------------------------------------------------------------------------------------------------------------- */

static void lock_ready(struct worker *worker)
{
    for (unsigned spins = 0;; spins++) {
        struct worker *owner = nullptr;
        if (atomic_compare_exchange_weak(&sched.owner, &owner, worker))
            return;
        if (owner && spins >= SPINS) { /* it may have lost its CPU */
            spins = 0;
            if (os_processors_yield_to(sched.processors, owner->thread) != STATUS_OK)
                (void)os_thread_yield();
        }
    }
}

static void unlock_ready(void)
{
    atomic_store(&sched.owner, nullptr);
}

/* --- news ----------------------------------------------------------------------------------------------------------------------------------- */

/* What the kernel has to tell: others whose wait is over go on in this worker's place, which goes on when there is a processor again. */
static void take_news(struct worker *worker)
{
    uint64_t what, cookie, passed, unblocked = 0, preempted = 0;
    worker->page->processors_pending = 0;
    while (os_processors_event(sched.processors, &what, &cookie) == STATUS_OK && what != PROCESSOR_NONE) {
        unblocked += what == PROCESSOR_UNBLOCKED;
        preempted += what == PROCESSOR_PREEMPTED;
    }
    lock_ready(worker);
    sched.figures.unblocked += unblocked;
    sched.figures.preempted += preempted;
    unlock_ready();
    if (unblocked)
        (void)os_processors_pass(sched.processors, &passed);
}

static void look_for_news(struct worker *worker)
{
    if (*(volatile uint64_t *)&worker->page->processors_pending) [[clang::unlikely]]
        take_news(worker);
}

void uthread_upcall(void)
{
    take_news(on_own_stack());
}

/* From a user thread into the library and back. */
static struct worker *enter(void)
{
    /* Until the mask is set the user thread may be moved to no other worker: it leaves one only through the library. */
    struct worker *worker = self()->worker;
    *(volatile uint64_t *)&worker->page->upcall_mask = 1;
    return worker;
}

static void leave(struct worker *worker)
{
    do {
        *(volatile uint64_t *)&worker->page->upcall_mask = 1;
        look_for_news(worker);
        *(volatile uint64_t *)&worker->page->upcall_mask = 0;
    } while (*(volatile uint64_t *)&worker->page->processors_pending);
}

/* --- workers -------------------------------------------------------------------------------------------------------------------------------- */

/* One more, which waits for a processor. False: there is no memory for it; then those that are there have to do. */
static bool add_worker(void)
{
    struct worker *worker = NEW(struct worker);
    if (!worker)
        return false;
    lock_ready(worker);
    sched.workers++;
    sched.spare++;
    sched.figures.workers++;
    unlock_ready();
    enum status status = os_thread_run(worker_main, worker, WORKER_STACK, &worker->thread);
    lock_ready(worker);
    if (status == STATUS_OK) {
        worker->next = sched.all;
        sched.all = worker;
    } else {
        sched.workers--;
        sched.spare--;
        sched.figures.workers--;
    }
    unlock_ready();
    if (status != STATUS_OK)
        os_free(worker);
    return status == STATUS_OK;
}

static void make_ready_locked(struct uthread *thread)
{
    list_push_back(&sched.ready, &thread->link);
}

/* Somebody is ready: an idle worker is to look. */
static void wake_one(void)
{
    uint64_t woken, missing;
    (void)os_processors_wake(sched.processors, 1, &woken, &missing);
}

/* Go on with somebody else: on the worker's loop. The lock is held, if `unlock` says so; the loop gives it up. */
static void switch_away(struct worker *worker, enum after after, bool unlock)
{
    struct uthread *thread = worker->current;
    worker->after = after;
    worker->unlock = unlock;
    uthread_switch(&thread->context, worker->context);
}

/* Its end, told to who joins it. */
static void end_locked(struct uthread *thread)
{
    sched.live--;
    thread->ended = true;
    if (thread->joiner)
        make_ready_locked(thread->joiner);
    else if (!thread->kept)
        list_push_front(&sched.free_stacks, &thread->link);
    if (sched.live == 0)
        sched.finished = true;
}

static void see_to(struct worker *worker, struct uthread *thread)
{
    enum after after = worker->after;
    worker->current = nullptr;
    if (!worker->unlock)
        lock_ready(worker);
    if (after == AFTER_READY)
        make_ready_locked(thread);
    else if (after == AFTER_END)
        end_locked(thread);
    bool finished = sched.finished;
    bool wake = sched.idle != 0 && !list_empty(&sched.ready);
    unlock_ready();
    uint64_t woken, missing;
    if (finished)
        (void)os_processors_wake(sched.processors, UINT32_MAX, &woken, &missing);
    else if (wake)
        wake_one();
}

static void run(struct worker *worker, struct uthread *thread)
{
    worker->current = thread;
    thread->worker = worker;
    uthread_switch(&worker->context, thread->context);
    see_to(worker, thread);
}

/* The worker got a processor, and is spare no more. When it is the last that was, there has to be another, for when this one waits. */
static void go_on(struct worker *worker)
{
    lock_ready(worker);
    bool last = --sched.spare == 0 && !sched.finished;
    unlock_ready();
    if (last)
        (void)add_worker();
}

/* Nobody is ready. Its processor is free until somebody is, or another worker waits. */
static void idle(struct worker *worker)
{
    uint64_t why = PROCESSOR_NONE, cookie;
    (void)os_processors_park(sched.processors, DEADLINE_NONE, &why, &cookie);
    lock_ready(worker);
    sched.idle--;
    sched.figures.waits += why == PROCESSOR_WAITING;
    unlock_ready();
    go_on(worker);
}

static void worker_main(void *argument)
{
    struct worker *worker = argument;
    worker->page = os_thread_page();
    worker->page->runtime[0] = (uintptr_t)worker;
    worker->page->upcall_mask = 1;
    uint64_t top = os_stack_top((uintptr_t)worker->page);
    worker->page->upcall_stack = (top - LOOP_STACK) & ~15ull;
    ASSERT(os_processors_join(sched.processors, (uintptr_t)worker) == STATUS_OK);
    go_on(worker);
    for (;;) {
        look_for_news(worker);
        lock_ready(worker);
        struct list *next = list_pop_front(&sched.ready);
        bool finished = sched.finished;
        if (next)
            sched.figures.switches++;
        else if (!finished)
            sched.idle++, sched.spare++;
        unlock_ready();
        if (finished)
            break;
        if (next)
            run(worker, container_of(next, struct uthread, link));
        else
            idle(worker);
    }
    lock_ready(worker);
    bool last = --sched.workers == 0;
    unlock_ready();
    if (last)
        (void)os_notification_signal(sched.end, END_BIT);
}

/* --- stacks --------------------------------------------------------------------------------------------------------------------------------- */

/* More of them, for the list; not while the lock is held: memory may be long in coming. */
static enum status more_stacks(struct list *made)
{
    struct slab *slab = NEW(struct slab);
    if (!slab)
        return STATUS_NO_MEMORY;
    slab->size = (STACKS_AT_ONCE + 1) * STACK_SIZE;
    enum status status = os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, slab->size, MAP_ANONYMOUS | PROT_BIT_READ | PROT_BIT_WRITE, &slab->address);
    if (status != STATUS_OK) {
        os_free(slab);
        return status;
    }
    uint64_t first = (slab->address + STACK_SIZE - 1) & ~(uint64_t)(STACK_SIZE - 1);
    for (unsigned i = 0; i < STACKS_AT_ONCE && status == STATUS_OK; i++)
        status = os_mem_unmap(BOOTSTRAP_TASK, first + i * STACK_SIZE, OS_PAGE_SIZE);
    if (status != STATUS_OK) {
        (void)os_mem_unmap(BOOTSTRAP_TASK, slab->address, slab->size);
        os_free(slab);
        return status;
    }
    for (unsigned i = 0; i < STACKS_AT_ONCE; i++)
        list_push_back(made, &((struct uthread *)(first + i * STACK_SIZE + OS_PAGE_SIZE))->link);
    list_push_back(made, &slab->link); /* last: taken off by who joins the lists */
    return STATUS_OK;
}

static struct uthread *take_stack(struct worker *worker, enum status *status)
{
    *status = STATUS_OK;
    lock_ready(worker);
    struct list *item = list_pop_front(&sched.free_stacks);
    unlock_ready();
    if (!item) {
        struct list made;
        list_init(&made);
        *status = more_stacks(&made);
        if (*status != STATUS_OK)
            return nullptr;
        item = list_pop_front(&made);
        struct list *slab = made.previous;
        list_remove(slab);
        lock_ready(worker);
        list_push_back(&sched.slabs, slab);
        for (struct list *one; (one = list_pop_front(&made));)
            list_push_back(&sched.free_stacks, one);
        unlock_ready();
    }
    return container_of(item, struct uthread, link);
}

static void give_stacks_back(void)
{
    for (struct list *item; (item = list_pop_front(&sched.slabs));) {
        struct slab *slab = container_of(item, struct slab, link);
        (void)os_mem_unmap(BOOTSTRAP_TASK, slab->address, slab->size);
        os_free(slab);
    }
}

/* --- user threads --------------------------------------------------------------------------------------------------------------------------- */

[[noreturn]] static void first_function(void)
{
    struct uthread *thread = self();
    leave(thread->worker);
    thread->function(thread->argument);
    switch_away(enter(), AFTER_END, false);
    __builtin_trap(); /* nobody goes on with what has ended */
}

static void prepare(struct uthread *thread, void (*function)(void *), void *argument)
{
    *thread = (struct uthread){.function = function, .argument = argument};
    uint64_t *top = (uint64_t *)((uintptr_t)thread - OS_PAGE_SIZE + STACK_SIZE - 64); /* os_stack_top says why */
    uint64_t *context = top - CONTEXT_WORDS;
    memset(context, 0, CONTEXT_WORDS * sizeof *context);
    context[CONTEXT_RETURN] = (uintptr_t)first_function;
    thread->context = context;
}

enum status uthread_start(void (*function)(void *), void *argument, struct uthread **handle)
{
    struct worker *worker = enter();
    enum status status;
    struct uthread *thread = take_stack(worker, &status);
    if (thread) {
        prepare(thread, function, argument);
        thread->kept = handle != nullptr;
        if (handle)
            *handle = thread;
        lock_ready(worker);
        sched.live++;
        make_ready_locked(thread);
        bool wake = sched.idle != 0;
        unlock_ready();
        if (wake)
            wake_one();
    }
    leave(worker);
    return status;
}

void uthread_join(struct uthread *thread)
{
    struct worker *worker = enter();
    lock_ready(worker);
    if (!thread->ended) {
        thread->joiner = self();
        switch_away(worker, AFTER_NOTHING, true);
        worker = self()->worker;
        lock_ready(worker);
    }
    list_push_front(&sched.free_stacks, &thread->link);
    unlock_ready();
    leave(worker);
}

void uthread_yield(void)
{
    switch_away(enter(), AFTER_READY, false);
    leave(self()->worker);
}

void uthread_call(void (*function)(void *), void *argument)
{
    struct worker *worker = enter();
    uthread_on_stack((void *)worker->page->upcall_stack, function, argument);
    leave(worker);
}

void uthread_semaphore_init(struct uthread_semaphore *semaphore, uint64_t count)
{
    semaphore->count = count;
    list_init(&semaphore->waiters);
}

void uthread_semaphore_wait(struct uthread_semaphore *semaphore)
{
    struct worker *worker = enter();
    lock_ready(worker);
    if (semaphore->count > 0) {
        semaphore->count--;
        unlock_ready();
    } else {
        list_push_back(&semaphore->waiters, &self()->link);
        switch_away(worker, AFTER_NOTHING, true);
        worker = self()->worker;
    }
    leave(worker);
}

void uthread_semaphore_post(struct uthread_semaphore *semaphore)
{
    struct worker *worker = enter();
    lock_ready(worker);
    struct list *item = list_pop_front(&semaphore->waiters);
    if (item)
        make_ready_locked(container_of(item, struct uthread, link));
    else
        semaphore->count++;
    bool wake = item && sched.idle != 0;
    unlock_ready();
    if (wake)
        wake_one();
    leave(worker);
}

/* --- beginning and end ------------------------------------------------------------------------------------------------------------------------- */

/* The first user thread, and workers: as many as processors, and one to go on when the first of them waits. */
static enum status begin(unsigned processors, void (*function)(void *), void *argument)
{
    static struct worker nobody; /* holds the lock for this thread, which is no worker */
    enum status status = os_notification_create(BOOTSTRAP_LEDGER, &sched.end);
    if (status == STATUS_OK)
        status = os_processors_create(BOOTSTRAP_LEDGER, processors, (uintptr_t)uthread_entry, &sched.processors);
    struct uthread *first = status == STATUS_OK ? take_stack(&nobody, &status) : nullptr;
    if (!first)
        return status;
    prepare(first, function, argument);
    sched.live = 1;
    list_push_back(&sched.ready, &first->link);
    unsigned made = 0;
    while (made <= processors && add_worker())
        made++;
    return made ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status uthread_main(unsigned processors, void (*function)(void *), void *argument)
{
    if (atomic_exchange(&busy, true))
        return STATUS_BUSY;
    memset(&sched, 0, sizeof sched);
    list_init(&sched.ready);
    list_init(&sched.free_stacks);
    list_init(&sched.slabs);
    enum status status = begin(processors, function, argument);
    uint64_t bits;
    if (status == STATUS_OK)
        status = os_notification_wait(sched.end, END_BIT, DEADLINE_NONE, false, &bits);
    for (struct worker *worker; (worker = sched.all);) {
        sched.all = worker->next;
        os_drop(worker->thread);
        os_free(worker);
    }
    os_drop(sched.processors);
    os_drop(sched.end);
    give_stacks_back();
    atomic_store(&busy, false);
    return status;
}

void uthread_figures(struct uthread_figures *figures)
{
    *figures = sched.figures;
}
