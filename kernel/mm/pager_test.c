/* pager_test.c: memory that a program supplies, by name; random operations are in pager_fuzz_test.c. */
#include <ipc/ipc_fixture.h>
#include <mm/reclaim.h>
#include <mm/region.h>

#define RW (PROT_BIT_READ | PROT_BIT_WRITE)
#define AT 0x20000000ull
#define BUFFER 0x30000000ull
#define PAGES 64u
#define KEY 77u

static struct port *port;
static struct mem_object *mem;
static uint64_t timeout_ns;

/* A paged object that the task maps, and a buffer whose page i is full of i + 1. */
static void begin_paged(unsigned count)
{
    cap_t handle;
    uaddr_t where = AT;
    begin();
    make_threads(count);
    port = new_port(0, &handle);
    REQUIRE_EQUAL(pager_create(&ledger, port, PAGES * MP_SIZE, KEY, timeout_ns, &mem), STATUS_OK);
    REQUIRE_EQUAL(space_map(&task->space, mem, RIGHTS_ALL, 0, PAGES * MP_SIZE, RW | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    where = BUFFER;
    REQUIRE_EQUAL(space_map(&task->space, nullptr, 0, 0, PAGES * MP_SIZE, RW | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t value = i + 1;
        REQUIRE_EQUAL(copy_to_user(&task->space, BUFFER + i * MP_SIZE, &value, sizeof value), STATUS_OK);
    }
}

static void end_paged(void)
{
    space_check(&task->space);
    mem_check(mem);
    cpus[0].current = nullptr;
    object_put(&mem->object);
    end();
}

/* The thread faults. Returns: does it wait? */
static bool touches(struct thread *thread, unsigned page, unsigned access)
{
    if (thread->state == THREAD_READY)
        thread_unready(thread);
    cpus[0].current = thread;
    thread->state = THREAD_RUNNING;
    enum status status = space_fault(&task->space, AT + page * MP_SIZE, access);
    if (status == PAGE_AWAITED)
        thread_page_fault_wait(thread, AT + page * MP_SIZE, access);
    cpus[0].current = nullptr;
    cpus[0].need_schedule = false;
    EXPECT(status == STATUS_OK || status == PAGE_AWAITED);
    return status == PAGE_AWAITED;
}

static bool take(uint64_t word[MESSAGE_WORDS], uint64_t *label)
{
    struct list *item = list_pop_front(&port->events);
    if (!item)
        return false;
    *label = container_of(item, struct event, link)->label;
    EXPECT_EQUAL(page_request_take(container_of(item, struct event, link), word), KEY);
    return true;
}

static void supply(unsigned page, unsigned count)
{
    uint64_t done = 0;
    EXPECT_EQUAL(pager_supply(mem, page * MP_SIZE, count * MP_SIZE, &task->space, BUFFER + page * MP_SIZE, &done), STATUS_OK);
    EXPECT_EQUAL(done, count * MP_SIZE);
}

static uint64_t value_at(uaddr_t va)
{
    uint64_t value = 0;
    EXPECT_EQUAL(copy_from_user(&task->space, &value, va, sizeof value), STATUS_OK);
    return value;
}

static bool is_told(const struct thread *thread) { return thread->state == THREAD_READY && thread->attention & ATTENTION_BUS_ERROR; }
static bool goes_on(const struct thread *thread) { return thread->state == THREAD_READY && !(thread->attention & ATTENTION_BUS_ERROR); }

static unsigned requests(void)
{
    unsigned count = 0;
    for (struct list *item = port->requests.next; item != &port->requests; item = item->next)
        count++;
    return count;
}

TEST(what_is_touched_is_asked_for_and_comes)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(1);
    EXPECT(touches(threads[0], 17, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(label, LABEL_PAGE_IN);
    EXPECT_EQUAL(word[0], 17 * MP_SIZE);
    EXPECT_EQUAL(word[1], MP_SIZE);
    EXPECT_EQUAL(word[2], 16 * MP_SIZE); /* a cluster of 64 KiB */
    EXPECT_EQUAL(word[3], 16 * MP_SIZE);
    supply(17, 1);
    EXPECT(goes_on(threads[0]));
    EXPECT(!touches(threads[0], 17, PROT_BIT_READ));
    EXPECT_EQUAL(value_at(AT + 17 * MP_SIZE), 18);
    EXPECT_EQUAL(mem_resident_bytes(mem), MP_SIZE);
    EXPECT_EQUAL(requests(), 0);
    end_paged();
}

TEST(many_threads_wait_for_one_request)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(8);
    for (unsigned i = 0; i < 8; i++)
        EXPECT(touches(threads[i], 16 + i % 4, PROT_BIT_READ));
    EXPECT_EQUAL(requests(), 1);
    REQUIRE(take(word, &label));
    EXPECT(!take(word, &label));
    supply(18, 2); /* ahead of what is wanted */
    for (unsigned i = 0; i < 8; i++)
        EXPECT_EQUAL(goes_on(threads[i]), i % 4 >= 2);
    EXPECT_EQUAL(requests(), 1);
    supply(16, 1);
    for (unsigned i = 0; i < 8; i++)
        EXPECT(goes_on(threads[i])); /* some to ask again */
    EXPECT_EQUAL(requests(), 0);
    EXPECT(touches(threads[1], 17, PROT_BIT_READ));
    EXPECT_EQUAL(requests(), 1);
    end_paged();
}

TEST(who_reads_in_order_is_read_ahead_of)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(1);
    EXPECT(touches(threads[0], 0, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(word[3], 16 * MP_SIZE);
    supply(0, 16);
    EXPECT(touches(threads[0], 16, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(word[2], 16 * MP_SIZE);
    EXPECT_EQUAL(word[3], 32 * MP_SIZE);
    end_paged();
}

TEST(a_failure_reaches_who_waits_and_the_next_touch_asks_again)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(2);
    EXPECT(touches(threads[0], 3, PROT_BIT_READ));
    EXPECT(touches(threads[1], 5, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(pager_refuse(mem, 3 * MP_SIZE, MP_SIZE, STATUS_IO_ERROR), STATUS_OK);
    EXPECT(is_told(threads[0]));
    EXPECT(goes_on(threads[1]));
    EXPECT(touches(threads[1], 5, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(word[0], 5 * MP_SIZE);
    end_paged();
}

TEST(a_call_gets_the_failure_as_its_result)
{
    uint64_t value;
    begin_paged(1);
    struct thread *thread = threads[0];
    cpus[0].current = thread;
    thread->frame = (struct frame){.FRAME_PC = 0x1000};
    EXPECT_EQUAL(copy_from_user(&task->space, &value, AT, sizeof value), PAGE_AWAITED);
    thread_page_wait(thread);
    EXPECT_EQUAL(thread->state, THREAD_PAGING);
    EXPECT_EQUAL(pager_refuse(mem, 0, PAGES * MP_SIZE, STATUS_IO_ERROR), STATUS_OK);
    EXPECT(woken(thread, STATUS_IO_ERROR));
    EXPECT_EQUAL(thread->frame.FRAME_PC, 0x1000);
    thread_unready(thread);
    thread->state = THREAD_RUNNING;
    EXPECT_EQUAL(copy_from_user(&task->space, &value, AT, sizeof value), PAGE_AWAITED);
    thread_page_wait(thread);
    supply(0, 1);
    EXPECT_EQUAL(thread->state, THREAD_READY);
    EXPECT_EQUAL(thread->frame.FRAME_PC, 0x1000 - SYSCALL_INSTRUCTION_BYTES);
    end_paged();
}

TEST(a_killed_thread_leaves_and_what_nobody_wants_is_not_asked_for)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(2);
    EXPECT(touches(threads[0], 3, PROT_BIT_READ));
    thread_kill(threads[0]);
    EXPECT_EQUAL(requests(), 0);
    EXPECT(touches(threads[1], 3, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    thread_kill(threads[1]);
    EXPECT_EQUAL(requests(), 1); /* the pager is at it */
    supply(3, 1);
    EXPECT_EQUAL(requests(), 0);
    end_paged();
}

TEST(a_request_that_takes_too_long_fails)
{
    timeout_ns = 1000;
    begin_paged(1);
    timeout_ns = 0;
    EXPECT(touches(threads[0], 3, PROT_BIT_READ));
    host_time_ns += 2000;
    timers_run(&cpus[0], host_time_ns);
    EXPECT(is_told(threads[0]));
    EXPECT_EQUAL(requests(), 0);
    end_paged();
}

TEST(a_dead_pager_fails_all_that_was_asked_for)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0;
    begin_paged(2);
    EXPECT(touches(threads[0], 3, PROT_BIT_READ));
    EXPECT(touches(threads[1], 40, PROT_BIT_READ));
    REQUIRE(take(word, &label));
    EXPECT(port_break_calls(port, 10)); /* the server died, its port did not */
    EXPECT(is_told(threads[0]));
    EXPECT_EQUAL(threads[1]->state, THREAD_PAGING);
    port_destroy(port);
    host_work();
    EXPECT(is_told(threads[1]));
    EXPECT_EQUAL(space_fault(&task->space, AT, PROT_BIT_READ), STATUS_PEER_GONE);
    end_paged();
}

TEST(who_serves_the_port_does_not_wait_for_itself)
{
    begin_paged(1);
    thread_serve(threads[0], &port->object);
    cpus[0].current = threads[0];
    EXPECT_EQUAL(space_fault(&task->space, AT, PROT_BIT_READ), STATUS_DEADLOCK);
    cpus[0].current = nullptr;
    EXPECT_EQUAL(requests(), 0);
    end_paged();
}

TEST(what_is_written_goes_back_and_only_then_leaves)
{
    uint64_t word[MESSAGE_WORDS] = {}, label = 0, value = 1000, bytes;
    enum status status;
    begin_paged(1);
    supply(0, 8);
    EXPECT_EQUAL(copy_to_user(&task->space, AT + 2 * MP_SIZE, &value, sizeof value), STATUS_OK);
    EXPECT_EQUAL(copy_to_user(&task->space, AT + 3 * MP_SIZE, &value, sizeof value), STATUS_OK);
    space_check(&task->space);
    EXPECT_EQUAL(pager_evict(mem, 0, 8 * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(bytes, 6 * MP_SIZE);
    REQUIRE(pager_write_back(mem, 0, 8 * MP_SIZE, &status) == &mem->pager->out);
    REQUIRE(take(word, &label));
    EXPECT_EQUAL(label, LABEL_PAGE_OUT);
    EXPECT_EQUAL(word[0], 2 * MP_SIZE);
    EXPECT_EQUAL(word[1], 2 * MP_SIZE);
    EXPECT_EQUAL(pager_evict(mem, 0, 8 * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(bytes, 0);
    value = 2000; /* written meanwhile */
    EXPECT_EQUAL(copy_to_user(&task->space, AT + 3 * MP_SIZE, &value, sizeof value), STATUS_OK);
    space_check(&task->space);
    EXPECT_EQUAL(pager_written(mem, 3 * MP_SIZE, MP_SIZE, STATUS_OK), STATUS_BAD_STATE);
    EXPECT_EQUAL(pager_written(mem, 2 * MP_SIZE, 2 * MP_SIZE, STATUS_OK), STATUS_OK);
    EXPECT_EQUAL(pager_evict(mem, 0, 8 * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(bytes, MP_SIZE);
    REQUIRE(pager_write_back(mem, 0, 8 * MP_SIZE, &status) == &mem->pager->out);
    EXPECT_EQUAL(pager_written(mem, 3 * MP_SIZE, MP_SIZE, STATUS_IO_ERROR), STATUS_OK);
    EXPECT_EQUAL(pager_evict(mem, 0, 8 * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(bytes, 0); /* dirty again */
    EXPECT_EQUAL(value_at(AT + 3 * MP_SIZE), 2000);
    end_paged();
}

TEST(sync_waits_for_all_that_is_dirty)
{
    uint64_t value = 5, start = 0;
    begin_paged(1);
    supply(0, 32);
    for (unsigned page = 0; page < 32; page += 8)
        EXPECT_EQUAL(copy_to_user(&task->space, AT + page * MP_SIZE, &value, sizeof value), STATUS_OK);
    for (unsigned page = 0; page < 32; page += 8) {
        EXPECT_EQUAL(pager_sync(mem, &start, 32 * MP_SIZE), PAGE_AWAITED);
        EXPECT_EQUAL(pager_written(mem, page * MP_SIZE, MP_SIZE, STATUS_OK), STATUS_OK);
    }
    EXPECT_EQUAL(pager_sync(mem, &start, 32 * MP_SIZE), STATUS_OK);
    end_paged();
}

TEST(a_cut_object_ends_requests_and_what_was_written_behind_it)
{
    uint64_t value = 5;
    enum status status;
    begin_paged(2);
    supply(8, 8);
    for (unsigned page = 8; page < 16; page++)
        EXPECT_EQUAL(copy_to_user(&task->space, AT + page * MP_SIZE, &value, sizeof value), STATUS_OK);
    REQUIRE(pager_write_back(mem, 0, PAGES * MP_SIZE, &status) != nullptr);
    EXPECT(touches(threads[0], 3, PROT_BIT_READ));
    EXPECT(touches(threads[1], 40, PROT_BIT_READ));
    EXPECT_EQUAL(mem_resize(mem, 10 * MP_SIZE), STATUS_OK);
    EXPECT(goes_on(threads[1]));
    EXPECT_EQUAL(threads[0]->state, THREAD_PAGING);
    mem_check(mem);
    EXPECT_EQUAL(pager_written(mem, 8 * MP_SIZE, 2 * MP_SIZE, STATUS_OK), STATUS_OK);
    EXPECT_EQUAL(mem_resize(mem, 2 * MP_SIZE), STATUS_OK);
    EXPECT(goes_on(threads[0]));
    EXPECT_EQUAL(mem_resident_bytes(mem), 0);
    end_paged();
}

TEST(a_locked_region_keeps_what_it_shows)
{
    uint64_t bytes;
    begin_paged(0);
    supply(0, 16);
    EXPECT_EQUAL(space_advise(&task->space, AT + 4 * MP_SIZE, 4 * MP_SIZE, ADVICE_LOCK), STATUS_OK);
    EXPECT_EQUAL(pager_evict(mem, 0, 16 * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(bytes, 12 * MP_SIZE);
    EXPECT_EQUAL(value_at(AT + 4 * MP_SIZE), 5);
    end_paged();
}

TEST(a_private_copy_waits_for_what_it_copies)
{
    uint64_t value = 9, bytes;
    uaddr_t where = 0x40000000;
    begin_paged(0);
    REQUIRE_EQUAL(space_map(&task->space, mem, RIGHT_MEM_READ, 0, PAGES * MP_SIZE, RW | MAP_PRIVATE_COPY | MAP_FIXED_ADDRESS, &where), STATUS_OK);
    EXPECT_EQUAL(copy_to_user(&task->space, where + MP_SIZE, &value, sizeof value), PAGE_AWAITED);
    supply(1, 1);
    EXPECT_EQUAL(copy_to_user(&task->space, where + MP_SIZE, &value, sizeof value), STATUS_OK);
    EXPECT_EQUAL(copy_to_user(&task->space, where, &value, sizeof value), PAGE_AWAITED); /* no zeros instead of it */
    EXPECT_EQUAL(pager_evict(mem, 0, PAGES * MP_SIZE, &bytes), STATUS_OK);
    EXPECT_EQUAL(value_at(where + MP_SIZE), 9);
    end_paged();
}

TEST(an_object_that_ends_takes_its_requests_and_what_was_written_along)
{
    enum status status;
    uint64_t value = 5;
    begin_paged(1);
    supply(0, 32);
    for (unsigned page = 0; page < 32; page += 2)
        EXPECT_EQUAL(copy_to_user(&task->space, AT + page * MP_SIZE, &value, sizeof value), STATUS_OK);
    REQUIRE(pager_write_back(mem, 0, PAGES * MP_SIZE, &status) != nullptr);
    EXPECT(touches(threads[0], 40, PROT_BIT_READ));
    EXPECT_EQUAL(requests(), 2);
    EXPECT_EQUAL(space_unmap(&task->space, AT, PAGES * MP_SIZE), STATUS_OK);
    object_put(&mem->object);
    struct page_request *started;
    EXPECT_EQUAL(reclaim(nullptr, &started), RECLAIM_NOTHING); /* though its end takes some steps yet */
    host_work();
    EXPECT_EQUAL(requests(), 0);
    EXPECT(list_empty(&port->events));
    EXPECT(goes_on(threads[0])); /* and finds nothing there */
    cpus[0].current = nullptr;
    end();
}

TEST(supplied_memory_is_the_objects)
{
    struct ledger other = ledger;
    struct mem_object *foreign;
    uint64_t done = 0;
    begin_paged(0);
    other.object.references = 1;
    other.limit[LEDGER_PAGES] = 2 * MP_SIZE;
    other.used[LEDGER_PAGES] = other.used[LEDGER_KERNEL] = 0;
    REQUIRE_EQUAL(pager_create(&other, port, PAGES * MP_SIZE, KEY, 0, &foreign), STATUS_OK);
    EXPECT_EQUAL(pager_supply(foreign, 0, 2 * MP_SIZE, &task->space, BUFFER, &done), STATUS_OK);
    done = 0;
    EXPECT_EQUAL(pager_supply(foreign, 4 * MP_SIZE, MP_SIZE, &task->space, BUFFER, &done), STATUS_LEDGER_SPENT);
    EXPECT_EQUAL(other.used[LEDGER_PAGES], 2 * MP_SIZE);
    object_put(&foreign->object);
    host_work();
    EXPECT_EQUAL(other.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(other.used[LEDGER_KERNEL], 0);
    EXPECT_EQUAL(other.object.references, 1);
    end_paged();
}

TEST(what_is_not_used_goes_first_and_what_was_written_after_it_went_back)
{
    struct page_request *started = nullptr;
    uint64_t value = 5;
    begin_paged(0);
    EXPECT_EQUAL(reclaim(nullptr, &started), RECLAIM_NOTHING);
    supply(0, 64);
    for (unsigned page = 16; page < 32; page++)
        EXPECT_EQUAL(copy_to_user(&task->space, AT + page * MP_SIZE, &value, sizeof value), STATUS_OK);
    (void)value_at(AT + 40 * MP_SIZE); /* in use: goes last */
    EXPECT_EQUAL(reclaim(&ledger, &started), RECLAIM_FREED);
    EXPECT_EQUAL(mem_resident_bytes(mem), 16 * MP_SIZE); /* in the end, all but what is dirty */
    EXPECT_EQUAL(reclaim(&ledger, &started), RECLAIM_STARTED);
    REQUIRE(started == &mem->pager->out);
    EXPECT_EQUAL(started->range.start, 16 * MP_SIZE);
    EXPECT_EQUAL(pager_written(mem, 16 * MP_SIZE, 16 * MP_SIZE, STATUS_OK), STATUS_OK);
    EXPECT_EQUAL(reclaim(&ledger, &started), RECLAIM_FREED);
    EXPECT_EQUAL(mem_resident_bytes(mem), 0);
    struct ledger other = {};
    supply(0, 64);
    EXPECT_EQUAL(reclaim(&other, &started), RECLAIM_NOTHING); /* that pays for none of it */
    end_paged();
}

TEST(a_thread_waits_for_memory_that_goes_back)
{
    struct page_request *started = nullptr;
    uint64_t value = 5;
    begin_paged(1);
    struct thread *thread = threads[0];
    supply(0, 16);
    for (unsigned page = 0; page < 16; page++)
        EXPECT_EQUAL(copy_to_user(&task->space, AT + page * MP_SIZE, &value, sizeof value), STATUS_OK);
    (void)reclaim(nullptr, &started);
    cpus[0].current = thread;
    thread->state = THREAD_RUNNING;
    EXPECT(!thread_retries(thread, STATUS_NO_MEMORY)); /* there is enough */
    EXPECT(!thread_retries(thread, STATUS_LEDGER_SPENT));
    ledger.limit[LEDGER_PAGES] = ledger.used[LEDGER_PAGES];
    EXPECT(thread_retries(thread, STATUS_LEDGER_SPENT));
    EXPECT_EQUAL(thread->state, THREAD_PAGING);
    cpus[0].current = nullptr;
    EXPECT_EQUAL(pager_written(mem, 0, 16 * MP_SIZE, STATUS_IO_ERROR), STATUS_OK);
    EXPECT(goes_on(thread)); /* to try again */
    end_paged();
}
