/* locks.c: futex words as locks with an owner: whose turn it is, whom priorities are lent, what is left by owners that end. */
#include <futex.h>
#include "ipc.h"

#define URGENT 40
#define MIDDLE 30

struct taker {
    struct helper helper;
    _Atomic uint32_t *word;
    uint32_t number;
    uint64_t flags;
    cap_t owner;
    enum status status;
};

static void wait_for_lock(void *argument)
{
    struct taker *taker = argument;
    taker->status = os_futex_lock((const void *)taker->word, *taker->word, DEADLINE_NONE, taker->flags, taker->number, taker->owner);
}

static void taker_start(struct taker *taker, _Atomic uint32_t *word, uint32_t number, cap_t owner, uint64_t priority)
{
    *taker = (struct taker){.word = word, .number = number, .owner = owner};
    *word |= FUTEX_WAITERS;
    helper_start(&taker->helper, wait_for_lock, taker);
    WAIT_UNTIL(thread_waits(taker->helper.thread));
    EXPECT_OK(os_thread_set_priority(taker->helper.thread, priority));
}

static uint64_t priority_of(cap_t thread)
{
    uint64_t priority = 0;
    EXPECT_OK(os_thread_info(thread, THREAD_PRIORITY, &priority));
    return priority;
}

/* The most urgent first; each new owner inherits from the rest. */
TEST(lock_is_handed_over)
{
    static _Atomic uint32_t word;
    static const uint8_t priorities[] = {17, 20, 18, 20, 19}, order[] = {1, 3, 4, 2, 0};
    struct taker takers[5];
    word = 100;
    for (unsigned i = 0; i < 5; i++)
        taker_start(&takers[i], &word, 1 + i, BOOTSTRAP_THREAD, priorities[i]);
    EXPECT_EQUAL(20, priority_of(BOOTSTRAP_THREAD));
    EXPECT_OK(os_futex_unlock((uintptr_t)&word, 0));
    helper_wait(&takers[order[0]].helper); /* and ends with the lock: the next one has it */
    for (unsigned i = 1; i < 5; i++)
        helper_wait(&takers[order[i]].helper);
    WAIT_UNTIL((word & FUTEX_NUMBER_MASK) == 1);
    EXPECT_EQUAL(1u | FUTEX_WAITERS | FUTEX_OWNER_DIED, word); /* each got it from the end of the one before */
    EXPECT_OK(os_futex_unlock((uintptr_t)&word, 0));
    EXPECT_EQUAL(0, word);
    EXPECT_EQUAL(16, priority_of(BOOTSTRAP_THREAD));
}

static volatile bool stop_working, worked;
static _Atomic uint32_t held;

static void hold(void *)
{
    while (!stop_working) {
    }
    worked = true;
    EXPECT_OK(os_futex_unlock((uintptr_t)&held, 0));
}

static void spin(void *)
{
    for (uint64_t end = os_now() + 3000 * MILLISECONDS; !worked && os_now() < end;) {
    }
}

/* The owner is the least urgent, and one in the middle would keep it from ever giving the lock up. */
TEST(lock_lends_priority)
{
    struct helper owner, spinner;
    struct taker taker;
    held = 100;
    stop_working = worked = false;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, URGENT + 2));
    helper_start(&owner, hold, nullptr);
    EXPECT_OK(os_thread_set_affinity(owner.thread, 1));
    EXPECT_OK(os_thread_set_priority(owner.thread, 5));
    taker_start(&taker, &held, 7, owner.thread, 16);
    EXPECT_EQUAL(16, priority_of(owner.thread));
    helper_start(&spinner, spin, nullptr);
    EXPECT_OK(os_thread_set_affinity(spinner.thread, 1));
    EXPECT_OK(os_thread_set_priority(spinner.thread, MIDDLE));
    EXPECT_OK(os_thread_set_priority(taker.helper.thread, URGENT));
    EXPECT_EQUAL(URGENT, priority_of(owner.thread));
    stop_working = true;
    helper_wait(&taker.helper);
    EXPECT_OK(taker.status);
    EXPECT(worked);
    EXPECT_EQUAL(5, priority_of(owner.thread));
    helper_wait(&spinner);
    helper_wait(&owner);
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
}

/* Says so first: who is killed before may have the lock of the library's memory. */
static void wait_forever(void *argument)
{
    _Atomic uint32_t *word = argument;
    *word = 1;
    (void)os_futex_wait((const void *)word, 1, DEADLINE_NONE, 0, 1);
}

TEST(lock_of_a_killed_owner)
{
    static _Atomic uint32_t never, word;
    struct helper owner;
    struct taker taker, late = {.word = &word, .number = 9};
    helper_start(&owner, wait_forever, (void *)&never);
    WAIT_UNTIL(never == 1);
    word = 100;
    taker_start(&taker, &word, 8, owner.thread, 20);
    EXPECT_OK(os_thread_kill(owner.thread));
    helper_wait(&taker.helper);
    EXPECT_OK(taker.status);
    EXPECT_EQUAL(8u | FUTEX_WAITERS | FUTEX_OWNER_DIED, word);
    late.owner = owner.thread;
    wait_for_lock(&late);
    EXPECT_STATUS(STATUS_PEER_GONE, late.status);
    late.owner = BOOTSTRAP_THREAD;
    wait_for_lock(&late);
    EXPECT_STATUS(STATUS_DEADLOCK, late.status);
    EXPECT_STATUS(STATUS_TIMED_OUT, os_futex_lock((const void *)&word, word, os_now() + MILLISECONDS, 0, 9, CAP_NULL));
    os_drop(owner.thread);
    os_drop(owner.done);
}

/* --- robust lists: of a task that is killed, in memory that another one shows, too ------------------------------------------------------- */

#define SHARED_ADDRESS 0x70000000ull
struct shared_lock { uint64_t next; _Atomic uint32_t word; };
struct shared { struct futex_robust_head head; struct shared_lock locks[3]; };

static int hold_robust_locks(void)
{
    struct shared *shared = (struct shared *)SHARED_ADDRESS;
    for (unsigned i = 0; i < 3; i++) {
        shared->locks[i].next = (uintptr_t)(i < 2 ? (void *)&shared->locks[i + 1] : (void *)&shared->head);
        shared->locks[i].word = 50;
    }
    shared->head = (struct futex_robust_head){.next = (uintptr_t)&shared->locks[0], .word_offset = offsetof(struct shared_lock, word)};
    os_thread_page()->lock_number = 50;
    os_thread_page()->robust_list = (uintptr_t)&shared->head;
    EXPECT_OK(os_notification_signal(BOOTSTRAP_IMPORTS, 1));
    for (;;)
        test_sleep(MILLISECONDS);
}

TEST(robust_locks_of_a_killed_task)
{
    struct child child;
    uint64_t where = SHARED_ADDRESS, mine = 0, bits;
    cap_t mem, ready;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &ready));
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &mem));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, mem, 0, 0, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &mine));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&child, ready, RIGHT_NOTIFICATION_SIGNAL, BOOTSTRAP_IMPORTS));
    EXPECT_OK(os_mem_map(child.task, mem, 0, where, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS, &where));
    EXPECT_OK(child_start(&child, hold_robust_locks, nullptr, 0));
    EXPECT_OK(os_notification_wait(ready, 1, os_now() + 5000 * MILLISECONDS, false, &bits));
    struct shared *shared = (struct shared *)mine;
    shared->locks[1].word |= FUTEX_WAITERS;
    EXPECT_OK(os_task_kill(child.task, 0));
    while (shared->locks[1].word == (50u | FUTEX_WAITERS)) {
        enum status status = os_futex_wait((const void *)&shared->locks[1].word, 50u | FUTEX_WAITERS, os_now() + 5000 * MILLISECONDS, FUTEX_FLAG_SHARED, 1);
        EXPECT(status == STATUS_OK || status == STATUS_VALUE_CHANGED);
        if (status == STATUS_TIMED_OUT)
            break;
    }
    EXPECT_EQUAL(0, child_wait(&child));
    EXPECT_EQUAL(FUTEX_OWNER_DIED, shared->locks[0].word);
    EXPECT_EQUAL(FUTEX_OWNER_DIED | FUTEX_WAITERS, shared->locks[1].word);
    EXPECT_EQUAL(FUTEX_OWNER_DIED, shared->locks[2].word);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, mine, OS_PAGE_SIZE));
    os_drop(mem);
    os_drop(ready);
}
