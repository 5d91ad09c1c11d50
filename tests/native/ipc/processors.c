/* processors.c: virtual processors: who of the members runs. Members are threads of this task. Not here: upcalls (tests/native/many/uthreads.c). */
#include <processors_abi.h>
#include "ipc.h"

#define MEMBERS 3u

struct member {
    cap_t thread, go;          /* go: a notification it waits for */
    unsigned number;
    enum status joined, status;
    uint64_t why, cookie;
    _Atomic unsigned stage;    /* counts what it has done */
    void (*run)(struct member *member);
};

static cap_t processors;
static struct member members[MEMBERS];

static bool numbers_are(uint64_t running, uint64_t waiting, uint64_t held, uint64_t parked)
{
    uint64_t r, w, h, p;
    return os_processors_info(processors, &r, &w, &h, &p) == STATUS_OK && r == running && w == waiting && h == held && p == parked;
}

/* Within five seconds. */
static bool numbers_become(uint64_t running, uint64_t waiting, uint64_t held, uint64_t parked)
{
    for (unsigned i = 0; i < 5000; i++) {
        if (numbers_are(running, waiting, held, parked))
            return true;
        test_sleep(MILLISECONDS);
    }
    uint64_t r, w, h, p;
    EXPECT_OK(os_processors_info(processors, &r, &w, &h, &p));
    test_say("     running %llu, waiting %llu, held %llu, parked %llu", (unsigned long long)r, (unsigned long long)w, (unsigned long long)h, (unsigned long long)p);
    return false;
}

static bool stage_becomes(const struct member *member, unsigned stage)
{
    for (unsigned i = 0; i < 5000 && member->stage != stage; i++)
        test_sleep(MILLISECONDS);
    return member->stage == stage;
}

static void wait_go(const struct member *member)
{
    uint64_t bits;
    (void)os_notification_wait(member->go, 1, DEADLINE_NONE, false, &bits);
}

static void go(const struct member *member)
{
    EXPECT_OK(os_notification_signal(member->go, 1));
}

static void member_main(void *argument)
{
    struct member *member = argument;
    member->joined = os_processors_join(processors, member->number);
    member->stage++;
    if (member->joined == STATUS_OK)
        member->run(member);
    member->stage++;
}

static void start(unsigned number, void (*run)(struct member *))
{
    struct member *member = &members[number];
    *member = (struct member){.number = number, .run = run};
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &member->go));
    EXPECT_OK(os_thread_run(member_main, member, 0, &member->thread));
}

static void finish(unsigned number)
{
    os_drop(members[number].thread);
    os_drop(members[number].go);
}

static void waits_once(struct member *member)
{
    wait_go(member);
    member->stage++;
}

static void parks_once(struct member *member)
{
    member->status = os_processors_park(processors, DEADLINE_NONE, &member->why, &member->cookie);
    member->stage++;
    wait_go(member);
}

static void parks_for_a_time(struct member *member)
{
    member->status = os_processors_park(processors, os_now() + 5 * MILLISECONDS, &member->why, &member->cookie);
    member->stage++;
    wait_go(member);
}

/* Runs, without waiting, until stage is 10. */
static void spins(struct member *member)
{
    while (member->stage < 10)
        (void)os_thread_yield();
}

/* The stacks of threads stay: that they are made shows in no balance. */
static void make_stacks(void)
{
    static bool made;
    if (made)
        return;
    made = true;
    struct balance before, now;
    balance_take(&before);
    EXPECT_OK(os_processors_create(BOOTSTRAP_LEDGER, 1, 0, &processors));
    for (unsigned i = 0; i < MEMBERS; i++)
        start(i, waits_once);
    for (unsigned i = 0; i < MEMBERS; i++)
        go(&members[i]);
    for (unsigned i = 0; i < MEMBERS; i++)
        EXPECT(stage_becomes(&members[i], 3)); /* else it may not have joined yet */
    EXPECT(numbers_become(0, 0, 0, 0));
    for (unsigned i = 0; i < MEMBERS; i++)
        finish(i);
    os_drop(processors);
    WAIT_UNTIL((balance_take(&now), now.used[LEDGER_THREADS] == before.used[LEDGER_THREADS]));
}

static void begin(struct balance *before, uint64_t count)
{
    make_stacks();
    balance_take(before);
    EXPECT_OK(os_processors_create(BOOTSTRAP_LEDGER, count, 0, &processors));
}

static void end(const struct balance *before)
{
    os_drop(processors);
    EXPECT_BALANCE(before, false);
}

TEST(processor_goes_to_who_joined)
{
    struct balance before;
    begin(&before, 1);
    start(0, waits_once);
    EXPECT(numbers_become(0, 1, 0, 0)); /* it waits, and its processor is free */
    start(1, spins);
    EXPECT(numbers_become(1, 1, 0, 0));
    start(2, waits_once);
    EXPECT(numbers_become(1, 1, 1, 0)); /* no processor for it */
    EXPECT_EQUAL(0, members[2].stage);
    go(&members[0]);
    EXPECT(numbers_become(1, 0, 2, 0)); /* its wait is over, but another has the processor */
    EXPECT_EQUAL(1, members[0].stage);
    members[1].stage = 10;
    EXPECT(stage_becomes(&members[0], 3) && numbers_become(0, 1, 0, 0));
    go(&members[2]);
    EXPECT(numbers_become(0, 0, 0, 0));
    EXPECT(members[0].joined == STATUS_OK && members[1].joined == STATUS_OK && members[2].joined == STATUS_OK);
    for (unsigned i = 0; i < MEMBERS; i++)
        finish(i);
    end(&before);
}

TEST(parked_member_is_told_who_waits)
{
    struct balance before;
    begin(&before, 1);
    start(1, parks_once);
    EXPECT(numbers_become(0, 0, 0, 1));
    start(0, waits_once); /* there is a processor; then it is free */
    EXPECT(stage_becomes(&members[1], 2));
    EXPECT(members[1].status == STATUS_OK && members[1].why == PROCESSOR_WAITING && members[1].cookie == 0);
    go(&members[0]);
    go(&members[1]);
    EXPECT(numbers_become(0, 0, 0, 0));
    finish(0);
    start(2, parks_once);
    EXPECT(numbers_become(0, 0, 0, 1));
    start(0, spins);
    EXPECT(numbers_become(1, 0, 0, 1));
    members[0].stage = 10;
    EXPECT(stage_becomes(&members[2], 2));
    EXPECT(members[2].status == STATUS_OK && members[2].why == PROCESSOR_ENDED && members[2].cookie == 0);
    go(&members[2]);
    EXPECT(numbers_become(0, 0, 0, 0));
    for (unsigned i = 0; i < MEMBERS; i++)
        finish(i);
    end(&before);
}

/* In a task of its own: the stack of a thread that is killed stays until its task ends. */
static int killed_run(void)
{
    EXPECT_OK(os_processors_create(BOOTSTRAP_LEDGER, 1, 0, &processors));
    start(0, parks_once);
    EXPECT(numbers_become(0, 0, 0, 1));
    EXPECT_OK(os_thread_kill(members[0].thread));
    EXPECT(numbers_become(0, 0, 0, 0));
    finish(0);
    start(0, spins);
    EXPECT(numbers_become(1, 0, 0, 0));
    start(2, parks_once);
    EXPECT(numbers_become(1, 0, 1, 0));
    EXPECT_OK(os_thread_kill(members[0].thread));
    EXPECT(numbers_become(0, 0, 0, 1)); /* it got the processor, and parked */
    finish(0);
    EXPECT_OK(os_thread_kill(members[2].thread));
    EXPECT(numbers_become(0, 0, 0, 0));
    start(0, waits_once);
    EXPECT(numbers_become(0, 1, 0, 0));
    EXPECT_OK(os_thread_kill(members[0].thread));
    EXPECT(numbers_become(0, 0, 0, 0));
    start(0, spins);
    EXPECT(numbers_become(1, 0, 0, 0));
    start(1, spins);
    EXPECT(numbers_become(1, 0, 1, 0));
    EXPECT_OK(os_thread_kill(members[1].thread));
    EXPECT(numbers_become(1, 0, 0, 0));
    return (int)test_failures; /* with a member that runs, and all capabilities */
}

TEST(killed_members_leave)
{
    struct balance before;
    balance_take(&before);
    for (unsigned i = 0; i < 2; i++) {
        struct child child;
        EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_start(&child, killed_run, nullptr, 0));
        EXPECT_EQUAL(0, child_wait(&child));
        if (i == 0)
            balance_take(&before); /* with the objects of the program's own pages */
    }
    EXPECT_BALANCE(&before, false);
}

TEST(parking_ends)
{
    struct balance before;
    uint64_t woken, missing;
    begin(&before, 2);
    start(0, parks_for_a_time);
    EXPECT(stage_becomes(&members[0], 2));
    EXPECT(members[0].status == STATUS_OK && members[0].why == PROCESSOR_NONE);
    start(1, parks_once);
    EXPECT(numbers_become(0, 1, 0, 1));
    EXPECT_OK(os_processors_wake(processors, 1, &woken, &missing));
    EXPECT(woken == 1 && missing == 0);
    EXPECT(stage_becomes(&members[1], 2) && members[1].why == PROCESSOR_WOKEN);
    go(&members[0]);
    go(&members[1]);
    EXPECT(numbers_become(0, 0, 0, 0));
    start(2, parks_once);
    EXPECT(numbers_become(0, 0, 0, 1));
    os_drop(processors); /* the last capability */
    EXPECT(stage_becomes(&members[2], 2));
    EXPECT_STATUS(STATUS_PEER_GONE, members[2].status);
    go(&members[2]);
    EXPECT(stage_becomes(&members[2], 3));
    for (unsigned i = 0; i < MEMBERS; i++)
        finish(i);
    EXPECT_BALANCE(&before, false);
}

TEST(wakes_are_not_lost)
{
    struct balance before;
    uint64_t woken, missing, why, cookie;
    begin(&before, 1);
    EXPECT_OK(os_processors_join(processors, 9));
    EXPECT_STATUS(STATUS_ALREADY_BOUND, os_processors_join(processors, 9));
    EXPECT_OK(os_processors_wake(processors, UINT64_MAX, &woken, &missing)); /* nobody parks: the next one does not */
    EXPECT_EQUAL(0, woken);
    EXPECT_EQUAL(0, missing);
    EXPECT_OK(os_processors_park(processors, DEADLINE_NONE, &why, &cookie));
    EXPECT_EQUAL(PROCESSOR_WOKEN, why);
    EXPECT_OK(os_processors_park(processors, os_now() + MILLISECONDS, &why, &cookie));
    EXPECT_EQUAL(PROCESSOR_NONE, why);
    end(&before);
    begin(&before, 1);
    EXPECT_STATUS(STATUS_BAD_STATE, os_processors_park(processors, 1, &why, &cookie));
    EXPECT_STATUS(STATUS_BAD_STATE, os_processors_pass(processors, &woken));
    EXPECT_STATUS(STATUS_BAD_STATE, os_processors_yield_to(processors, BOOTSTRAP_THREAD));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_processors_set_count(processors, 0));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_processors_set_count(processors, 1ull << 32));
    end(&before);
}

static void passes(struct member *member)
{
    uint64_t passed = 0;
    while (!passed)
        member->status = os_processors_pass(processors, &passed);
    member->stage++;
}

TEST(processor_is_passed_on)
{
    struct balance before;
    uint64_t what, cookie;
    begin(&before, 1);
    start(0, waits_once);
    EXPECT(numbers_become(0, 1, 0, 0));
    start(1, passes);
    EXPECT(numbers_become(1, 1, 0, 0));
    go(&members[0]);
    EXPECT(stage_becomes(&members[0], 3) && stage_becomes(&members[1], 3));
    EXPECT_OK(os_processors_event(processors, &what, &cookie));
    EXPECT(what == PROCESSOR_UNBLOCKED || what == PROCESSOR_NONE); /* who ends takes the news with it */
    EXPECT(numbers_become(0, 0, 0, 0));
    finish(0);
    finish(1);
    end(&before);
}

TEST(more_processors)
{
    struct balance before;
    begin(&before, 1);
    for (unsigned i = 0; i < MEMBERS; i++)
        start(i, spins);
    EXPECT(numbers_become(1, 0, 2, 0));
    EXPECT_OK(os_processors_set_count(processors, 2));
    EXPECT(numbers_are(2, 0, 1, 0));
    EXPECT_OK(os_processors_set_count(processors, 3));
    EXPECT(numbers_are(3, 0, 0, 0));
    EXPECT_OK(os_processors_set_count(processors, 1)); /* takes none away */
    EXPECT(numbers_are(3, 0, 0, 0));
    for (unsigned i = 0; i < MEMBERS; i++) {
        EXPECT(stage_becomes(&members[i], 1));
        members[i].stage = 10;
    }
    EXPECT(numbers_become(0, 0, 0, 0));
    for (unsigned i = 0; i < MEMBERS; i++)
        finish(i);
    end(&before);
}

/* A member that is preempted by a more urgent thread: another one is told, and can put it in its own place. What it is told of itself, when it
 * gave way to a thread that is no member, is not what it waits for. */
static void sees_the_preempted(struct member *member)
{
    uint64_t what = PROCESSOR_NONE, cookie = 0;
    while ((what != PROCESSOR_PREEMPTED || cookie == member->number) && member->stage < 10)
        if (os_processors_event(processors, &what, &cookie) != STATUS_OK)
            return;
    member->why = what;
    member->cookie = cookie;
    member->stage++;
    while (member->stage < 10)
        (void)os_thread_yield();
}

static _Atomic bool hold;

static void urgent(void *)
{
    while (hold) {
    }
}

TEST(preempted_member_is_told_of)
{
    struct balance before;
    uint64_t cpus;
    cap_t thread;
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPUS, &cpus));
    if (cpus < 2)
        return; /* who is told runs on another CPU */
    begin(&before, 2);
    start(0, spins);
    EXPECT_OK(os_thread_set_affinity(members[0].thread, 2));
    start(1, sees_the_preempted);
    EXPECT_OK(os_thread_set_affinity(members[1].thread, 1));
    EXPECT(numbers_become(2, 0, 0, 0));
    EXPECT(stage_becomes(&members[0], 1));
    hold = true;
    EXPECT_OK(os_thread_run(urgent, nullptr, 0, &thread));
    EXPECT_OK(os_thread_set_affinity(thread, 2));
    EXPECT_OK(os_thread_set_priority(thread, 20));
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    EXPECT(stage_becomes(&members[1], 2));
    EXPECT(members[1].why == PROCESSOR_PREEMPTED && members[1].cookie == 0);
    EXPECT_OK(os_thread_set_affinity(members[0].thread, 1)); /* the second's CPU, beside it or in its place */
    hold = false;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    members[0].stage = members[1].stage = 10;
    EXPECT(numbers_become(0, 0, 0, 0));
    os_drop(thread);
    finish(0);
    finish(1);
    end(&before);
}

static _Atomic unsigned turns;

static void yields_to_the_other(struct member *member)
{
    while (member->stage < 10) {
        if (os_processors_yield_to(processors, members[!member->number].thread) == STATUS_OK)
            turns++;
    }
}

TEST(members_yield_to_each_other)
{
    struct balance before;
    begin(&before, 2);
    turns = 0;
    for (unsigned i = 0; i < 2; i++) {
        start(i, yields_to_the_other);
        EXPECT_OK(os_thread_set_affinity(members[i].thread, 1));
    }
    for (unsigned i = 0; i < 5000 && turns < 1000; i++)
        test_sleep(MILLISECONDS);
    EXPECT(turns >= 1000);
    members[0].stage = members[1].stage = 10;
    EXPECT(numbers_become(0, 0, 0, 0));
    finish(0);
    finish(1);
    end(&before);
}
