/* hpet.c: see hpet.h. IA-PC HPET specification 1.0a. */
#include <platform/hpet.h>
#include <platform/mmio.h>

#define CAPABILITIES_PERIOD 0x004 /* femtoseconds */
#define CONFIGURATION 0x010
#define COUNTER 0x0f0

static uintptr_t base;

uint64_t hpet_init(paddr_t registers)
{
    base = device_map(registers, 0x400);
    uint32_t period = mmio_read32(base + CAPABILITIES_PERIOD);
    if (period == 0 || period > 100000000) /* the specification's limit: 10 MHz at least */
        return 0;
    mmio_write32(base + CONFIGURATION, mmio_read32(base + CONFIGURATION) | 1);
    return 1000000000000000ull / period;
}

uint32_t hpet_read(void)
{
    return mmio_read32(base + COUNTER);
}
