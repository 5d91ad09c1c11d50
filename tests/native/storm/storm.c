/* storm.c: starts the actors of the storm, kills some now and then, and looks that nothing is left of them. Boot words: count=N messages, seed=N,
 * deaths=N of actors. */
#include "storm.h"

#define CAPS_MOST 120u /* of an actor: a message may find its table full */
#define IN_TIME 60000 * MILLISECONDS

static struct {
    struct child child[ACTORS];
    cap_t ledger, shared, port[ACTORS];
    uint64_t seed;
} storm;

static void give_ports(struct child *child, unsigned number)
{
    uint32_t own = RIGHT_PORT_SEND | RIGHT_PORT_RECEIVE | RIGHT_PORT_BADGE | RIGHT_COPY | RIGHT_REVOKE;
    EXPECT_OK(child_give(child, storm.port[number], own, BOOTSTRAP_PORT));
    for (unsigned i = 0; i < ACTORS; i++) {
        cap_t facet = CAP_NULL;
        EXPECT_OK(os_port_badge(storm.port[i], number, RIGHT_PORT_SEND | RIGHT_COPY | RIGHT_REVOKE, &facet));
        EXPECT_OK(child_give(child, facet, RIGHTS_ALL, PEERS + i));
        os_drop(facet);
    }
}

static void start_actor(unsigned number)
{
    struct child *child = &storm.child[number];
    uint64_t parameters[] = {number, test_random(&storm.seed)}, where;
    cap_t ledger = CAP_NULL;
    EXPECT_OK(os_ledger_create(storm.ledger, &ledger));
    EXPECT_OK(os_ledger_set_limit(ledger, LEDGER_CAPS, CAPS_MOST));
    EXPECT_OK(child_create(child, ledger));
    give_ports(child, number);
    EXPECT_OK(os_mem_map(child->task, storm.shared, 0, SHARED_BASE, os_page_round(sizeof(struct shared)),
                         PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS, &where));
    EXPECT_OK(child_start(child, actor_main, parameters, 2));
    os_drop(ledger);
}

static void begin_storm(uint64_t seed)
{
    uint64_t where;
    storm.seed = seed;
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &storm.ledger));
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, os_page_round(sizeof(struct shared)), &storm.shared));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, storm.shared, 0, SHARED_BASE, os_page_round(sizeof(struct shared)),
                         PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS, &where));
    for (unsigned i = 0; i < ACTORS; i++)
        EXPECT_OK(os_port_create(storm.ledger, i % 4 * 3, &storm.port[i]));
    for (unsigned i = 0; i < ACTORS; i++)
        start_actor(i);
}

/* Until so many messages came to where they should. False: no more of them come. */
static bool blow(uint64_t until)
{
    uint64_t last = SHARED->messages, end = os_now() + IN_TIME;
    while (SHARED->messages < until && os_now() < end) {
        test_sleep(MILLISECONDS);
        if (SHARED->messages != last)
            end = os_now() + IN_TIME;
        last = SHARED->messages;
    }
    return SHARED->messages >= until;
}

static void calm_down(void)
{
    uint64_t used, limit, end;
    SHARED->stop = 1;
    for (unsigned i = 0; i < ACTORS; i++)
        EXPECT_EQUAL(0, child_wait(&storm.child[i]));
    EXPECT_EQUAL(0, SHARED->failures);
    for (unsigned i = 0; i < ACTORS; i++)
        os_drop(storm.port[i]);
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++) {
        end = os_now() + IN_TIME;
        do
            EXPECT_OK(os_ledger_info(storm.ledger, kind, &used, &limit));
        while (used != 0 && os_now() < end);
        EXPECT_EQUAL(0, used);
    }
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, SHARED_BASE, os_page_round(sizeof(struct shared))));
    os_drop(storm.shared);
    os_drop(storm.ledger);
}

static void run_storm(uint64_t seed, uint64_t count, uint64_t deaths)
{
    begin_storm(seed);
    bool goes_on = true;
    for (uint64_t i = 1; i <= deaths && goes_on; i++) {
        goes_on = blow(count * i / (deaths + 1));
        unsigned number = (unsigned)(test_random(&storm.seed) % ACTORS);
        child_kill(&storm.child[number]);
        start_actor(number);
    }
    EXPECT(goes_on && blow(count));
    test_say("%llu messages, %llu answers, %llu capabilities, %llu deaths", (unsigned long long)SHARED->messages, (unsigned long long)SHARED->answers,
             (unsigned long long)SHARED->capabilities, (unsigned long long)deaths);
    calm_down();
}

TEST(storm)
{
    struct balance before;
    uint64_t count = test_number("count", 20000), deaths = test_number("deaths", count < 100000 ? 20 : count / 5000), seed = test_number("seed", 1);
    run_storm(seed, 500, 1); /* for what stays: objects of the program's own pages */
    test_sleep(50 * MILLISECONDS);
    balance_take(&before);
    run_storm(seed, count, deaths);
    EXPECT_BALANCE(&before, true);
}
