/* ls7a_rtc.h: the clock of the Loongson 7A bridge. */
#ifndef KERNEL_LS7A_RTC_H
#define KERNEL_LS7A_RTC_H

#include <stdint.h>

/* Seconds since 1970; 0: it does not run. registers: mapped. */
uint64_t ls7a_rtc_read(uintptr_t registers);

#endif
