/* hotplug.c: CPUs that are taken out of use and back while threads call, wake, yield and compute on all of them. */
#include "ipc.h"

#define THREADS 12u
#define ROUNDS 1000u

struct loader {
    cap_t thread;
    _Atomic uint64_t done;
    unsigned number;
};

static struct loader loaders[THREADS];
static _Atomic bool stop_all;
static _Atomic unsigned left;
static cap_t port;
static _Atomic uint32_t words[THREADS];

/* One answers, the others call it; some wake each other; one computes, with turns; one is tied to the last CPU. */
static void answer(void)
{
    struct message message = {};
    cap_t reply = CAP_NULL, use = CAP_NULL;
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &reply));
    while (!stop_all)
        if (os_reply_wait(use, &message, port, reply, 0, os_now() + 5 * MILLISECONDS) == STATUS_OK)
            use = reply;
        else
            use = CAP_NULL;
    os_drop(reply);
}

static void call(void)
{
    struct message message = {.label = 1};
    (void)os_call_flags(port, &message, 0, os_now() + 20 * MILLISECONDS);
}

static void wake_the_next(unsigned number)
{
    uint64_t woken;
    unsigned next = number == 7 ? 8 : 7;
    words[next]++;
    (void)os_futex_wake((uintptr_t)&words[next], 1, 0, UINT32_MAX, &woken);
    (void)os_futex_wait((uint32_t *)&words[number], words[number], os_now() + MILLISECONDS, 0, UINT32_MAX);
}

static void loader_main(void *argument)
{
    struct loader *loader = argument;
    while (!stop_all) {
        if (loader->number == 0)
            answer();
        else if (loader->number < 7)
            call();
        else if (loader->number < 9)
            wake_the_next(loader->number);
        else
            (void)os_thread_yield();
        loader->done++;
    }
    left--;
}

static uint64_t busy_ns(unsigned cpu)
{
    uint64_t ns = 0;
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPU_BUSY_NS + cpu, &ns));
    return ns;
}

/* Nothing runs there while it is out of use: within a second there are two milliseconds in which it does nothing;
 * which the clock and the account are read at two moments for. */
static bool rests(unsigned cpu)
{
    for (unsigned i = 0; i < 500; i++) {
        uint64_t before = busy_ns(cpu);
        test_sleep(2 * MILLISECONDS);
        if (busy_ns(cpu) < before + 20000)
            return true;
    }
    return false;
}

static bool all_went_on(void)
{
    uint64_t before[THREADS];
    for (unsigned i = 1; i < THREADS; i++)
        before[i] = loaders[i].done;
    for (unsigned tries = 0; tries < 2000; tries++) {
        unsigned going = 0;
        for (unsigned i = 1; i < THREADS; i++)
            going += loaders[i].done != before[i];
        if (going == THREADS - 1)
            return true;
        test_sleep(MILLISECONDS);
    }
    return false;
}

TEST(cpus_off_and_on_under_load)
{
    uint64_t count, off;
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPUS, &count));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_system_set_cpu(BOOTSTRAP_CONTROL, 0, 0));
    EXPECT_STATUS(STATUS_OUT_OF_RANGE, os_system_set_cpu(BOOTSTRAP_CONTROL, count, 0));
    if (count < 2)
        return;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    stop_all = false;
    left = THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        loaders[i] = (struct loader){.number = i};
        EXPECT_OK(os_thread_run(loader_main, &loaders[i], 0, &loaders[i].thread));
    }
    EXPECT_OK(os_thread_set_affinity(loaders[THREADS - 1].thread, 1ull << (count - 1)));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned cpu = 1 + (unsigned)((round * 7) % (count - 1));
        EXPECT_OK(os_system_set_cpu(BOOTSTRAP_CONTROL, cpu, 0));
        if (round % 100 == 0) {
            EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPUS_OFF, &off));
            EXPECT_EQUAL(1ull << cpu, off);
            EXPECT(rests(cpu) && all_went_on());
        }
        EXPECT_OK(os_system_set_cpu(BOOTSTRAP_CONTROL, cpu, 1));
    }
    for (unsigned cpu = 1; cpu < count; cpu++) /* all but the first */
        EXPECT_OK(os_system_set_cpu(BOOTSTRAP_CONTROL, cpu, 0));
    EXPECT(all_went_on());
    for (unsigned cpu = 1; cpu < count; cpu++)
        EXPECT_OK(os_system_set_cpu(BOOTSTRAP_CONTROL, cpu, 1));
    EXPECT(all_went_on());
    stop_all = true;
    for (unsigned i = 0; i < 5000 && left; i++)
        test_sleep(MILLISECONDS);
    EXPECT_EQUAL(0, left);
    for (unsigned i = 0; i < THREADS; i++)
        os_drop(loaders[i].thread);
    os_drop(port);
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
}
