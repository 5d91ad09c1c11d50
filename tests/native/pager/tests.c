/* tests.c: memory whose content a thread of this task supplies. */
#include "pager.h"

#define PAGE OS_PAGE_SIZE

static volatile uint64_t *word_at(const struct store *store, uint64_t page) { return (volatile uint64_t *)(store->address + page * PAGE); }
static uint64_t *stored_at(const struct store *store, uint64_t page) { return (uint64_t *)(store->content + page * PAGE); }

static void number_pages(struct store *store)
{
    for (uint64_t page = 0; page < store->size / PAGE; page++)
        *stored_at(store, page) = page + 1;
}

TEST(what_is_read_comes_from_the_pager_in_few_requests)
{
    struct store store;
    struct balance before;
    store_start(&store, PAGE, 0); /* the library keeps the stack of its thread */
    store_stop(&store);
    balance_take(&before);
    store_start(&store, 256 * PAGE, 0);
    number_pages(&store);
    for (uint64_t page = 0; page < 256; page++)
        EXPECT_EQUAL(page + 1, *word_at(&store, page));
    EXPECT(store.asked < 128); /* it is read in order */
    EXPECT_EQUAL(256 * PAGE, store.supplied);
    store_stop(&store);
    EXPECT_BALANCE(&before, false);
}

TEST(calls_wait_for_the_pager_too)
{
    struct store store;
    uint64_t done, value = 0;
    uint32_t *word;
    store_start(&store, 256 * PAGE, 0);
    number_pages(&store);
    EXPECT_OK(os_mem_read(store.mem, 70 * PAGE, (uintptr_t)&value, sizeof value, &done)); /* from the object */
    EXPECT_EQUAL(71, value);
    EXPECT_OK(os_task_read_memory(BOOTSTRAP_TASK, (uintptr_t)word_at(&store, 100), (uintptr_t)&value, sizeof value, &done));
    EXPECT_EQUAL(101, value);
    value = 4711; /* into what is not there yet */
    EXPECT_OK(os_task_write_memory(BOOTSTRAP_TASK, (uintptr_t)word_at(&store, 200), (uintptr_t)&value, sizeof value, &done));
    EXPECT_EQUAL(4711, *word_at(&store, 200));
    EXPECT_EQUAL(202, *word_at(&store, 201));
    word = (uint32_t *)(uintptr_t)word_at(&store, 240);
    EXPECT_STATUS(STATUS_VALUE_CHANGED, os_futex_wait(word, 5, DEADLINE_NONE, 0, UINT32_MAX));
    EXPECT_STATUS(STATUS_TIMED_OUT, os_futex_wait(word, 241, os_now() + MILLISECONDS, 0, UINT32_MAX));
    store_stop(&store);
}

TEST(a_refusal_is_the_result_of_a_call)
{
    struct store store;
    uint64_t done, value;
    store_start(&store, 64 * PAGE, 0);
    store.refuses = true;
    EXPECT_STATUS(STATUS_IO_ERROR, os_mem_read(store.mem, 0, (uintptr_t)&value, sizeof value, &done));
    store.refuses = false;
    EXPECT_OK(os_mem_read(store.mem, 0, (uintptr_t)&value, sizeof value, &done));
    EXPECT_STATUS(STATUS_OUT_OF_RANGE, os_pager_refuse(store.mem, 63 * PAGE, 2 * PAGE, (uint64_t)STATUS_IO_ERROR));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_pager_refuse(store.mem, 0, PAGE, 1));
    store_stop(&store);
}

TEST(sync_brings_what_was_written_to_the_pager)
{
    struct store store;
    uint64_t evicted, size, resident;
    store_start(&store, 128 * PAGE, 0);
    number_pages(&store);
    for (uint64_t page = 0; page < 128; page += 3)
        *word_at(&store, page) = 1000 + page;
    EXPECT_OK(os_pager_sync(store.mem, 0, 128 * PAGE));
    for (uint64_t page = 0; page < 128; page++)
        EXPECT_EQUAL(page % 3 ? page + 1 : 1000 + page, *stored_at(&store, page));
    EXPECT(store.taken_back >= 43 * PAGE);
    *word_at(&store, 5) = 5555; /* dirty: stays */
    EXPECT_OK(os_pager_evict(store.mem, 0, 128 * PAGE, &evicted));
    EXPECT_OK(os_mem_size(store.mem, &size, &resident));
    EXPECT_EQUAL(PAGE, resident);
    EXPECT_EQUAL(5555, *word_at(&store, 5));
    EXPECT_EQUAL(1003, *word_at(&store, 3));
    store_stop(&store);
}

TEST(a_part_shows_what_the_pager_has)
{
    struct store store;
    struct balance before;
    cap_t part;
    uint64_t done, value = 0, evicted, address;
    balance_take(&before);
    store_start(&store, 256 * PAGE, 0);
    number_pages(&store);
    EXPECT_OK(os_mem_part(store.mem, 64 * PAGE, 16 * PAGE, RIGHT_MEM_READ | RIGHT_MEM_WRITE, &part));
    EXPECT_OK(os_mem_read(part, 3 * PAGE, (uintptr_t)&value, sizeof value, &done));
    EXPECT_EQUAL(68, value);
    EXPECT_STATUS(STATUS_OUT_OF_RANGE, os_mem_read(part, 16 * PAGE, (uintptr_t)&value, sizeof value, &done));
    EXPECT_STATUS(STATUS_NOT_SUPPORTED, os_pager_sync(part, 0, PAGE));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, part, 4 * PAGE, 0, 12 * PAGE, PROT_BIT_READ | PROT_BIT_WRITE, &address));
    volatile uint64_t *word = (volatile uint64_t *)(address + 2 * PAGE);
    EXPECT_EQUAL(71, *word);
    *word = 7000;
    EXPECT_EQUAL(7000, *word_at(&store, 70));
    EXPECT_OK(os_pager_sync(store.mem, 0, 256 * PAGE));
    EXPECT_EQUAL(7000, *stored_at(&store, 70));
    *stored_at(&store, 70) = 7001;
    EXPECT_OK(os_pager_evict(store.mem, 0, 256 * PAGE, &evicted));
    EXPECT_EQUAL(7001, *word);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, address, 12 * PAGE));
    os_drop(part);
    store_stop(&store);
    EXPECT_BALANCE(&before, false);
}

TEST(a_cut_and_grown_object_shows_what_the_pager_has_then)
{
    struct store store;
    store_start(&store, 64 * PAGE, 0);
    number_pages(&store);
    *word_at(&store, 40) = 7;
    *word_at(&store, 10) = 7;
    EXPECT_OK(os_mem_resize(store.mem, 20 * PAGE));
    for (uint64_t page = 20; page < 64; page++)
        *stored_at(&store, page) = 0;
    EXPECT_OK(os_mem_resize(store.mem, 64 * PAGE));
    EXPECT_EQUAL(0, *word_at(&store, 40));
    EXPECT_EQUAL(7, *word_at(&store, 10));
    store_stop(&store);
}

/* --- a task beside its pager ----------------------------------------------------------------------------------------------------------------- */

#define CHILD_OBJECT 40 /* the table index of the object */

static int touch_object(void)
{
    uint64_t where = 0, sum = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CHILD_OBJECT, 0, 0, 64 * PAGE, PROT_BIT_READ, &where));
    for (uint64_t page = 0; page < 64; page++)
        sum += *(volatile uint64_t *)(where + page * PAGE);
    return (int)sum;
}

static uint64_t run_child(const struct store *store)
{
    struct child child;
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&child, store->mem, RIGHT_MEM_READ, CHILD_OBJECT));
    EXPECT_OK(child_start(&child, touch_object, nullptr, 0));
    return child_wait(&child);
}

TEST(another_task_sees_the_content_and_dies_of_a_refusal)
{
    struct store store;
    store_start(&store, 64 * PAGE, 0);
    number_pages(&store);
    EXPECT_EQUAL(64 * 65 / 2, run_child(&store));
    uint64_t evicted;
    EXPECT_OK(os_pager_evict(store.mem, 0, 64 * PAGE, &evicted));
    EXPECT_EQUAL(64 * PAGE, evicted);
    store.refuses = true;
    EXPECT_EQUAL(EXCEPTION_BUS_ERROR, run_child(&store));
    store_stop(&store);
}

TEST(a_pager_that_dies_fails_those_who_wait)
{
    cap_t port, mem;
    struct child child;
    struct balance before;
    uint64_t done, value;
    balance_take(&before);
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_pager_create(BOOTSTRAP_LEDGER, port, 64 * PAGE, 1, 0, &mem));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&child, mem, RIGHT_MEM_READ, CHILD_OBJECT));
    EXPECT_OK(child_start(&child, touch_object, nullptr, 0));
    struct message m = {};
    EXPECT_OK(os_reply_wait(CAP_NULL, &m, port, CAP_NULL, 0, os_now() + 20000 * MILLISECONDS));
    EXPECT_EQUAL(LABEL_PAGE_IN, m.label);
    os_drop(port);
    EXPECT_EQUAL(EXCEPTION_BUS_ERROR, child_wait(&child));
    EXPECT_STATUS(STATUS_PEER_GONE, os_mem_read(mem, 0, (uintptr_t)&value, sizeof value, &done));
    os_drop(mem);
    EXPECT_BALANCE(&before, false);
}

TEST(a_request_that_takes_too_long_fails)
{
    cap_t port, mem;
    struct child child;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_pager_create(BOOTSTRAP_LEDGER, port, 64 * PAGE, 1, 5 * MILLISECONDS, &mem));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&child, mem, RIGHT_MEM_READ, CHILD_OBJECT));
    EXPECT_OK(child_start(&child, touch_object, nullptr, 0));
    EXPECT_EQUAL(EXCEPTION_BUS_ERROR, child_wait(&child));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER)); /* and one that is killed meanwhile leaves nothing */
    EXPECT_OK(child_give(&child, mem, RIGHT_MEM_READ, CHILD_OBJECT));
    EXPECT_OK(child_start(&child, touch_object, nullptr, 0));
    child_kill(&child);
    os_drop(mem);
    os_drop(port);
}

/* What a pager does with a request, at random; the one who asked may be dead by then. */
static bool do_something(cap_t mem, const struct message *m, const uint8_t *content, uint64_t *seed)
{
    uint64_t done, random = test_random(seed) >> 32;
    if (m->label != LABEL_PAGE_IN || random % 8 == 0)
        return random % 16 != 0;
    if (random % 8 == 1)
        return os_pager_refuse(mem, m->word[2], m->word[3], (uint64_t)STATUS_IO_ERROR) == STATUS_OK;
    if (random % 8 == 2)
        EXPECT_OK(os_mem_resize(mem, (16 + random / 8 % 48) * PAGE));
    (void)os_pager_supply(mem, m->word[0], (uintptr_t)content, PAGE, &done); /* it may be cut off */
    if (random % 8 == 3)
        (void)os_pager_evict(mem, 0, 16 * PAGE, &done);
    return true;
}

/* One task that waits for pages again and again, a pager that may end first. */
static void live_and_die(const uint8_t *content, uint64_t *seed)
{
    cap_t port, mem;
    struct child child;
    uint64_t alive = 1;
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_pager_create(BOOTSTRAP_LEDGER, port, 64 * PAGE, 1, test_random(seed) >> 63 ? MILLISECONDS : 0, &mem));
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_give(&child, mem, RIGHT_MEM_READ, CHILD_OBJECT));
    EXPECT_OK(child_start(&child, touch_object, nullptr, 0));
    for (unsigned left = (unsigned)(test_random(seed) >> 32) % 80; left && alive; left--) {
        struct message m = {};
        if (os_reply_wait(CAP_NULL, &m, port, CAP_NULL, 0, os_now() + 2 * MILLISECONDS) == STATUS_OK && !do_something(mem, &m, content, seed))
            break;
        EXPECT_OK(os_task_info(child.task, TASK_ALIVE, &alive));
    }
    uint64_t order = test_random(seed) >> 62;
    if (order & 1)
        os_drop(port);
    if (order & 2)
        os_drop(mem);
    child_kill(&child);
    if (!(order & 1))
        os_drop(port);
    if (!(order & 2))
        os_drop(mem);
}

TEST(whoever_dies_first_nothing_is_left)
{
    static uint8_t content[PAGE];
    struct balance before;
    uint64_t seed = test_number("seed", 1);
    live_and_die(content, &seed);
    balance_take(&before);
    for (uint64_t round = test_number("rounds", 40); round; round--)
        live_and_die(content, &seed);
    EXPECT_BALANCE(&before, false);
}

/* --- more than there is memory ------------------------------------------------------------------------------------------------------------------ */

#define BIG (4ull << 20)
#define LIMIT (BIG / 2)
#define WORKERS 4u

static struct store big;

struct worker {
    struct helper helper;
    uint64_t seed, number;
};

/* Each owns the words of its number in all pages: what it wrote last has to be there. */
static void work(void *argument)
{
    static uint32_t expected[WORKERS][BIG / 4096];
    struct worker *worker = argument;
    uint64_t pages = BIG / PAGE, touches = test_number("touches", 4 * pages / WORKERS);
    for (uint64_t i = 0; i < touches; i++) {
        uint64_t random = test_random(&worker->seed), page = random % pages;
        volatile uint32_t *word = (volatile uint32_t *)(big.address + page * PAGE) + worker->number;
        if (*word != expected[worker->number][page]) {
            test_say("page %lu: %u instead of %u", page, *word, expected[worker->number][page]);
            test_failed(__FILE__, __LINE__, "what was written last is there");
            return;
        }
        if (random >> 60 < 6)
            *word = ++expected[worker->number][page];
    }
    for (uint64_t page = 0; page < pages; page++)
        EXPECT_EQUAL(expected[worker->number][page], *((volatile uint32_t *)(big.address + page * PAGE) + worker->number));
}

TEST(twice_the_memory_that_there_may_be)
{
    struct worker workers[WORKERS];
    uint64_t used, limit;
    store_start(&big, BIG, LIMIT);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.seed = i + test_number("seed", 1), .number = i};
        helper_start(&workers[i].helper, work, &workers[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        helper_wait(&workers[i].helper);
    EXPECT_OK(os_ledger_info(big.ledger, LEDGER_PAGES, &used, &limit));
    EXPECT(used <= LIMIT);
    EXPECT(big.supplied > LIMIT && big.taken_back > 0);
    test_say("asked %lu, supplied %lu KiB, taken back %lu KiB", big.asked, big.supplied >> 10, big.taken_back >> 10);
    store_stop(&big);
}

/* Anonymous memory, until there is none. Returns: its size; nobody else's memory was in the way. */
static uint64_t take_all_memory(uint64_t *where)
{
    uint64_t total, taken = 0, step = 1 << 20;
    *where = 0;
    EXPECT_OK(os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_TOTAL, &total));
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, total, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS, where));
    for (; taken < total; taken += step) {
        uint64_t resident = 0, end = taken + step;
        while (resident < step) { /* populating ends early where an interrupt waits */
            uint64_t start, last, flags, offset, all;
            enum status status = os_mem_advise(BOOTSTRAP_TASK, *where + taken, step, ADVICE_POPULATE);
            if (status != STATUS_OK) {
                EXPECT_STATUS(STATUS_NO_MEMORY, status);
                return total;
            }
            EXPECT_OK(os_mem_query(BOOTSTRAP_TASK, *where, &start, &last, &flags, &offset, &all));
            resident = all >= end ? step : 0;
        }
    }
    return total;
}

TEST(memory_with_a_pager_gives_way_to_other_memory)
{
    struct store store;
    uint64_t where, size, resident = 0, pages = (4 << 20) / PAGE;
    store_start(&store, 4 << 20, 0);
    number_pages(&store);
    for (uint64_t page = 0; page < pages; page++)
        EXPECT_EQUAL(page + 1, *word_at(&store, page));
    for (uint64_t page = 0; page < pages; page += 5)
        *word_at(&store, page) = page;
    uint64_t hog = take_all_memory(&where);
    EXPECT_OK(os_mem_size(store.mem, &size, &resident));
    test_say("%lu KiB are left", resident >> 10);
    EXPECT(resident < 1 << 20);
    EXPECT_OK(os_mem_unmap(BOOTSTRAP_TASK, where, hog));
    for (uint64_t page = 0; page < pages; page++)
        EXPECT_EQUAL(page % 5 ? page + 1 : page, *word_at(&store, page));
    store_stop(&store);
}
