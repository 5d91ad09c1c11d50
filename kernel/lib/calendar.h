/* calendar.h: dates to days. */
#ifndef KERNEL_CALENDAR_H
#define KERNEL_CALENDAR_H

#include <stdint.h>

/* Days from 1970-01-01 to a date of the Gregorian calendar (years from March on, as is usual). */
static inline uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    uint64_t days = 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    return days - 719468;
}

#endif
