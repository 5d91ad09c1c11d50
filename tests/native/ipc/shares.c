/* shares.c: threads of ordinary priority share the CPUs in proportion to their weights. Shares are looked at with the word exact=1, where the
 * emulator counts instructions; elsewhere all have to get on. */
#include "ipc.h"
#include <info.h>
#include <weights.h>

#define CPUS_MOST 8u
#define PERMILLE_OFF 20 /* of one CPU */

static const uint64_t weights[] = {WEIGHT_DEFAULT / 2, WEIGHT_DEFAULT, WEIGHT_DEFAULT * 5 / 2};
#define EACH ARRAY_LENGTH(weights)
#define WEIGHTS (WEIGHT_DEFAULT * 4)

static _Atomic bool stop;

static void want_all(void *)
{
    while (!stop) {
    }
}

/* Wants little, often. */
static void want_some(void *)
{
    while (!stop) {
        test_sleep(3 * MILLISECONDS);
        for (uint64_t until = os_now() + MILLISECONDS / 10; os_now() < until;) {
        }
    }
}

/* In small parts: a deadline is where an emulator of several CPUs goes on with the next one. */
static void sleep_for(uint64_t milliseconds)
{
    for (uint64_t until = os_now() + milliseconds * MILLISECONDS; os_now() < until;)
        test_sleep(MILLISECONDS);
}

static void time_of(const struct helper *helpers, unsigned count, uint64_t *ns)
{
    for (unsigned i = 0; i < count; i++)
        EXPECT_OK(os_thread_info(helpers[i].thread, THREAD_CPU_NS, &ns[i]));
}

static uint64_t sum(const uint64_t *ns, unsigned count)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < count; i++)
        all += ns[i];
    return all;
}

/* Of the time of all together, which was that of so many CPUs. */
static void expect_shares(const uint64_t *ns, unsigned count, unsigned cpus)
{
    uint64_t all = sum(ns, count);
    for (unsigned i = 0; i < count; i++) {
        int64_t share = (int64_t)(ns[i] * cpus * 1000 / all), wanted = (int64_t)(weights[i % EACH] * 1000 / WEIGHTS);
        bool right = share - wanted <= PERMILLE_OFF && wanted - share <= PERMILLE_OFF;
        if (!right)
            test_say("%u: weight %llu has %lld of 1000, not %lld", i, (unsigned long long)weights[i % EACH], (long long)share, (long long)wanted);
        EXPECT(right);
    }
}

/* On as many CPUs, so many threads that want all, with weights by turns. */
static void shares(unsigned cpus, unsigned sleepers, bool pinned)
{
    struct helper helpers[CPUS_MOST * EACH], others[CPUS_MOST];
    uint64_t before[CPUS_MOST * EACH] = {}, after[CPUS_MOST * EACH] = {};
    bool exact = test_number("exact", 0) != 0;
    unsigned count = cpus * EACH;
    stop = false;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    for (unsigned i = 0; i < count; i++) {
        helper_start(&helpers[i], want_all, nullptr);
        EXPECT_OK(os_thread_set_weight(helpers[i].thread, weights[i % EACH]));
        if (pinned)
            EXPECT_OK(os_thread_set_affinity(helpers[i].thread, 1ull << i / EACH));
    }
    for (unsigned i = 0; i < sleepers; i++)
        helper_start(&others[i], want_some, nullptr);
    sleep_for(exact ? 200 : 10); /* until all are where they belong */
    time_of(helpers, count, before);
    sleep_for(exact ? 1000 : 20);
    time_of(helpers, count, after);
    for (unsigned i = 0; i < count; i++)
        after[i] -= before[i];
    if (exact)
        expect_shares(after, count, cpus);
    stop = true;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    for (unsigned i = 0; i < count; i++)
        helper_wait(&helpers[i]);
    for (unsigned i = 0; i < sleepers; i++)
        helper_wait(&others[i]);
}

static unsigned cpus_here(void) { return test_cpus() < CPUS_MOST ? test_cpus() : CPUS_MOST; }

TEST(shares_of_weights)
{
    shares(cpus_here(), 0, false);
}

TEST(shares_beside_sleepers)
{
    shares(cpus_here(), cpus_here(), false);
}

TEST(shares_of_each_cpu)
{
    shares(cpus_here(), 0, true);
}

/* One more than CPUs, all alike: nobody has a CPU for itself. */
TEST(shares_of_one_too_many)
{
    struct helper helpers[CPUS_MOST + 1];
    uint64_t before[CPUS_MOST + 1] = {}, after[CPUS_MOST + 1] = {};
    bool exact = test_number("exact", 0) != 0;
    unsigned cpus = cpus_here(), count = cpus + 1;
    stop = false;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 20));
    for (unsigned i = 0; i < count; i++)
        helper_start(&helpers[i], want_all, nullptr);
    sleep_for(exact ? 200 : 10);
    time_of(helpers, count, before);
    sleep_for(exact ? 1000 : 20);
    time_of(helpers, count, after);
    for (unsigned i = 0; i < count; i++)
        after[i] -= before[i];
    uint64_t all = sum(after, count);
    for (unsigned i = 0; exact && i < count; i++) {
        int64_t share = (int64_t)(after[i] * cpus * 1000 / all), wanted = 1000 * cpus / count;
        if (share - wanted > PERMILLE_OFF || wanted - share > PERMILLE_OFF)
            test_say("%u: %lld of 1000, not %lld", i, (long long)share, (long long)wanted);
        EXPECT(share - wanted <= PERMILLE_OFF && wanted - share <= PERMILLE_OFF);
    }
    stop = true;
    EXPECT_OK(os_thread_set_priority(BOOTSTRAP_THREAD, 16));
    for (unsigned i = 0; i < count; i++)
        helper_wait(&helpers[i]);
}

TEST(weights)
{
    struct helper helper;
    uint64_t weight;
    stop = false;
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_thread_set_weight(BOOTSTRAP_THREAD, 0));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_thread_set_weight(BOOTSTRAP_THREAD, WEIGHT_MOST + 1));
    EXPECT_OK(os_thread_info(BOOTSTRAP_THREAD, THREAD_WEIGHT, &weight));
    EXPECT_EQUAL(WEIGHT_DEFAULT, weight);
    EXPECT_OK(os_thread_set_weight(BOOTSTRAP_THREAD, WEIGHT_MOST));
    helper_start(&helper, want_all, nullptr);
    EXPECT_OK(os_thread_info(helper.thread, THREAD_WEIGHT, &weight));
    EXPECT_EQUAL(WEIGHT_MOST, weight); /* its creator's */
    EXPECT_OK(os_thread_set_weight(helper.thread, 1));
    stop = true;
    helper_wait(&helper);
    EXPECT_OK(os_thread_set_weight(BOOTSTRAP_THREAD, WEIGHT_DEFAULT));
}
