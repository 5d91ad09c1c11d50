/* cpu.c: starting and stopping CPUs and the machine; console and clock. */
#include <boot_info.h>
#include <csr.h>
#include <machine.h>
#include <mm/carve.h>
#include <platform/ls7a_rtc.h>
#include <platform/mmio.h>
#include <platform/uart16550.h>
#include <sched/cpu.h>
#include <trap.h>

#define SLEEP_OFF 0x34   /* ACPI sleep control register: S5, enable */
#define RESET_VALUE 0x42
#define RESET_OFFSET 2

struct machine machine;

void arch_console_write(const char *text, size_t length)
{
    if (machine.boot->console.kind != CONSOLE_16550_MEMORY)
        return;
    const struct uart16550 uart = {true, UNCACHED + machine.boot->console.address, machine.boot->console.stride};
    uart16550_write(&uart, text, length);
}

static void init_console(void)
{
    const struct uart16550 uart = {true, device_map(machine.boot->console.address, 8), machine.boot->console.stride};
    if (machine.boot->console.kind == CONSOLE_16550_MEMORY)
        uart16550_init(&uart);
}

void arch_cpu_init(unsigned cpu)
{
    cpus[cpu].arch.id = machine.cpu_id[cpu];
    cpus[cpu].arch.generation = NO_GENERATION;
    cpus[cpu].arch.writing = UINT64_MAX;
    csr_write(CSR_SAVE0, (uint64_t)&cpus[cpu]);
    csr_write(CSR_SAVE4, 1);
    if (csr_read(CSR_SAVE4) != 1)
        panic("this CPU has no CSR.SAVE4");
    csr_write(CSR_EENTRY, (uint64_t)trap_vectors);
    csr_write(CSR_EUEN, 0);
    tlb_init();
    if (cpu == 0)
        init_console();
    interrupts_init(cpu);
}

/* One half of a mailbox. */
static void mail(uint64_t cpu_id, unsigned mailbox, unsigned half, uint64_t value)
{
    iocsr_write64(IOCSR_MAIL_SEND, (half ? value >> 32 : value & UINT32_MAX) << 32 | 1ull << 31 | cpu_id << 16 | (2 * mailbox + half) << 2);
}

/* Other CPUs wait in start.S, or in the firmware, for an address in mailbox 0. */
bool arch_cpu_start(unsigned cpu)
{
    if (cpu >= machine.boot->cpu_count)
        return false;
    paddr_t stack = mp_alloc(__builtin_ctz(KERNEL_STACK_SIZE >> MP_SHIFT), false);
    if (!stack)
        return false;
    cpus[cpu].stack_top = (uintptr_t)phys_to_virt(stack) + KERNEL_STACK_SIZE;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint64_t id = machine.cpu_id[cpu];
    mail(id, 1, 1, (uint64_t)&cpus[cpu]);
    mail(id, 1, 0, (uint64_t)&cpus[cpu]);
    mail(id, 0, 1, virt_to_phys(secondary_entry));
    mail(id, 0, 0, virt_to_phys(secondary_entry));
    arch_ipi_send(cpu);
    return true;
}

/* start.S: a started CPU, on its stack. */
[[noreturn]] void secondary_main(void);
void secondary_main(void)
{
    kernel_secondary_main((unsigned)(this_cpu() - cpus));
}

void arch_halt(void)
{
    csr_write(CSR_ECFG, ECFG_VECTORS_OF_TWO);
    for (;;)
        __asm__ volatile("idle 0" ::: "memory");
}

uint64_t arch_wall_clock(void)
{
    return machine.rtc ? ls7a_rtc_read(device_map(machine.rtc, 0x100)) : 0;
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
    if (machine.power)
        mmio_write8(device_map(machine.power, 1), SLEEP_OFF);
    arch_halt();
}

void arch_restart(void)
{
    if (machine.power)
        mmio_write8(device_map(machine.power, 3) + RESET_OFFSET, RESET_VALUE);
    arch_halt();
}
