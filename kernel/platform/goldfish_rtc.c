/* goldfish_rtc.c: see goldfish_rtc.h. Reading the low word latches the high one. */
#include <platform/goldfish_rtc.h>
#include <platform/mmio.h>

enum goldfish_register : uint32_t { TIME_LOW = 0, TIME_HIGH = 4 };

uint64_t goldfish_rtc_read(uintptr_t registers)
{
    uint64_t low = mmio_read32(registers + TIME_LOW);
    return (low | (uint64_t)mmio_read32(registers + TIME_HIGH) << 32) / 1000000000u;
}
