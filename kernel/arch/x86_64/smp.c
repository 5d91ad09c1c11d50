/* smp.c: starting other CPUs, and interrupting them. Not here: what they are told (sched/smp.c). */
#include <boot_info.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/carve.h>
#include <platform/lapic.h>
#include <smp.h>
#include <trap.h>
#include <vectors.h>
#include <x86.h>

#define STACK_ORDER 2
static_assert(MP_SIZE << STACK_ORDER == KERNEL_STACK_SIZE);
#define START_TIMEOUT_NS 1000000000ull

/* C side of a new CPU: boot tables, own stack, GS base set. */
[[noreturn]] void secondary_entry(struct cpu *cpu);
void secondary_entry(struct cpu *cpu)
{
    x86_kernel_root_load();
    x86_cpu_setup(cpu);
    atomic_store(&cpu->arch.started, true);
    kernel_secondary_main(cpu->number);
}

static void delay_ns(uint64_t ns)
{
    for (uint64_t end = arch_time_ns() + ns; arch_time_ns() < end;)
        cpu_relax();
}

static void fill_trampoline(struct cpu *cpu)
{
    char *page = phys_to_virt(TRAMPOLINE);
    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    struct trampoline_data *data = (struct trampoline_data *)(page + (trampoline_data - trampoline_start));
    data->root = (uint32_t)virt_to_phys(boot_root);
    data->efer = EFER_LME | (x86_features.nx ? EFER_NXE : 0);
    data->stack = cpu->stack_top;
    data->cpu = (uint64_t)cpu;
    data->entry = (uint64_t)secondary_entry;
}

static bool wait_started(const struct cpu *cpu, uint64_t ns)
{
    for (uint64_t end = arch_time_ns() + ns; !atomic_load(&cpu->arch.started);) {
        if (arch_time_ns() >= end)
            return false;
        cpu_relax();
    }
    return true;
}

/* INIT, then STARTUP twice (Intel SDM volume 3, "typical BSP initialization sequence"). */
bool arch_cpu_start(unsigned number)
{
    struct cpu *cpu = &cpus[number];
    if (number >= smp_apic_id_count)
        return false;
    paddr_t stack = mp_alloc(STACK_ORDER, false);
    if (stack == 0)
        return false;
    cpu->stack_top = x86_stack_map(number, stack);
    cpu->arch.apic_id = smp_apic_ids[number];
    fill_trampoline(cpu);
    lapic_send_init(cpu->arch.apic_id);
    delay_ns(200000);
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        lapic_send_startup(cpu->arch.apic_id, TRAMPOLINE >> 12);
        if (wait_started(cpu, attempt == 0 ? 1000000 : START_TIMEOUT_NS))
            return true;
    }
    log_print("cpu %u (apic id %u) does not answer\n", number, cpu->arch.apic_id);
    return false; /* its stack stays: it may yet wake up */
}

void arch_ipi_send(unsigned cpu)
{
    lapic_send_fixed(cpus[cpu].arch.apic_id, VECTOR_IPI);
}
