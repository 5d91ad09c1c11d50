/* malta.c: the MIPS Malta board: PIIX4 south bridge with the PC's interrupt controllers, timer and clock behind a GT-64120 bridge, which the
 * loader has set up. It has no IPIs. */
#include <board.h>
#include <cp0.h>
#include <platform/cmos_rtc.h>
#include <platform/mmio.h>
#include <platform/pic8259.h>
#include <platform/pit8254.h>

#define IO_PORTS 0x18000000ull
#define BRIDGE 0x1be00000ull
#define SOFT_RESET 0x1f000500ull
#define SOFT_RESET_GO 0x42u
#define CENTURY 0x32u

enum bridge_register : uint32_t { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };
#define POWER_FUNCTION (1u << 31 | 10u << 11 | 3u << 8) /* device 10, function 3 */
#define POWER_BASE 0x40u
#define POWER_ENABLE 0x80u
#define POWER_PORT 0x1000u
#define POWER_CONTROL (POWER_PORT + 4)
#define POWER_SUSPEND 0x2000u /* of type 0: soft off */

#define MEASURE_TICKS 120u /* of the PC's timer: 100 us */

static int claim(void)
{
    int line = pic8259_claim();
    if (line >= 0) {
        pic8259_mask((unsigned)line);
        pic8259_complete((unsigned)line);
    }
    return line;
}

static uint64_t measure_once(void)
{
    uint32_t start = pit8254_read(), now;
    while ((now = pit8254_read()) == start)
        ;
    uint32_t count = cp0_read32(CP0_COUNT);
    start = now;
    while (((now = pit8254_read()) - start & 0xffff) < MEASURE_TICKS)
        ;
    return (uint64_t)(cp0_read32(CP0_COUNT) - count) * PIT8254_HZ / (now - start & 0xffff);
}

/* QEMU makes the CPU's clock 320 MHz and Count half of that; until version 8 it counts in whole nanoseconds, six of them. */
static uint64_t measure_count_hz(void)
{
    static const uint64_t known[] = {160000000, 1000000000 / 6};
    uint64_t hz = 0;
    pit8254_init();
    for (unsigned tries = 0; tries < 5; tries++) {
        hz = measure_once();
        for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
            if (hz > known[i] - known[i] / 50 && hz < known[i] + known[i] / 50)
                return known[i];
    }
    return hz;
}

static uint64_t wall_clock(void)
{
    return cmos_rtc_read(CENTURY);
}

static void config_write(uint32_t reg, uint32_t value)
{
    mmio_write32(device_map(BRIDGE + CONFIG_ADDRESS, 4), POWER_FUNCTION | reg);
    mmio_write32(device_map(BRIDGE + CONFIG_DATA, 4), value);
}

static void restart(void)
{
    mmio_write32(device_map(SOFT_RESET, 4), SOFT_RESET_GO);
}

static void power_off(void)
{
    config_write(POWER_BASE, POWER_PORT | 1);
    config_write(POWER_ENABLE, 1);
    arch_ioport_write(POWER_CONTROL, 2, POWER_SUSPEND);
    restart(); /* better than going on */
}

const struct board malta_board = {
    .irq_lines = 16,
    .init = pic8259_init,
    .claim = claim,
    .mask = pic8259_mask,
    .unmask = pic8259_unmask,
    .measure_count_hz = measure_count_hz,
    .wall_clock = wall_clock,
    .power_off = power_off,
    .restart = restart,
    .io_ports = IO_PORTS,
};
