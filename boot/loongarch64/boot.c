/* boot.c (loongarch64): what the machine has, to struct machine and struct boot_info. QEMU puts a device tree at 1 MiB and our own loader
 * options put the boot image at 64 MiB (tools/machines.py). QEMU up to 8 says nothing of memory in the tree, but in fw_cfg. */
#include <boot_image.h>
#include <csr.h>
#include <fdt_boot.h>
#include <lib/string.h>
#include <machine.h>
#include <platform/fw_cfg.h>
#include <platform/mmio.h>
#include <sched/cpu.h>
#include <trap.h>

#define TREE 0x100000ull
#define IMAGE 0x4000000ull
#define LOW_RAM (256ull << 20)
#define HIGH_RAM 0x90000000ull
#define MESSAGES 0x2ff00000ull /* as QEMU up to 7 has them, whose tree says nothing of it */
#define FIRST_MESSAGE 64u
#define END_OF_MESSAGES 256u
#define UART_LINE 2u
#define GED_REGISTERS 0x100e001cull

extern char kernel_start[], kernel_end[], boot_stack_top[];

static struct boot_info info;

static void find_image(void)
{
    const struct boot_image *image = phys_to_virt(IMAGE);
    if (image->magic == BOOT_IMAGE_MAGIC && image->size < LOW_RAM - IMAGE)
        info.image = (struct boot_range){IMAGE, IMAGE + image->size};
}

static bool has_memory(const struct fdt *fdt)
{
    struct fdt_node node;
    for (fdt_start(fdt, &node); fdt_next(&node);)
        if (fdt_has_text(&node, "device_type", "memory"))
            return true;
    return false;
}

/* As QEMU up to 8 lays it out. */
static void ram_from_fw_cfg(const struct fdt *fdt)
{
    struct fdt_node node;
    uint64_t address, size;
    if (!fdt_find_compatible(fdt, "qemu,fw-cfg-mmio", &node) || !fdt_reg(&node, 0, &address, &size))
        return;
    uint64_t ram = fw_cfg_ram_size(device_map(address, size));
    boot_add_ram(&info, 0, ram < LOW_RAM ? ram : LOW_RAM);
    if (ram > LOW_RAM)
        boot_add_ram(&info, HIGH_RAM, HIGH_RAM + (ram - LOW_RAM));
}

static void find_devices(const struct fdt *fdt)
{
    struct fdt_node node;
    uint64_t size;
    if (fdt_find_compatible(fdt, "loongson,pch-pic-1.0", &node) || fdt_find_compatible(fdt, "loongarch,ls7a", &node))
        (void)fdt_reg(&node, 0, &machine.pic, &size);
    machine.message_address = MESSAGES;
    machine.message_lines = (struct arch_message_lines){FIRST_MESSAGE, END_OF_MESSAGES};
    if (fdt_find_compatible(fdt, "loongson,pch-msi-1.0", &node)) {
        uint32_t first = 0, count = 0;
        (void)fdt_reg(&node, 0, &machine.message_address, &size);
        if (fdt_cell(&node, "loongson,msi-base-vec", 0, &first) && fdt_cell(&node, "loongson,msi-num-vecs", 0, &count) && first + count <= END_OF_MESSAGES)
            machine.message_lines = (struct arch_message_lines){first, first + count};
    }
    if (fdt_find_compatible(fdt, "loongson,ls7a-rtc", &node))
        (void)fdt_reg(&node, 0, &machine.rtc, &size);
    struct fdt_node off;
    uint32_t regmap;
    machine.power = GED_REGISTERS;
    if (fdt_find_compatible(fdt, "syscon-poweroff", &off) && fdt_cell(&off, "regmap", 0, &regmap) && fdt_find_phandle(fdt, regmap, &node))
        (void)fdt_reg(&node, 0, &machine.power, &size);
    if (info.console.irq == 0)
        info.console.irq = UART_LINE;
}

/* start.S: on the boot stack, $r21 = cpus[0]. */
[[noreturn]] void boot_main(void);
void boot_main(void)
{
    struct fdt fdt;
    cpus[0].stack_top = (uintptr_t)boot_stack_top;
    machine.boot = &info;
    csr_write(CSR_SAVE0, (uint64_t)&cpus[0]);
    csr_write(CSR_EENTRY, (uint64_t)trap_vectors);
    csr_write(CSR_ECFG, ECFG_VECTORS_OF_TWO);
    const void *blob = phys_to_virt(TREE);
    if (!fdt_open(&fdt, blob, fdt_total_size(blob)))
        panic("there is no device tree at %llx", TREE);
    info.kernel = (struct boot_range){virt_to_phys(kernel_start), virt_to_phys(kernel_end)};
    find_image();
    if (!has_memory(&fdt))
        ram_from_fw_cfg(&fdt);
    struct boot_range image = info.image;
    if (!fdt_fill_boot_info(&fdt, TREE, &info))
        panic("the device tree's memory makes no sense");
    info.image = image;
    boot_reserve(&info, image.start, image.end);
    memset(phys_to_virt(0), 0, MP_SIZE); /* the empty table */
    boot_reserve(&info, 0, MP_SIZE);
    info.cpu_count = fdt_cpus(&fdt, csr_read(CSR_CPUID), machine.cpu_id, ARCH_MAX_CPUS);
    find_devices(&fdt);
    machine.counter_hz = (uint64_t)cpucfg(4) * (cpucfg(5) & 0xffff) / (cpucfg(5) >> 16);
    time_init();
    kernel_main(&info);
}
