/* irq.c: device interrupts: ACPI's interrupt lines through the I/O APICs to the boot CPU.
 * A line is masked from its interrupt until arch_irq_unmask. A level line is masked at the controller. An edge line is not, since the
 * controller forgets edges of a masked line: an edge that comes meanwhile is noted here and sent again at the unmask. So are messages. */
#include <acpi.h>
#include <lib/spinlock.h>
#include <platform/ioapic.h>
#include <platform/lapic.h>
#include <trap.h>
#include <vectors.h>
#include <x86.h>

#define ISA_LINES 16u

struct line {
    bool level, active_low;
    bool masked;
    bool missed; /* an edge came while masked */
};

static struct spinlock lock; /* taken last */
static struct line lines[LINES_MAX] GUARDED_BY(lock);
static unsigned line_count; /* fixed after x86_irq_init */

static void apply_override(const struct madt_entry *entry) REQUIRES(lock)
{
    unsigned polarity = entry->override.flags & 3, trigger = entry->override.flags >> 2 & 3;
    if (entry->override.line >= line_count)
        return;
    lines[entry->override.line].active_low = polarity == 3;
    lines[entry->override.line].level = trigger == 3;
}

void x86_irq_init(void)
{
    const struct acpi_table *madt = acpi_find("APIC");
    if (madt == nullptr)
        return;
    for (const struct madt_entry *entry = nullptr; (entry = acpi_madt_next(madt, entry)) != nullptr;)
        if (entry->type == MADT_IO_APIC)
            ioapic_add(entry->io_apic.address, entry->io_apic.first_line);
    line_count = ioapic_lines() < LINES_MAX ? ioapic_lines() : LINES_MAX;
    spin_lock(&lock);
    for (unsigned i = 0; i < line_count; i++)
        lines[i] = (struct line){.level = i >= ISA_LINES, .active_low = i >= ISA_LINES, .masked = true};
    for (const struct madt_entry *entry = nullptr; (entry = acpi_madt_next(madt, entry)) != nullptr;)
        if (entry->type == MADT_OVERRIDE)
            apply_override(entry);
    for (unsigned i = 0; i < line_count; i++)
        ioapic_route(i, VECTOR_LINE + i, cpus[0].arch.apic_id, (struct ioapic_line){lines[i].level, lines[i].active_low});
    for (unsigned i = line_count; i < LINES_MAX; i++)
        lines[i].masked = true;
    spin_unlock(&lock);
}

unsigned arch_irq_count(void) { return line_count; }

/* The vectors that no line of a controller has: edges without a controller. Intel SDM volume 3, "Message signalled interrupts". */
struct arch_message_lines arch_message_lines(void)
{
    return (struct arch_message_lines){line_count, LINES_MAX};
}

struct arch_message arch_message_of(unsigned irq)
{
    return (struct arch_message){0xfee00000 | (paddr_t)cpus[0].arch.apic_id << 12, VECTOR_LINE + irq};
}

void arch_irq_mask(unsigned irq)
{
    if (irq >= LINES_MAX)
        return;
    spin_lock(&lock);
    lines[irq].masked = true;
    if (lines[irq].level)
        ioapic_mask(irq, true);
    spin_unlock(&lock);
}

void arch_irq_unmask(unsigned irq)
{
    if (irq >= LINES_MAX)
        return;
    spin_lock(&lock);
    struct line *line = &lines[irq];
    line->masked = false;
    ioapic_mask(irq, false);
    if (line->missed) {
        line->missed = false;
        lapic_send_fixed(cpus[0].arch.apic_id, VECTOR_LINE + irq);
    }
    spin_unlock(&lock);
}

/* Returns: is this an interrupt to be told of? */
static bool take(unsigned irq)
{
    spin_lock(&lock);
    struct line *line = &lines[irq];
    bool news = !line->masked;
    if (!news)
        line->missed = !line->level;
    line->masked = true;
    if (line->level)
        ioapic_mask(irq, true);
    spin_unlock(&lock);
    return news;
}

void x86_irq_handle(unsigned irq)
{
    if (irq < LINES_MAX && take(irq))
        trap_interrupt(irq);
}
