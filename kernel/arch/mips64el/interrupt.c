/* interrupt.c: timer, IPIs and device lines; idling.
 * IPIs of a board that has none: the sender leaves mail, and the receiver's timer is never set further than POLL_NS ahead. What waits for an
 * answer waits that long. */
#include <board.h>
#include <cp0.h>
#include <lib/ratio.h>
#include <platform/mmio.h>
#include <sched/cpu.h>
#include <trap.h>

#define POLL_NS 1000000ull
#define POLL_IDLE_NS 250000ull
#define EXTEND_NS 4000000000ull /* Count must be read before half of its bits have passed */
#define TELL_TICKS 0x20000000u  /* and so must accounts of time: with that, less than those are missed */

static struct ratio ns_per_tick, ticks_per_ns; /* fixed at boot */

void time_init(void)
{
    machine.count_hz = machine.board->measure_count_hz();
    ns_per_tick = ratio_make(1000000000, machine.count_hz);
    ticks_per_ns = ratio_make(machine.count_hz, 1000000000);
}

static uint64_t extended_count(struct cpu *cpu)
{
    cpu->arch.count += cp0_read32(CP0_COUNT) - (uint32_t)cpu->arch.count;
    return cpu->arch.count;
}

uint64_t arch_time_ns(void)
{
    return ratio_apply(ns_per_tick, extended_count(this_cpu()));
}

uint64_t arch_ticks_ns(uint64_t ticks)
{
    return ratio_apply(ns_per_tick, ticks);
}

/* Programs see 32 bits of the counter, and each CPU has its own. */
struct user_clock arch_user_clock(void)
{
    return (struct user_clock){};
}

uint64_t arch_cycles_hz(void)
{
    return machine.count_hz;
}

static bool polls(void)
{
    return cpu_count > 1 && !machine.board->ipi_send;
}

static void set_compare(struct cpu *cpu, uint64_t count, uint32_t ticks)
{
    for (;; ticks = 2 * ticks + 16) { /* a Compare that Count has passed already would wait for the next turn */
        cp0_write32(CP0_COMPARE, (uint32_t)count + ticks);
        cp0_hazard();
        if (cp0_read32(CP0_COUNT) - (uint32_t)count < ticks || cp0_read32(CP0_CAUSE) & INTERRUPT_TIMER)
            return;
        count = extended_count(cpu);
    }
}

/* Compare for what comes first: the deadline, a look at the mail, an overflow of Count. */
static void arm(struct cpu *cpu)
{
    uint64_t count = extended_count(cpu), now_ns = ratio_apply(ns_per_tick, count);
    uint64_t ahead_ns = cpu->arch.deadline_ns > now_ns ? cpu->arch.deadline_ns - now_ns : 0;
    uint64_t most_ns = !polls() ? EXTEND_NS : cpu->arch.waiting ? POLL_IDLE_NS : POLL_NS;
    set_compare(cpu, count, (uint32_t)ratio_apply(ticks_per_ns, ahead_ns < most_ns ? ahead_ns : most_ns) + 1);
}

void arch_timer_set(uint64_t deadline_ns)
{
    struct cpu *cpu = this_cpu();
    cpu->arch.deadline_ns = deadline_ns;
    arm(cpu);
}

/* Returns: was there mail, or a deadline? With both, the timer comes again at once. */
static bool timer_handle(struct cpu *cpu)
{
    bool mail = atomic_exchange_explicit(&cpu->arch.mail, false, memory_order_acquire);
    uint64_t count = extended_count(cpu);
    bool due = !mail && (ratio_apply(ns_per_tick, count) >= cpu->arch.deadline_ns || count - cpu->arch.told >= TELL_TICKS);
    if (due) {
        cpu->arch.deadline_ns = UINT64_MAX;
        cpu->arch.told = count;
    }
    arm(cpu);
    if (mail)
        trap_ipi();
    else if (due)
        trap_timer();
    return mail || due;
}

void arch_ipi_send(unsigned cpu)
{
    atomic_store_explicit(&cpus[cpu].arch.mail, true, memory_order_seq_cst);
    if (machine.board->ipi_send)
        machine.board->ipi_send(cpu);
}

bool arch_interrupt_pending(void)
{
    return cp0_read32(CP0_CAUSE) & STATUS_KERNEL & 0xff00;
}

/* One a trap: when others are pending, it comes again. */
bool interrupts_handle(uint32_t pending)
{
    if (pending & INTERRUPT_IPI) {
        machine.board->ipi_clear();
        trap_ipi();
    } else if (pending & INTERRUPT_TIMER) {
        return timer_handle(this_cpu());
    } else if (pending & INTERRUPT_BOARD) {
        int line = machine.board->claim();
        if (line < 0)
            return false;
        trap_interrupt((unsigned)line);
    }
    return true;
}

/* Looking at the mail in vain is no reason to return, unless the look was due already: who has other work asks for what is pending only. */
void arch_idle(void)
{
    struct cpu *cpu = this_cpu();
    if (arch_interrupt_pending()) {
        (void)interrupts_handle(cp0_read32(CP0_CAUSE) & STATUS_KERNEL & 0xff00);
        return;
    }
    cpu->arch.waiting = true;
    if (polls())
        arm(cpu);
    do
        cpu_wait();
    while (!interrupts_handle(cp0_read32(CP0_CAUSE) & STATUS_KERNEL & 0xff00));
    cpu->arch.waiting = false;
}

/* Who spins for long sleeps for a moment: an emulator that runs the CPUs in turns goes on with another one only then. The timer ends it, and
 * no other interrupt: one that is pending already would be taken before the CPU sleeps. */
void cpu_relax(void)
{
    enum : uint32_t { SPINS = 256, MOMENT_TICKS = 640 };
    struct cpu *cpu = this_cpu();
    if (++cpu->arch.spins % SPINS) {
        __asm__ volatile("pause" ::: "memory");
        return;
    }
    set_compare(cpu, extended_count(cpu), MOMENT_TICKS);
    cp0_write32(CP0_STATUS, (STATUS_KERNEL & ~0xff00) | INTERRUPT_TIMER);
    cp0_hazard();
    cpu_wait();
    cp0_write32(CP0_STATUS, STATUS_KERNEL);
    cp0_hazard();
    arm(cpu);
}

unsigned arch_irq_count(void)
{
    return machine.board->irq_lines;
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
    if (irq < machine.board->irq_lines)
        machine.board->mask(irq);
}

void arch_irq_unmask(unsigned irq)
{
    if (irq < machine.board->irq_lines)
        machine.board->unmask(irq);
}

void interrupts_init(unsigned cpu)
{
    if (cpu == 0)
        machine.board->init();
    else
        cpus[cpu].arch.count = cpus[0].arch.count;
    cp0_write32(CP0_CAUSE, CAUSE_IV);
    cp0_write32(CP0_INTCTL, 0);
    arch_timer_set(UINT64_MAX);
}
