/* machine.c: what a port answers for: registers across switches, translations and caches on all CPUs, timers. */
#include "machine.h"
#include <map.h>
#include <test.h>

#define WINDOW 0x2000000000ull /* addresses nothing else uses */
#define READ_WRITE (PROT_BIT_READ | PROT_BIT_WRITE)

static _Atomic unsigned running;
static _Atomic uint64_t wrong;

static void start(void (*run)(void *), uint64_t argument, uint64_t cpus)
{
    cap_t thread;
    running++;
    REQUIRE(os_thread_run(run, (void *)argument, 0, &thread) == STATUS_OK);
    if (cpus)
        EXPECT_OK(os_thread_set_affinity(thread, cpus));
    os_drop(thread);
}

static void wait_all(void)
{
    while (running)
        test_sleep(MILLISECONDS);
}

/* --- registers --------------------------------------------------------------------------------------------------------------------------- */
static _Atomic bool stop_spinning;

static void spin(void *seed)
{
    while (!stop_spinning) {
        wrong += machine_spin((uint64_t)seed, 200);
        (void)os_thread_yield();
    }
    running--;
}

TEST(registers_survive_switches)
{
    uint64_t cpus = (1ull << test_cpus()) - 1;
    wrong = 0;
    stop_spinning = false;
    for (uint64_t i = 1; i <= 3 * test_cpus(); i++)
        start(spin, i << 40 | i << 20, i % 2 ? cpus : 0);
    test_sleep(test_number("seconds", 1) * 500 * MILLISECONDS);
    stop_spinning = true;
    wait_all();
    EXPECT_EQUAL(0, wrong);
}

static void sleep_alone(void)
{
    test_sleep(MILLISECONDS);
}

/* Nothing else runs meanwhile: the CPU goes idle, and the thread comes back from there. */
TEST(tls_register_survives_idling)
{
    for (uint64_t value = 0x1000; value <= 0x4000; value += 0x1000)
        EXPECT(machine_tls_stays(value, sleep_alone));
}

/* --- translations --------------------------------------------------------------------------------------------------------------------------- */
/* Two objects take turns at one address. Each holds the number of its turn, which is announced after it was mapped: who then still reads an
 * older one uses a translation that should be gone. */
static _Atomic uint64_t announced;
static _Atomic bool stop_reading;

static void read_turns(void *)
{
    const volatile uint64_t *at = (const volatile uint64_t *)WINDOW;
    while (!stop_reading)
        for (unsigned i = 0; i < 16; i++) {
            uint64_t least = announced;
            if (at[i * OS_PAGE_SIZE / 8] < least)
                wrong++;
        }
    running--;
}

static void take_turns(uint64_t pages)
{
    const uint64_t end = os_now() + test_number("seconds", 1) * 500 * MILLISECONDS;
    cap_t mem[2];
    uaddr_t view[2] = {0, 0}, where;
    for (unsigned i = 0; i < 2; i++) {
        REQUIRE(os_mem_create(BOOTSTRAP_LEDGER, pages * OS_PAGE_SIZE, &mem[i]) == STATUS_OK);
        REQUIRE(os_mem_map(BOOTSTRAP_TASK, mem[i], 0, 0, pages * OS_PAGE_SIZE, READ_WRITE, &view[i]) == STATUS_OK);
    }
    wrong = 0;
    announced = 0;
    stop_reading = false;
    for (uint64_t turn = 0; turn < 4 || os_now() < end; turn++) {
        unsigned i = turn & 1;
        for (uint64_t page = 0; page < 16; page++)
            *(volatile uint64_t *)(view[i] + page * OS_PAGE_SIZE) = turn;
        where = WINDOW;
        REQUIRE(os_mem_map(BOOTSTRAP_TASK, mem[i], 0, WINDOW, pages * OS_PAGE_SIZE, PROT_BIT_READ | MAP_FIXED_ADDRESS | MAP_REPLACE | MAP_POPULATED,
                           &where) == STATUS_OK);
        announced = turn;
        if (turn == 0)
            for (unsigned cpu = 0; cpu < test_cpus(); cpu++)
                start(read_turns, 0, 1ull << cpu);
    }
    stop_reading = true;
    wait_all();
    EXPECT_EQUAL(0, wrong);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, WINDOW, pages * OS_PAGE_SIZE));
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, view[i], pages * OS_PAGE_SIZE));
        os_drop(mem[i]);
    }
}

TEST(translations_are_forgotten)
{
    take_turns(16);
}

TEST(translations_of_large_pages_are_forgotten)
{
    take_turns((4 << 20) / OS_PAGE_SIZE);
}

/* Turns of protection inside and across groups: what was written through another view shows, page by page. */
TEST(protection_reaches_single_pages)
{
    const uint64_t pages = (4 << 20) / OS_PAGE_SIZE;
    uaddr_t where = 0;
    uint64_t random = 1;
    REQUIRE(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, pages * OS_PAGE_SIZE, READ_WRITE | MAP_ANONYMOUS, &where) == STATUS_OK);
    volatile uint64_t *at = (volatile uint64_t *)where;
    const uint64_t step = OS_PAGE_SIZE / 8;
    for (uint64_t page = 0; page < pages; page++)
        at[page * step] = page;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t first = test_random(&random) % pages, count = 1 + test_random(&random) % 40;
        if (count > pages - first)
            count = pages - first;
        EXPECT_OK(os_mem_protect(BOOTSTRAP_TASK, where + first * OS_PAGE_SIZE, count * OS_PAGE_SIZE, i % 2 ? PROT_BIT_READ : READ_WRITE));
        for (uint64_t page = first ? first - 1 : 0; page < first + count && page < pages; page++)
            EXPECT_EQUAL(page, at[page * step]);
    }
    EXPECT_OK(os_mem_protect(BOOTSTRAP_TASK, where, pages * OS_PAGE_SIZE, READ_WRITE));
    for (uint64_t page = 0; page < pages; page++) {
        EXPECT_EQUAL(page, at[page * step]);
        at[page * step] = page + 1;
    }
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, where, pages * OS_PAGE_SIZE));
}

/* --- code ------------------------------------------------------------------------------------------------------------------------------------ */
static uint64_t result_wanted;

static void call_code(void *)
{
    uint64_t (*code)(void) = (uint64_t(*)(void))WINDOW;
    if (code() != result_wanted)
        wrong++;
    running--;
}

TEST(new_code_runs_on_all_cpus)
{
    cap_t mem;
    uaddr_t view = 0, where = WINDOW;
    wrong = 0;
    REQUIRE(os_mem_create(BOOTSTRAP_LEDGER, OS_PAGE_SIZE, &mem) == STATUS_OK);
    REQUIRE(os_mem_map(BOOTSTRAP_TASK, mem, 0, 0, OS_PAGE_SIZE, READ_WRITE, &view) == STATUS_OK);
    for (unsigned i = 0; i < 20; i++) {
        if (i % 2)
            memcpy((void *)view, machine_two, (size_t)(machine_two_end - machine_two));
        else
            memcpy((void *)view, machine_one, (size_t)(machine_one_end - machine_one));
        result_wanted = 1 + i % 2;
        REQUIRE(os_mem_map(BOOTSTRAP_TASK, mem, 0, WINDOW, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_EXEC | MAP_FIXED_ADDRESS, &where) == STATUS_OK);
        for (unsigned cpu = 0; cpu < test_cpus(); cpu++)
            start(call_code, 0, 1ull << cpu);
        wait_all();
        EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, WINDOW, OS_PAGE_SIZE));
    }
    EXPECT_EQUAL(0, wrong);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, view, OS_PAGE_SIZE));
    os_drop(mem);
}

/* --- time -------------------------------------------------------------------------------------------------------------------------------------- */
TEST(timers_are_not_early)
{
    for (uint64_t ns = 100000; ns <= 20 * MILLISECONDS; ns *= 3) {
        uint64_t before = os_now();
        test_sleep(ns);
        uint64_t passed = os_now() - before;
        EXPECT(passed >= ns);
    }
}

static _Atomic uint64_t latest;

static void look_at_clock(void *)
{
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t seen = latest, now = os_now();
        if (now + 10000 < seen)
            wrong++;
        if (now > seen)
            latest = now;
    }
    running--;
}

TEST(clocks_of_cpus_agree)
{
    wrong = 0;
    for (unsigned cpu = 0; cpu < test_cpus(); cpu++)
        start(look_at_clock, 0, 1ull << cpu);
    wait_all();
    EXPECT_EQUAL(0, wrong);
}
