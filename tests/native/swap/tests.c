/* tests.c: tasks that use more memory than there is. */
#include "swap.h"

#define MIB 0x100000ull
#define PAGE OS_PAGE_SIZE
#define CHILD_OBJECT 40 /* the table index of an object */

static uint64_t value_of(uint64_t seed, uint64_t page) { return (page + 1) * 0x9e3779b97f4a7c15ull ^ seed; }

static volatile uint64_t *words(uint64_t base, uint64_t page) { return (volatile uint64_t *)(base + page * PAGE); }

static uint64_t map_some(uint64_t size, uint64_t flags)
{
    uint64_t where = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | flags, &where));
    return where;
}

static void write_page(uint64_t base, uint64_t seed, uint64_t page)
{
    words(base, page)[0] = words(base, page)[PAGE / 8 - 1] = value_of(seed, page);
}

static uint64_t wrong_at(uint64_t base, uint64_t seed, uint64_t page)
{
    return (words(base, page)[0] != value_of(seed, page)) + (words(base, page)[PAGE / 8 - 1] != value_of(seed, page));
}

/* --- in the child: parameters: bytes, seed ------------------------------------------------------------------------------------------------- */

/* In order, backwards, and at random with writes. */
static int use_memory(void)
{
    uint64_t size = child_parameters[0], seed = child_parameters[1], pages = size / PAGE, state = seed, wrong = 0;
    uint64_t base = map_some(size, 0);
    for (uint64_t page = 0; page < pages; page++)
        write_page(base, seed, page);
    for (uint64_t page = 0; page < pages; page++)
        wrong += wrong_at(base, seed, page);
    for (uint64_t page = pages; page--;)
        wrong += wrong_at(base, seed, page);
    for (uint64_t i = 0; i < pages / 4; i++) {
        uint64_t page = test_random(&state) % pages;
        wrong += wrong_at(base, seed, page);
        write_page(base, seed, page);
    }
    for (uint64_t page = 0; page < pages; page += 3)
        EXPECT_OK(page % 2 ? os_mem_advise(BOOTSTRAP_TASK, base + page * PAGE, PAGE, ADVICE_DROP) : STATUS_OK);
    for (uint64_t page = 0; page < pages; page++)
        wrong += page % 3 == 0 && page % 2 ? words(base, page)[0] != 0 : wrong_at(base, seed, page);
    EXPECT_EQUAL(0, wrong);
    return 0;
}

static int use_object(void)
{
    uint64_t size = child_parameters[0], seed = child_parameters[1], pages = size / PAGE, wrong = 0, where = 0;
    cap_t copy;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CHILD_OBJECT, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE, &where));
    for (uint64_t page = 0; page < pages; page++)
        write_page(where, seed, page);
    EXPECT_OK(os_mem_clone(CHILD_OBJECT, BOOTSTRAP_LEDGER, 0, size, &copy));
    uint64_t other = 0;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, copy, 0, 0, size, PROT_BIT_READ | PROT_BIT_WRITE, &other));
    uint64_t more = map_some(size, 0);
    for (uint64_t page = 0; page < pages; page++)
        write_page(more, seed + 2, page);
    for (uint64_t page = 0; page < pages; page += 2)
        write_page(other, seed + 1, page);
    for (uint64_t page = 0; page < pages; page++)
        wrong += wrong_at(where, seed, page) + wrong_at(other, page % 2 ? seed : seed + 1, page) + wrong_at(more, seed + 2, page);
    EXPECT_EQUAL(0, wrong);
    return 0;
}

/* What is locked stays, and what is not goes. */
static int use_locked(void)
{
    uint64_t size = child_parameters[0], locked = 2 * MIB, resident, start, end, flags, offset;
    uint64_t at = map_some(locked, MAP_LOCKED | MAP_POPULATED);
    EXPECT_OK(os_mem_advise(BOOTSTRAP_TASK, at, locked, ADVICE_POPULATE));
    uint64_t base = map_some(size, 0);
    for (uint64_t page = 0; page < size / PAGE; page++)
        write_page(base, 1, page);
    EXPECT_OK(os_mem_query(BOOTSTRAP_TASK, at, &start, &end, &flags, &offset, &resident));
    EXPECT_EQUAL(locked, resident);
    EXPECT_OK(os_mem_query(BOOTSTRAP_TASK, base, &start, &end, &flags, &offset, &resident));
    EXPECT(resident < size);
    return 0;
}

static int read_again(void)
{
    uint64_t size = child_parameters[0];
    uint64_t base = map_some(size, 0);
    for (uint64_t page = 0; page < size / PAGE; page++)
        write_page(base, 1, page);
    (void)os_notification_signal(CHILD_OBJECT, 1);
    for (;;)
        for (uint64_t page = 0; page < size / PAGE; page++)
            (void)words(base, page)[0];
}

/* --- running them ---------------------------------------------------------------------------------------------------------------------------- */

struct user {
    struct child child;
    cap_t ledger;
};

static void user_start(struct user *user, int (*run)(void), uint64_t size, uint64_t seed, cap_t give, uint32_t rights)
{
    uint64_t parameters[] = {size, seed};
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &user->ledger));
    EXPECT_OK(child_create(&user->child, user->ledger));
    if (give != CAP_NULL)
        EXPECT_OK(child_give(&user->child, give, rights, CHILD_OBJECT));
    EXPECT_OK(child_start(&user->child, run, parameters, 2));
}

static uint64_t user_end(struct user *user)
{
    uint64_t bits;
    EXPECT_OK(os_notification_wait(user->child.death, 1, os_now() + 100000 * MILLISECONDS, false, &bits));
    EXPECT_OK(os_notification_signal(user->child.death, 1));
    uint64_t code = child_wait(&user->child);
    os_drop(user->ledger);
    return code;
}

TEST(memory_that_went_out_comes_back_as_it_was)
{
    struct user user;
    swap_begin(6 * MIB, 16 * MIB);
    user_start(&user, use_memory, 12 * MIB, 1, CAP_NULL, 0);
    EXPECT_EQUAL(0, user_end(&user));
    EXPECT(swap.written >= 6 * MIB && swap.supplied >= 6 * MIB);
    test_say("out %lu KiB, in %lu KiB", memory_figure(MEMORY_SWAPPED_OUT) / 1024, memory_figure(MEMORY_SWAPPED_IN) / 1024);
    swap_end();
}

TEST(four_tasks_share_what_there_is)
{
    struct user users[4];
    swap_begin(8 * MIB, 20 * MIB);
    for (unsigned i = 0; i < 4; i++)
        user_start(&users[i], use_memory, 4 * MIB, i + 1, CAP_NULL, 0);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQUAL(0, user_end(&users[i]));
    swap_end();
}

TEST(objects_and_their_clones_go_and_come)
{
    struct user user;
    cap_t ledger, mem;
    swap_begin(6 * MIB, 20 * MIB);
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &ledger));
    EXPECT_OK(os_mem_create(ledger, 4 * MIB, &mem));
    user_start(&user, use_object, 4 * MIB, 5, mem, RIGHTS_ALL);
    EXPECT_EQUAL(0, user_end(&user));
    os_drop(mem);
    os_drop(ledger);
    swap_end();
}

TEST(locked_memory_stays)
{
    struct user user;
    swap_begin(6 * MIB, 16 * MIB);
    user_start(&user, use_locked, 8 * MIB, 1, CAP_NULL, 0);
    EXPECT_EQUAL(0, user_end(&user));
    swap_end();
}

TEST(a_refusal_is_a_bus_error)
{
    struct user user;
    cap_t told;
    uint64_t bits;
    swap_begin(6 * MIB, 16 * MIB);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &told));
    user_start(&user, read_again, 9 * MIB, 1, told, RIGHT_NOTIFICATION_SIGNAL);
    EXPECT_OK(os_notification_wait(told, 1, os_now() + 100000 * MILLISECONDS, false, &bits));
    swap.refuses = true;
    EXPECT_EQUAL(EXCEPTION_BUS_ERROR, user_end(&user));
    swap.refuses = false;
    os_drop(told);
    swap_end();
}

/* What the pager took and did not do when it ended is asked for again at the same port. */
TEST(the_next_pager_is_asked_again)
{
    struct user user;
    swap_begin(6 * MIB, 16 * MIB);
    swap.forgets = true;
    user_start(&user, use_memory, 10 * MIB, 1, CAP_NULL, 0);
    for (unsigned i = 0; i < 10; i++) {
        WAIT_UNTIL(swap.forgot);
        swap.forgot = false;
        EXPECT_OK(os_port_break_calls(swap.port));
        swap.forgets = i < 9;
    }
    EXPECT_EQUAL(0, user_end(&user));
    swap_end();
}

TEST(the_same_port_gets_the_same_object)
{
    cap_t again, port;
    uint64_t size, resident;
    swap_begin(UINT64_MAX, 4 * MIB);
    EXPECT_OK(os_pager_swap(BOOTSTRAP_CONTROL, BOOTSTRAP_LEDGER, swap.port, 4 * MIB, 1, &again));
    EXPECT_OK(os_mem_size(again, &size, &resident));
    EXPECT_EQUAL(4 * MIB, size);
    os_drop(again);
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &port));
    EXPECT_OK(os_pager_swap(BOOTSTRAP_CONTROL, BOOTSTRAP_LEDGER, port, 8 * MIB, 1, &again)); /* nothing is in the first one */
    EXPECT_EQUAL(8 * MIB, memory_figure(MEMORY_SWAP_TOTAL));
    EXPECT_STATUS(STATUS_INVALID_ARGUMENT, os_pager_swap(BOOTSTRAP_CONTROL, BOOTSTRAP_LEDGER, port, 100, 1, &again));
    os_drop(again);
    os_drop(port);
    swap_end();
}
