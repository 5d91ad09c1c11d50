/* gicv3.c: see gic.h. Registers as in Arm IHI 0069. A shared line stays active from its acknowledgement until it is unmasked. */
#include <platform/gic.h>
#include <platform/mmio.h>

enum distributor_register : uint32_t {
    GICD_CTLR = 0x0, GICD_TYPER = 0x4, GICD_IGROUPR = 0x80, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180, GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400, GICD_IROUTER = 0x6000,
};
#define CTLR_AFFINITY (1u << 4)
#define CTLR_GROUP1 (1u << 1)
#define CTLR_PENDING (1u << 31)

enum redistributor_register : uint32_t {
    GICR_TYPER = 0x8, GICR_WAKER = 0x14, GICR_PRIVATE = 0x10000 /* the frame of private interrupts, as the distributor's first */
};
#define TYPER_VIRTUAL (1u << 1)
#define TYPER_LAST (1u << 4)
#define WAKER_SLEEP (1u << 1)
#define WAKER_ASLEEP (1u << 2)
#define FRAME_SIZE 0x10000u

#define PRIORITY_ALL 0xa0a0a0a0u
#define IPI 0u
#define AFFINITY_MASK 0xff00ffffffull

static uintptr_t distributor, redistributors; /* fixed at boot */
static uint64_t redistributors_size;
static unsigned lines;
static uint64_t active[1024 / 64]; /* atomic; bit per shared line: acknowledged and not deactivated */

static void wait_distributor(void)
{
    while (mmio_read32(distributor + GICD_CTLR) & CTLR_PENDING)
        cpu_relax();
}

static void init(const struct gic_registers *registers, uint64_t boot_affinity)
{
    distributor = registers->distributor;
    redistributors = registers->cpu;
    redistributors_size = registers->cpu_size;
    lines = 32 * ((mmio_read32(distributor + GICD_TYPER) & 31) + 1);
    if (lines > GIC_LINES_LIMIT)
        lines = GIC_LINES_LIMIT;
    mmio_write32(distributor + GICD_CTLR, 0);
    wait_distributor();
    for (unsigned line = GIC_FIRST_SHARED; line < lines; line += 32) {
        mmio_write32(distributor + GICD_ICENABLER + line / 8, UINT32_MAX);
        mmio_write32(distributor + GICD_ICACTIVER + line / 8, UINT32_MAX);
        mmio_write32(distributor + GICD_IGROUPR + line / 8, UINT32_MAX);
    }
    for (unsigned line = GIC_FIRST_SHARED; line < lines; line += 4)
        mmio_write32(distributor + GICD_IPRIORITYR + line, PRIORITY_ALL);
    mmio_write32(distributor + GICD_CTLR, CTLR_AFFINITY | CTLR_GROUP1);
    wait_distributor();
    for (unsigned line = GIC_FIRST_SHARED; line < lines; line++)
        mmio_write64(distributor + GICD_IROUTER + 8 * line, boot_affinity & AFFINITY_MASK);
}

/* The redistributor whose TYPER names the CPU; 0: none. */
static uintptr_t find_redistributor(uint64_t affinity)
{
    uint32_t packed = (uint32_t)((affinity & 0xffffff) | (affinity >> 8 & 0xff000000));
    for (uint64_t at = 0; at < redistributors_size;) {
        uint64_t type = mmio_read64(redistributors + at + GICR_TYPER);
        if (type >> 32 == packed)
            return redistributors + at;
        if (type & TYPER_LAST)
            break;
        at += (type & TYPER_VIRTUAL ? 4 : 2) * FRAME_SIZE;
    }
    return 0;
}

static bool cpu_init(unsigned, uint64_t affinity, unsigned timer)
{
    uintptr_t own = find_redistributor(affinity);
    if (!own)
        return false;
    mmio_write32(own + GICR_WAKER, mmio_read32(own + GICR_WAKER) & ~WAKER_SLEEP);
    while (mmio_read32(own + GICR_WAKER) & WAKER_ASLEEP)
        cpu_relax();
    uintptr_t private = own + GICR_PRIVATE;
    mmio_write32(private + GICD_ICENABLER, UINT32_MAX);
    mmio_write32(private + GICD_ICACTIVER, UINT32_MAX);
    mmio_write32(private + GICD_IGROUPR, UINT32_MAX);
    for (unsigned line = 0; line < GIC_FIRST_SHARED; line += 4)
        mmio_write32(private + GICD_IPRIORITYR + line, PRIORITY_ALL);
    mmio_write32(private + GICD_ISENABLER, 1u << IPI | 1u << timer);
    __asm__ volatile("msr icc_sre_el1, %0\n\t"
                     "isb\n\t"
                     "msr icc_pmr_el1, %1\n\t"
                     "msr icc_bpr1_el1, xzr\n\t"
                     "msr icc_ctlr_el1, %2\n\t" /* end of interrupt drops the priority only */
                     "msr icc_igrpen1_el1, %0\n\t"
                     "isb"
                     : : "r"(1ull), "r"(0xffull), "r"(2ull) : "memory");
    return true;
}

static unsigned acknowledge(void)
{
    uint64_t number;
    __asm__ volatile("mrs %0, icc_iar1_el1\n\tdsb sy" : "=r"(number) : : "memory");
    number &= 0xffffff;
    if (number >= lines)
        return GIC_NONE;
    if (number >= GIC_FIRST_SHARED)
        __atomic_fetch_or(&active[number / 64], 1ull << number % 64, __ATOMIC_RELAXED);
    __asm__ volatile("msr icc_eoir1_el1, %0" : : "r"(number) : "memory");
    if (number < GIC_FIRST_SHARED)
        __asm__ volatile("msr icc_dir_el1, %0\n\tisb" : : "r"(number) : "memory");
    return (unsigned)number;
}

static void send_ipi(unsigned, uint64_t affinity)
{
    uint64_t value = (uint64_t)IPI << 24 | 1ull << (affinity & 15) | (affinity >> 4 & 15) << 44 | (affinity >> 8 & 0xff) << 16 |
                     (affinity >> 16 & 0xff) << 32 | (affinity >> 32 & 0xff) << 48;
    __asm__ volatile("dsb ishst\n\tmsr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
}

static void mask(unsigned line)
{
    if (line >= GIC_FIRST_SHARED)
        mmio_write32(distributor + GICD_ICENABLER + line / 32 * 4, 1u << line % 32);
}

static void unmask(unsigned line)
{
    if (line < GIC_FIRST_SHARED)
        return;
    uint64_t bit = 1ull << line % 64;
    mmio_write32(distributor + GICD_ISENABLER + line / 32 * 4, 1u << line % 32);
    if (__atomic_fetch_and(&active[line / 64], ~bit, __ATOMIC_RELAXED) & bit)
        __asm__ volatile("dsb sy\n\tmsr icc_dir_el1, %0\n\tisb" : : "r"((uint64_t)line) : "memory");
}

static unsigned count_lines(void)
{
    return lines;
}

const struct gic gicv3 = {init, cpu_init, acknowledge, send_ipi, mask, unmask, count_lines};
