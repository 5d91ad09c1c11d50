/* actor.c: a task of the storm: its capabilities, and which operation comes next. */
#include "storm.h"

#define POOL 48u

static _Atomic cap_t pool[POOL];
unsigned actor_number;
cap_t actor_threads[THREADS];

/* --- its capabilities ------------------------------------------------------------------------------------------------------------------------- */

unsigned below(struct actor *a, unsigned limit)
{
    return (unsigned)(test_random(&a->seed) >> 16) % limit;
}

cap_t look(struct actor *a)
{
    return pool[below(a, POOL)];
}

cap_t take(struct actor *a)
{
    return __c11_atomic_exchange(&pool[below(a, POOL)], CAP_NULL, __ATOMIC_SEQ_CST);
}

void keep(struct actor *a, cap_t cap)
{
    cap_t old = __c11_atomic_exchange(&pool[below(a, POOL)], cap, __ATOMIC_SEQ_CST);
    if (old != CAP_NULL)
        (void)check_status("drop for another", os_cap_drop(old), 0);
}

uint64_t type_of(cap_t cap)
{
    uint64_t type = 0, rights, badge;
    return check_status("info", os_cap_info(cap, &type, &rights, &badge), 0) == STATUS_OK ? type : 0;
}

/* --- what must not be ---------------------------------------------------------------------------------------------------------------------------- */

void storm_failed(const char *what, uint64_t value, uint64_t other)
{
    if (SHARED->failures++ < 20)
        test_say("FAIL actor %u: %s (%#llx, %#llx)", actor_number, what, (unsigned long long)value, (unsigned long long)other);
}

enum status check_status(const char *what, enum status got, uint64_t also)
{
    uint64_t usual = ALSO(OK) | ALSO(INVALID_HANDLE) | ALSO(WRONG_TYPE) | ALSO(NO_RIGHTS);
    if (got > 0 || got <= -64 || !((usual | also) >> -got & 1)) {
        storm_failed(what, (uint64_t)(int64_t)got, 0);
        test_say("     %s", test_status_name(got));
    }
    return got;
}

/* --- what comes next -------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    unsigned weight;
    void (*run)(struct actor *a);
} operations[] = {
    {300, serve}, {300, call_somebody}, {100, send_somebody}, {40, answer_held}, {10, receive_anywhere}, {60, derive}, {10, make_part}, {15, revoke}, {20, drop},
    {40, create}, {20, make_badge}, {20, use_notification}, {20, use_set}, {15, use_reply}, {8, end_port}, {15, install}, {12, use_task},
    {4, disturb_thread},
};

static void one(struct actor *a)
{
    unsigned all = 0, at = 0;
    if (a->thread == 0 && below(a, 4)) { /* somebody has to answer */
        serve(a);
        return;
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(operations); i++)
        all += operations[i].weight;
    for (unsigned left = below(a, all); left >= operations[at].weight; at++)
        left -= operations[at].weight;
    operations[at].run(a);
}

static void run(void *argument)
{
    struct actor actor = {.thread = (unsigned)(uintptr_t)argument};
    actor.seed = child_parameters[1] * THREADS + actor.thread;
    while (!SHARED->stop)
        one(&actor);
}

int actor_main(void)
{
    actor_number = (unsigned)child_parameters[0];
    for (unsigned i = 1; i < THREADS; i++)
        (void)check_status("thread", os_thread_run(run, (void *)(uintptr_t)i, 0, &actor_threads[i]), ALSO(LEDGER_SPENT));
    run(nullptr);
    return 0;
}
