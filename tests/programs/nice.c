/* nice.c: two processes want the same CPU, one of them with niceness 10: it gets about a ninth of what the other gets, as on Linux. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds_of(pid_t child)
{
    struct rusage usage;
    kill(child, SIGKILL);
    wait4(child, NULL, 0, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec + 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static pid_t spin(int niceness)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    if (niceness != 0 && nice(niceness) != niceness)
        printf("nice fails\n");
    for (;;) {
    }
}

int main(void)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    sched_setaffinity(0, sizeof first, &first);
    pid_t ordinary = spin(0), nicer = spin(10);
    sleep(2);
    double much = seconds_of(ordinary), little = seconds_of(nicer);
    printf("the ordinary one: %s\n", much > 1.5 ? "most of the time" : "too little");
    printf("the nicer one: %s\n", little > much / 12 && little < much / 7 ? "about a ninth of that" : "something else");
}
