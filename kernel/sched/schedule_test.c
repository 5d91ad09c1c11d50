/* schedule_test.c: where threads go, whose turn it is, how they are stopped and killed, on up to four simulated CPUs. */
#include <host.h>
#include <futex.h>
#include <sched/schedule.h>
#include <syscalls_kernel.h>
#include <trap.h>
#include <unit.h>

#define THREADS 8u

static struct ledger ledger;
static struct task *task;
static struct thread *threads[THREADS];

/* Threads that no CPU has seen, of priority 16. */
static void begin(unsigned cpu_number)
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
    for (unsigned i = 0; i < THREADS; i++) {
        REQUIRE_EQUAL(thread_create(task, 0x10000000 + i * MP_SIZE, &threads[i]), STATUS_OK);
        threads[i]->priority = 16;
    }
}

/* The CPU runs the thread, as if it had been chosen. */
static void run(unsigned cpu, unsigned thread)
{
    cpus[cpu].current = threads[thread];
    threads[thread]->state = THREAD_RUNNING;
    threads[thread]->cpu = (uint8_t)cpu;
    account_open(&threads[thread]->time);
}

static void leave_kernel(unsigned cpu)
{
    host_this_cpu = cpu;
    spin_lock(&kernel_lock);
    kernel_exit(&cpus[cpu], false);
}

/* Every thread that is ready is on the queue that it says, once, and on no other; the masks are right. */
static void check_queues(void)
{
    unsigned queued = 0, ready = 0;
    for (unsigned i = 0; i < cpu_count; i++)
        for (unsigned priority = 0; priority < PRIORITIES; priority++) {
            struct list *queue = &cpus[i].run_queue[priority];
            EXPECT_EQUAL(list_empty(queue), (cpus[i].ready_mask >> priority & 1) == 0);
            for (struct list *item = queue->next; item != queue; item = item->next) {
                struct thread *thread = container_of(item, struct thread, queue);
                REQUIRE(item->next->previous == item && queued < THREADS);
                EXPECT_EQUAL(thread->state, THREAD_READY);
                EXPECT_EQUAL(thread->cpu, i);
                EXPECT_EQUAL(thread->priority, priority);
                EXPECT(!thread->stopped);
                queued++;
            }
        }
    for (unsigned i = 0; i < THREADS; i++)
        ready += threads[i]->state == THREAD_READY && !threads[i]->stopped;
    EXPECT_EQUAL(queued, ready);
}

TEST(cpu_out_of_use_runs_nothing)
{
    begin(3);
    run(0, 0);
    run(1, 1);
    run(2, 2);
    for (unsigned i = 3; i < THREADS; i++) {
        threads[i]->cpu = 1;
        threads[i]->affinity = i == 7 ? 2 : 6;
        thread_set_runnable(threads[i]);
        thread_ready(threads[i]);
    }
    host_this_cpu = 0;
    EXPECT_EQUAL(sys_system_set_cpu(threads[0], nullptr, 3, 0, &(uint64_t){0}), STATUS_OUT_OF_RANGE);
    EXPECT_EQUAL(sys_system_set_cpu(threads[0], nullptr, 0, 0, &(uint64_t){0}), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(sys_system_set_cpu(threads[0], nullptr, 1, 2, &(uint64_t){0}), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(sys_system_set_cpu(threads[0], nullptr, 1, 0, &(uint64_t){0}), STATUS_OK);
    EXPECT_EQUAL(cpus[1].ready_mask, 0);
    EXPECT_EQUAL(threads[7]->cpu, 0); /* it may run on no other */
    check_queues();
    host_this_cpu = 1; /* which goes on for a moment, and makes somebody ready */
    thread_unready(threads[3]);
    threads[3]->cpu = 1;
    thread_ready(threads[3]);
    EXPECT_EQUAL(threads[3]->cpu, 2);
    check_queues();
    host_this_cpu = 0;
    EXPECT_EQUAL(sys_system_set_cpu(threads[0], nullptr, 1, 1, &(uint64_t){0}), STATUS_OK);
    thread_unready(threads[3]);
    threads[3]->cpu = 1;
    thread_ready(threads[3]);
    EXPECT_EQUAL(threads[3]->cpu, 1);
    check_queues();
}

TEST(stopped_thread_that_is_preempted_is_on_no_queue)
{
    begin(2);
    run(0, 0);
    run(1, 1);
    EXPECT_EQUAL(sys_thread_stop(threads[0], threads[1]), STATUS_OK);
    cpus[1].slice_end_ns = 0; /* at the same time its turn ends */
    cpus[1].need_schedule = true;
    threads[2]->cpu = 1;
    threads[2]->affinity = 2;
    thread_ready(threads[2]);
    leave_kernel(1);
    EXPECT(cpus[1].current == threads[2]);
    check_queues();
    host_this_cpu = 0;
    EXPECT_EQUAL(sys_thread_continue(threads[0], threads[1]), STATUS_OK);
    check_queues();
    EXPECT_EQUAL(threads[1]->state, THREAD_READY);
    EXPECT_EQUAL(threads[1]->attention, 0);
    EXPECT_EQUAL(sys_thread_stop(threads[0], threads[1]), STATUS_OK); /* in the queue */
    EXPECT_EQUAL(sys_thread_stop(threads[0], threads[1]), STATUS_OK);
    check_queues();
    thread_kill(threads[1]);
    EXPECT_EQUAL(threads[1]->state, THREAD_DEAD);
    check_queues();
}

TEST(thread_that_is_stopped_while_it_waits_is_on_no_queue)
{
    begin(1);
    run(0, 0);
    threads[1]->state = THREAD_RECEIVING;
    threads[1]->queue = (struct list){&threads[2]->queue, &threads[2]->queue}; /* left there by who took it off */
    EXPECT_EQUAL(sys_thread_stop(threads[0], threads[1]), STATUS_OK);
    thread_ready(threads[1]);
    EXPECT(list_empty(&threads[1]->queue));
    EXPECT_EQUAL(sys_thread_continue(threads[0], threads[1]), STATUS_OK);
    check_queues();
}

/* Killed by another CPU on its way into a wait, which would then never end. */
TEST(killed_thread_begins_no_wait)
{
    begin(2);
    for (unsigned way = 0; way < 3; way++) {
        unsigned victim = 1 + way;
        run(0, 0);
        run(1, victim);
        host_this_cpu = 0;
        thread_kill(threads[victim]);
        EXPECT_EQUAL(threads[victim]->state, THREAD_RUNNING);
        EXPECT(cpus[1].arch.ipis > 0);
        threads[7]->affinity = 2;
        threads[7]->cpu = 1;
        if (threads[7]->state != THREAD_READY)
            thread_ready(threads[7]);
        host_this_cpu = 1;
        threads[victim]->frame.FRAME_NUMBER = SYS_FUTEX_WAIT;
        threads[victim]->frame.FRAME_R0 = 0x10000000 + victim * MP_SIZE;
        threads[victim]->frame.FRAME_R2 = DEADLINE_NONE;
        threads[victim]->frame.FRAME_R4 = 1;
        if (way == 0)
            trap_syscall();
        else if (way == 1)
            trap_page_fault(0x200000, PROT_BIT_READ);
        else
            trap_exception(EXCEPTION_ILLEGAL, 0, 0);
        EXPECT_EQUAL(threads[victim]->state, THREAD_DEAD);
        EXPECT(cpus[1].current == threads[7]);
        EXPECT(!task->dead);
        check_queues();
    }
}

TEST(killed_thread_does_not_wait_for_its_turn)
{
    begin(1);
    run(0, 1);
    threads[2]->priority = 20;
    thread_ready(threads[2]);
    EXPECT(cpus[0].need_schedule);
    threads[1]->attention = ATTENTION_KILLED;
    leave_kernel(0);
    EXPECT_EQUAL(threads[1]->state, THREAD_DEAD);
    EXPECT(cpus[0].current == threads[2]);
    check_queues();
}

TEST(wakes_go_to_different_cpus)
{
    begin(4);
    run(0, 0);
    for (unsigned i = 1; i < 4; i++)
        thread_ready(threads[i]); /* all were last on CPU 0 */
    for (unsigned i = 1; i < 4; i++) {
        EXPECT(cpus[i].ready_mask != 0);
        EXPECT_EQUAL(cpus[i].arch.ipis, 1);
    }
    thread_ready(threads[4]); /* all have something: home */
    EXPECT_EQUAL(threads[4]->cpu, 0);
    check_queues();
}

TEST(two_threads_of_an_idle_cpu_do_not_wait_for_each_other)
{
    begin(3);
    run(0, 0);
    threads[1]->cpu = threads[2]->cpu = 1;
    thread_ready(threads[1]);
    EXPECT_EQUAL(threads[1]->cpu, 1);
    thread_ready(threads[2]);
    EXPECT_EQUAL(threads[2]->cpu, 2);
    check_queues();
}

/* The FPU's registers do not hold a thread where it would have to wait. */
TEST(thread_with_fpu_state_moves)
{
    begin(2);
    run(0, 0);
    cpus[0].fpu_owner = threads[1];
    threads[1]->fpu_cpu = 0;
    thread_set_runnable(threads[1]);
    thread_ready(threads[1]);
    EXPECT_EQUAL(threads[1]->cpu, 1);
    EXPECT_EQUAL(threads[1]->fpu_cpu, -1);
    EXPECT_EQUAL(threads[1]->runnable_on, UINT64_MAX);
    EXPECT(cpus[0].fpu_owner == nullptr);
    EXPECT_EQUAL(cpus[1].arch.ipis, 1);
}

TEST(preempted_thread_goes_to_an_idle_cpu)
{
    begin(2);
    run(0, 0);
    cpus[0].fpu_owner = threads[0];
    threads[0]->fpu_cpu = 0;
    thread_set_runnable(threads[0]);
    threads[1]->priority = 20;
    threads[1]->affinity = 1;
    thread_set_runnable(threads[1]);
    thread_ready(threads[1]);
    EXPECT(cpus[0].need_schedule);
    leave_kernel(0);
    EXPECT(cpus[0].current == threads[1]);
    EXPECT_EQUAL(threads[0]->cpu, 1);
    EXPECT_EQUAL(threads[0]->fpu_cpu, -1);
    EXPECT_EQUAL(cpus[1].arch.ipis, 1);
    check_queues();
}

TEST(wake_goes_where_the_least_urgent_runs)
{
    begin(3);
    run(0, 0);
    run(1, 1);
    run(2, 2);
    threads[0]->priority = 24;
    threads[1]->priority = 18;
    threads[2]->priority = 5;
    thread_ready(threads[3]); /* home is more urgent, as is CPU 1 */
    EXPECT_EQUAL(threads[3]->cpu, 2);
    EXPECT(cpus[2].need_schedule && cpus[2].arch.ipis == 1);
    threads[4]->cpu = 1;
    threads[4]->priority = 20;
    thread_ready(threads[4]); /* home is less urgent, though not the least */
    EXPECT_EQUAL(threads[4]->cpu, 1);
    EXPECT(cpus[1].need_schedule);
    threads[5]->priority = 3;
    thread_ready(threads[5]); /* nowhere: waits for the least */
    EXPECT_EQUAL(threads[5]->cpu, 2);
    check_queues();
}

TEST(affinity_is_kept)
{
    begin(3);
    run(0, 0);
    run(2, 2);
    threads[3]->affinity = 4;
    thread_set_runnable(threads[3]);
    thread_ready(threads[3]);
    EXPECT_EQUAL(threads[3]->cpu, 2);
    EXPECT_EQUAL(sys_thread_set_affinity(threads[0], threads[3], 8), STATUS_INVALID_ARGUMENT);
    EXPECT_EQUAL(sys_thread_set_affinity(threads[0], threads[3], 2), STATUS_OK);
    EXPECT_EQUAL(threads[3]->cpu, 1);
    EXPECT_EQUAL(sys_thread_set_affinity(threads[0], threads[2], 1), STATUS_OK); /* runs on CPU 2 */
    threads[4]->affinity = 4;
    thread_ready(threads[4]);
    leave_kernel(2);
    EXPECT(cpus[2].current == threads[4]);
    EXPECT_EQUAL(threads[2]->cpu, 0);
    check_queues();
}

TEST(idle_cpu_takes_the_most_urgent)
{
    begin(3);
    run(0, 0);
    run(1, 1);
    run(2, 2);
    for (unsigned i = 3; i < 7; i++) {
        threads[i]->cpu = i % 2;
        threads[i]->priority = (uint8_t)i;
        thread_ready(threads[i]);
    }
    threads[6]->affinity = 3;
    threads[2]->state = THREAD_FUTEX; /* it blocked */
    threads[2]->queue = (struct list){&threads[2]->queue, &threads[2]->queue};
    leave_kernel(2);
    EXPECT(cpus[2].current == threads[5]);
    check_queues();
}

/* --- turns ------------------------------------------------------------------------------------------------------------------------------- */

TEST(equals_take_turns)
{
    begin(1);
    run(0, 0);
    thread_ready(threads[1]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, host_time_ns + TIME_SLICE_NS);
    EXPECT_EQUAL(cpus[0].arch.deadline_ns, cpus[0].slice_end_ns);
    host_time_ns += TIME_SLICE_NS;
    trap_timer();
    EXPECT(cpus[0].current == threads[1]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, host_time_ns + TIME_SLICE_NS);
    host_time_ns += TIME_SLICE_NS;
    trap_timer();
    EXPECT(cpus[0].current == threads[0]);
    check_queues();
}

/* One that becomes an equal of those that wait. */
TEST(turns_begin_with_equality)
{
    begin(1);
    run(0, 0);
    threads[0]->priority = 20;
    thread_ready(threads[1]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, UINT64_MAX);
    EXPECT_EQUAL(sys_thread_set_priority(threads[0], threads[0], 16), STATUS_OK);
    leave_kernel(0);
    EXPECT(cpus[0].current == threads[0]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, host_time_ns + TIME_SLICE_NS);
}

/* A server (0) answers a client (1) while an equal of the client (2) waits. */
static void answer_among_equals(void)
{
    begin(1);
    run(0, 0);
    threads[0]->priority = 24;
    threads[1]->state = THREAD_AWAITING_REPLY;
    thread_ready(threads[2]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, UINT64_MAX);
}

static void hand_over(void)
{
    threads[0]->state = THREAD_RECEIVING;
    list_init(&threads[0]->queue);
    cpu_hand_over(&cpus[0], threads[1]);
    leave_kernel(0);
}

TEST(turn_of_who_is_handed_the_cpu_ends)
{
    answer_among_equals();
    hand_over();
    EXPECT(cpus[0].current == threads[1]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, host_time_ns + TIME_SLICE_NS);
    EXPECT_EQUAL(cpus[0].arch.deadline_ns, cpus[0].slice_end_ns);
    host_time_ns += TIME_SLICE_NS;
    trap_timer();
    EXPECT(cpus[0].current == threads[2]);
    check_queues();
}

/* The client's turn ended within its call. */
TEST(turn_that_ends_within_a_call_is_over_after_it)
{
    answer_among_equals();
    cpus[0].slice_end_ns = host_time_ns + 10;
    cpu_timer_update(&cpus[0]);
    host_time_ns += 10;
    trap_timer();
    EXPECT(cpus[0].current == threads[0]);
    EXPECT_EQUAL(cpus[0].slice_end_ns, UINT64_MAX);
    hand_over();
    EXPECT(cpus[0].current == threads[2]);
    EXPECT_EQUAL(threads[1]->state, THREAD_READY);
    EXPECT_EQUAL(cpus[0].slice_end_ns, host_time_ns + TIME_SLICE_NS);
    EXPECT(!cpus[0].turn_over);
    check_queues();
}

/* --- accounts ------------------------------------------------------------------------------------------------------------------------------- */

/* A client (0) calls a server (1), which wakes a more urgent thread (2); that ends. */
TEST(time_goes_to_who_runs)
{
    begin(1);
    cpus[0].alone = true;
    run(0, 0);
    host_time_ns += 100;
    threads[0]->state = THREAD_AWAITING_REPLY;
    cpu_hand_over(&cpus[0], threads[1]);
    host_time_ns += 30;
    threads[2]->priority = 17;
    cpu_wake(&cpus[0], threads[2]);
    EXPECT(cpus[0].current == threads[2]);
    host_time_ns += 7;
    EXPECT_EQUAL(account_ns(&threads[2]->time, true), 7);
    cpu_forget_current(&cpus[0]);
    host_time_ns += 1000;
    cpu_switch(&cpus[0], threads[0]);
    EXPECT_EQUAL(threads[0]->time.ticks, 100);
    EXPECT_EQUAL(threads[1]->time.ticks, 30);
    EXPECT_EQUAL(threads[2]->time.ticks, 7);
    EXPECT_EQUAL(cpus[0].nobody.ticks, 1000);
}

/* --- shootdowns ----------------------------------------------------------------------------------------------------------------------------- */

TEST(mail_is_answered_by_flushing_and_leaving)
{
    begin(2);
    run(0, 0);
    struct cpu *cpu = &cpus[1];
    host_this_cpu = 1;
    cpu->space = &task->space;
    cpu->mail.space = &task->space;
    cpu->mail.count = 1;
    run(1, 1);
    atomic_store(&cpu->mail.pending, SMP_FLUSH);
    smp_poll();
    EXPECT(cpu->space == &task->space);
    EXPECT_EQUAL(atomic_load(&cpu->mail.pending), 0);
    atomic_store(&cpu->mail.pending, SMP_LEAVE);
    smp_poll();
    EXPECT(cpu->space == nullptr);
    EXPECT_EQUAL(atomic_load(&cpu->mail.pending), 0);
}
