/* cpu.c: starting and stopping CPUs and the machine; console and clock. */
#include <boot_info.h>
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <offsets.h>
#include <platform/goldfish_rtc.h>
#include <platform/mmio.h>
#include <platform/sbi.h>
#include <platform/uart16550.h>
#include <sched/cpu.h>
#include <trap.h>

struct machine machine;
static struct uart16550 uart;     /* base 0: not there, or not yet */
static uintptr_t rtc;             /* 0: none */

void arch_console_write(const char *text, size_t length)
{
    if (uart.base) {
        uart16550_write(&uart, text, length);
        return;
    }
    for (size_t i = 0; i < length; i++)
        sbi_put_character(text[i]);
}

static void init_devices(void)
{
    if (machine.boot->console.kind == CONSOLE_16550_MEMORY) {
        struct uart16550 found = {true, device_map(machine.boot->console.address, 8 * machine.boot->console.stride), machine.boot->console.stride};
        if (uart16550_init(&found))
            uart = found;
    }
    if (machine.goldfish_rtc)
        rtc = device_map(machine.goldfish_rtc, MP_SIZE);
}

void arch_cpu_init(unsigned cpu)
{
    cpus[cpu].arch.generation = NO_GENERATION;
    if (cpu == 0) {
        kernel_space_create();
        init_devices();
    }
    cpus[cpu].arch.hart = machine.hart[cpu];
    csr_write(sscratch, 0);
    csr_write(stvec, trap_entry);
    csr_write(scounteren, 7); /* cycle, time, instret */
    interrupts_init(cpu);
}

/* Harts that were asked for. entry.S looks its struct cpu up here by its number, 16 bytes apart. */
struct starting {
    uint64_t hart;
    struct cpu *cpu; /* NULL: none */
};
extern struct starting starting[ARCH_MAX_CPUS];
struct starting starting[ARCH_MAX_CPUS];
static_assert(sizeof(struct starting) == 16 && ARCH_MAX_CPUS == STARTING_HARTS);

bool arch_cpu_start(unsigned cpu)
{
    if (cpu >= machine.boot->cpu_count)
        return false;
    cpus[cpu].stack_top = kernel_stack_create(cpu);
    if (!cpus[cpu].stack_top)
        return false;
    starting[cpu] = (struct starting){machine.hart[cpu], &cpus[cpu]};
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    /* kernel_satp and the rest of memory are written before the call */
    return sbi_hart_start(machine.hart[cpu], virt_to_phys(secondary_entry), 0).error == 0;
}

/* entry.S: a started CPU, on its stack. */
[[noreturn]] void secondary_main(void);
void secondary_main(void)
{
    kernel_secondary_main((unsigned)(this_cpu() - cpus));
}

/* An emulator that runs one CPU at a time turns to another at wfi, not at pause. With its own IPI pending a CPU does not wait in wfi. That IPI
 * must not stay, or the CPU would take it; it is taken back, unless a real one came in between. */
void cpu_relax(void)
{
    struct cpu *cpu = this_cpu();
    if (++cpu->arch.relaxed % 64 != 0) {
        __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" ::: "memory"); /* pause */
        return;
    }
    bool was_pending = (csr_read(sip) & SIP_SOFTWARE) != 0;
    csr_set(sip, SIP_SOFTWARE);
    __asm__ volatile("wfi" ::: "memory");
    if (was_pending)
        return;
    csr_clear(sip, SIP_SOFTWARE);
    if (atomic_load(&cpu->arch.ipi))
        csr_set(sip, SIP_SOFTWARE);
}

void arch_halt(void)
{
    csr_write(sie, 0);
    for (;;)
        __asm__ volatile("wfi" ::: "memory");
}

uint64_t arch_wall_clock(void)
{
    return rtc ? goldfish_rtc_read(rtc) : 0;
}

bool arch_ioport_read(unsigned, unsigned, uint64_t *)
{
    return false;
}

bool arch_ioport_write(unsigned, unsigned, uint64_t)
{
    return false;
}

void arch_power_off(void)
{
    sbi_system_reset(0);
    sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0);
    arch_halt();
}

void arch_restart(void)
{
    sbi_system_reset(1);
    arch_halt();
}
