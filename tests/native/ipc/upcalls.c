/* upcalls.c: foreign system calls, exceptions and interrupts as upcalls; resuming from frames that nobody should trust.
 * The runtime is the whole program; foreign code is a copy of its text at FOREIGN, outside of it. All of it runs in child
 * tasks, since a task that has a runtime keeps it. */
#include <boot_image.h>
#include <futex.h>
#include <machine.h>
#include "ipc.h"
#include "upcall_page.h"

#define FOREIGN 0x73000000ull
#define UPCALL_STACK (NATIVE_STACKS + NATIVE_STACK_SIZE * 3 / 4 - 64) /* in the block of the thread, which finds its page by that */

/* --- foreign code: self-contained, and the same at any address --------------------------------------------------------------------------- */

[[gnu::noinline]] static void foreign_call(uint64_t number, uint64_t r[9])
{
    os_trap(number, r);
}

[[gnu::noinline]] static uint64_t foreign_read(const volatile uint64_t *address)
{
    return *address;
}

[[gnu::noinline]] static uint64_t foreign_spin(const volatile uint64_t *until)
{
    uint64_t turns = 0;
    while (!*until)
        turns++;
    return turns;
}

/* A range from whose middle an interrupt goes back to its start. */
[[gnu::noinline]] static uint64_t foreign_critical(volatile uint64_t *until)
{
    __asm__ volatile(".globl native_critical_start\nnative_critical_start:" ::: "memory");
    while (!*until) {
    }
    __asm__ volatile(".globl native_critical_end\nnative_critical_end:" ::: "memory");
    return *until;
}
extern const char native_critical_start[], native_critical_end[];

static void *foreign(void *function)
{
    return (void *)(FOREIGN + ((uintptr_t)function - NATIVE_BASE));
}

#define FOREIGN_CALL(function) ((typeof(&(function)))foreign((void *)(function)))

/* --- the runtime --------------------------------------------------------------------------------------------------------------------------- */

static struct {
    uint64_t count[4];       /* upcalls by reason */
    struct frame frame;      /* of the last */
    uint64_t code, address, access, number;
    volatile uint64_t release;
    bool map_faults;
} seen;

[[noreturn]] static void resume(void)
{
    uint64_t r[9] = {};
    os_trap(SYS_MESSAGE_RESUME, r);
    os_exit(60); /* resume does not return */
}

static void handle_syscall(struct thread_page *page)
{
    seen.number = page->frame.FRAME_NUMBER;
    page->frame.FRAME_STATUS = page->frame.FRAME_R0 + 1;
    page->frame.FRAME_R1 += 1;
    page->frame.FRAME_R7 += 1;
}

static void handle_exception(struct thread_page *page)
{
    seen.code = page->upcall_code;
    seen.address = page->upcall_address;
    seen.access = page->upcall_access;
    uint64_t where = page->upcall_address & ~(uint64_t)(OS_PAGE_SIZE - 1);
    if (!seen.map_faults || os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, where, OS_PAGE_SIZE,
                                       MAP_ANONYMOUS | MAP_FIXED_ADDRESS | PROT_BIT_READ | PROT_BIT_WRITE, &where) != STATUS_OK)
        os_exit(61);
    *(uint64_t *)page->upcall_address = 4711;
}

/* Upcalls enter at upcall_entry (<isa>.S), which goes on here. */
[[noreturn]] void upcall(void);
static_assert(UPCALL_CALL_OFFSET == 64 && offsetof(struct thread_page, frame) == PAGE_FRAME &&
              offsetof(struct thread_page, upcall_stack) == PAGE_UPCALL_STACK && offsetof(struct thread_page, upcall_reason) == PAGE_UPCALL_REASON);
extern const char upcall_entry[];

void upcall(void)
{
    struct thread_page *page = os_thread_page();
    seen.count[page->upcall_reason & 3]++;
    seen.frame = page->frame;
    if (page->upcall_reason == UPCALL_SYSCALL) {
        handle_syscall(page);
    } else if (page->upcall_reason == UPCALL_EXCEPTION) {
        handle_exception(page);
    } else {
        page->upcall_pending = 0;
        seen.release = 1;
    }
    resume();
}

/* In the child: from now on traps outside the program's own text are upcalls. */
static void become_runtime(uint64_t critical_start, uint64_t critical_end)
{
    os_thread_page()->upcall_stack = UPCALL_STACK;
    EXPECT_OK(os_task_set_upcall(BOOTSTRAP_TASK, (uintptr_t)upcall_entry, NATIVE_BASE, NATIVE_BASE + (FOREIGN - NATIVE_BASE) / 2, critical_start, critical_end));
}

/* A child with the foreign copy of the code. */
static void child_with_foreign(struct child *child)
{
    const struct boot_image_segment *text = &((const struct boot_image *)BOOT_IMAGE_ADDRESS)->segment[0];
    uint64_t size = os_page_round(text->va - NATIVE_BASE + text->memory_size), where = FOREIGN, done;
    cap_t copy = CAP_NULL;
    EXPECT(text->va >= NATIVE_BASE && text->va < NATIVE_BASE + OS_PAGE_SIZE && (text->prot & PROT_BIT_EXEC));
    EXPECT_OK(child_create(child, BOOTSTRAP_LEDGER));
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, size, &copy));
    for (uint64_t at = 0; at < text->memory_size; at += done) /* an interrupt may end a write early */
        REQUIRE(os_mem_write(copy, text->va - NATIVE_BASE + at, text->va + at, text->memory_size - at, &done) == STATUS_OK);
    EXPECT_OK(os_mem_map(child->task, copy, 0, FOREIGN, size, PROT_BIT_READ | PROT_BIT_EXEC | MAP_FIXED_ADDRESS, &where));
    os_drop(copy);
}

/* --- foreign system calls and exceptions -------------------------------------------------------------------------------------------------------- */

static int foreign_calls(void)
{
    become_runtime(0, 0);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t r[9] = {i, 10 + i, 20, 30, 40, 50, 60, 70, 80};
        FOREIGN_CALL(foreign_call)(0x123456789 + i, r);
        EXPECT_EQUAL(i + 1, r[0]);
        EXPECT_EQUAL(11 + i, r[1]);
        EXPECT(r[2] == 20 && r[3] == 30 && r[4] == 40 && r[5] == 50 && r[6] == 60 && r[7] == 71 && r[8] == 80);
        EXPECT_EQUAL(0x123456789 + i, seen.number);
    }
    EXPECT_EQUAL(1000, seen.count[UPCALL_SYSCALL]);
    EXPECT(seen.frame.FRAME_PC > FOREIGN && seen.frame.FRAME_PC < FOREIGN + 0x100000);
    EXPECT(seen.frame.FRAME_SP > NATIVE_STACKS + NATIVE_STACK_SIZE * 3 / 4 && seen.frame.FRAME_SP < NATIVE_STACKS + NATIVE_STACK_SIZE);
    uint64_t own[9] = {};
    foreign_call(SYS_MESSAGE_NULL, own); /* the same code in the runtime: native */
    EXPECT_EQUAL(1000, seen.count[UPCALL_SYSCALL]);
    return 0;
}

static int foreign_exceptions(void)
{
    become_runtime(0, 0);
    seen.map_faults = true;
    for (uint64_t i = 0; i < 50; i++) {
        EXPECT_EQUAL(4711, FOREIGN_CALL(foreign_read)((void *)(0x74000000 + i * 0x100000 + 8)));
        EXPECT_EQUAL(EXCEPTION_PAGE_FAULT, seen.code);
        EXPECT_EQUAL(0x74000000 + i * 0x100000 + 8, seen.address);
        EXPECT_EQUAL(PROT_BIT_READ, seen.access);
    }
    EXPECT_EQUAL(50, seen.count[UPCALL_EXCEPTION]);
    return (int)foreign_read((void *)0x79000000); /* in the runtime itself: the end */
}

static void run_to_end(int (*run)(void), uint64_t code)
{
    struct child child;
    child_with_foreign(&child);
    EXPECT_OK(child_start(&child, run, nullptr, 0));
    EXPECT_EQUAL(code, child_wait(&child));
}

TEST(foreign_system_calls)
{
    run_to_end(foreign_calls, 0);
}

TEST(exceptions_as_upcalls)
{
    run_to_end(foreign_exceptions, EXCEPTION_PAGE_FAULT);
}

/* A thread of a task without a runtime, whose system calls are its own until another CPU gives the task one: from then on they are upcalls,
 * though the thread never left its CPU. */
static int calls_until_upcall(void)
{
    os_thread_page()->upcall_stack = UPCALL_STACK;
    EXPECT_OK(os_notification_signal(BOOTSTRAP_IMPORTS, 1));
    uint64_t r[9];
    do {
        memset(r, 0, sizeof r);
        FOREIGN_CALL(foreign_call)(SYS_MESSAGE_NULL, r);
    } while (seen.count[UPCALL_SYSCALL] == 0);
    EXPECT_EQUAL(1, r[0]);
    return 0;
}

TEST(runtime_of_a_running_thread)
{
    struct child child;
    cap_t notification;
    uint64_t bits;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    child_with_foreign(&child);
    EXPECT_OK(child_give(&child, notification, RIGHT_NOTIFICATION_SIGNAL, BOOTSTRAP_IMPORTS));
    EXPECT_OK(os_thread_set_affinity(child.thread, 1ull << (test_cpus() - 1)));
    EXPECT_OK(child_start(&child, calls_until_upcall, nullptr, 0));
    EXPECT_OK(os_notification_wait(notification, 1, os_now() + 2000 * MILLISECONDS, false, &bits));
    test_sleep(MILLISECONDS);
    EXPECT_OK(os_task_set_upcall(child.task, (uintptr_t)upcall_entry, NATIVE_BASE, NATIVE_BASE + (FOREIGN - NATIVE_BASE) / 2, 0, 0));
    EXPECT_EQUAL(0, child_wait(&child));
    os_drop(notification);
}

/* --- interrupts ----------------------------------------------------------------------------------------------------------------------------------- */

enum { STEP_READY = 1, STEP_GO = 2 };

/* In the child: say where it is, to the parent, which signals it then. */
static void tell(uint64_t bits)
{
    EXPECT_OK(os_notification_signal(BOOTSTRAP_IMPORTS, bits));
}

static int interrupted_code(void)
{
    become_runtime(0, 0);
    for (int i = 0; i < 20; i++) {
        seen.release = 0;
        tell(STEP_READY);
        (void)FOREIGN_CALL(foreign_spin)(&seen.release);
    }
    EXPECT_EQUAL(20, seen.count[UPCALL_INTERRUPT]);
    return 0;
}

static int masked_interrupt(void)
{
    struct thread_page *page = os_thread_page();
    become_runtime(0, 0);
    page->upcall_mask = 1;
    tell(STEP_READY);
    EXPECT_EQUAL(0, FOREIGN_CALL(foreign_spin)(&page->upcall_pending) == 0 && seen.count[UPCALL_INTERRUPT] != 0);
    EXPECT_EQUAL(1, page->upcall_pending);
    uint64_t r[9] = {};
    FOREIGN_CALL(foreign_call)(1000, r);
    EXPECT_EQUAL(0, seen.count[UPCALL_INTERRUPT]);
    page->upcall_mask = 0;
    FOREIGN_CALL(foreign_call)(1000, r); /* its resume finds the interrupt */
    EXPECT_EQUAL(1, seen.count[UPCALL_INTERRUPT]);
    EXPECT_EQUAL(0, page->upcall_pending);
    return 0;
}

/* A wait of the runtime ends; the upcall comes when it has gone back to foreign code. */
static int interrupted_wait(void)
{
    static uint32_t word;
    struct thread_page *page = os_thread_page();
    become_runtime(0, 0);
    tell(STEP_READY);
    EXPECT_STATUS(STATUS_INTERRUPTED, os_futex_wait(&word, 0, os_now() + 2000 * MILLISECONDS, FUTEX_FLAG_INTERRUPTIBLE, 1));
    EXPECT_EQUAL(1, page->upcall_pending);
    EXPECT_STATUS(STATUS_INTERRUPTED, os_futex_wait(&word, 0, os_now() + 2000 * MILLISECONDS, FUTEX_FLAG_INTERRUPTIBLE, 1));
    EXPECT_STATUS(STATUS_TIMED_OUT, os_futex_wait(&word, 0, os_now() + MILLISECONDS, 0, 1));
    EXPECT_EQUAL(0, seen.count[UPCALL_INTERRUPT]);
    uint64_t r[9] = {};
    FOREIGN_CALL(foreign_call)(1000, r);
    EXPECT_EQUAL(1, seen.count[UPCALL_INTERRUPT]);
    EXPECT_STATUS(STATUS_TIMED_OUT, os_futex_wait(&word, 0, os_now() + MILLISECONDS, FUTEX_FLAG_INTERRUPTIBLE, 1));
    return 0;
}

/* The critical range is in the runtime here: an interrupt sends it back to its start, and is not delivered. */
static int interrupted_range(void)
{
    become_runtime((uintptr_t)native_critical_start, (uintptr_t)native_critical_end);
    tell(STEP_READY);
    (void)foreign_critical(&os_thread_page()->upcall_pending);
    EXPECT_EQUAL(1, os_thread_page()->upcall_pending);
    EXPECT_EQUAL(0, seen.count[UPCALL_INTERRUPT]);
    uint64_t r[9] = {};
    FOREIGN_CALL(foreign_call)(1000, r);
    EXPECT_EQUAL(1, seen.count[UPCALL_INTERRUPT]);
    return 0;
}

static void interrupt_each_step(int (*run)(void), unsigned steps)
{
    struct child child;
    cap_t notification;
    uint64_t bits, seed = test_number("seed", 1);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &notification));
    child_with_foreign(&child);
    EXPECT_OK(child_give(&child, notification, RIGHT_NOTIFICATION_SIGNAL, BOOTSTRAP_IMPORTS));
    EXPECT_OK(child_start(&child, run, nullptr, 0));
    for (unsigned i = 0; i < steps; i++) {
        EXPECT_OK(os_notification_wait(notification, STEP_READY, os_now() + 2000 * MILLISECONDS, false, &bits));
        test_sleep(1000 * (test_random(&seed) % 2000));
        EXPECT_OK(os_thread_signal(child.thread));
    }
    EXPECT_EQUAL(0, child_wait(&child));
    os_drop(notification);
}

TEST(interrupts_as_upcalls)
{
    interrupt_each_step(interrupted_code, 20);
}

TEST(interrupts_masked)
{
    for (int i = 0; i < 5; i++)
        interrupt_each_step(masked_interrupt, 1);
}

TEST(interrupts_of_waits)
{
    for (int i = 0; i < 5; i++)
        interrupt_each_step(interrupted_wait, 1);
}

TEST(interrupts_in_a_critical_range)
{
    for (int i = 0; i < 5; i++)
        interrupt_each_step(interrupted_range, 1);
}

/* --- frames that nobody should trust -------------------------------------------------------------------------------------------------------------------- */

static int never(void)
{
    os_exit(70);
}

static int push_something(void)
{
    volatile char bytes[64];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = 1;
    os_exit(71);
}

/* Reaching the line after the instruction would mean that the frame raised the thread's privilege. */
static int privileged(void)
{
    machine_privileged();
    os_exit(71);
}

enum hostile : uint64_t { HOSTILE_ONES, HOSTILE_PRIVILEGED, HOSTILE_KERNEL_PC, HOSTILE_HIGH_PC, HOSTILE_KERNEL_SP, HOSTILE_ODD_PC, HOSTILE_RANDOM };

static int resume_hostile(void)
{
    struct thread_page *page = os_thread_page();
    uint64_t *word = (uint64_t *)&page->frame, seed = child_parameters[1];
    for (size_t i = 0; i < sizeof page->frame / 8; i++)
        word[i] = child_parameters[0] == HOSTILE_RANDOM ? test_random(&seed) >> (test_random(&seed) & 63) : UINT64_MAX;
    page->frame.FRAME_SP = NATIVE_STACKS + NATIVE_STACK_SIZE * 3 / 4;
    switch (child_parameters[0]) {
    case HOSTILE_ONES:
        page->frame.FRAME_PC = UINT64_MAX;
        break;
    case HOSTILE_PRIVILEGED:
        machine_no_step(&page->frame);
        page->frame.FRAME_PC = (uintptr_t)privileged;
        break;
    case HOSTILE_KERNEL_PC:
        page->frame.FRAME_PC = 0xffffffff80100000;
        break;
    case HOSTILE_HIGH_PC:
        page->frame.FRAME_PC = 1ull << 47;
        break;
    case HOSTILE_KERNEL_SP:
        page->frame.FRAME_SP = 0xffff800000100000;
        page->frame.FRAME_PC = (uintptr_t)push_something;
        break;
    case HOSTILE_ODD_PC:
        page->frame.FRAME_PC = (uintptr_t)never + 1;
        break;
    default:
        page->frame.FRAME_PC = child_parameters[2];
    }
    resume();
}

static void hostile(enum hostile kind, uint64_t seed, uint64_t pc)
{
    struct child child;
    uint64_t bits;
    EXPECT_OK(child_create(&child, BOOTSTRAP_LEDGER));
    EXPECT_OK(child_start(&child, resume_hostile, (uint64_t[]){kind, seed, pc}, 3));
    if (os_notification_wait(child.death, 1, os_now() + 200 * MILLISECONDS, false, &bits) == STATUS_OK)
        EXPECT_OK(os_notification_signal(child.death, 1));
    else
        EXPECT_OK(os_task_kill(child.task, 0)); /* it found a place to go on at */
    uint64_t code = child_wait(&child);
    EXPECT(code != 60 && code != 71);
    if (kind == HOSTILE_PRIVILEGED)
        EXPECT(code == EXCEPTION_ILLEGAL || code == EXCEPTION_PAGE_FAULT || code == EXCEPTION_OTHER);
}

TEST(hostile_frames)
{
    struct balance before;
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            balance_take(&before);
        for (enum hostile kind = HOSTILE_ONES; kind < HOSTILE_RANDOM; kind++)
            hostile(kind, 0, 0);
    }
    uint64_t seed = test_number("seed", 1);
    static const uint64_t places[] = {0, NATIVE_BASE, 0xffffffff80000000, 1ull << 47, (1ull << 47) - 1, UINT64_MAX, 1ull << 63};
    for (unsigned i = 0; i < 60; i++)
        hostile(HOSTILE_RANDOM, test_random(&seed), i % 3 ? places[i % ARRAY_LENGTH(places)] : (uintptr_t)privileged);
    EXPECT_BALANCE(&before, false);
}
