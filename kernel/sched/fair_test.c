/* fair_test.c: shares of the fair class on up to four simulated CPUs, beside what weights say. */
#include <host.h>
#include <sched/fair.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>
#include <trap.h>
#include <unit.h>

#define THREADS_MOST 16u
#define STEP_NS 100000ull /* of simulated time, on all CPUs at once */
#define SECOND_NS 1000000000ull

static struct ledger ledger;
static struct task *task;
static struct thread *threads[THREADS_MOST];
static uint64_t got[THREADS_MOST];
static unsigned count;

static void begin(unsigned cpu_number, unsigned thread_number)
{
    host_boot_simple(16, 64 << 20);
    host_this_cpu = 0;
    host_time_ns = 1000;
    cpu_count = cpu_number;
    for (unsigned i = 0; i < cpu_number; i++) {
        cpus[i] = (struct cpu){};
        cpu_init(&cpus[i], i);
        cpus[i].online = true;
    }
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(task_create(&ledger, &task), STATUS_OK);
    count = thread_number;
    for (unsigned i = 0; i < count; i++)
        REQUIRE_EQUAL(thread_create(task, 0x10000000 + i * MP_SIZE, &threads[i]), STATUS_OK);
}

/* One of the CPUs, as after an interrupt: idle ones look for work. */
static void visit(unsigned number)
{
    struct cpu *cpu = &cpus[number];
    host_this_cpu = number;
    spin_lock(&kernel_lock);
    if (cpu->current == nullptr)
        cpu->need_schedule = true;
    bool due = host_time_ns >= cpu->timer_ns || host_time_ns >= cpu->slice_end_ns;
    spin_unlock(&kernel_lock);
    if (due)
        trap_timer();
    if (cpu->need_schedule && cpu->current != nullptr) {
        spin_lock(&kernel_lock);
        kernel_exit(cpu, false);
    }
}

static void note(uint64_t ns)
{
    for (unsigned i = 0; i < cpu_count; i++)
        for (unsigned t = 0; t < count; t++)
            if (cpus[i].current == threads[t] && threads[t]->state == THREAD_RUNNING)
                got[t] += ns;
}

/* Every millisecond one thread that is more urgent wants some CPU for a step. */
static struct thread *urgent;

static void visit_urgent(void)
{
    struct cpu *cpu = &cpus[urgent->cpu];
    if (urgent->state == THREAD_RUNNING) {
        host_this_cpu = cpu->number;
        urgent->state = THREAD_RECEIVING;
        list_init(&urgent->queue);
        spin_lock(&kernel_lock);
        kernel_exit(cpu, false);
    } else if (urgent->state == THREAD_RECEIVING && host_time_ns / STEP_NS % 10 == 0) {
        host_this_cpu = cpu->number;
        thread_ready(urgent);
    }
}

static void run_for(uint64_t ns)
{
    for (uint64_t until = host_time_ns + ns; host_time_ns < until;) {
        host_time_ns += STEP_NS;
        note(STEP_NS);
        if (urgent != nullptr)
            visit_urgent();
        for (unsigned i = 0; i < cpu_count; i++)
            visit(i);
    }
}

static void start(unsigned thread, uint32_t weight)
{
    EXPECT_EQUAL(sys_thread_set_weight(nullptr, threads[thread], weight), STATUS_OK);
    if (thread < cpu_count) { /* as if it had been chosen */
        cpus[thread].current = threads[thread];
        threads[thread]->state = THREAD_RUNNING;
        threads[thread]->cpu = (uint8_t)thread;
        account_open(&threads[thread]->time);
    } else {
        thread_ready(threads[thread]);
    }
}

static void expect_share(unsigned thread, uint64_t wanted_permille)
{
    uint64_t permille = got[thread] / (SECOND_NS / 1000);
    if (permille + 20 < wanted_permille || permille > wanted_permille + 20)
        unit_note("thread %u: %llu of 1000, not %llu", thread, (unsigned long long)permille, (unsigned long long)wanted_permille);
    EXPECT(permille + 20 >= wanted_permille && permille <= wanted_permille + 20);
}

static void measure(void)
{
    run_for(SECOND_NS / 5);
    for (unsigned i = 0; i < count; i++)
        got[i] = 0;
    run_for(SECOND_NS);
}

TEST(shares_are_as_weights)
{
    static const uint32_t weights[] = {512, 1024, 2560};
    for (unsigned cpu_number = 1; cpu_number <= 4; cpu_number++) {
        begin(cpu_number, 3 * cpu_number);
        for (unsigned i = 0; i < count; i++)
            start(i, weights[i % 3]);
        measure();
        for (unsigned i = 0; i < count; i++)
            expect_share(i, weights[i % 3] * 1000 / 4096);
    }
}

TEST(shares_beside_an_urgent_one)
{
    static const uint32_t weights[] = {512, 1024, 2560};
    for (unsigned cpu_number = 1; cpu_number <= 4; cpu_number++) {
        begin(cpu_number, 3 * cpu_number + 1);
        urgent = threads[--count];
        urgent->priority = urgent->base_priority = 20;
        urgent->state = THREAD_RECEIVING;
        for (unsigned i = 0; i < count; i++)
            start(i, weights[i % 3]);
        measure();
        for (unsigned i = 0; i < count; i++)
            expect_share(i, weights[i % 3] * (1000 - 100 / cpu_number) / 4096);
        urgent = nullptr;
    }
}

TEST(one_too_many_goes_round)
{
    for (unsigned cpu_number = 1; cpu_number <= 4; cpu_number++) {
        begin(cpu_number, cpu_number + 1);
        for (unsigned i = 0; i < count; i++)
            start(i, 1024);
        measure();
        for (unsigned i = 0; i < count; i++)
            expect_share(i, 1000 * cpu_number / count);
    }
}

/* It has a CPU for itself, and the others share what is left; when it is like them, it is owed nothing. */
TEST(more_than_a_cpu_is_no_debt)
{
    begin(2, 4);
    start(0, WEIGHT_MOST);
    for (unsigned i = 1; i < count; i++)
        start(i, 1024);
    measure();
    expect_share(0, 1000);
    for (unsigned i = 1; i < count; i++)
        expect_share(i, 333);
    EXPECT_EQUAL(sys_thread_set_weight(nullptr, threads[0], 1024), STATUS_OK);
    measure();
    for (unsigned i = 0; i < count; i++)
        expect_share(i, 500);
}
