/* boot.c (riscv64): the device tree to struct machine and struct boot_info. Runs on the boot CPU with the tables of start.S. */
#include <csr.h>
#include <fdt_boot.h>
#include <lib/string.h>
#include <machine.h>
#include <sched/cpu.h>
#include <trap.h>

extern uint64_t boot_root[512]; /* start.S */
extern char kernel_start[], kernel_end[], boot_stack_top[];

uint64_t kernel_image_offset;
static struct boot_info info;

#define GIGABYTE (1ull << 30)

/* All RAM in 1 GiB pages, for the time until kernel_space_create. */
static void map_ram(void)
{
    for (unsigned i = 0; i < info.ram_count; i++)
        for (paddr_t pa = info.ram[i].start & ~(GIGABYTE - 1); pa < info.ram[i].end; pa += GIGABYTE)
            boot_root[256 + (pa >> 30)] = pa >> 2 | 0xe7; /* valid, read, write, global, accessed, dirty */
    __asm__ volatile("sfence.vma" ::: "memory");
}

static bool hart_has(const struct fdt_node *cpu, const char *extension)
{
    const char *isa = fdt_text(cpu, "riscv,isa");
    return fdt_has_text(cpu, "riscv,isa-extensions", extension) || (isa && fdt_isa_has(isa, extension));
}

/* The boot CPU speaks for all. Returns: the phandle of its interrupt controller, 0: not found. */
static uint32_t read_cpu(const struct fdt *fdt, uint64_t hart)
{
    struct fdt_node cpus_node, node;
    uint64_t id, size;
    uint32_t phandle = 0;
    if (!fdt_find_path(fdt, "/cpus", strlen("/cpus"), &cpus_node) || !fdt_number(&cpus_node, "timebase-frequency", &machine.timebase_hz) ||
        machine.timebase_hz == 0)
        panic("the device tree has no timebase-frequency");
    for (node = cpus_node; fdt_next_inside(&cpus_node, &node);) {
        if (!fdt_has_text(&node, "device_type", "cpu") || !fdt_reg(&node, 0, &id, &size) || id != hart)
            continue;
        machine.has_sstc = hart_has(&node, "sstc");
        machine.has_svnapot = hart_has(&node, "svnapot");
        machine.has_svpbmt = hart_has(&node, "svpbmt");
        machine.has_svinval = hart_has(&node, "svinval");
        for (struct fdt_node child = node; phandle == 0 && fdt_next_inside(&node, &child);)
            if (fdt_compatible(&child, "riscv,cpu-intc"))
                fdt_cell(&child, "phandle", 0, &phandle);
        break;
    }
    return phandle;
}

/* The tree lists, context by context, which hart's which interrupt it drives. */
static void read_plic(const struct fdt *fdt, uint32_t cpu_phandle)
{
    enum : uint32_t { SUPERVISOR_EXTERNAL = 9 };
    struct fdt_node node;
    uint32_t phandle, interrupt, lines = 0;
    if (!fdt_find_compatible(fdt, "riscv,plic0", &node) && !fdt_find_compatible(fdt, "sifive,plic-1.0.0", &node))
        return;
    for (unsigned context = 0; fdt_cell(&node, "interrupts-extended", 2 * context, &phandle) &&
                               fdt_cell(&node, "interrupts-extended", 2 * context + 1, &interrupt); context++)
        if (phandle == cpu_phandle && interrupt == SUPERVISOR_EXTERNAL && fdt_reg(&node, 0, &machine.plic, &machine.plic_size)) {
            fdt_cell(&node, "riscv,ndev", 0, &lines);
            machine.plic_lines = lines < 1023 ? lines + 1 : 1024;
            machine.plic_context = context;
            return;
        }
}

/* stimecmp is there when machine mode lets us: try it. */
static void probe_sstc(void)
{
    uint64_t handler = csr_read(stvec), failed;
    __asm__ volatile("lla %0, 1f\n\t"
                     "csrw stvec, %0\n\t"
                     "li %0, 1\n\t"
                     "csrw 0x14d, %1\n\t"
                     "li %0, 0\n\t"
                     ".balign 4\n"
                     "1:"
                     : "=&r"(failed) : "r"(UINT64_MAX) : "memory");
    csr_write(stvec, handler);
    machine.has_sstc = !failed;
}

/* start.S: on the boot stack, tp = cpus[0]. */
[[noreturn]] void boot_main(uint64_t hart, paddr_t tree);
void boot_main(uint64_t hart, paddr_t tree)
{
    struct fdt fdt;
    const void *blob = phys_to_virt(tree);
    cpus[0].stack_top = (uintptr_t)boot_stack_top;
    machine.boot = &info;
    if (!fdt_open(&fdt, blob, fdt_total_size(blob)))
        panic("the firmware gave no device tree");
    info.kernel = (struct boot_range){virt_to_phys(kernel_start), virt_to_phys(kernel_end)};
    if (!fdt_fill_boot_info(&fdt, tree, &info))
        panic("the device tree's memory makes no sense");
    boot_cut_ram(&info, DIRECT_MAP_LIMIT);
    map_ram();
    info.cpu_count = fdt_cpus(&fdt, hart, machine.hart, ARCH_MAX_CPUS);
    read_plic(&fdt, read_cpu(&fdt, hart));
    if (machine.has_sstc)
        probe_sstc();
    struct fdt_node node;
    uint64_t size;
    if (fdt_find_compatible(&fdt, "google,goldfish-rtc", &node))
        (void)fdt_reg(&node, 0, &machine.goldfish_rtc, &size);
    timer_init_machine();
    kernel_main(&info);
}
