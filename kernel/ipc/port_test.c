/* port_test.c: what many wait for ends in steps: ports, sets, notifications, tasks. Threads of these tests only wait; nothing runs them. */
#include <host.h>
#include <ipc/ipc.h>
#include <object/captable.h>
#include <sched/schedule.h>
#include <unit.h>

#define MANY 10000u

static struct ledger ledger;
static struct task *task;
static struct thread *threads[MANY];
static struct reply *replies[MANY];

static void begin(void)
{
    host_boot_simple(16, 512 << 20);
    cpu_init(&cpus[0], 0);
    cpus[0].online = true;
    cpus[0].current = nullptr;
    cpu_count = 1;
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(task_create(&ledger, &task), STATUS_OK);
}

/* Threads that no CPU runs leave it at once. */
static void stop(void)
{
    for (struct list *item = task->threads.next; item != &task->threads; item = item->next) {
        struct thread *thread = container_of(item, struct thread, task_link);
        if (thread->state == THREAD_RUNNING)
            thread->state = THREAD_NEW;
    }
}

static void end(void)
{
    stop();
    task_kill(task, 0);
    object_put(&task->object);
    host_work();
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        EXPECT_EQUAL(ledger.used[kind], 0);
    EXPECT_EQUAL(ledger.object.references, 1);
    mm_check();
}

static void make_threads(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        REQUIRE_EQUAL(thread_create(task, 0x10000000 + i * MP_SIZE, &threads[i]), STATUS_OK);
        object_put(&threads[i]->object); /* the task's list keeps it */
        threads[i]->state = THREAD_RUNNING;
    }
}

static cap_t give(struct object *object)
{
    cap_t handle;
    REQUIRE_EQUAL(cap_insert(task, object, RIGHTS_ALL, nullptr, &handle), STATUS_OK);
    object_put(object);
    return handle;
}

static struct port *new_port(unsigned queue, cap_t *handle)
{
    struct port *port;
    REQUIRE_EQUAL(port_create(&ledger, queue, &port), STATUS_OK);
    *handle = give(&port->object);
    return port;
}

static struct port_set *new_set(cap_t *handle)
{
    struct port_set *set;
    REQUIRE_EQUAL(set_create(&ledger, &set), STATUS_OK);
    *handle = give(&set->object);
    return set;
}

static struct notification *new_notification(cap_t *handle)
{
    struct notification *notification;
    REQUIRE_EQUAL(notification_create(&ledger, &notification), STATUS_OK);
    *handle = give(&notification->object);
    return notification;
}

static void drop(cap_t handle) { cap_remove(cap_slot(task, handle)); }

static void call(struct thread *thread, cap_t port)
{
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = 1};
    ipc_call(thread, &thread->frame, 0);
}

static void receive(struct thread *thread, cap_t from, cap_t arm)
{
    thread->frame = (struct frame){.FRAME_R8 = from | (uint64_t)arm << 32};
    ipc_reply_wait(thread, &thread->frame, 0);
}

static void wait(struct thread *thread, cap_t notification, uint64_t mask)
{
    thread->frame = (struct frame){.FRAME_R0 = notification, .FRAME_R1 = mask, .FRAME_R2 = DEADLINE_NONE};
    ipc_notification_wait(thread, &thread->frame);
}

static enum status send(struct thread *thread, cap_t port, uint64_t label)
{
    thread->frame = (struct frame){.FRAME_R0 = port, .FRAME_R1 = label};
    ipc_send(thread, &thread->frame, MESSAGE_NO_WAIT);
    return (enum status)thread->frame.FRAME_STATUS;
}

static bool woken(const struct thread *thread, enum status status)
{
    return thread->state == THREAD_READY && (enum status)thread->frame.FRAME_STATUS == status;
}

static unsigned count_woken(unsigned count, enum status status)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += woken(threads[i], status);
    return sum;
}

/* --- ports --------------------------------------------------------------------------------------------------------------------------- */

TEST(port_with_many_callers_ends_in_steps)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    struct port *port = new_port(0, &handle);
    for (unsigned i = 0; i < MANY; i++)
        call(threads[i], handle);
    port_destroy(port);
    EXPECT(list_empty(&port->callers));
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), 0);
    EXPECT(work_some(5));
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), 5);
    EXPECT(woken(threads[4], STATUS_PEER_GONE) && !woken(threads[5], STATUS_PEER_GONE));
    thread_kill(threads[5]); /* one that waits for its turn */
    thread_wake(threads[7], STATUS_TIMED_OUT);
    drop(handle);
    host_work();
    EXPECT(woken(threads[7], STATUS_TIMED_OUT));
    EXPECT_EQUAL(count_woken(5, STATUS_PEER_GONE) + count_woken(MANY, STATUS_PEER_GONE), 5 + MANY - 2);
    end();
}

TEST(port_with_many_calls_pending)
{
    cap_t handle, answer, server_reply;
    begin();
    make_threads(4000);
    struct port *port = new_port(0, &handle);
    struct thread *server;
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    object_put(&server->object);
    for (unsigned i = 0; i < 4000; i++) {
        REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
        server_reply = give(&replies[i]->object);
        call(threads[i], handle);
        server->state = THREAD_RUNNING;
        receive(server, handle, server_reply);
        EXPECT_EQUAL(replies[i]->state, REPLY_PENDING);
        if (i == 10)
            answer = server_reply;
    }
    EXPECT(!port_break_calls(port, 100));
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 100);
    drop(handle);
    work_some(100);
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 200);
    drop(answer); /* of a call that is over */
    host_work();
    EXPECT_EQUAL(count_woken(4000, STATUS_PEER_GONE), 4000);
    end();
}

/* What is in the queue of a port, in its events, and what its end tells others. */
TEST(port_with_much_in_it)
{
    cap_t handle, other, facets[1000];
    begin();
    make_threads(2);
    struct port *port = new_port(10, &handle);
    struct port *watched = new_port(0, &other);
    for (unsigned i = 0; i < 1000; i++) {
        struct facet *facet;
        REQUIRE_EQUAL(facet_create(&ledger, port, i, &facet), STATUS_OK);
        facets[i] = give(&facet->object);
    }
    for (unsigned i = 0; i < 10; i++) {
        struct facet *facet;
        REQUIRE_EQUAL(facet_create(&ledger, watched, i, &facet), STATUS_OK);
        cap_t sent = give(&facet->object);
        threads[0]->page->send_cap_count = 1;
        threads[0]->page->send_cap[0] = sent;
        threads[0]->page->send_cap_mode[0] = SEND_CAP_MOVE;
        threads[0]->frame = (struct frame){.FRAME_R0 = handle, .FRAME_R1 = i};
        ipc_send(threads[0], &threads[0]->frame, MESSAGE_HAS_CAPS);
        EXPECT_EQUAL((enum status)threads[0]->frame.FRAME_STATUS, STATUS_OK);
    }
    for (unsigned i = 0; i < 1000; i += 2)
        drop(facets[i]);
    drop(handle);
    receive(threads[1], handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[1]->frame.FRAME_STATUS, STATUS_INVALID_HANDLE);
    EXPECT_EQUAL(send(threads[0], facets[1], 5), STATUS_PEER_GONE);
    EXPECT(list_empty(&watched->events));
    host_work();
    unsigned gone = 0;
    for (struct list *item = watched->events.next; item != &watched->events; item = item->next)
        gone++;
    EXPECT_EQUAL(gone, 10);
    end();
}

/* A dead port gives nothing to those who still have it. */
TEST(dead_port_gives_nothing)
{
    cap_t handle;
    begin();
    make_threads(2);
    struct port *port = new_port(4, &handle);
    EXPECT_EQUAL(send(threads[0], handle, 5), STATUS_OK);
    port_destroy(port);
    receive(threads[1], handle, CAP_NULL);
    EXPECT_EQUAL((enum status)threads[1]->frame.FRAME_STATUS, STATUS_PEER_GONE);
    EXPECT_EQUAL(send(threads[0], handle, 5), STATUS_PEER_GONE);
    end();
}

/* Many urgent callers lend to one server; each call is answered or fails, however it ends. */
TEST(server_with_many_donors)
{
    cap_t handle, reply_handle;
    struct thread *server;
    begin();
    make_threads(MANY);
    struct port *port = new_port(0, &handle);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    REQUIRE_EQUAL(reply_create(&ledger, 0, &replies[0]), STATUS_OK);
    reply_handle = give(&replies[0]->object);
    server->state = THREAD_RUNNING;
    receive(server, handle, reply_handle);
    for (unsigned i = 0; i < MANY; i++) {
        threads[i]->priority = threads[i]->base_priority = (uint8_t)(20 + i % 30);
        call(threads[i], handle);
    }
    EXPECT_EQUAL(server->priority, 49);
    thread_wake(threads[29], STATUS_TIMED_OUT);
    EXPECT_EQUAL(server->priority, 49);
    server->state = THREAD_NEW;
    cpus[0].current = nullptr;
    thread_kill(server);
    object_put(&server->object);
    EXPECT(threads[MANY - 1]->donates);
    work_some(100);
    EXPECT(threads[MANY - 1]->donates || threads[MANY - 2]->donates);
    host_work();
    EXPECT(!threads[MANY - 1]->donates);
    port_destroy(port);
    host_work();
    EXPECT_EQUAL(count_woken(MANY, STATUS_PEER_GONE), MANY - 1);
    end();
}

/* A thread that armed many replies, all with a call, ends. */
TEST(server_with_many_replies)
{
    cap_t handle;
    struct thread *server;
    begin();
    make_threads(3000);
    (void)new_port(0, &handle);
    REQUIRE_EQUAL(thread_create(task, 0x8000000, &server), STATUS_OK);
    for (unsigned i = 0; i < 3000; i++) {
        REQUIRE_EQUAL(reply_create(&ledger, i, &replies[i]), STATUS_OK);
        cap_t reply_handle = give(&replies[i]->object);
        call(threads[i], handle);
        server->state = THREAD_RUNNING;
        receive(server, handle, reply_handle);
    }
    server->state = THREAD_NEW;
    cpus[0].current = nullptr;
    thread_kill(server);
    object_put(&server->object);
    EXPECT_EQUAL(replies[2999]->server, server);
    EXPECT(work_some(100));
    EXPECT(replies[0]->server == nullptr && replies[2999]->server == server);
    thread_wake(threads[2999], STATUS_TIMED_OUT);
    host_work();
    EXPECT(replies[2999]->server == nullptr);
    end();
}

/* --- sets ------------------------------------------------------------------------------------------------------------------------------ */

TEST(set_with_many_members_ends_in_steps)
{
    static struct port *ports[MANY];
    cap_t set_handle, other_handle, handle;
    begin();
    make_threads(3);
    struct port_set *set = new_set(&set_handle), *other = new_set(&other_handle);
    for (unsigned i = 0; i < MANY; i++) {
        ports[i] = new_port(1, &handle);
        EXPECT_EQUAL(set_add(set, &ports[i]->member, i, false), STATUS_OK);
    }
    receive(threads[0], set_handle, CAP_NULL);
    drop(set_handle);
    EXPECT_EQUAL(ports[MANY - 1]->member.set, set);
    EXPECT_EQUAL(set_add(other, &ports[MANY - 1]->member, 1, false), STATUS_OK); /* it is let go when somebody asks */
    EXPECT_EQUAL(set_add(set, &ports[MANY - 1]->member, 1, false), STATUS_ALREADY_BOUND);
    work_some(11);
    EXPECT(woken(threads[0], STATUS_PEER_GONE));
    EXPECT(ports[9]->member.set == nullptr && ports[10]->member.set == set);
    host_work();
    EXPECT(ports[MANY - 2]->member.set == nullptr);
    EXPECT_EQUAL(ports[MANY - 1]->member.set, other);
    end();
}

/* Who waits at a port while it is still in a set that ended gets what comes. */
TEST(member_of_a_dead_set_is_received_from)
{
    cap_t set_handle, first_handle, handle;
    begin();
    make_threads(3);
    struct port_set *set = new_set(&set_handle);
    struct port *first = new_port(1, &first_handle), *port = new_port(4, &handle);
    EXPECT_EQUAL(set_add(set, &first->member, 0, false), STATUS_OK);
    EXPECT_EQUAL(set_add(set, &port->member, 1, false), STATUS_OK);
    drop(set_handle);
    work_some(1);
    EXPECT(first->member.set == nullptr && port->member.set == set);
    receive(threads[0], handle, CAP_NULL);
    receive(threads[1], handle, CAP_NULL);
    for (uint64_t label = 10; label < 13; label++)
        EXPECT_EQUAL(send(threads[2], handle, label), STATUS_OK);
    host_work();
    EXPECT(woken(threads[0], STATUS_OK) && woken(threads[1], STATUS_OK));
    EXPECT_EQUAL(threads[0]->frame.FRAME_R1, 10);
    EXPECT_EQUAL(threads[1]->frame.FRAME_R1, 11);
    EXPECT_EQUAL(port->ring_count, 1);
    end();
}

/* --- notifications ----------------------------------------------------------------------------------------------------------------------- */

TEST(notification_with_many_waiters)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    struct notification *notification = new_notification(&handle);
    for (unsigned i = 0; i < MANY; i++)
        wait(threads[i], handle, i == MANY - 1 ? 2 : i == MANY - 2 ? 4 : i == 0 ? 8 : 1ull << 40);
    notification_signal(notification, 2);
    EXPECT_EQUAL(threads[MANY - 1]->state, THREAD_NOTIFICATION);
    work_some(3);
    notification_signal(notification, 4 | 8); /* while it is searched */
    thread_kill(threads[200]);
    thread_wake(threads[4000], STATUS_TIMED_OUT);
    host_work();
    EXPECT(woken(threads[MANY - 1], STATUS_OK) && threads[MANY - 1]->frame.FRAME_R1 == 2);
    EXPECT(woken(threads[MANY - 2], STATUS_OK) && threads[MANY - 2]->frame.FRAME_R1 == 4);
    EXPECT(woken(threads[0], STATUS_OK) && threads[0]->frame.FRAME_R1 == 8);
    EXPECT_EQUAL(notification->bits, 0);
    EXPECT_EQUAL(count_woken(199, STATUS_OK), 1);
    drop(handle);
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 0);
    work_some(10);
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 10);
    host_work();
    EXPECT_EQUAL(count_woken(199, STATUS_PEER_GONE), 198);
    end();
}

/* Signals that come without end keep no search from its end. */
TEST(search_comes_to_its_end)
{
    cap_t handle;
    begin();
    make_threads(1000);
    struct notification *notification = new_notification(&handle);
    for (unsigned i = 0; i < 1000; i++)
        wait(threads[i], handle, i == 999 ? 2 : 1ull << 40);
    unsigned rounds = 0;
    for (notification_signal(notification, 2); threads[999]->state == THREAD_NOTIFICATION && rounds < 100; rounds++) {
        notification_signal(notification, 1);
        work_some(1);
    }
    EXPECT(rounds <= 1000 / 32 + 1);
    EXPECT_EQUAL(notification->bits, 1);
    end();
}

/* --- tasks ------------------------------------------------------------------------------------------------------------------------------------ */

TEST(task_with_many_threads_ends_in_steps)
{
    cap_t handle;
    begin();
    make_threads(MANY);
    (void)new_notification(&handle);
    for (unsigned i = 0; i < MANY; i++)
        wait(threads[i], handle, 1);
    task_kill(task, 3);
    EXPECT(task->thread_count > MANY - 20);
    EXPECT(work_some(100));
    EXPECT(task->thread_count < MANY - 100 && task->thread_count > MANY - 200 && !task->over);
    EXPECT_EQUAL(task->caps.used, 1);
    object_get(&task->object);
    host_work();
    EXPECT_EQUAL(task->thread_count, 0);
    EXPECT(task->over);
    EXPECT_EQUAL(task->exit_code, 3);
    object_put(&task->object);
    object_put(&task->object);
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        EXPECT_EQUAL(ledger.used[kind], 0);
}

static int steps_done;

static bool count_steps(struct work *work)
{
    (void)work;
    return ++steps_done % 10 != 0;
}

/* Two kinds of work take turns. */
TEST(work_takes_turns)
{
    struct work first, second;
    begin();
    work_init(&first, count_steps, nullptr);
    cap_t handle;
    make_threads(10);
    struct port *port = new_port(0, &handle);
    for (unsigned i = 0; i < 10; i++)
        call(threads[i], handle);
    steps_done = 0;
    work_init(&second, count_steps, nullptr);
    work_add(&first);
    work_add(&first);
    port_destroy(port);
    EXPECT(work_some(8));
    EXPECT_EQUAL(steps_done, 4);
    EXPECT_EQUAL(count_woken(10, STATUS_PEER_GONE), 4);
    host_work();
    EXPECT_EQUAL(steps_done, 10);
    end();
}
