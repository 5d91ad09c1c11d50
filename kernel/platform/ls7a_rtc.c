/* ls7a_rtc.c: see ls7a_rtc.h. Registers as in the Loongson 7A1000 manual, chapter 21. */
#include <lib/calendar.h>
#include <platform/ls7a_rtc.h>
#include <platform/mmio.h>

enum rtc_register : uint32_t { DATE = 0x2c, YEAR = 0x30, CONTROL = 0x40 };

#define CONTROL_RUN (1u << 11 | 1u << 8)

static unsigned field(uint32_t value, unsigned shift, unsigned bits)
{
    return value >> shift & ((1u << bits) - 1);
}

uint64_t ls7a_rtc_read(uintptr_t registers)
{
    mmio_write32(registers + CONTROL, mmio_read32(registers + CONTROL) | CONTROL_RUN);
    uint32_t year, date;
    do {
        year = mmio_read32(registers + YEAR);
        date = mmio_read32(registers + DATE);
    } while (mmio_read32(registers + YEAR) != year);
    unsigned month = field(date, 26, 6), day = field(date, 21, 5);
    if (month < 1 || month > 12 || day < 1 || year < 70)
        return 0;
    return days_since_1970(1900 + year, month, day) * 86400 + field(date, 16, 5) * 3600ull + field(date, 10, 6) * 60ull + field(date, 4, 6);
}
