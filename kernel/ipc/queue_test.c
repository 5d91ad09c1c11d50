/* queue_test.c: queues of ports: short and long ones, made and freed in parts. */
#include <ipc/ipc_fixture.h>

static struct thread *caller;

static void caller_create(void)
{
    cap_t handle;
    make_threads(2);
    (void)new_port(1, &handle); /* so that the table has a leaf */
    drop(handle);
    host_work();
    caller = threads[0];
    caller->page->send_cap_count = 0;
}

/* As often as it restarts. */
static enum status create(uint64_t room, cap_t *handle, unsigned *rounds)
{
    uint64_t cookie = 0;
    enum status status;
    do {
        status = sys_port_create(caller, &ledger, room, &cookie, handle);
        ++*rounds;
    } while (status == SYSCALL_RESTART);
    return status;
}

static struct port *port_of(cap_t handle) { return container_of(cap_slot(task, handle)->object, struct port, object); }

TEST(queues_of_all_lengths)
{
    begin();
    caller_create();
    for (uint64_t room = 0; room < 60; room++) {
        cap_t handle;
        unsigned rounds = 0;
        REQUIRE_EQUAL(create(room, &handle, &rounds), STATUS_OK);
        uint64_t sent = 0, taken = 0;
        for (unsigned i = 0; i < 500; i++) {
            bool sends = unit_random_below(2);
            if (sends) {
                enum status expected = room == 0 ? STATUS_NOT_SUPPORTED : sent - taken == room ? STATUS_WOULD_BLOCK : STATUS_OK;
                EXPECT_EQUAL(send(caller, handle, 1000 + sent), expected);
                sent += expected == STATUS_OK;
            } else if (sent > taken) {
                threads[1]->state = THREAD_RUNNING;
                receive(threads[1], handle, CAP_NULL);
                EXPECT_EQUAL(threads[1]->frame.FRAME_R1, 1000 + taken++);
            }
        }
        drop(handle);
        host_work();
    }
    end();
}

TEST(a_queue_of_a_hundred_thousand)
{
    cap_t handle;
    unsigned rounds = 0;
    begin();
    caller_create();
    uint64_t before = ledger.used[LEDGER_KERNEL];
    host_interrupt_pending = true;
    REQUIRE_EQUAL(create(100000, &handle, &rounds), STATUS_OK);
    EXPECT(rounds > 1000);
    uint64_t paid = ledger.used[LEDGER_KERNEL] - before;
    EXPECT(paid >= 100000 * sizeof(struct queued_message) && paid < 110000 * sizeof(struct queued_message));
    for (uint64_t i = 0; i < 100000; i++)
        EXPECT_EQUAL(send(caller, handle, i), STATUS_OK);
    EXPECT_EQUAL(send(caller, handle, 1), STATUS_WOULD_BLOCK);
    for (uint64_t i = 0; i < 50000; i++) {
        threads[1]->state = THREAD_RUNNING;
        receive(threads[1], handle, CAP_NULL);
        EXPECT_EQUAL(threads[1]->frame.FRAME_R1, i);
    }
    drop(handle);
    work_some(100);
    EXPECT(ledger.used[LEDGER_KERNEL] - before > paid / 2);
    host_interrupt_pending = false;
    host_work();
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], before);
    end();
}

/* However many parts it has, and wherever interrupts come. */
TEST(queue_is_made_with_an_interrupt_at_every_look)
{
    begin();
    caller_create();
    uint64_t before = ledger.used[LEDGER_KERNEL];
    for (uint64_t room = 0; room < 2000; room += 1 + unit_random_below(16)) {
        cap_t handle = CAP_NULL;
        unsigned rounds = 0;
        host_interrupt_pending = true;
        REQUIRE_EQUAL(create(room, &handle, &rounds), STATUS_OK);
        host_interrupt_pending = false;
        EXPECT_EQUAL(port_of(handle)->queue.room, room);
        drop(handle);
        host_work();
        EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], before);
    }
    end();
}

/* It is paid for at once: no message fails for want of memory later. */
TEST(queue_that_cannot_be_paid)
{
    cap_t handle = 1;
    unsigned rounds = 0;
    begin();
    caller_create();
    uint64_t before = ledger.used[LEDGER_KERNEL], caps = ledger.used[LEDGER_CAPS];
    EXPECT_EQUAL(create(1ull << 31, &handle, &rounds), STATUS_TOO_BIG);
    EXPECT_EQUAL(create(UINT64_MAX, &handle, &rounds), STATUS_TOO_BIG);
    EXPECT_EQUAL(create((1ull << 31) - 1, &handle, &rounds), STATUS_NO_MEMORY);
    ledger.limit[LEDGER_KERNEL] = before + (1 << 20);
    EXPECT_EQUAL(create(4000, &handle, &rounds), STATUS_LEDGER_SPENT);
    ledger.limit[LEDGER_KERNEL] = UINT64_MAX;
    for (uint64_t fail = 1; fail < 40; fail++) {
        host_fail_after(fail, true);
        EXPECT_EQUAL(create(1000, &handle, &rounds), STATUS_NO_MEMORY);
        host_fail_after(0, false);
        host_work();
        EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], before);
        EXPECT_EQUAL(ledger.used[LEDGER_CAPS], caps);
    }
    end();
}

/* The port goes while its queue is made: by another thread of the task, or with the task. */
TEST(queue_is_made_while_its_port_goes)
{
    cap_t handle = CAP_NULL;
    begin();
    caller_create();
    host_interrupt_pending = true;
    uint64_t cookie = 0;
    EXPECT_EQUAL(sys_port_create(caller, &ledger, 5000, &cookie, &handle), SYSCALL_RESTART);
    EXPECT_EQUAL(send(threads[1], handle, 1), STATUS_NOT_SUPPORTED); /* no room yet */
    drop(handle);
    EXPECT_EQUAL(sys_port_create(caller, &ledger, 5000, &cookie, &handle), STATUS_BAD_STATE);
    cookie = 0;
    EXPECT_EQUAL(sys_port_create(caller, &ledger, 5000, &cookie, &handle), SYSCALL_RESTART);
    EXPECT(!port_complete(port_of(handle)));
    end();
}
