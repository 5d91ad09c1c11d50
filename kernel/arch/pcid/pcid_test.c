/* pcid_test.c: numbers against a model of TLBs, as x86-64 uses them: random spaces live, run, lose mappings and end on all CPUs. */
#include <arch/arch.h>
#include <arch/pcid/pcid.h>
#include <unit.h>

#define SPACES 12u
#define PAGES 6u

/* A space as kernel/sched and the port see it. content: what each of its pages is mapped to now. */
static struct modelled_space {
    bool lives;
    unsigned number, content[PAGES];
    uint64_t cpus, stale;
} spaces[SPACES];
static struct modelled_tlb {
    const struct modelled_space *loaded;
    unsigned content[PCID_COUNT][PAGES]; /* 0: no translation */
} tlbs[ARCH_MAX_CPUS];
static unsigned contents; /* each is used once */

static void forget(unsigned cpu, unsigned number)
{
    for (unsigned i = 0; i < PAGES; i++)
        tlbs[cpu].content[number][i] = 0;
}

static void begin(unsigned numbers)
{
    pcid_init(numbers);
    for (unsigned i = 0; i < SPACES; i++)
        spaces[i] = (struct modelled_space){};
    for (unsigned i = 0; i < ARCH_MAX_CPUS; i++) {
        tlbs[i].loaded = nullptr;
        for (unsigned n = 0; n < PCID_COUNT; n++)
            forget(i, n);
    }
}

static void create(struct modelled_space *space)
{
    *space = (struct modelled_space){.lives = true};
    space->number = pcid_take(&space->stale);
    for (unsigned i = 0; i < PAGES; i++)
        space->content[i] = ++contents;
    for (unsigned i = 0; i < SPACES; i++)
        EXPECT(&spaces[i] == space || !spaces[i].lives || spaces[i].number != space->number || space->number == 0);
}

/* As cpu_switch and the port: a root that names no number of its own, or is stale here, flushes the number. */
static void load(unsigned cpu, struct modelled_space *space)
{
    if (tlbs[cpu].loaded == space)
        return;
    if (space->number == 0 || (space->stale >> cpu & 1) != 0)
        forget(cpu, space->number);
    space->stale &= ~(1ull << cpu);
    space->cpus |= 1ull << cpu;
    tlbs[cpu].loaded = space;
}

/* The program there touches a page: it must see what is mapped now. */
static void touch(unsigned cpu, unsigned page)
{
    const struct modelled_space *space = tlbs[cpu].loaded;
    if (space == nullptr)
        return;
    unsigned *entry = &tlbs[cpu].content[space->number][page];
    if (*entry == 0)
        *entry = space->content[page];
    EXPECT_EQUAL(*entry, space->content[page]);
}

/* As space_flush: CPUs that run it are told, others flush when they load it. */
static void change(struct modelled_space *space, unsigned page)
{
    space->content[page] = ++contents;
    for (unsigned cpu = 0; cpu < ARCH_MAX_CPUS; cpu++) {
        if (tlbs[cpu].loaded == space)
            tlbs[cpu].content[space->number][page] = 0;
        else if ((space->cpus >> cpu & 1) != 0)
            space->stale |= 1ull << cpu;
    }
}

static void end(struct modelled_space *space)
{
    for (unsigned cpu = 0; cpu < ARCH_MAX_CPUS; cpu++)
        if (tlbs[cpu].loaded == space)
            tlbs[cpu].loaded = nullptr;
    space->lives = false;
    pcid_give(space->number, space->cpus | space->stale);
}

static void live_at_random(unsigned numbers, unsigned steps)
{
    begin(numbers);
    while (steps--) {
        struct modelled_space *space = &spaces[unit_random() % SPACES];
        unsigned cpu = (unsigned)(unit_random() % ARCH_MAX_CPUS), page = (unsigned)(unit_random() % PAGES);
        unsigned what = (unsigned)(unit_random() % 8);
        if (!space->lives)
            create(space);
        else if (what == 0)
            end(space);
        else if (what < 3)
            change(space, page);
        else
            load(cpu, space);
        touch(cpu, page);
    }
}

TEST(no_cpu_sees_what_another_space_or_time_left_under_a_number)
{
    static const unsigned numbers[] = {0, 2, 3, 5, SPACES, SPACES + 1, 100, PCID_COUNT};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        live_at_random(numbers[i], 30000);
}

TEST(all_numbers_are_given_out_once_and_then_none)
{
    static bool given[PCID_COUNT];
    uint64_t stale;
    pcid_init(PCID_COUNT);
    for (unsigned i = 1; i < PCID_COUNT; i++) {
        unsigned number = pcid_take(&stale);
        REQUIRE(number != 0 && number < PCID_COUNT && !given[number] && stale == 0);
        given[number] = true;
    }
    EXPECT_EQUAL(pcid_take(&stale), 0);
    EXPECT_EQUAL(stale, 0);
    pcid_give(77, 5);
    EXPECT_EQUAL(pcid_take(&stale), 77);
    EXPECT_EQUAL(stale, 5);
    pcid_give(0, 3);
    EXPECT_EQUAL(pcid_take(&stale), 0);
    pcid_init(0);
    EXPECT_EQUAL(pcid_take(&stale), 0);
}
