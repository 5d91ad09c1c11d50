/* cpu.c: starting and stopping CPUs and the machine; console and clock. */
#include <boot_info.h>
#include <machine.h>
#include <platform/mmio.h>
#include <platform/pl011.h>
#include <platform/psci.h>
#include <platform/uart16550.h>
#include <sched/cpu.h>
#include <sysreg.h>
#include <trap.h>

struct machine machine;
static uintptr_t pl011;        /* 0: not there, or not yet */
static struct uart16550 uart;  /* base 0: the same */
static uintptr_t rtc;          /* registers of a PL031, 0: none */

void console_init(void)
{
    uintptr_t registers = DEVICE_WINDOW + machine.boot->console.address;
    if (machine.boot->console.kind == CONSOLE_PL011) {
        pl011_init(registers);
        pl011 = registers;
    } else if (machine.boot->console.kind == CONSOLE_16550_MEMORY) {
        uart = (struct uart16550){true, registers, machine.boot->console.stride};
    }
}

void arch_console_write(const char *text, size_t length)
{
    if (pl011)
        pl011_write(pl011, text, length);
    else if (uart.base)
        uart16550_write(&uart, text, length);
}

static void map_devices(void)
{
    if (pl011 || uart.base)
        device_map(machine.boot->console.address, MP_SIZE);
    if (machine.pl031)
        rtc = device_map(machine.pl031, MP_SIZE);
}

/* PAN, where there: nothing of the kernel reaches user addresses. Programs read the virtual counter; no FPU yet. */
static void init_registers(void)
{
    if (sysreg_read(id_aa64mmfr1_el1) >> 20 & 15)
        __asm__ volatile(".inst 0xd500419f"); /* msr pan, #1 */
    sysreg_write(cpacr_el1, 0);
    sysreg_write(cntkctl_el1, 2);
    sysreg_write(mdscr_el1, 0);
    isb();
}

void arch_cpu_init(unsigned cpu)
{
    if (cpu == 0) {
        kernel_space_create();
        map_devices();
        replace_kernel_tables(kernel_ttbr, virt_to_phys(replace_kernel_tables));
    }
    cpus[cpu].arch.affinity = machine.affinity[cpu];
    init_registers();
    interrupts_init(cpu);
}

/* The other CPU reads kernel_ttbr with its MMU off. */
bool arch_cpu_start(unsigned cpu)
{
    if (cpu >= machine.boot->cpu_count || !machine.has_psci)
        return false;
    cpus[cpu].stack_top = kernel_stack_create(cpu);
    if (!cpus[cpu].stack_top)
        return false;
    __asm__ volatile("dc cvac, %0\n\tdsb sy" ::"r"(&kernel_ttbr) : "memory");
    return psci_call(machine.psci_by_smc, PSCI_CPU_ON, machine.affinity[cpu], virt_to_phys(secondary_entry), (uint64_t)&cpus[cpu]) == 0;
}

/* start.S: a started CPU, on its stack. */
[[noreturn]] void secondary_main(void);
void secondary_main(void)
{
    kernel_secondary_main((unsigned)(this_cpu() - cpus));
}

void arch_halt(void)
{
    for (;;)
        __asm__ volatile("wfi" ::: "memory");
}

uint64_t arch_wall_clock(void)
{
    return rtc ? mmio_read32(rtc) : 0; /* PL031's data register: seconds */
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
    if (machine.has_psci)
        psci_call(machine.psci_by_smc, PSCI_SYSTEM_OFF, 0, 0, 0);
    arch_halt();
}

void arch_restart(void)
{
    if (machine.has_psci)
        psci_call(machine.psci_by_smc, PSCI_SYSTEM_RESET, 0, 0, 0);
    arch_halt();
}
