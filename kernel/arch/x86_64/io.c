/* io.c: I/O ports, the debug console, power. */
#include <acpi.h>
#include <platform/uart16550.h>
#include <trap.h>
#include <x86.h>

#define COM1 0x3f8

static const struct uart16550 console = {.in_memory = false, .base = COM1, .stride = 1};

bool arch_ioport_read(unsigned port, unsigned width, uint64_t *value)
{
    uint8_t byte;
    uint16_t word;
    uint32_t dword;
    switch (width) {
    case 1:
        __asm__ volatile("inb %w1, %0" : "=a"(byte) : "Nd"(port));
        *value = byte;
        return true;
    case 2:
        __asm__ volatile("inw %w1, %0" : "=a"(word) : "Nd"(port));
        *value = word;
        return true;
    case 4:
        __asm__ volatile("inl %w1, %0" : "=a"(dword) : "Nd"(port));
        *value = dword;
        return true;
    default:
        return false;
    }
}

bool arch_ioport_write(unsigned port, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:
        __asm__ volatile("outb %0, %w1" : : "a"((uint8_t)value), "Nd"(port));
        return true;
    case 2:
        __asm__ volatile("outw %0, %w1" : : "a"((uint16_t)value), "Nd"(port));
        return true;
    case 4:
        __asm__ volatile("outl %0, %w1" : : "a"((uint32_t)value), "Nd"(port));
        return true;
    default:
        return false;
    }
}

bool x86_console_init(void) { return uart16550_init(&console); }

void arch_console_write(const char *text, size_t length)
{
    uart16550_write(&console, text, length);
}

#define POWER_OFF_NS 2000000000ull /* how long it may take */
#define PM1_SCI_ENABLE 1u
#define PM1_SLEEP_TYPE(type) ((unsigned)(type) << 10)
#define PM1_SLEEP_ENABLE (1u << 13)

/* ACPI mode must be on before the sleep registers work. */
static void enter_acpi_mode(const struct acpi_fixed *fixed)
{
    uint64_t control = 0;
    arch_ioport_read(fixed->pm1a_control, 2, &control);
    if ((control & PM1_SCI_ENABLE) != 0 || fixed->smi_command == 0 || fixed->acpi_enable == 0)
        return;
    arch_ioport_write(fixed->smi_command, 1, fixed->acpi_enable);
    for (unsigned i = 0; i < 100000 && (control & PM1_SCI_ENABLE) == 0; i++)
        arch_ioport_read(fixed->pm1a_control, 2, &control);
}

void arch_power_off(void)
{
    struct acpi_fixed fixed;
    if (acpi_read_fixed(&fixed) && fixed.can_power_off) {
        enter_acpi_mode(&fixed);
        arch_ioport_write(fixed.pm1a_control, 2, PM1_SLEEP_TYPE(fixed.sleep_off_a) | PM1_SLEEP_ENABLE);
        if (fixed.pm1b_control != 0)
            arch_ioport_write(fixed.pm1b_control, 2, PM1_SLEEP_TYPE(fixed.sleep_off_b) | PM1_SLEEP_ENABLE);
    }
    for (uint64_t end = arch_time_ns() + POWER_OFF_NS; arch_time_ns() < end;)
        cpu_relax();
    static const char text[] = "this machine cannot switch itself off: do it by hand\n";
    arch_console_write(text, sizeof text - 1);
    arch_halt();
}

void arch_restart(void)
{
    struct acpi_fixed fixed;
    if (acpi_read_fixed(&fixed) && fixed.can_reset && fixed.reset_is_port)
        arch_ioport_write((unsigned)fixed.reset_address, 1, fixed.reset_value);
    uint64_t status = 2;
    for (unsigned i = 0; i < 100000 && (status & 2) != 0; i++)
        arch_ioport_read(0x64, 1, &status);
    arch_ioport_write(0x64, 1, 0xfe); /* keyboard controller: pulse the reset line */
    struct [[gnu::packed]] { uint16_t limit; uint64_t base; } none = {};
    __asm__ volatile("lidt %0; int3" : : "m"(none)); /* a triple fault */
    arch_halt();
}
