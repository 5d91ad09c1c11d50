/* boot.c (mips64el): what the loader says, to struct machine and struct boot_info. Loaders of MIPS boards give a table of arguments and one of
 * the environment, both of 32-bit addresses in CKSEG0. On the Malta board (YAMON's way) the environment is pairs of name and value, and begins
 * in the table of arguments. */
#include <board.h>
#include <boot_info.h>
#include <cp0.h>
#include <lib/string.h>
#include <sched/cpu.h>
#include <trap.h>

#define PAGE_0 0x1000ull
#define LOW_RAM (256ull << 20)
#define HIGH_RAM 0x80000000ull /* here all of RAM is seen again, so what does not fit below is at HIGH_RAM + LOW_RAM */
#define MALTA_UART 0x180003f8ull
#define MALTA_BRIDGE 0x1be00000ull
#define MALTA_UART_LINE 4u

extern char kernel_start[], kernel_end[], boot_stack_top[];

static struct boot_info info;

static const char *text_at(int32_t address)
{
    return (const char *)(uintptr_t)(int64_t)address;
}

/* A number with or without 0x; addresses of CKSEG0 have sixteen digits. */
static uint64_t parse_number(const char *text)
{
    uint64_t value = 0;
    unsigned base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = *text >= '0' && *text <= '9' ? (unsigned)(*text - '0') : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10) : 99;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

/* The number behind "name=" in a command line; 0: it is not there. */
static uint64_t option(const char *line, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = line; *at; at++)
        if ((at == line || at[-1] == ' ') && strncmp(at, name, length) == 0 && at[length] == '=')
            return parse_number(at + length + 1);
    return 0;
}

static uint64_t environment(const int32_t *table, const char *name)
{
    for (; table[0] && table[1]; table += 2)
        if (strcmp(text_at(table[0]), name) == 0)
            return parse_number(text_at(table[1]));
    return 0;
}

static unsigned cpus_that_came(void)
{
    unsigned count = 1;
    while (count < ARCH_MAX_CPUS && __atomic_load_n(&parking[count].present, __ATOMIC_RELAXED))
        count++;
    return count;
}

static void read_malta(const int32_t *env, uint64_t low)
{
    uint64_t ram = environment(env, "ememsize");
    machine.board = &malta_board;
    boot_add_ram(&info, 0, low);
    if (ram > LOW_RAM)
        boot_add_ram(&info, HIGH_RAM + LOW_RAM, HIGH_RAM + ram);
    info.pci.kind = PCI_GT64120;
    info.pci.address = MALTA_BRIDGE;
    info.console.kind = CONSOLE_16550_MEMORY;
    info.console.address = MALTA_UART;
    info.console.irq = MALTA_UART_LINE;
    info.console.stride = 1;
}

/* start.S: on the boot stack, $28 = cpus[0]. */
[[noreturn]] void boot_main(uint64_t argc, const int32_t *argv, const int32_t *env, uint64_t low);
void boot_main(uint64_t argc, const int32_t *argv, const int32_t *env, uint64_t low)
{
    cpus[0].stack_top = (uintptr_t)boot_stack_top;
    machine.boot = &info;
    cp0_write(CP0_KSCRATCH_CPU, &cpus[0]);
    cp0_write(CP0_EBASE, exception_vectors);
    read_malta(env, low);
    const char *line = argc > 1 ? text_at(argv[1]) : "";
    uint64_t start = option(line, "rd_start"), size = option(line, "rd_size"), wanted = option(line, "cpus");
    if (start && size) {
        paddr_t image = virt_to_phys((const void *)start);
        info.image = (struct boot_range){image, image + size};
        boot_reserve(&info, image, image + size);
    }
    info.kernel = (struct boot_range){virt_to_phys(kernel_start), virt_to_phys(kernel_end)};
    boot_reserve(&info, info.kernel.start, info.kernel.end);
    boot_reserve(&info, 0, PAGE_0);
    info.cpu_count = wanted ? (unsigned)wanted : cpus_that_came();
    if (info.cpu_count > ARCH_MAX_CPUS)
        info.cpu_count = ARCH_MAX_CPUS;
    time_init();
    kernel_main(&info);
}
