/* interrupt.c: timer, IPIs and device lines; idling. */
#include <csr.h>
#include <lib/ratio.h>
#include <machine.h>
#include <platform/mmio.h>
#include <platform/plic.h>
#include <platform/sbi.h>
#include <sched/cpu.h>
#include <trap.h>

enum interrupt : uint64_t { SOFTWARE = 1, TIMER = 5, EXTERNAL = 9 };

static struct ratio ns_per_tick, ticks_per_ns; /* fixed at boot */

uint64_t arch_time_ns(void)
{
    return ratio_apply(ns_per_tick, csr_read(time));
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
    return machine.timebase_hz;
}

void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        csr_clear(sie, SIP_TIMER);
        return;
    }
    uint64_t ticks = ratio_apply(ticks_per_ns, deadline_ns) + 1;
    if (machine.has_sstc)
        csr_write(0x14d, ticks); /* stimecmp */
    else
        sbi_set_timer(ticks);
    csr_set(sie, SIP_TIMER);
}
static_assert(CSR_STIMECMP == 0x14d);

void arch_ipi_send(unsigned cpu)
{
    atomic_store(&cpus[cpu].arch.ipi, true);
    sbi_send_ipi(machine.hart[cpu]);
}

bool arch_interrupt_pending(void)
{
    return csr_read(sip) & csr_read(sie);
}

void interrupt_handle(uint64_t code)
{
    unsigned line;
    switch (code) {
    case SOFTWARE:
        csr_clear(sip, SIP_SOFTWARE);
        atomic_store(&this_cpu()->arch.ipi, false);
        trap_ipi();
        break;
    case TIMER:
        csr_clear(sie, SIP_TIMER);
        trap_timer();
        break;
    case EXTERNAL:
        line = plic_claim();
        if (line)
            trap_interrupt(line);
        break;
    default:
        panic("interrupt %llu, which was never enabled", (unsigned long long)code);
    }
}

void arch_idle(void)
{
    __asm__ volatile("wfi" ::: "memory");
    uint64_t pending = csr_read(sip) & csr_read(sie);
    if (pending & SIP_EXTERNAL)
        interrupt_handle(EXTERNAL);
    else if (pending & SIP_SOFTWARE)
        interrupt_handle(SOFTWARE);
    else if (pending & SIP_TIMER)
        interrupt_handle(TIMER);
}

unsigned arch_irq_count(void)
{
    return machine.plic_lines;
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
    plic_mask(irq);
}

void arch_irq_unmask(unsigned irq)
{
    plic_unmask(irq);
}

void timer_init_machine(void)
{
    ns_per_tick = ratio_make(1000000000, machine.timebase_hz);
    ticks_per_ns = ratio_make(machine.timebase_hz, 1000000000);
}

void interrupts_init(unsigned cpu)
{
    if (cpu == 0 && machine.plic)
        plic_init(device_map(machine.plic, machine.plic_size), machine.plic_context, machine.plic_lines);
    csr_write(sip, 0);
    csr_write(sie, SIP_SOFTWARE | (cpu == 0 && machine.plic ? SIP_EXTERNAL : 0));
}
