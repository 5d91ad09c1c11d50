/* prompt.c: an ordinary Linux program that the shell starts first: how many instructions since reset, how much memory is in use.
 * Under -icount; on mips64el the counter does not start at reset, so there the time since the kernel started is taken. */
#include "arch.h"
#include <stdio.h>
#include <sys/sysinfo.h>

int main(void)
{
    u64 instructions = ticks() * (1000000000ull / tick_hz());
    if (!COUNTER_ABS) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        instructions = (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
    }
    struct sysinfo info;
    if (sysinfo(&info) != 0) {
        perror("sysinfo");
        return 1;
    }
    u64 used = ((u64)info.totalram - info.freeram) * info.mem_unit >> 10;
    printf("RESULT boot_to_prompt median %llu unit instructions\n", (unsigned long long)instructions);
    printf("RESULT memory_at_prompt median %llu unit KiB\n", (unsigned long long)used);
    return 0;
}
