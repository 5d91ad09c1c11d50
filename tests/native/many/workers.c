/* workers.c: tasks and threads that the tests run in. */
#include "many.h"

static void run_once(int (*run)(void))
{
    struct child child;
    uint64_t many = test_number("many", 10000);
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_start(&child, run, &many, 1));
    EXPECT_EQUAL(0, child_wait(&child));
}

void in_a_task(int (*run)(void))
{
    struct balance before, last;
    run_once(run); /* for what stays: objects of the program's own pages */
    balance_take(&before);
    do { /* until all else is given back */
        last = before;
        test_sleep(50 * MILLISECONDS);
        balance_take(&before);
    } while (!balance_equal(&last, &before, false));
    run_once(run);
    EXPECT_BALANCE(&before, false);
}

static void worker_main(void *argument)
{
    struct worker *worker = argument;
    worker->run(worker);
    uint64_t woken;
    if (--*worker->left == 0)
        (void)os_futex_wake((uintptr_t)worker->left, 1, 0, UINT32_MAX, &woken);
}

void workers_start(struct worker *workers, void (*run)(struct worker *worker), _Atomic uint32_t *left)
{
    *left = WORKERS;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.run = run, .seed = 1000 + i, .number = i, .left = left};
        EXPECT_OK(os_thread_run(worker_main, &workers[i], 0, &workers[i].thread));
    }
}

void workers_wait(_Atomic uint32_t *left)
{
    for (uint32_t now; (now = *left) != 0;)
        (void)os_futex_wait((uint32_t *)left, now, os_now() + 100 * MILLISECONDS, 0, UINT32_MAX);
}

void run_workers(void (*run)(struct worker *worker))
{
    struct worker workers[WORKERS];
    _Atomic uint32_t left;
    workers_start(workers, run, &left);
    workers_wait(&left);
    for (unsigned i = 0; i < WORKERS; i++)
        os_drop(workers[i].thread);
}
