/* gicv2.c: see gic.h. Registers as in Arm IHI 0048. A shared line is disabled from its acknowledgement until it is unmasked. */
#include <platform/gic.h>
#include <platform/mmio.h>

enum distributor_register : uint32_t {
    GICD_CTLR = 0x0, GICD_TYPER = 0x4, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180, GICD_ICACTIVER = 0x380, GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800, GICD_SGIR = 0xf00,
};
enum cpu_register : uint32_t { GICC_CTLR = 0x0, GICC_PMR = 0x4, GICC_BPR = 0x8, GICC_IAR = 0xc, GICC_EOIR = 0x10 };

#define ENABLE 1u
#define PRIORITY_ALL 0xa0a0a0a0u
#define IPI 0u
#define NUMBER_MASK 0x3ffu /* of IAR: above it the sender of an IPI */
#define CPUS 8u

static uintptr_t distributor, interface; /* fixed at boot */
static unsigned lines;
static uint8_t targets[CPUS]; /* by CPU number: its bit in target registers; fixed when the CPU starts */

/* The register of one bit a line. */
static uintptr_t bit_register(enum distributor_register first, unsigned line)
{
    return distributor + first + line / 32 * 4;
}

/* Registers of private lines show the calling CPU's own. */
static uint8_t own_target(void)
{
    for (unsigned line = 0; line < GIC_FIRST_SHARED; line += 4) {
        uint32_t value = mmio_read32(distributor + GICD_ITARGETSR + line);
        if (value)
            return (uint8_t)(value | value >> 8 | value >> 16 | value >> 24);
    }
    return 1; /* the only CPU */
}

static void init(const struct gic_registers *registers, uint64_t)
{
    distributor = registers->distributor;
    interface = registers->cpu;
    lines = 32 * ((mmio_read32(distributor + GICD_TYPER) & 31) + 1);
    if (lines > GIC_LINES_LIMIT)
        lines = GIC_LINES_LIMIT;
    mmio_write32(distributor + GICD_CTLR, 0);
    uint32_t target = own_target() * 0x01010101u;
    for (unsigned line = GIC_FIRST_SHARED; line < lines; line += 32) {
        mmio_write32(bit_register(GICD_ICENABLER, line), UINT32_MAX);
        mmio_write32(bit_register(GICD_ICACTIVER, line), UINT32_MAX);
    }
    for (unsigned line = GIC_FIRST_SHARED; line < lines; line += 4) {
        mmio_write32(distributor + GICD_IPRIORITYR + line, PRIORITY_ALL);
        mmio_write32(distributor + GICD_ITARGETSR + line, target);
    }
    mmio_write32(distributor + GICD_CTLR, ENABLE);
}

static bool cpu_init(unsigned cpu, uint64_t, unsigned timer)
{
    if (cpu >= CPUS)
        return false;
    targets[cpu] = own_target();
    mmio_write32(distributor + GICD_ICENABLER, UINT32_MAX);
    mmio_write32(distributor + GICD_ICACTIVER, UINT32_MAX);
    for (unsigned line = 0; line < GIC_FIRST_SHARED; line += 4)
        mmio_write32(distributor + GICD_IPRIORITYR + line, PRIORITY_ALL);
    mmio_write32(distributor + GICD_ISENABLER, 1u << IPI | 1u << timer);
    mmio_write32(interface + GICC_PMR, 0xff);
    mmio_write32(interface + GICC_BPR, 0);
    mmio_write32(interface + GICC_CTLR, ENABLE);
    return true;
}

static void mask(unsigned line)
{
    if (line >= GIC_FIRST_SHARED)
        mmio_write32(bit_register(GICD_ICENABLER, line), 1u << line % 32);
}

static void unmask(unsigned line)
{
    if (line >= GIC_FIRST_SHARED)
        mmio_write32(bit_register(GICD_ISENABLER, line), 1u << line % 32);
}

static unsigned acknowledge(void)
{
    uint32_t value = mmio_read32(interface + GICC_IAR);
    unsigned number = value & NUMBER_MASK;
    if (number >= lines)
        return GIC_NONE;
    mask(number);
    mmio_write32(interface + GICC_EOIR, value);
    return number;
}

static void send_ipi(unsigned cpu, uint64_t)
{
    __asm__ volatile("dsb ishst" ::: "memory");
    mmio_write32(distributor + GICD_SGIR, (uint32_t)targets[cpu] << 16 | IPI);
}

static unsigned count_lines(void)
{
    return lines;
}

const struct gic gicv2 = {init, cpu_init, acknowledge, send_ipi, mask, unmask, count_lines};
