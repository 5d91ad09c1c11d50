/* clock.c: clocks through the C library, which may find them without a system call, against the system calls; setting the clock. Needs root. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ll
#define ROUNDS 2000

static volatile int alarms;
static int failures;

static void check(int good, const char *what, int clock)
{
    if (!good && failures++ < 20)
        printf("wrong: %s, clock %d\n", what, clock);
}

static long long of(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static long long by_library(int clock)
{
    struct timespec time = {-1, -1};
    check(clock_gettime(clock, &time) == 0, "clock_gettime", clock);
    check(time.tv_nsec >= 0 && time.tv_nsec < SECOND, "nanoseconds", clock);
    return of(&time);
}

static long long by_call(int clock)
{
    struct timespec time = {-1, -1};
    check(syscall(SYS_clock_gettime, clock, &time) == 0, "the call", clock);
    return of(&time);
}

static void compare(int clock)
{
    long long last = 0;
    for (int i = 0; i < ROUNDS; i++) {
        long long before = by_call(clock), here = by_library(clock), after = by_call(clock);
        check(last <= before && before <= here && here <= after, "order", clock);
        last = after;
    }
}

static void compare_time_of_day(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct timeval day;
        long long before = by_call(CLOCK_REALTIME), here, after;
        check(gettimeofday(&day, NULL) == 0, "gettimeofday", 0);
        time_t seconds = time(NULL);
        after = by_call(CLOCK_REALTIME);
        here = day.tv_sec * SECOND + day.tv_usec * 1000ll;
        check(before / 1000 * 1000 <= here && here <= after, "time of day", 0);
        check(before / SECOND <= seconds && seconds <= after / SECOND, "time", 0);
    }
}

static void on_alarm(int signal)
{
    struct timespec time;
    (void)signal;
    check(clock_gettime(CLOCK_MONOTONIC, &time) == 0, "in a handler", CLOCK_MONOTONIC);
    alarms++;
}

/* Signals come anywhere, in the vDSO too. */
static void with_signals(void)
{
    struct itimerval every = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &every, NULL);
    for (long long last = 0; alarms < 20;) {
        long long now = by_library(CLOCK_MONOTONIC);
        check(last <= now, "order with signals", CLOCK_MONOTONIC);
        last = now;
    }
    setitimer(ITIMER_REAL, &never, NULL);
}

static const char *error_of(long result)
{
    return result == 0 ? "done" : strerror(errno);
}

static void bad_arguments(void)
{
    struct timespec time = {0, SECOND}, good = {0, 0};
    struct timeval day = {0, 1000000};
    printf("no such clock: %s\n", error_of(clock_gettime(77, &time)));
    printf("resolution: %s\n", error_of(clock_getres(CLOCK_MONOTONIC, &good)));
    printf("bad address: %s\n", error_of(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)8)));
    printf("set monotonic: %s\n", error_of(clock_settime(CLOCK_MONOTONIC, &good)));
    printf("set nanoseconds: %s\n", error_of(clock_settime(CLOCK_REALTIME, &time)));
    printf("set from nowhere: %s\n", error_of(syscall(SYS_clock_settime, CLOCK_REALTIME, (void *)8)));
    printf("set before boot: %s\n", error_of(clock_settime(CLOCK_REALTIME, &good)));
    printf("set microseconds: %s\n", error_of(settimeofday(&day, NULL)));
}

/* The new time must show everywhere: here, in children from before and after, through the library and the call. */
static void set_clock(void)
{
    int ready[2], go[2];
    char byte = 0;
    struct timespec time = {2000000000, 5};
    if (pipe(ready) || pipe(go))
        return;
    pid_t child = fork();
    if (child == 0) {
        by_library(CLOCK_REALTIME);
        if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
            _exit(2);
        _exit(by_library(CLOCK_REALTIME) / SECOND / 1000 != 2000000 || by_call(CLOCK_REALTIME) / SECOND / 1000 != 2000000);
    }
    if (read(ready[0], &byte, 1) != 1)
        return;
    printf("set: %s\n", error_of(clock_settime(CLOCK_REALTIME, &time)));
    compare(CLOCK_REALTIME);
    printf("seconds: %lld000\n", by_library(CLOCK_REALTIME) / SECOND / 1000);
    if (write(go[1], &byte, 1) != 1)
        return;
    int status = -1;
    waitpid(child, &status, 0);
    printf("a child saw it: %d\n", status);
    if (fork() == 0) {
        printf("a later one: %lld000\n", by_library(CLOCK_REALTIME) / SECOND / 1000);
        if (setuid(65534) == 0)
            printf("set by others: %s\n", error_of(clock_settime(CLOCK_REALTIME, &time)));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

int main(void)
{
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("vDSO: %s\n", getauxval(AT_SYSINFO_EHDR) ? "yes" : "no");
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        compare(clocks[i]);
    compare_time_of_day();
    with_signals();
    bad_arguments();
    set_clock();
    printf("%d wrong\n", failures);
    return failures != 0;
}
