/* cpu.c: starting and stopping CPUs and the machine; console and clock. */
#include <board.h>
#include <boot_info.h>
#include <cp0.h>
#include <mm/carve.h>
#include <platform/mmio.h>
#include <platform/uart16550.h>
#include <sched/cpu.h>
#include <trap.h>

#define START_TRIES 1000000000u

struct machine machine;

static struct uart16550 uart(void)
{
    return (struct uart16550){true, UNCACHED + machine.boot->console.address, machine.boot->console.stride};
}

void arch_console_write(const char *text, size_t length)
{
    struct uart16550 console = uart();
    uart16550_write(&console, text, length);
}

void arch_cpu_init(unsigned cpu)
{
    cpus[cpu].arch.generation = NO_GENERATION;
    cpus[cpu].arch.writing = UINT64_MAX;
    cp0_write(CP0_KSCRATCH_CPU, &cpus[cpu]);
    cp0_write(CP0_EBASE, exception_vectors);
    cp0_write32(CP0_STATUS, STATUS_KERNEL);
    cp0_write32(CP0_HWRENA, HWRENA_ALL);
    cp0_hazard();
    tlb_init();
    if (cpu == 0) {
        struct uart16550 console = uart();
        uart16550_init(&console);
    }
    interrupts_init(cpu);
}

/* The others came by at start.S, or will, and look for their structure there. */
bool arch_cpu_start(unsigned cpu)
{
    paddr_t stack = mp_alloc(__builtin_ctz(KERNEL_STACK_SIZE >> MP_SHIFT), false);
    if (!stack)
        return false;
    cpus[cpu].stack_top = (uintptr_t)phys_to_virt(stack) + KERNEL_STACK_SIZE;
    for (unsigned tries = 0; !__atomic_load_n(&parking[cpu].present, __ATOMIC_ACQUIRE); tries++)
        if (tries == START_TRIES) {
            mp_free(stack, __builtin_ctz(KERNEL_STACK_SIZE >> MP_SHIFT));
            return false;
        }
    __atomic_store_n(&parking[cpu].cpu, &cpus[cpu], __ATOMIC_RELEASE);
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
    cp0_write32(CP0_STATUS, (STATUS_KERNEL & ~0xff00) | STATUS_IE); /* no interrupt wakes it */
    for (;;)
        __asm__ volatile("wait" ::: "memory");
}

uint64_t arch_wall_clock(void)
{
    return machine.board->wall_clock();
}

bool arch_ioport_read(unsigned port, unsigned width, uint64_t *value)
{
    uintptr_t at = UNCACHED + machine.board->io_ports + port;
    *value = width == 1 ? mmio_read8(at) : width == 2 ? *(volatile uint16_t *)at : mmio_read32(at);
    return true;
}

bool arch_ioport_write(unsigned port, unsigned width, uint64_t value)
{
    uintptr_t at = UNCACHED + machine.board->io_ports + port;
    if (width == 1)
        mmio_write8(at, (uint8_t)value);
    else if (width == 2)
        *(volatile uint16_t *)at = (uint16_t)value;
    else
        mmio_write32(at, (uint32_t)value);
    return true;
}

void arch_power_off(void)
{
    machine.board->power_off();
    arch_halt();
}

void arch_restart(void)
{
    machine.board->restart();
    arch_halt();
}
