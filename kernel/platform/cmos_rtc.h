/* cmos_rtc.h: the MC146818 clock of PCs. */
#ifndef KERNEL_CMOS_RTC_H
#define KERNEL_CMOS_RTC_H

#include <stdint.h>

/* Seconds since 1970, UTC assumed; 0: the clock does not run. century: the register that holds it, 0 if none. Takes up to a few ms. */
uint64_t cmos_rtc_read(unsigned century);

#endif
