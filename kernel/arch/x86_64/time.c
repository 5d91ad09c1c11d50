/* time.c: the time stamp counter as clock, the local APIC's timer, the RTC.
 * Both counters are measured once, for as short as gives a good result. Counters that differ between CPUs (no invariant
 * TSC) are not supported. */
#include <acpi.h>
#include <platform/cmos_rtc.h>
#include <platform/hpet.h>
#include <platform/lapic.h>
#include <platform/pit8254.h>
#include <trap.h>
#include <vectors.h>
#include <x86.h>

#define NS_PER_SECOND 1000000000ull
#define PM_TIMER_HZ 3579545
#define CPUID_HYPERVISOR_TIMING 0x40000010

/* Fixed by x86_time_init. */
static uint64_t tsc_start, tsc_hz;
static struct ratio ns_per_tick;
static uint64_t apic_per_ns;    /* timer counts, << 32 */
static unsigned century_register;
static unsigned pm_timer_port;

/* A counter of known rate. */
struct reference {
    uint32_t (*read)(void);
    uint64_t hz;
    uint32_t mask; /* of its bits */
};

static uint32_t pm_timer_read(void)
{
    uint64_t value = 0;
    arch_ioport_read(pm_timer_port, 4, &value);
    return (uint32_t)value;
}

static struct reference find_reference(void)
{
    uint64_t hpet = acpi_hpet();
    uint64_t hpet_hz = hpet != 0 ? hpet_init(hpet) : 0;
    if (hpet_hz != 0)
        return (struct reference){hpet_read, hpet_hz, UINT32_MAX};
    if (pm_timer_port != 0)
        return (struct reference){pm_timer_read, PM_TIMER_HZ, 0xffffff};
    pit8254_init();
    return (struct reference){pit8254_read, PIT8254_HZ, 0xffff};
}

struct sample {
    uint64_t tsc;
    uint32_t reference, apic;
    uint64_t length; /* TSC ticks that reading it took: what it may be wrong by */
};

/* All three at about one moment: the quickest of some readings, so that a host that runs something else in between does no harm. */
static struct sample take_sample(const struct reference *reference)
{
    struct sample best = {.length = UINT64_MAX};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t before = rdtsc();
        struct sample sample = {.reference = reference->read(), .apic = lapic_timer_left()};
        sample.length = rdtsc() - before;
        sample.tsc = before + sample.length / 2;
        if (sample.length < best.length)
            best = sample;
    }
    return best;
}

/* Two samples at least a millisecond apart, and far enough for an error below 1/2000, or 20 ms. */
static void take_samples(const struct reference *reference, struct sample *first, struct sample *last)
{
    uint64_t elapsed;
    *first = take_sample(reference);
    do {
        *last = take_sample(reference);
        if (last->length < first->length / 2)
            *first = *last;
        elapsed = (last->reference - first->reference) & reference->mask;
    } while (elapsed < reference->hz / 1000 ||
             (elapsed < reference->hz / 50 && last->tsc - first->tsc < (first->length + last->length) * 2000));
}

/* count * by / ticks, the product 128 bits wide. Requires: the result fits. */
static uint64_t scale(uint64_t count, uint64_t by, uint64_t ticks)
{
    uint64_t result, rest;
    __asm__("mulq %3\n\tdivq %4" : "=&a"(result), "=&d"(rest) : "0"(count), "r"(by), "r"(ticks) : "cc");
    return result;
}

/* The TSC's rate if the machine tells it, else 0. */
static uint64_t told_tsc_hz(void)
{
    if ((cpuid(1, 0).ecx >> 31 & 1) != 0 && cpuid(0x40000000, 0).eax >= CPUID_HYPERVISOR_TIMING)
        return cpuid(CPUID_HYPERVISOR_TIMING, 0).eax * 1000ull;
    if (cpuid(0, 0).eax < 0x15)
        return 0;
    struct cpuid ratio = cpuid(0x15, 0);
    return ratio.eax != 0 ? (uint64_t)ratio.ecx * ratio.ebx / ratio.eax : 0;
}

void x86_time_init(void)
{
    struct acpi_fixed fixed;
    if (acpi_read_fixed(&fixed)) {
        pm_timer_port = fixed.pm_timer;
        century_register = fixed.century;
    }
    struct reference reference = find_reference();
    lapic_enable(VECTOR_SPURIOUS, VECTOR_TIMER);
    lapic_timer_set(UINT32_MAX);
    struct sample first, last;
    take_samples(&reference, &first, &last);
    lapic_timer_set(0);
    uint64_t ticks = (last.reference - first.reference) & reference.mask;
    tsc_hz = told_tsc_hz();
    if (tsc_hz == 0)
        tsc_hz = scale(last.tsc - first.tsc, reference.hz, ticks);
    uint64_t apic_hz = scale(first.apic - last.apic, reference.hz, ticks);
    ns_per_tick = ratio_make(NS_PER_SECOND, tsc_hz);
    apic_per_ns = scale(apic_hz, 1ull << 32, NS_PER_SECOND);
    tsc_start = first.tsc;
}

uint64_t arch_time_ns(void)
{
    return ratio_apply(ns_per_tick, rdtsc() - tsc_start);
}

uint64_t arch_ticks_ns(uint64_t ticks)
{
    return ratio_apply(ns_per_tick, ticks);
}

struct user_clock arch_user_clock(void)
{
    return (struct user_clock){tsc_start, ns_per_tick};
}

uint64_t arch_cycles_hz(void) { return tsc_hz; }
uint64_t arch_wall_clock(void) { return cmos_rtc_read(century_register); }

/* A little late rather than early: early costs a second interrupt. */
static void set_count(uint64_t deadline_ns)
{
    uint64_t now = arch_time_ns();
    uint64_t ns = deadline_ns > now ? deadline_ns - now : 0;
    if (ns > NS_PER_SECOND)
        ns = NS_PER_SECOND;
    uint64_t count = (ns * apic_per_ns >> 32) + (ns >> 12) + 1;
    lapic_timer_set(count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}

void arch_timer_set(uint64_t deadline_ns)
{
    this_cpu()->arch.deadline_ns = deadline_ns;
    if (deadline_ns == UINT64_MAX)
        lapic_timer_set(0);
    else
        set_count(deadline_ns);
}

void x86_timer_handle(void)
{
    struct cpu *cpu = this_cpu();
    if (arch_time_ns() < cpu->arch.deadline_ns) {
        if (cpu->arch.deadline_ns != UINT64_MAX)
            set_count(cpu->arch.deadline_ns);
        return;
    }
    cpu->arch.deadline_ns = UINT64_MAX;
    trap_timer();
}
