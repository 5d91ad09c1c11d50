/* sys_system.c: ledgers, time, power, the log, system-wide figures. */
#include <boot_info.h>
#include <lib/format.h>
#include <mm/counters.h>
#include <object/device.h>
#include <sched/schedule.h>
#include <sys/system.h>
#include <syscalls_kernel.h>

#define LOG_PIECE 256u
#define WRITE_MOST 4096u  /* bytes of one debug_write: interrupts are off meanwhile */
#define LEDGER_DEPTH 32u  /* each charge goes up to the root */

uint64_t wall_offset_ns;
struct boot_console boot_console;

enum status sys_ledger_create(struct thread *thread, struct ledger *parent, cap_t *new)
{
    unsigned depth = 1;
    for (const struct ledger *l = parent; l->parent != nullptr; l = l->parent)
        depth++;
    if (depth > LEDGER_DEPTH)
        return STATUS_TOO_BIG;
    struct object *object;
    enum status status = object_create(OBJECT_LEDGER, parent, &object);
    if (status != STATUS_OK)
        return status;
    struct ledger *ledger = container_of(object, struct ledger, object);
    object_get(&parent->object);
    ledger->parent = parent;
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        ledger->limit[kind] = UINT64_MAX;
    return cap_publish(thread, object, RIGHTS_ALL & ~RIGHT_CLONE, new);
}

enum status sys_ledger_set_limit(struct thread *, struct ledger *self, uint64_t kind, uint64_t limit)
{
    if (kind >= LEDGER_KINDS)
        return STATUS_INVALID_ARGUMENT;
    self->limit[kind] = limit;
    return STATUS_OK;
}

enum status sys_ledger_info(struct thread *, struct ledger *self, uint64_t kind, uint64_t *used, uint64_t *limit)
{
    if (kind >= LEDGER_KINDS)
        return STATUS_INVALID_ARGUMENT;
    *used = self->used[kind];
    *limit = self->limit[kind];
    return STATUS_OK;
}

enum status sys_system_clock(struct thread *, uint64_t *now_ns, uint64_t *wall)
{
    *now_ns = arch_time_ns();
    *wall = wall_offset_ns;
    return STATUS_OK;
}

enum status sys_system_set_clock(struct thread *, struct control *, uint64_t wall)
{
    wall_offset_ns = wall;
    return STATUS_OK;
}

enum status sys_system_set_cpu(struct thread *, struct control *, uint64_t number, uint64_t on, uint64_t *)
{
    if (number >= cpu_count)
        return STATUS_OUT_OF_RANGE;
    if (on > 1 || (on == 0 && number == 0))
        return STATUS_INVALID_ARGUMENT;
    return cpu_set_off(&cpus[number], on == 0) ? STATUS_OK : SYSCALL_RESTART;
}

static uint64_t cpus_off(void)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < cpu_count; i++)
        mask |= cpus[i].off ? cpus[i].bit : 0;
    return mask;
}

enum status sys_system_power(struct thread *, struct control *, uint64_t action)
{
    if (action > 1)
        return STATUS_INVALID_ARGUMENT;
    if (action == 1)
        arch_restart();
    arch_power_off();
}

enum status sys_system_debug_write(struct thread *thread, struct control *, uaddr_t buffer, uint64_t length)
{
    char piece[LOG_PIECE];
    if (length > WRITE_MOST)
        return STATUS_TOO_BIG;
    for (uint64_t done = 0; done < length;) {
        uint64_t part = length - done < sizeof piece ? length - done : sizeof piece;
        enum status status = copy_from_user(&thread->task->space, piece, buffer + done, part);
        if (status != STATUS_OK)
            return status;
        log_write(piece, part);
        done += part;
    }
    return STATUS_OK;
}

enum status sys_system_debug_read(struct thread *thread, struct control *, uint64_t from, uaddr_t buffer, uint64_t length, uint64_t *next, uint64_t *done)
{
    char piece[LOG_PIECE];
    unsigned long at = from;
    while (*done < length) {
        size_t part = length - *done < sizeof piece ? length - *done : sizeof piece;
        unsigned long after;
        part = log_read(at, piece, part, &after);
        if (part == 0)
            break;
        enum status status = copy_to_user(&thread->task->space, buffer + *done, piece, part);
        if (status != STATUS_OK)
            return status;
        *done += part;
        at = after;
        if (*done >= 64 * LOG_PIECE)
            break;
    }
    *next = at;
    return STATUS_OK;
}

/* One piece a call: interrupts are off meanwhile. */
enum status sys_system_device_tree(struct thread *thread, struct control *, uint64_t offset, uaddr_t buffer, uint64_t length, uint64_t *done)
{
    if (offset >= boot_console.fdt_bytes)
        return STATUS_OK;
    uint64_t part = boot_console.fdt_bytes - offset < WRITE_MOST ? boot_console.fdt_bytes - offset : WRITE_MOST;
    if (part > length)
        part = length;
    enum status status = copy_to_user(&thread->task->space, buffer, (const char *)phys_to_virt(boot_console.fdt) + offset, part);
    if (status == STATUS_OK)
        *done = part;
    return status;
}

static uint64_t cpu_idle_ns(const struct cpu *cpu)
{
    return account_ns(&cpu->nobody, cpu->current == nullptr);
}

static uint64_t idle_ns(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < cpu_count; i++)
        sum += cpu_idle_ns(&cpus[i]);
    return sum;
}

/* The figures that each CPU has. */
static enum status cpu_figure(uint64_t what, uint64_t *value)
{
    uint64_t number = what & 0xff, now_ns = arch_time_ns();
    if (number >= cpu_count)
        return STATUS_INVALID_ARGUMENT;
    uint64_t idle = cpu_idle_ns(&cpus[number]);
    switch (what - number) {
    case SYSTEM_CPU_IDLE_NS: *value = idle; break;
    case SYSTEM_CPU_BUSY_NS: *value = now_ns > idle ? now_ns - idle : 0; break;
    default: return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_OK;
}

static uint64_t runnable(void)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < cpu_count; i++) {
        count += cpus[i].current != nullptr;
        for (unsigned p = 0; p < PRIORITIES; p++)
            for (struct list *item = cpus[i].run_queue[p].next; item != &cpus[i].run_queue[p]; item = item->next)
                count++;
    }
    return count;
}

static uint64_t switches(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < cpu_count; i++)
        sum += cpus[i].switches;
    return sum;
}

enum status sys_system_info(struct thread *, struct control *, uint64_t what, uint64_t *value)
{
    switch (what) {
    case SYSTEM_MEMORY_TOTAL: *value = mm_total_bytes(); break;
    case SYSTEM_MEMORY_FREE: *value = mm_free_bytes(); break;
    case SYSTEM_CPUS: *value = cpu_count; break;
    case SYSTEM_PAGE_SIZE: *value = MP_SIZE; break;
    case SYSTEM_CLUSTER_SIZE: *value = 1ull << cluster_shift; break;
    case SYSTEM_IDLE_NS: *value = idle_ns(); break;
    case SYSTEM_SWITCHES: *value = switches(); break;
    case SYSTEM_IMAGE_BASE: *value = boot_console.image; break;
    case SYSTEM_KERNEL_BYTES: *value = boot_console.kernel_bytes; break;
    case SYSTEM_CYCLES_HZ: *value = arch_cycles_hz(); break;
    case SYSTEM_CLOCK_START: *value = arch_user_clock().start; break;
    case SYSTEM_CLOCK_WHOLE: *value = arch_user_clock().ns_per_tick.whole; break;
    case SYSTEM_CLOCK_FRACTION: *value = arch_user_clock().ns_per_tick.fraction; break;
    case SYSTEM_CONSOLE_KIND: *value = (uint64_t)boot_console.kind; break;
    case SYSTEM_CONSOLE_ADDRESS: *value = boot_console.address; break;
    case SYSTEM_CONSOLE_IRQ: *value = boot_console.irq; break;
    case SYSTEM_CONSOLE_STRIDE: *value = boot_console.stride; break;
    case SYSTEM_PCI_KIND: *value = (uint64_t)boot_console.pci_kind; break;
    case SYSTEM_PCI_ADDRESS: *value = boot_console.pci_address; break;
    case SYSTEM_CPUS_OFF: *value = cpus_off(); break;
    case SYSTEM_RUNNABLE: *value = runnable(); break;
    default: return cpu_figure(what, value);
    }
    return STATUS_OK;
}

enum status sys_system_memory_info(struct thread *, struct control *, uint64_t what, uint64_t *value)
{
    return memory_figure(what, value) ? STATUS_OK : STATUS_INVALID_ARGUMENT;
}

enum status sys_system_log(struct thread *thread, uaddr_t buffer, uint64_t length)
{
    char piece[LOG_PIECE + 1];
    if (length > LOG_PIECE)
        return STATUS_TOO_BIG;
    enum status status = copy_from_user(&thread->task->space, piece, buffer, length);
    if (status != STATUS_OK)
        return status;
    while (length > 0 && piece[length - 1] == '\n')
        length--;
    for (uint64_t i = 0; i < length; i++)
        if ((unsigned char)piece[i] < ' ' || piece[i] == 0x7f)
            piece[i] = '?';
    log_print("%s: %.*s\n", thread->task->name, (int)length, piece);
    return STATUS_OK;
}
