/* interrupted.c: a signal whose handler does not ask for calls to be restarted ends calls that wait, and no others: what can be done at once
 * is done. The timer comes so often that it meets calls at all their points. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static void note(int signal)
{
    (void)signal;
    came++;
}

static void check(const char *what, int holds)
{
    printf("%s: %s\n", what, holds ? "yes" : "NO");
    fflush(stdout);
}

static void every(int microseconds)
{
    setitimer(ITIMER_REAL, &(struct itimerval){{0, microseconds}, {0, microseconds}}, NULL);
}

static int ends[2];

static int transfers(void)
{
    int bad = 0;
    for (int i = 0; i < 3000; i++) {
        char byte = 0;
        bad += write(ends[1], "x", 1) != 1;
        bad += read(ends[0], &byte, 1) != 1 || byte != 'x';
    }
    return bad;
}

static int polls(void)
{
    int bad = 0;
    struct pollfd out = {.fd = ends[1], .events = POLLOUT};
    for (int i = 0; i < 3000; i++)
        bad += poll(&out, 1, 1000) != 1;
    return bad;
}

/* The end of a child interrupts the wait for it, and is what is waited for. */
static int children(void)
{
    int bad = 0;
    for (int i = 0; i < 60; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(3);
        bad += waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 3;
    }
    return bad;
}

int main(void)
{
    struct sigaction action = {.sa_handler = note};
    char byte;
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    if (pipe(ends) != 0)
        return 1;
    check("the end of a child does not keep it from being waited for", children() == 0);
    check("but comes", came == 60);
    every(300);
    check("bytes that are there are read, room is written to", transfers() == 0);
    check("what is ready is found", polls() == 0);
    came = 0;
    check("a read that waits is interrupted", read(ends[0], &byte, 1) == -1 && errno == EINTR && came > 0);
    every(0);
    came = 0;
    every(20000);
    struct pollfd in = {.fd = ends[0], .events = POLLIN};
    check("a poll, too", poll(&in, 1, -1) == -1 && errno == EINTR);
    every(0);
    return 0;
}
