/* many.h: what these tests share. Each runs in a task of its own, so that what it leaves behind would show when that has ended. */
#ifndef MANY_H
#define MANY_H

#include <test.h>

/* Run it in a task, and expect the ledger and all counts to be what they were, once that is gone. child_parameters[0]: the boot word many=N,
 * else 10,000. */
void in_a_task(int (*run)(void));

/* Threads of this task. */
struct worker {
    cap_t thread;
    void (*run)(struct worker *worker);
    uint64_t seed;
    unsigned number;
    _Atomic uint32_t *left; /* counts down when it is done */
};
#define WORKERS 6u
/* All of them at a time; returns when all are done. */
void run_workers(void (*run)(struct worker *worker));
void workers_start(struct worker *workers, void (*run)(struct worker *worker), _Atomic uint32_t *left);
void workers_wait(_Atomic uint32_t *left);

#endif
