/* page_clock.h: the monotonic clock from the process page and the counter that programs can read, without a call. */
#ifndef POSIX_PAGE_CLOCK_H
#define POSIX_PAGE_CLOCK_H

#include <machine_counter.h>
#include <process_page.h>

/* now_ns: nanoseconds since boot, as the kernel tells them. Returns: false where programs cannot read a counter. */
static inline bool page_clock(uint64_t *now_ns)
{
    const struct process_page *page = (const struct process_page *)PROCESS_PAGE;
    if ((page->clock_whole | page->clock_fraction) == 0)
        return false;
    uint64_t ticks = machine_counter() - page->clock_start;
    *now_ns = ticks * page->clock_whole + (uint64_t)((unsigned __int128)ticks * page->clock_fraction >> 64);
    return true;
}

#endif
