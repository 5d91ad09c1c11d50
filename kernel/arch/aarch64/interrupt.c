/* interrupt.c: timer, IPIs and device lines; idling. */
#include <lib/ratio.h>
#include <machine.h>
#include <platform/gic.h>
#include <platform/mmio.h>
#include <sched/cpu.h>
#include <sysreg.h>
#include <trap.h>

#define TIMER_ON 1

static const struct gic *gic; /* fixed at boot */
static struct ratio ns_per_tick, ticks_per_ns; /* fixed at boot */

uint64_t arch_time_ns(void)
{
    isb(); /* not earlier than what came before */
    return ratio_apply(ns_per_tick, sysreg_read(cntvct_el0));
}

uint64_t arch_ticks_ns(uint64_t ticks)
{
    return ratio_apply(ns_per_tick, ticks);
}

struct user_clock arch_user_clock(void)
{
    return (struct user_clock){0, ns_per_tick};
}

uint64_t arch_cycles_hz(void)
{
    return machine.counter_hz;
}

void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        sysreg_write(cntv_ctl_el0, 0);
        return;
    }
    sysreg_write(cntv_cval_el0, ratio_apply(ticks_per_ns, deadline_ns) + 1);
    sysreg_write(cntv_ctl_el0, TIMER_ON);
}

void arch_ipi_send(unsigned cpu)
{
    gic->send_ipi(cpu, machine.affinity[cpu]);
}

bool arch_interrupt_pending(void)
{
    return sysreg_read(isr_el1) != 0;
}

/* entry.S: an interrupt of user mode; and arch_idle. */
void trap_interrupts(void);
void trap_interrupts(void)
{
    unsigned number = gic->acknowledge();
    if (number == GIC_NONE)
        return;
    if (number == machine.timer_line) {
        sysreg_write(cntv_ctl_el0, 0);
        trap_timer();
    } else if (number < GIC_FIRST_SHARED) {
        trap_ipi();
    } else {
        trap_interrupt(number);
    }
}

void arch_idle(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
    if (arch_interrupt_pending())
        trap_interrupts();
}

unsigned arch_irq_count(void)
{
    return gic->lines();
}

struct arch_message_lines arch_message_lines(void)
{
    return (struct arch_message_lines){};
}

struct arch_message arch_message_of(unsigned)
{
    return (struct arch_message){};
}

void arch_irq_mask(unsigned irq)
{
    gic->mask(irq);
}

void arch_irq_unmask(unsigned irq)
{
    gic->unmask(irq);
}

void timer_init_machine(void)
{
    ns_per_tick = ratio_make(1000000000, machine.counter_hz);
    ticks_per_ns = ratio_make(machine.counter_hz, 1000000000);
}

void interrupts_init(unsigned cpu)
{
    if (cpu == 0) {
        struct gic_registers registers = {device_map(machine.gic_distributor, machine.gic_distributor_size),
                                          device_map(machine.gic_cpu, machine.gic_cpu_size), machine.gic_cpu_size};
        gic = machine.gic_is_v3 ? &gicv3 : &gicv2;
        gic->init(&registers, machine.affinity[0]);
    }
    if (!gic->cpu_init(cpu, machine.affinity[cpu], machine.timer_line))
        panic("the interrupt controller knows nothing of cpu %u", cpu);
    sysreg_write(cntv_ctl_el0, 0);
}
