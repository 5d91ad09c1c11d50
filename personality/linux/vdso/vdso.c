/* vdso.c: what the C libraries of Linux programs call for the time without a trap: an ELF file of its own on the runtime's entry page, outside
 * the runtime, so that a signal may come anywhere in it. vdso.map names its functions and their version; other clocks are system calls. */
#include <clock.h>
#include <errno.h>
#include <page_clock.h>
#include <vdso_call.h>

#define SECOND 1000000000ull

enum {
#define NUMBER(name, number) NUMBER_##name = (number),
#include <numbers.h>
#undef NUMBER
};

/* The page of the process that runs this. */
static uint64_t wall_offset(void)
{
    return ((const struct process_page *)PROCESS_PAGE)->wall_offset_ns;
}

long VDSO_NAME(clock_gettime)(int clock, struct posix_time *time)
{
    uint64_t ns;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOT:
        if (page_clock(&ns))
            break;
        [[fallthrough]];
    default: return vdso_call(NUMBER_clock_gettime, clock, (long)time);
    }
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI)
        ns += wall_offset();
    time->seconds = (int64_t)(ns / SECOND);
    time->nanoseconds = (int64_t)(ns % SECOND);
    return 0;
}

long VDSO_NAME(gettimeofday)(struct posix_micro_time *time, int *zone)
{
    uint64_t ns;
    if (!page_clock(&ns))
        return vdso_call(NUMBER_gettimeofday, (long)time, (long)zone);
    ns += wall_offset();
    if (time) {
        time->seconds = (int64_t)(ns / SECOND);
        time->microseconds = (int64_t)(ns % SECOND / 1000);
    }
    if (zone)
        zone[0] = zone[1] = 0;
    return 0;
}

long VDSO_NAME(clock_getres)(int clock, struct posix_time *time)
{
    return vdso_call(NUMBER_clock_getres, clock, (long)time);
}

#ifdef VDSO_HAS_TIME
long VDSO_NAME(time)(int64_t *user_seconds)
{
    uint64_t ns;
    if (!page_clock(&ns))
        return vdso_call(NUMBER_time, (long)user_seconds, 0);
    int64_t seconds = (int64_t)((ns + wall_offset()) / SECOND);
    if (user_seconds)
        *user_seconds = seconds;
    return seconds;
}
#endif
