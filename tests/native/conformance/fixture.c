/* fixture.c: the objects that calls are tried with. A thread of this program is the caller that the reply object waits to answer. */
#include "conformance.h"

#define IRQ_LINE 9     /* nothing uses it on any machine */
#define IO_PORT 0x80   /* x86: what a BIOS shows its progress on */

struct fixture fixture;
uint64_t buffer, read_only, no_access;

static cap_t go, answered;

static void caller(void *)
{
    for (;;) {
        uint64_t bits;
        (void)os_notification_wait(go, 1, DEADLINE_NONE, false, &bits);
        struct message message = {.label = 1, .in = {(void *)buffer, PAGES * OS_PAGE_SIZE}, .out = {(void *)buffer, PAGES * OS_PAGE_SIZE}};
        (void)os_call(fixture.object[TYPE_PORT], &message);
        (void)os_notification_signal(answered, 1);
    }
}

static uint64_t map_own(uint64_t address, uint64_t prot)
{
    uint64_t where = address, size = PAGES * OS_PAGE_SIZE;
    EXPECT_OK(os_mem_map(BOOTSTRAP_TASK, CAP_NULL, 0, address, size,
                         MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_POPULATED | PROT_BIT_READ | PROT_BIT_WRITE, &where));
    if (prot != (PROT_BIT_READ | PROT_BIT_WRITE))
        EXPECT_OK(os_mem_protect(BOOTSTRAP_TASK, where, size, prot));
    return where;
}

void fixture_prepare(void)
{
    cap_t thread;
    if (buffer)
        return;
    buffer = map_own(0x60000000, PROT_BIT_READ | PROT_BIT_WRITE);
    read_only = map_own(0x61000000, PROT_BIT_READ);
    no_access = map_own(0x62000000, 0);
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &go));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &answered));
    EXPECT_OK(os_thread_run(caller, nullptr, 0, &thread));
    fixture_create();
    fixture_destroy();
}

/* The reply object holds the call of the thread above. */
static void receive_call(void)
{
    struct message message;
    EXPECT_OK(os_notification_signal(go, 1));
    EXPECT_OK(os_reply_wait(CAP_NULL, &message, fixture.object[TYPE_PORT], fixture.object[TYPE_REPLY], 0, DEADLINE_NONE));
}

static void create_task(void)
{
    uint64_t where;
    EXPECT_OK(os_task_create(BOOTSTRAP_LEDGER, &fixture.object[TYPE_TASK]));
    EXPECT_OK(os_mem_map(fixture.object[TYPE_TASK], CAP_NULL, 0, CHILD_MEMORY, PAGES * OS_PAGE_SIZE,
                         MAP_ANONYMOUS | MAP_FIXED_ADDRESS | MAP_POPULATED | PROT_BIT_READ | PROT_BIT_WRITE, &where));
    EXPECT_OK(os_thread_create(fixture.object[TYPE_TASK], NATIVE_STACKS, &fixture.object[TYPE_THREAD]));
}

/* Has the machine message-signalled interrupts? */
static bool makes_message(void)
{
    cap_t irq;
    uint64_t address, data;
    enum status status = os_irq_create_message(BOOTSTRAP_CONTROL, &irq, &address, &data);
    if (status == STATUS_OK)
        os_drop(irq);
    return status == STATUS_OK;
}

/* Did firmware give a device tree? */
static bool reads_tree(void)
{
    uint32_t word;
    uint64_t done = 0;
    return os_system_device_tree(BOOTSTRAP_CONTROL, 0, (uintptr_t)&word, sizeof word, &done) == STATUS_OK && done;
}

void fixture_create(void)
{
    fixture = (struct fixture){};
    create_task();
    cap_t *object = fixture.object;
    EXPECT_OK(os_mem_create(BOOTSTRAP_LEDGER, PAGES * OS_PAGE_SIZE, &object[TYPE_MEM]));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 4, &object[TYPE_PORT]));
    EXPECT_OK(os_set_create(BOOTSTRAP_LEDGER, &object[TYPE_SET]));
    EXPECT_OK(os_reply_create(BOOTSTRAP_LEDGER, 1, &object[TYPE_REPLY]));
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &object[TYPE_NOTIFICATION]));
    (void)os_irq_create(BOOTSTRAP_CONTROL, IRQ_LINE, &object[TYPE_IRQ]);
    (void)os_ioport_create(BOOTSTRAP_CONTROL, IO_PORT, 1, &object[TYPE_IOPORT]);
    fixture.has_messages = makes_message();
    fixture.has_tree = reads_tree();
    EXPECT_OK(os_ledger_create(BOOTSTRAP_LEDGER, &object[TYPE_LEDGER]));
    EXPECT_OK(os_cap_duplicate(BOOTSTRAP_CONTROL, &object[TYPE_CONTROL]));
    EXPECT_OK(os_port_create(BOOTSTRAP_LEDGER, 0, &fixture.paged_port));
    EXPECT_OK(os_pager_create(BOOTSTRAP_LEDGER, fixture.paged_port, PAGES * OS_PAGE_SIZE, 1, 0, &fixture.paged));
    EXPECT_OK(os_processors_create(BOOTSTRAP_LEDGER, 1, 0, &object[TYPE_PROCESSORS]));
    EXPECT_OK(os_port_badge(object[TYPE_PORT], 7, RIGHT_PORT_SEND | RIGHT_COMMON, &fixture.facet));
    receive_call();
    uint64_t done;
    cap_t handle;
    EXPECT_OK(os_cap_install(object[TYPE_TASK], object[TYPE_MEM], RIGHT_MEM_READ, CHILD_CAP, &handle));
    EXPECT_OK(os_mem_write(object[TYPE_MEM], 0, buffer, PAGES * OS_PAGE_SIZE, &done));
    EXPECT_OK(os_cap_duplicate(object[TYPE_MEM], &fixture.spare));
    EXPECT_OK(os_cap_duplicate(object[TYPE_MEM], &fixture.stale));
    os_drop(fixture.stale);
}

void fixture_destroy(void)
{
    uint64_t bits;
    (void)os_task_kill(fixture.object[TYPE_TASK], 0);
    for (unsigned type = 0; type < TYPES; type++)
        (void)os_cap_drop(fixture.object[type]);
    (void)os_cap_drop(fixture.facet);
    (void)os_cap_drop(fixture.paged);
    (void)os_cap_drop(fixture.paged_port);
    (void)os_cap_drop(fixture.spare);
    EXPECT_OK(os_notification_wait(answered, 1, os_now() + 5000 * MILLISECONDS, false, &bits));
}
