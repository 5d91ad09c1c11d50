/* timers.c: how late sleeps end, and whether an interval timer of 0.7 ms delivers every signal, to a program that runs and to one that sleeps. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#define INTERVAL_US 700
#define SPAN_NS 350000000 /* 500 intervals */
#define LATE_NS 50000

static volatile int signals;
static void count(int) { signals++; }

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void interval(const char *what, int sleeps)
{
    struct itimerval timer = {.it_interval.tv_usec = INTERVAL_US, .it_value.tv_usec = INTERVAL_US};
    int64_t end = now_ns() + SPAN_NS;
    signals = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    while (now_ns() < end)
        if (sleeps)
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
    int expected = SPAN_NS / (INTERVAL_US * 1000);
    if (signals >= expected - 2 && signals <= expected + 2)
        printf("%s: every signal\n", what);
    else
        printf("%s: %d signals, not %d\n", what, signals, expected);
}

static void sleeps(void)
{
    int64_t worst = 0;
    for (int64_t i = 0; i < 200; i++) {
        int64_t ns = 100000 + 7919 * i, start = now_ns();
        nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
        int64_t late = now_ns() - start - ns;
        if (late < 0)
            printf("a sleep ends %lld ns early\n", (long long)-late);
        worst = late > worst ? late : worst;
    }
    if (worst < LATE_NS)
        printf("sleeps: in time\n");
    else
        printf("sleeps: %lld ns late\n", (long long)worst);
}

int main(void)
{
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = count}, NULL);
    interval("running", 0);
    interval("sleeping", 1);
    sleeps();
}
