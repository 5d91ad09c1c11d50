/* boot.c: from the PVH start information to kernel_main. Runs on the boot tables and the boot stack until the kernel's tables are loaded. */
#include <acpi.h>
#include <boot_info.h>
#include <kernel_tables.h>
#include <platform/lapic.h>
#include <smp.h>
#include <trap.h>
#include <x86.h>

#define START_MAGIC 0x336ec578u
#define MEMORY_RAM 1u
#define BOOT_TABLES_END (1ull << 30) /* what they map */
#define LOW_END 0x10000ull           /* firmware's data, page 0, the trampoline: kept out of use */
static_assert(TRAMPOLINE < LOW_END);

/* Xen: public/arch-x86/hvm/start_info.h */
struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    uint64_t memory_map; /* version 1 */
    uint32_t memory_map_count, reserved;
};
struct start_module { uint64_t address, size, command_line, reserved; };
struct start_memory { uint64_t address, size; uint32_t type, reserved; };

extern char kernel_start[], kernel_end[], boot_stack_top[];

uint32_t smp_apic_ids[ARCH_MAX_CPUS];
unsigned smp_apic_id_count;

static struct boot_info info;

/* What the boot tables reach. */
static const void *early(uint64_t pa, uint64_t size)
{
    if (pa >= BOOT_TABLES_END || size > BOOT_TABLES_END - pa)
        panic("start information beyond 1 GiB: 0x%llx", (unsigned long long)pa);
    return (const void *)(KERNEL_BASE + pa);
}

static void read_memory_map(const struct start_info *start)
{
    const struct start_memory *map = early(start->memory_map, start->memory_map_count * sizeof *map);
    for (unsigned i = 0; i < start->memory_map_count; i++)
        if (map[i].type == MEMORY_RAM && !boot_add_ram(&info, map[i].address, map[i].address + map[i].size))
            panic("the memory map has too many parts");
    if (info.ram_count == 0)
        panic("the memory map has no memory");
}

static void read_start_info(const struct start_info *start)
{
    if (start->magic != START_MAGIC || start->version < 1)
        panic("not started by the PVH protocol, version 1: magic 0x%x, version %u", start->magic, start->version);
    read_memory_map(start);
    info.acpi_rsdp = start->rsdp;
    if (start->module_count > 0) {
        const struct start_module *module = early(start->modules, sizeof *module);
        info.image = (struct boot_range){module->address, module->address + module->size};
    }
    info.kernel = (struct boot_range){virt_to_phys(kernel_start), virt_to_phys(kernel_end)};
}

/* Tables go behind the kernel, up to the image or the end of that memory. */
static paddr_t end_of_room(paddr_t from)
{
    paddr_t end = from;
    for (unsigned i = 0; i < info.ram_count; i++)
        if (info.ram[i].start <= from && from < info.ram[i].end)
            end = info.ram[i].end;
    if (info.image.start >= from && info.image.start < end && info.image.end > info.image.start)
        end = info.image.start;
    return end < BOOT_TABLES_END ? end : BOOT_TABLES_END;
}

static void make_tables(void)
{
    kernel_tables_init(info.kernel.end, end_of_room(info.kernel.end));
    for (unsigned i = 0; i < info.ram_count; i++)
        kernel_tables_map_ram(info.ram[i].start, info.ram[i].end);
    kernel_tables_finish();
}

/* The boot CPU is number 0, the others follow in the firmware's order. */
static void find_cpus(void)
{
    const struct acpi_table *madt = acpi_find("APIC");
    uint64_t registers = madt != nullptr ? acpi_madt_local_apic(madt) : rdmsr(MSR_APIC_BASE) & 0xffffff000;
    lapic_init(registers);
    cpus[0].arch.apic_id = smp_apic_ids[0] = lapic_id();
    smp_apic_id_count = 1;
    for (const struct madt_entry *entry = nullptr; madt != nullptr && (entry = acpi_madt_next(madt, entry)) != nullptr;)
        if (entry->type == MADT_LOCAL_APIC && (entry->local_apic.flags & 1) != 0 && entry->local_apic.id != smp_apic_ids[0] &&
            smp_apic_id_count < ARCH_MAX_CPUS)
            smp_apic_ids[smp_apic_id_count++] = entry->local_apic.id;
    info.cpu_count = smp_apic_id_count;
}

static void reserve(paddr_t start, paddr_t end)
{
    if (!boot_reserve(&info, start, end))
        panic("too many reserved parts of memory");
}

/* entry: start.S */
[[noreturn]] void boot_main(paddr_t start_info);
void boot_main(paddr_t start_info)
{
    struct cpu *cpu = &cpus[0];
    cpu->stack_top = (uintptr_t)boot_stack_top;
    x86_features_init();
    x86_idt_init();
    x86_cpu_setup(cpu);
    bool console = x86_console_init();
    read_start_info(early(start_info, sizeof(struct start_info)));
    make_tables();
    acpi_init(info.acpi_rsdp);
    find_cpus();
    x86_time_init();
    reserve(0, LOW_END);
    reserve(info.image.start, info.image.end);
    if (console) {
        info.console.kind = CONSOLE_16550_PORT;
        info.console.address = 0x3f8;
        info.console.irq = 4;
        info.console.stride = 1;
    }
    info.pci.kind = PCI_PORTS;
    info.kernel.end = kernel_tables_end();
    reserve(info.kernel.start, info.kernel.end);
    kernel_main(&info);
}
