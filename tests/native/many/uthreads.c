/* uthreads.c: user threads on virtual processors (lib/uthread). */
#include <uthread.h>

#include "many.h"

#define PROCESSORS 4u

/* --- ten thousand of them --------------------------------------------------------------------------------------------------------------------- */

static struct {
    uint64_t many, waits;
    _Atomic uint64_t ended, turns;
    struct uthread_semaphore ring; /* one of them has it */
    cap_t never;                   /* a notification that nobody signals */
} all;

static void wait_in_the_kernel(void *)
{
    uint64_t bits;
    if (os_notification_wait(all.never, 1, os_now() + MILLISECONDS, false, &bits) != STATUS_TIMED_OUT)
        os_exit(20);
}

static void one_of_many(void *argument)
{
    uint64_t number = (uintptr_t)argument, before;
    for (unsigned i = 0; i < 3; i++)
        uthread_yield();
    uthread_semaphore_wait(&all.ring);
    before = all.turns++;
    uthread_yield();
    if (all.turns != before + 1)
        os_exit(21); /* somebody else came in */
    uthread_semaphore_post(&all.ring);
    if (number % 64 == 0)
        uthread_call(wait_in_the_kernel, nullptr);
    all.ended++;
}

static void many_first(void *)
{
    struct uthread *kept[16];
    for (uint64_t i = 0; i < all.many; i++) {
        bool keep = i < ARRAY_LENGTH(kept);
        if (uthread_start(one_of_many, (void *)(uintptr_t)i, keep ? &kept[i] : nullptr) != STATUS_OK)
            os_exit(22);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(kept); i++)
        uthread_join(kept[i]);
}

static int many_run(void)
{
    all.many = child_parameters[0];
    uthread_semaphore_init(&all.ring, 1);
    if (os_notification_create(BOOTSTRAP_LEDGER, &all.never) != STATUS_OK || uthread_main(PROCESSORS, many_first, nullptr) != STATUS_OK)
        return 1;
    struct uthread_figures figures;
    uthread_figures(&figures);
    if (all.ended != all.many || all.turns != all.many)
        return 2;
    if (figures.switches < 5 * all.many || figures.workers < PROCESSORS || figures.workers > PROCESSORS + 2 + (all.many + 63) / 64)
        return 3;
    return 0;
}

TEST(user_threads)
{
    in_a_task(many_run);
}

/* --- who waits in the kernel costs no processor -------------------------------------------------------------------------------------------------- */

#define WAITING 20u

static struct {
    cap_t notification;
    _Atomic unsigned begun, ended;
    struct uthread_semaphore done;
} wait_for;

static void wait_for_signal(void *)
{
    uint64_t bits;
    if (os_notification_wait(wait_for.notification, 1, DEADLINE_NONE, false, &bits) != STATUS_OK)
        os_exit(30);
}

static void waiting_thread(void *)
{
    wait_for.begun++;
    uthread_call(wait_for_signal, nullptr);
    wait_for.ended++;
    uthread_semaphore_post(&wait_for.done);
}

static void signalling_thread(void *)
{
    for (unsigned i = 0; i < WAITING; i++)
        if (uthread_start(waiting_thread, nullptr, nullptr) != STATUS_OK)
            os_exit(31);
    while (wait_for.begun != WAITING) /* with one processor for each that waits, this would be for ever */
        uthread_yield();
    for (unsigned i = 0; i < WAITING; i++) {
        if (os_notification_signal(wait_for.notification, 1) != STATUS_OK)
            os_exit(32);
        uthread_semaphore_wait(&wait_for.done);
    }
}

static int waiting_run(void)
{
    struct uthread_figures figures;
    if (os_notification_create(BOOTSTRAP_LEDGER, &wait_for.notification) != STATUS_OK)
        return 1;
    for (unsigned processors = 1; processors <= 2; processors++) {
        wait_for.begun = wait_for.ended = 0;
        uthread_semaphore_init(&wait_for.done, 0);
        if (uthread_main(processors, signalling_thread, nullptr) != STATUS_OK)
            return 2;
        uthread_figures(&figures);
        if (wait_for.ended != WAITING || figures.workers < WAITING || figures.workers > WAITING + processors + 2)
            return 3;
    }
    return 0;
}

TEST(waits_of_user_threads_cost_no_processor)
{
    in_a_task(waiting_run);
}

/* --- upcalls: whoever's wait is over gets the processor of one that never yields -------------------------------------------------------------------- */

static struct {
    cap_t never;
    _Atomic unsigned woken;
    uint64_t registers_lost;
} spin;

static void short_wait(void *)
{
    uint64_t bits;
    (void)os_notification_wait(spin.never, 1, os_now() + 2 * MILLISECONDS, false, &bits);
}

static void sleeper(void *)
{
    for (unsigned i = 0; i < 10; i++) {
        uthread_call(short_wait, nullptr);
        spin.woken++;
    }
}

/* Counts in registers, which upcalls must leave alone. */
static void spinner(void *)
{
    uint64_t a = 1, b = 2, c = 3, d = 4;
    while (spin.woken < 10) {
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
        a++, b += 2, c += 3, d += 4;
    }
    spin.registers_lost += b != 2 * a || c != 3 * a || d != 4 * a;
}

static void spin_first(void *)
{
    if (uthread_start(sleeper, nullptr, nullptr) != STATUS_OK || uthread_start(spinner, nullptr, nullptr) != STATUS_OK)
        os_exit(40);
}

static int spinning_run(void)
{
    struct uthread_figures figures;
    if (os_notification_create(BOOTSTRAP_LEDGER, &spin.never) != STATUS_OK || uthread_main(1, spin_first, nullptr) != STATUS_OK)
        return 1;
    uthread_figures(&figures);
    return spin.registers_lost ? 2 : spin.woken != 10 ? 3 : figures.unblocked == 0 ? 4 : 0;
}

TEST(user_thread_that_never_yields_makes_room)
{
    in_a_task(spinning_run);
}

/* --- only one at a time ------------------------------------------------------------------------------------------------------------------------------ */

static enum status second;

static void try_another(void *)
{
    second = uthread_main(1, try_another, nullptr);
}

static void another(void *)
{
    uthread_call(try_another, nullptr);
}

static int another_run(void)
{
    return uthread_main(1, another, nullptr) != STATUS_OK ? 1 : second != STATUS_BUSY ? 2 : uthread_main(0, another, nullptr) != STATUS_INVALID_ARGUMENT ? 3 : 0;
}

TEST(user_threads_run_one_main_at_a_time)
{
    in_a_task(another_run);
}
