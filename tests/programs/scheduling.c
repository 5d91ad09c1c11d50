/* scheduling.c: calls about niceness, policies and affinity, beside what Linux answers: of root, then of somebody else. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *what, long result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static void show_number(const char *what, long result)
{
    if (result < 0)
        show(what, result);
    else
        printf("%s: %ld\n", what, result);
}

/* The system calls: C libraries have other ideas of some. */
static long set_policy(pid_t pid, int policy, int priority)
{
    return syscall(SYS_sched_setscheduler, pid, policy, &priority);
}
static long policy_of(pid_t pid) { return syscall(SYS_sched_getscheduler, pid); }
static long priority_of(pid_t pid)
{
    int priority = -7;
    return syscall(SYS_sched_getparam, pid, &priority) < 0 ? -1 : priority;
}

static void show_policy(void)
{
    show_number("policy", policy_of(0));
    show_number("priority", priority_of(0));
}

static void limits(void)
{
    for (int policy = -1; policy <= 6; policy++) {
        printf("policy %d ", policy);
        show_number("from", syscall(SYS_sched_get_priority_min, policy));
        show_number("to", syscall(SYS_sched_get_priority_max, policy));
    }
}

static void wrong_arguments(void)
{
    show("a policy that is none", set_policy(0, 4, 0));
    show("another", set_policy(0, 17, 0));
    show("a negative one", set_policy(0, -1, 0));
    show("a negative process", set_policy(-5, 0, 0));
    show("no such process", set_policy(99999999, 0, 0));
    show("ordinary with a priority", set_policy(0, SCHED_OTHER, 1));
    show("first come without one", set_policy(0, SCHED_FIFO, 0));
    show("first come with too much", set_policy(0, SCHED_FIFO, 100));
    show("no parameter", syscall(SYS_sched_setscheduler, 0, 0, NULL));
    show("bad parameter", syscall(SYS_sched_setscheduler, 0, 0, 8));
    show("nowhere to", syscall(SYS_sched_getparam, 0, NULL));
    show("a bad place to", syscall(SYS_sched_getparam, 0, 8));
    show("nobody's policy", policy_of(99999999));
    show("a negative one's", policy_of(-1));
    show("niceness of a kind that is none", setpriority(7, 0, 0));
    show("niceness of nobody", setpriority(PRIO_PROCESS, 99999999, 0));
}

static void niceness(void)
{
    int priority;
    show("nicer", setpriority(PRIO_PROCESS, 0, 7));
    show_number("niceness", getpriority(PRIO_PROCESS, 0));
    show("less nice", setpriority(PRIO_PROCESS, 0, 3));
    show_number("niceness", getpriority(PRIO_PROCESS, 0));
    show("too nice", setpriority(PRIO_PROCESS, 0, 100));
    show_number("niceness", getpriority(PRIO_PROCESS, 0));
    (void)setpriority(PRIO_PROCESS, 0, 0);
    errno = 0;
    priority = getpriority(PRIO_PROCESS, 0);
    printf("at last: %d\n", priority);
}

static void policies(void)
{
    show("batch", set_policy(0, SCHED_BATCH, 0));
    show_policy();
    show("idle", set_policy(0, SCHED_IDLE, 0));
    show_policy();
    show("ordinary", set_policy(0, SCHED_OTHER, 0));
    show_policy();
    show("first come", set_policy(0, SCHED_FIFO, 5));
    show_policy();
    int more = 9;
    show("more of it", syscall(SYS_sched_setparam, 0, &more));
    show_policy();
    show("in turns, not for children", set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, 3));
    show_policy();
    fflush(stdout);
    if (fork() == 0) {
        show_policy();
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    show("ordinary", set_policy(0, SCHED_OTHER, 0));
    show_policy();
}

static void affinity(void)
{
    cpu_set_t set, all;
    CPU_ZERO(&set);
    show("no CPU", sched_setaffinity(0, sizeof set, &set));
    CPU_SET(0, &set);
    show("the first CPU", sched_setaffinity(0, sizeof set, &set));
    CPU_ZERO(&all);
    (void)sched_getaffinity(0, sizeof all, &all);
    printf("that: %d\n", CPU_COUNT(&all) == 1 && CPU_ISSET(0, &all));
    fflush(stdout);
    if (fork() == 0) {
        CPU_ZERO(&all);
        (void)sched_getaffinity(0, sizeof all, &all);
        printf("a child's: %d\n", CPU_COUNT(&all) == 1 && CPU_ISSET(0, &all));
        CPU_ZERO(&all);
        (void)sched_getaffinity(getppid(), sizeof all, &all);
        printf("its parent's: %d\n", CPU_COUNT(&all) == 1 && CPU_ISSET(0, &all));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    show("nobody's", sched_getaffinity(99999999, sizeof all, &all));
    show("for nobody", sched_setaffinity(99999999, sizeof set, &set));
}

static void of_somebody_else(void)
{
    printf("somebody else\n");
    if (setuid(1000) == 0) {
        show("a process of root", set_policy(getppid(), SCHED_OTHER, 0));
        show("its niceness", setpriority(PRIO_PROCESS, getppid(), 5));
        show_number("its policy", policy_of(getppid()));
        niceness();
        policies();
        affinity();
    }
    fflush(stdout);
    _exit(0);
}

int main(void)
{
    limits();
    wrong_arguments();
    niceness();
    policies();
    affinity();
    fflush(stdout);
    if (fork() == 0)
        of_somebody_else();
    wait(NULL);
    return 0;
}
