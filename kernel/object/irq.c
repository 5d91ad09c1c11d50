/* irq.c: interrupt lines as objects. Invariant: a line has at most one object; it is unmasked only between irq_ack and the next
 * interrupt. Under the kernel lock. */
#include <ipc/ipc.h>
#include <mm/carve.h>
#include <object/device.h>
#include <sched/schedule.h>

#define LINES_PER_TABLE 64u

/* Lines by number: a table of small tables, so that 1,024 lines cost nothing until used. */
static struct irq_object **tables[64];

static struct irq_object **line_slot(unsigned number, bool create)
{
    unsigned table = number / LINES_PER_TABLE;
    if (table >= sizeof tables / sizeof *tables)
        return nullptr;
    if (tables[table] == nullptr && create)
        tables[table] = kernel_alloc(LINES_PER_TABLE * sizeof(struct irq_object *));
    return tables[table] == nullptr ? nullptr : &tables[table][number % LINES_PER_TABLE];
}

static enum status create_at(struct ledger *ledger, unsigned number, struct irq_object **irq)
{
    struct irq_object **slot = line_slot(number, true);
    if (slot == nullptr)
        return STATUS_NO_MEMORY;
    if (*slot != nullptr)
        return STATUS_ALREADY_BOUND;
    struct object *object;
    enum status status = object_create(OBJECT_IRQ, ledger, &object);
    if (status != STATUS_OK)
        return status;
    *irq = container_of(object, struct irq_object, object);
    (*irq)->number = number;
    *slot = *irq;
    return STATUS_OK;
}

enum status irq_create(struct ledger *ledger, uint64_t number, struct irq_object **irq)
{
    return number < arch_irq_count() ? create_at(ledger, (unsigned)number, irq) : STATUS_OUT_OF_RANGE;
}

enum status irq_create_message(struct ledger *ledger, struct irq_object **irq, struct arch_message *message)
{
    struct arch_message_lines lines = arch_message_lines();
    for (unsigned number = lines.first; number < lines.end; number++) {
        enum status status = create_at(ledger, number, irq);
        if (status == STATUS_ALREADY_BOUND)
            continue;
        *message = arch_message_of(number);
        return status;
    }
    return STATUS_NOT_SUPPORTED;
}

void irq_bind(struct irq_object *irq, struct notification *target, uint64_t bits)
{
    object_get(&target->object);
    if (irq->target != nullptr)
        object_put(&irq->target->object);
    irq->target = target;
    irq->bits = bits;
}

void irq_free(struct object *object)
{
    struct irq_object *irq = container_of(object, struct irq_object, object);
    arch_irq_mask(irq->number);
    *line_slot(irq->number, false) = nullptr;
    if (irq->target != nullptr)
        object_put(&irq->target->object);
}

void trap_interrupt(unsigned number)
{
    spin_lock(&kernel_lock);
    struct cpu *cpu = this_cpu();
    bool was_idle = cpu->current == nullptr;
    struct irq_object **slot = line_slot(number, false);
    arch_irq_mask(number);
    if (slot != nullptr && *slot != nullptr && (*slot)->target != nullptr)
        notification_signal((*slot)->target, (*slot)->bits);
    kernel_exit(cpu, was_idle);
}
