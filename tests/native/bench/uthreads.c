/* uthreads.c: user threads on one virtual processor (lib/uthread). The rows are measured by a user thread. */
#include <uthread.h>

#include "bench.h"

#define SOME 1000

static bool over;
static cap_t signalled;
static struct uthread_semaphore there, back;

static void yields_too(void *)
{
    while (!over)
        uthread_yield();
}

static void posts_back(void *)
{
    for (;;) {
        uthread_semaphore_wait(&there);
        if (over)
            return;
        uthread_semaphore_post(&back);
    }
}

static void signals(void *)
{
    while (!over) {
        (void)os_notification_signal(signalled, 1);
        uthread_yield();
    }
}

static void wait_in_the_kernel(void *)
{
    uint64_t bits;
    (void)os_notification_wait(signalled, 1, DEADLINE_NONE, false, &bits);
}

static uint64_t yields(uint64_t n)
{
    return TIME(n, uthread_yield());
}

static uint64_t posts(uint64_t n)
{
    return TIME(n, uthread_semaphore_post(&there); uthread_semaphore_wait(&back));
}

static uint64_t starts(uint64_t n)
{
    struct uthread *thread;
    return TIME(n, if (uthread_start(signals, nullptr, &thread) == STATUS_OK) uthread_join(thread));
}

static uint64_t waits(uint64_t n)
{
    return TIME(n, uthread_call(wait_in_the_kernel, nullptr));
}

static void with_another(void (*function)(void *), const char *name, const char *unit, uint64_t (*row)(uint64_t n))
{
    struct uthread *thread;
    over = false;
    EXPECT_OK(uthread_start(function, nullptr, &thread));
    bench_run(name, unit, SOME, row);
    over = true;
    uthread_semaphore_post(&there);
    uthread_join(thread);
}

static void first(void *)
{
    with_another(yields_too, "user_thread_yield", "to another user thread and back (2 switches)", yields);
    uthread_semaphore_init(&there, 0);
    uthread_semaphore_init(&back, 0);
    with_another(posts_back, "user_thread_semaphores", "to another user thread and back by two semaphores", posts);
    uthread_semaphore_init(&there, 0);
    over = true;
    bench_run("user_thread_start_join", "start, run, end, join", SOME, starts);
    with_another(signals, "user_thread_wait_in_kernel", "wait in the kernel for what another user thread signals, which goes on meanwhile", waits);
}

TEST(user_threads)
{
    uthread_semaphore_init(&there, 0);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &signalled));
    EXPECT_OK(uthread_main(1, first, nullptr));
    os_drop(signalled);
}
