/* goldfish_rtc.h: the clock of QEMU's RISC-V and other virtual boards. */
#ifndef KERNEL_GOLDFISH_RTC_H
#define KERNEL_GOLDFISH_RTC_H

#include <stdint.h>

/* Seconds since 1970. registers: mapped. */
uint64_t goldfish_rtc_read(uintptr_t registers);

#endif
