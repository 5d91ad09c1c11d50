/* cmos_rtc.c: see cmos_rtc.h. */
#include <arch/arch.h>
#include <lib/calendar.h>
#include <platform/cmos_rtc.h>

enum rtc_register : unsigned { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9, STATUS_A = 10, STATUS_B = 11, STATUS_D = 13 };

#define STATUS_A_UPDATING 0x80u
#define STATUS_B_24_HOURS 0x02u
#define STATUS_B_BINARY 0x04u
#define STATUS_D_VALID 0x80u
#define HOUR_AFTERNOON 0x80u

struct reading { unsigned second, minute, hour, day, month, year, century; };

static unsigned read(unsigned which)
{
    uint64_t value = 0;
    arch_ioport_write(0x70, 1, which | 0x80); /* bit 7: NMI off meanwhile */
    arch_ioport_read(0x71, 1, &value);
    return (unsigned)value;
}

static struct reading read_all(unsigned century)
{
    return (struct reading){read(SECONDS), read(MINUTES), read(HOURS), read(DAY), read(MONTH), read(YEAR), century != 0 ? read(century) : 0};
}

static bool same(const struct reading *a, const struct reading *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour && a->day == b->day && a->month == b->month &&
           a->year == b->year && a->century == b->century;
}

static unsigned decode(unsigned value, bool binary)
{
    return binary ? value : (value >> 4) * 10 + (value & 15);
}

uint64_t cmos_rtc_read(unsigned century)
{
    if ((read(STATUS_D) & STATUS_D_VALID) == 0)
        return 0;
    struct reading now, again;
    unsigned tries = 0;
    do { /* twice the same, and no update in between */
        for (unsigned wait = 0; (read(STATUS_A) & STATUS_A_UPDATING) != 0 && wait < 100000; wait++)
            cpu_relax();
        now = read_all(century);
        again = read_all(century);
    } while (!same(&now, &again) && ++tries < 10);
    unsigned status_b = read(STATUS_B);
    arch_ioport_write(0x70, 1, STATUS_D); /* NMI on again */
    bool binary = (status_b & STATUS_B_BINARY) != 0;
    unsigned hour = decode(now.hour & ~HOUR_AFTERNOON, binary);
    if ((status_b & STATUS_B_24_HOURS) == 0)
        hour = hour % 12 + ((now.hour & HOUR_AFTERNOON) != 0 ? 12 : 0);
    unsigned year = decode(now.year, binary);
    year += now.century != 0 ? decode(now.century, binary) * 100 : year < 70 ? 2000 : 1900;
    unsigned month = decode(now.month, binary), day = decode(now.day, binary);
    if (month < 1 || month > 12 || day < 1 || day > 31 || year < 1970)
        return 0;
    return days_since_1970(year, month, day) * 86400 + hour * 3600ull + decode(now.minute, binary) * 60ull + decode(now.second, binary);
}
