/* boot.c (aarch64): the device tree to struct machine and struct boot_info. Runs on the boot CPU with the tables of start.S. */
#include <fdt_boot.h>
#include <lib/string.h>
#include <machine.h>
#include <sched/cpu.h>
#include <sysreg.h>
#include <trap.h>

extern uint64_t boot_root[512]; /* start.S */
extern char kernel_start[], kernel_end[], boot_stack_top[];

uint64_t kernel_image_offset;
static struct boot_info info;

#define GIGABYTE (1ull << 30)
#define MEMORY_BLOCK 0x60000000000701ull /* valid, shared, accessed, not executable */
#define DEVICE_BLOCK 0x60000000000405ull /* device memory */
#define AFFINITY_MASK 0xff00ffffffull

/* All RAM and the console in 1 GiB blocks, for the time until kernel_space_create. */
static void map_ram(void)
{
    for (unsigned i = 0; i < info.ram_count; i++)
        for (paddr_t pa = info.ram[i].start & ~(GIGABYTE - 1); pa < info.ram[i].end; pa += GIGABYTE)
            boot_root[pa / GIGABYTE] = pa | MEMORY_BLOCK;
    if (info.console.kind != CONSOLE_NONE && info.console.address < DEVICE_LIMIT)
        boot_root[256 + info.console.address / GIGABYTE] = (info.console.address & ~(GIGABYTE - 1)) | DEVICE_BLOCK;
    else
        info.console.kind = CONSOLE_NONE;
    __asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

static void read_psci(const struct fdt *fdt)
{
    struct fdt_node node;
    machine.has_psci = fdt_find_compatible(fdt, "arm,psci-1.0", &node) || fdt_find_compatible(fdt, "arm,psci-0.2", &node);
    machine.psci_by_smc = machine.has_psci && fdt_has_text(&node, "method", "smc");
}

static void read_gic(const struct fdt *fdt)
{
    struct fdt_node node;
    machine.gic_is_v3 = fdt_find_compatible(fdt, "arm,gic-v3", &node);
    if ((!machine.gic_is_v3 && !fdt_find_compatible(fdt, "arm,cortex-a15-gic", &node) && !fdt_find_compatible(fdt, "arm,gic-400", &node)) ||
        !fdt_reg(&node, 0, &machine.gic_distributor, &machine.gic_distributor_size) || !fdt_reg(&node, 1, &machine.gic_cpu, &machine.gic_cpu_size))
        panic("the device tree has no interrupt controller GIC, version 2 or 3");
}

static void read_timer(const struct fdt *fdt)
{
    enum : unsigned { VIRTUAL = 2 };
    struct fdt_node node;
    uint64_t hz = sysreg_read(cntfrq_el0);
    if (fdt_find_compatible(fdt, "arm,armv8-timer", &node) || fdt_find_compatible(fdt, "arm,armv7-timer", &node)) {
        machine.timer_line = fdt_irq(&node, VIRTUAL);
        if (hz == 0)
            fdt_number(&node, "clock-frequency", &hz);
    }
    if (machine.timer_line == 0 || machine.timer_line >= 32 || hz == 0)
        panic("the device tree has no timer");
    machine.counter_hz = hz;
}

/* start.S: on the boot stack. */
[[noreturn]] void boot_main(paddr_t tree);
void boot_main(paddr_t tree)
{
    struct fdt fdt;
    const void *blob = phys_to_virt(tree);
    cpus[0].stack_top = (uintptr_t)boot_stack_top;
    machine.boot = &info;
    if (!fdt_open(&fdt, blob, fdt_total_size(blob)))
        panic("the loader gave no device tree");
    info.kernel = (struct boot_range){virt_to_phys(kernel_start), virt_to_phys(kernel_end)};
    if (!fdt_fill_boot_info(&fdt, tree, &info))
        panic("the device tree's memory makes no sense");
    boot_cut_ram(&info, DIRECT_MAP_LIMIT);
    map_ram();
    console_init();
    info.cpu_count = fdt_cpus(&fdt, sysreg_read(mpidr_el1) & AFFINITY_MASK, machine.affinity, ARCH_MAX_CPUS);
    read_psci(&fdt);
    read_gic(&fdt);
    read_timer(&fdt);
    struct fdt_node node;
    uint64_t size;
    if (fdt_find_compatible(&fdt, "arm,pl031", &node))
        (void)fdt_reg(&node, 0, &machine.pl031, &size);
    timer_init_machine();
    kernel_main(&info);
}
