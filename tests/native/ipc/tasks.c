/* tasks.c: clones, exceptions, ends of tasks; what they leave behind. */
#include <machine.h>
#include "ipc.h"

#define AREA 0x72000000ull
#define AREA_PAGES 64

/* --- clones --------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t *area(unsigned page)
{
    return (uint64_t *)(AREA + page * OS_PAGE_SIZE);
}

static void area_map(uint64_t address, uint64_t flags)
{
    uint64_t where = address;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, address, AREA_PAGES * OS_PAGE_SIZE,
                         MAP_ANONYMOUS | MAP_FIXED_ADDRESS | PROT_BIT_READ | PROT_BIT_WRITE | flags, &where));
}

/* A clone of this task, with a thread that runs the function. */
static enum status clone_run(struct child *child, int (*run)(void))
{
    extern const char _start[];
    *child = (struct child){};
    enum status status = os_task_clone(BOOTSTRAP_TASK, BOOTSTRAP_LEDGER, &child->task);
    if (status == STATUS_OK)
        status = os_notification_create(BOOTSTRAP_LEDGER, &child->death);
    if (status == STATUS_OK)
        status = os_task_bind_death(child->task, child->death, 1);
    if (status == STATUS_OK)
        status = os_thread_create(child->task, NATIVE_STACKS, &child->thread);
    if (status == STATUS_OK)
        status = child_give(child, child->task, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_TASK);
    if (status == STATUS_OK)
        status = child_give(child, child->thread, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_THREAD);
    if (status == STATUS_OK)
        status = child_give(child, BOOTSTRAP_LEDGER, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_LEDGER);
    return status == STATUS_OK ? os_thread_start(child->thread, (uintptr_t)_start, NATIVE_STACKS + NATIVE_STACK_SIZE - 64, (uintptr_t)run) : status;
}

static int see_and_change(void)
{
    for (unsigned page = 0; page < AREA_PAGES; page++)
        if (*area(page) != page + 1)
            return 1;
    for (unsigned page = 0; page < AREA_PAGES; page += 2)
        *area(page) = 1000 + page;
    for (unsigned page = 0; page < AREA_PAGES; page++)
        if (*area(page) != (page & 1 ? page + 1 : 1000 + page))
            return 2;
    return 0;
}

static int clone_again(void)
{
    struct child grandchild;
    if (see_and_change() != 0)
        return 10;
    for (unsigned page = 0; page < AREA_PAGES; page++)
        *area(page) = page + 1;
    EXPECT_OK(clone_run(&grandchild, see_and_change));
    for (unsigned page = 0; page < AREA_PAGES; page += 4)
        *area(page) = 7;
    if (child_wait(&grandchild) != 0)
        return 11;
    for (unsigned page = 0; page < AREA_PAGES; page++)
        if (*area(page) != (page % 4 == 0 ? 7 : page + 1))
            return 12;
    return 0;
}

TEST(clones_are_isolated)
{
    struct balance before;
    struct child child;
    for (int i = 0; i < 6; i++) {
        if (i == 3)
            balance_take(&before);
        area_map(AREA, 0);
        for (unsigned page = 0; page < AREA_PAGES; page++)
            *area(page) = page + 1;
        EXPECT_OK(clone_run(&child, i & 1 ? see_and_change : clone_again));
        for (unsigned page = 0; page < AREA_PAGES; page += 3)
            *area(page) = 5; /* too late for the clone */
        EXPECT_EQUAL(0, child_wait(&child));
        for (unsigned page = 0; page < AREA_PAGES; page++)
            EXPECT_EQUAL(page % 3 == 0 ? 5 : page + 1, *area(page));
        EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, AREA, AREA_PAGES * OS_PAGE_SIZE));
    }
    /* pages of the program itself are shared with clones and copied when written, in pieces: what is present may differ, capabilities may not */
    struct balance now;
    WAIT_UNTIL((balance_take(&now), now.caps == before.caps && now.used[LEDGER_CAPS] == before.used[LEDGER_CAPS] &&
                                        now.used[LEDGER_THREADS] == before.used[LEDGER_THREADS]));
}

static int change_shared(void)
{
    *area(0) = 99;
    return (int)*(volatile uint64_t *)(AREA + 0x1000000); /* not there */
}

TEST(clones_share_what_they_should)
{
    struct child child;
    area_map(AREA, MAP_SHARED_CLONE);
    area_map(AREA + 0x1000000, MAP_NO_CLONE);
    *area(0) = 1;
    EXPECT_OK(clone_run(&child, change_shared));
    EXPECT_EQUAL(EXCEPTION_PAGE_FAULT, child_wait(&child));
    EXPECT_EQUAL(99, *area(0));
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, AREA, AREA_PAGES * OS_PAGE_SIZE));
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, AREA + 0x1000000, AREA_PAGES * OS_PAGE_SIZE));
}

static uint64_t caps_of_a_clone(cap_t *task)
{
    uint64_t count = 0;
    EXPECT_OK(os_task_clone(BOOTSTRAP_TASK, BOOTSTRAP_LEDGER, task));
    EXPECT_OK(os_task_info(*task, TASK_CAPS, &count));
    return count;
}

TEST(clones_get_capabilities_by_right)
{
    cap_t notification, with, without, port, facet, task;
    uint64_t count = caps_of_a_clone(&task);
    EXPECT_OK(os_task_kill(task, 0));
    os_drop(task);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    EXPECT_STATUS(STATUS_NO_RIGHTS, os_cap_derive(notification, RIGHTS_ALL, &with)); /* it cannot be cloned, nor what is derived */
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 2, &port));
    EXPECT_OK(os_port_badge(port, 3, RIGHT_PORT_SEND | RIGHT_COMMON, &facet));
    EXPECT_OK(os_cap_derive(facet, RIGHT_PORT_SEND, &without));
    EXPECT_EQUAL(count + 1, caps_of_a_clone(&task));
    EXPECT_OK(os_cap_remove(task, facet)); /* at the same handle */
    EXPECT_STATUS(STATUS_INVALID_HANDLE, os_cap_remove(task, without));
    EXPECT_OK(os_task_kill(task, 0));
    os_drop(task);
    os_drop(without);
    os_drop(facet);
    struct message message;
    EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, CAP_NULL, 0, os_now() + 1000 * MILLISECONDS));
    EXPECT_EQUAL(LABEL_FACET_GONE, message.label);
    os_drop(port);
    os_drop(notification);
}

/* --- exceptions -------------------------------------------------------------------------------------------------------------------------------- */

static int read_nothing(void)
{
    return (int)*(volatile uint64_t *)(uintptr_t)child_parameters[0];
}

static int write_code(void)
{
    *(volatile uint8_t *)(uintptr_t)read_nothing = 0;
    return 0;
}

static int run_data(void)
{
    return ((int (*)(void))(uintptr_t)child_parameters)();
}

static int overflow_stack(void)
{
    volatile char bytes[512];
    bytes[0] = (char)child_parameters[0]++;
    return child_parameters[0] == 0 ? 0 : overflow_stack() + bytes[0];
}

static int exit_twice(void)
{
    os_exit(33);
}

TEST(exceptions_end_the_task)
{
    static const struct { int (*run)(void); uint64_t parameter, code; } cases[] = {
        {read_nothing, 0, EXCEPTION_PAGE_FAULT},
        {read_nothing, 8, EXCEPTION_PAGE_FAULT},
        {read_nothing, USER_END, EXCEPTION_PAGE_FAULT},
        {read_nothing, 0xffffffff80100000, EXCEPTION_PAGE_FAULT},
        {read_nothing, 0xffff800000100000, EXCEPTION_PAGE_FAULT},
        {read_nothing, 0x9000000000200000, EXCEPTION_PAGE_FAULT},
        {write_code, 0, EXCEPTION_PAGE_FAULT},
        {run_data, 0, EXCEPTION_OF_DATA},
        {overflow_stack, 0, EXCEPTION_PAGE_FAULT},
        {exit_twice, 0, 33},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct child child;
        EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
        EXPECT_OK(child_start(&child, cases[i].run, &cases[i].parameter, 1));
        uint64_t code = child_wait(&child);
        /* an address that no program can have may be an alignment fault or the like of the machine */
        EXPECT(code == cases[i].code || (cases[i].run == run_data && code == EXCEPTION_PAGE_FAULT) ||
               (cases[i].parameter >= USER_END && code > 0 && code <= EXCEPTION_OTHER));
    }
}

TEST(exception_port_answers)
{
    struct child child;
    struct message message;
    cap_t port, facet, reply;
    uint64_t where = AREA;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_port_badge(port, 1, RIGHT_PORT_SEND, &facet));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(os_task_set_exception_port(child.task, facet, 1234));
    EXPECT_OK(child_start(&child, read_nothing, (uint64_t[]){AREA + 8}, 1));
    EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, reply, 0, os_now() + 2000 * MILLISECONDS));
    EXPECT_EQUAL(LABEL_EXCEPTION, message.label);
    EXPECT_EQUAL(EXCEPTION_PAGE_FAULT, message.word[0]);
    EXPECT_EQUAL(AREA + 8, message.word[1]);
    EXPECT_EQUAL(1234, message.badge);
    EXPECT_OK(os_mem_map(child.task, CAP_NULL, 0, where, OS_PAGE_SIZE, MAP_ANONYMOUS | MAP_FIXED_ADDRESS | PROT_BIT_READ | PROT_BIT_WRITE, &where));
    uint64_t value = 55, done;
    EXPECT_OK(os_task_write_memory(child.task, AREA + 8, (uintptr_t)&value, 8, &done));
    EXPECT_OK(os_reply(reply, &(struct message){.label = STATUS_OK}));
    EXPECT_EQUAL(55, child_wait(&child));
    os_drop(reply);
    os_drop(facet);
    os_drop(port);
}

/* A task that is over keeps nothing. */
TEST(exception_port_of_a_dead_task)
{
    struct balance before;
    struct child child;
    cap_t port;
    uint64_t bits;
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER)); /* for what all children share */
    child_kill(&child);
    balance_take(&before);
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_task_kill(child.task, 0));
    EXPECT_STATUS(STATUS_PEER_GONE, os_task_set_exception_port(child.task, port, 1));
    EXPECT_OK(os_notification_wait(child.death, 1, os_now() + 20000 * MILLISECONDS, false, &bits));
    EXPECT_STATUS(STATUS_PEER_GONE, os_task_set_exception_port(child.task, port, 1));
    os_drop(port);
    os_drop(child.task);
    os_drop(child.thread);
    os_drop(child.death);
    EXPECT_BALANCE(&before, false);
}

/* A stack that is too small meets the free page above the thread page, which stays as it is. */
TEST(overflow_is_a_fault)
{
    struct child child;
    struct message message;
    cap_t port, reply;
    uint64_t page[32], done;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(os_task_set_exception_port(child.task, port, 0));
    EXPECT_OK(child_start(&child, overflow_stack, (uint64_t[]){1}, 1));
    EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, reply, 0, os_now() + 2000 * MILLISECONDS));
    EXPECT_EQUAL(EXCEPTION_PAGE_FAULT, message.word[0]);
    EXPECT(message.word[1] >= NATIVE_STACKS + OS_PAGE_SIZE && message.word[1] < NATIVE_STACKS + 2 * OS_PAGE_SIZE);
    EXPECT_OK(os_task_read_memory(child.task, NATIVE_STACKS + OS_PAGE_SIZE - sizeof page, (uintptr_t)page, sizeof page, &done));
    for (unsigned i = 0; i < ARRAY_LENGTH(page); i++)
        EXPECT_EQUAL(0, page[i]);
    os_drop(reply);
    (void)child_wait(&child);
    os_drop(port);
    cap_t thread;
    EXPECT_STATUS(STATUS_TOO_BIG, os_thread_run(nullptr, nullptr, NATIVE_STACK_MOST(OS_PAGE_SIZE) + 1, &thread));
}

/* Each way in which an exception call can go wrong ends the thread, and so the task. */
TEST(exception_port_fails)
{
    for (int way = 0; way < 5; way++) {
        struct balance before;
        struct child child;
        struct message message;
        cap_t port, reply;
        balance_take(&before);
        EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
        EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
        EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
        EXPECT_OK(os_task_set_exception_port(child.task, port, 0));
        os_drop(child.thread);
        child.thread = CAP_NULL;
        EXPECT_OK(os_cap_remove(child.task, BOOTSTRAP_THREAD)); /* so that nothing but its task holds the thread */
        cap_t thread;
        EXPECT_OK(os_thread_create(child.task, AREA, &thread));
        EXPECT_OK(os_thread_kill(thread));
        os_drop(thread);
        struct child second;
        EXPECT_OK(child_create(&second, BOOTSTRAP_LEDGER));
        EXPECT_OK(os_task_set_exception_port(second.task, port, 0));
        EXPECT_OK(child_start(&second, read_nothing, (uint64_t[]){AREA}, 1));
        EXPECT_OK(os_cap_remove(second.task, BOOTSTRAP_THREAD));
        os_drop(second.thread);
        second.thread = CAP_NULL;
        if (way != 1)
            EXPECT_OK(os_reply_wait(CAP_NULL, &message, port, reply, 0, os_now() + 2000 * MILLISECONDS));
        if (way == 0)
            EXPECT_OK(os_reply(reply, &(struct message){.label = (uint64_t)(int64_t)STATUS_NOT_FOUND}));
        else if (way == 1 || way == 2)
            EXPECT_OK(os_port_destroy(port));
        else if (way == 3)
            os_drop(reply);
        else
            EXPECT_OK(os_task_kill(second.task, 0));
        (void)child_wait(&second);
        child_kill(&child);
        if (way != 3)
            os_drop(reply);
        os_drop(port);
        if (way > 0)
            EXPECT_BALANCE(&before, false);
    }
}

/* --- ends ------------------------------------------------------------------------------------------------------------------------------------------ */

static int end_now(void)
{
    return 0;
}

enum way_of_living : uint64_t { LIVE_YIELDING, LIVE_SPINNING, LIVE_WAITING };

static int live_for_ever(void)
{
    static uint32_t word;
    for (;;)
        if (child_parameters[0] == LIVE_YIELDING)
            (void)os_thread_yield();
        else if (child_parameters[0] == LIVE_WAITING)
            (void)os_futex_wait(&word, 0, DEADLINE_NONE, 0, 1);
}

static void live(struct child *child, uint64_t way)
{
    EXPECT_OK(child_create(child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_start(child, live_for_ever, &way, 1));
}

TEST(task_ends_while_it_runs)
{
    struct balance before;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20)); /* not to wait for the turns of the others */
    for (unsigned i = 0; i < 40; i++) {
        struct child children[4];
        if (i == 10)
            balance_take(&before);
        for (unsigned c = 0; c < 4; c++)
            live(&children[c], c == 0 ? LIVE_YIELDING : LIVE_SPINNING);
        if (i & 1)
            test_sleep(200000);
        for (unsigned c = 0; c < 4; c++)
            child_kill(&children[c]);
    }
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    EXPECT_BALANCE(&before, true);
}

TEST(thousand_tasks)
{
    struct balance before;
    for (unsigned i = 0; i < 1050; i++) {
        struct child child;
        if (i == 50)
            balance_take(&before);
        EXPECT_OK(child_run(&child, end_now));
        if (i % 3 == 0)
            child_kill(&child);
        else
            EXPECT_EQUAL(0, child_wait(&child));
    }
    EXPECT_BALANCE(&before, true);
}

/* Many at a time: more than there is room for would be a status. */
TEST(hundred_tasks_at_a_time)
{
    static struct child children[100];
    struct balance before;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            balance_take(&before);
        for (unsigned i = 0; i < 100; i++)
            live(&children[i], i % 10 == 0 ? LIVE_SPINNING : LIVE_WAITING);
        test_sleep(10 * MILLISECONDS);
        for (unsigned i = 0; i < 100; i++)
            child_kill(&children[i]);
    }
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    EXPECT_BALANCE(&before, true);
}

TEST(task_of_a_small_ledger)
{
    struct balance before;
    balance_take(&before);
    uint64_t pages = 1 << 20;
    for (uint64_t limit = 0; limit < 60000; limit += 500) {
        struct child child;
        cap_t ledger;
        EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &ledger));
        EXPECT_OK(os_ledger_set_limit(ledger, LEDGER_KERNEL, limit));
        EXPECT_OK(os_ledger_set_limit(ledger, LEDGER_PAGES, pages));
        enum status status = child_create(&child, ledger);
        EXPECT(status == STATUS_OK || status == STATUS_LEDGER_SPENT);
        if (child.task)
            EXPECT_OK(os_task_kill(child.task, 0));
        (void)os_cap_drop(child.task);
        (void)os_cap_drop(child.thread);
        (void)os_cap_drop(child.death);
        os_drop(ledger);
    }
    EXPECT_BALANCE(&before, false);
}
