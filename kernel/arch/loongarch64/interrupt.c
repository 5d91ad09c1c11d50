/* interrupt.c: timer, IPIs and device lines; idling. */
#include <csr.h>
#include <lib/ratio.h>
#include <machine.h>
#include <platform/extioi.h>
#include <platform/ls7a_pic.h>
#include <platform/mmio.h>
#include <sched/cpu.h>
#include <trap.h>

#define TCFG_ENABLE 1u
#define TCFG_MOST 0xfffffffffff0ull /* 48 bits */

static struct ratio ns_per_tick, ticks_per_ns; /* fixed at boot */

void time_init(void)
{
    ns_per_tick = ratio_make(1000000000, machine.counter_hz);
    ticks_per_ns = ratio_make(machine.counter_hz, 1000000000);
}

uint64_t arch_time_ns(void)
{
    return ratio_apply(ns_per_tick, stable_counter());
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

/* The timer counts down from a multiple of four. */
void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        csr_write(CSR_TCFG, 0);
        return;
    }
    uint64_t now = stable_counter(), then = ratio_apply(ticks_per_ns, deadline_ns) + 4;
    uint64_t ticks = then > now ? then - now : 4;
    csr_write(CSR_TCFG, (ticks < TCFG_MOST ? ticks & ~3ull : TCFG_MOST) | TCFG_ENABLE);
}

void arch_ipi_send(unsigned cpu)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    iocsr_write32(IOCSR_IPI_SEND, 1u << 31 | (uint32_t)machine.cpu_id[cpu] << 16 | IPI_MAIL);
}

bool arch_interrupt_pending(void)
{
    return csr_read(CSR_ESTAT) & csr_read(CSR_ECFG) & 0x1fff;
}

/* One a trap: when others are pending, it comes again. */
void interrupts_handle(uint64_t pending)
{
    if (pending & INTERRUPT_IPI) {
        iocsr_write32(IOCSR_IPI_CLEAR, iocsr_read32(IOCSR_IPI_STATUS));
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        trap_ipi();
    } else if (pending & INTERRUPT_TIMER) {
        csr_write(CSR_TICLR, 1);
        trap_timer();
    } else if (pending & INTERRUPT_IO) {
        int line = extioi_claim();
        if (line < 0)
            return;
        ls7a_pic_mask((unsigned)line);
        extioi_complete((unsigned)line);
        trap_interrupt((unsigned)line);
    }
}

void arch_idle(void)
{
    cpu_wait();
    interrupts_handle(csr_read(CSR_ESTAT) & csr_read(CSR_ECFG));
}

/* Who spins for long sleeps for a moment: an emulator that runs the CPUs in turns goes on with another one only then. The timer ends it, and
 * no other interrupt: one that is pending already would be taken before the CPU sleeps. */
void cpu_relax(void)
{
    enum : uint32_t { SPINS = 256, MOMENT_TICKS = 400 };
    struct cpu *cpu = this_cpu();
    if (++cpu->arch.spins % SPINS || (csr_read(CSR_ECFG) & INTERRUPT_TIMER) == 0)
        return;
    uint64_t enabled = csr_write(CSR_ECFG, ECFG_VECTORS_OF_TWO | INTERRUPT_TIMER);
    csr_write(CSR_TICLR, 1);
    csr_write(CSR_TCFG, MOMENT_TICKS | TCFG_ENABLE);
    cpu_wait();
    csr_write(CSR_TICLR, 1);
    csr_write(CSR_ECFG, enabled);
    arch_timer_set(cpu->timer_ns);
}

unsigned arch_irq_count(void)
{
    return machine.pic ? ls7a_pic_lines() : 0;
}

/* Messages raise the vector that they name. */
struct arch_message_lines arch_message_lines(void)
{
    return machine.pic ? machine.message_lines : (struct arch_message_lines){};
}

struct arch_message arch_message_of(unsigned irq)
{
    return (struct arch_message){machine.message_address, irq};
}

/* Messages are never masked: what is no line of the bridge's controller is none of these functions' business. */
void arch_irq_mask(unsigned irq)
{
    ls7a_pic_mask(irq);
}

void arch_irq_unmask(unsigned irq)
{
    ls7a_pic_unmask(irq);
}

void interrupts_init(unsigned cpu)
{
    if (cpu == 0 && machine.pic) {
        iocsr_write64(IOCSR_MISC, iocsr_read64(IOCSR_MISC) | IOCSR_MISC_EXTIOI);
        ls7a_pic_init(device_map(machine.pic, 0x400));
        if (machine.message_lines.first < ls7a_pic_lines())
            machine.message_lines.first = ls7a_pic_lines();
        extioi_init(machine.message_lines.end);
    }
    csr_write(CSR_TCFG, 0);
    csr_write(CSR_TICLR, 1);
    iocsr_write32(IOCSR_IPI_CLEAR, UINT32_MAX);
    iocsr_write32(IOCSR_IPI_ENABLE, UINT32_MAX);
    csr_write(CSR_ECFG, ECFG_VECTORS_OF_TWO | INTERRUPT_IPI | INTERRUPT_TIMER | (cpu == 0 ? INTERRUPT_IO : 0));
}
