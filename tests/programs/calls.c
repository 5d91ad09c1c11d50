/* calls.c: what a C library asks of its system that is more than a number going in and a number coming out: processes, signals in the middle of
 * calls, threads and their cancellation. Every line that it prints is the same wherever it runs well. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static const char *program;

#define CHECK(name, condition)                                                             \
    do {                                                                                   \
        errno = 0;                                                                         \
        bool holds = (condition);                                                          \
        printf("%s: %s\n", name, holds ? "yes" : "NO");                                    \
        if (!holds)                                                                        \
            printf("  line %d, errno %d\n", __LINE__, errno);                              \
        fflush(stdout);                                                                    \
    } while (0)

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&time, &time) < 0 && errno == EINTR)
        continue;
}

static int status_of(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* --- numbers and errors ------------------------------------------------------------------------------------------------------------------------ */

static void numbers(void)
{
    unlink("loop");
    CHECK("own process", getpid() > 0 && getppid() > 0 && gettid() == getpid());
    CHECK("ids", getuid() == 0 && geteuid() == 0 && getgid() == 0 && getegid() == 0);
    CHECK("missing file", open("/missing", O_RDONLY) == -1 && errno == ENOENT);
    CHECK("loop of links", symlink("loop", "loop") == 0 && open("loop", O_RDONLY) == -1 && errno == ELOOP);
    struct stat whole;
    int file = open("whole", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK("a file", file >= 0 && write(file, "whole", 5) == 5 && close(file) == 0);
    CHECK("a path is no way to a file", (file = open("whole", O_PATH | O_TRUNC | O_RDWR | O_CREAT | O_EXCL, 0600)) >= 0 && write(file, "x", 1) == -1 && errno == EBADF);
    CHECK("nor to its length", ftruncate(file, 0) == -1 && errno == EBADF && stat("whole", &whole) == 0 && whole.st_size == 5);
    CHECK("a path makes no file", open("unmade", O_PATH | O_CREAT, 0600) == -1 && errno == ENOENT);
    close(file);
    CHECK("no such call", syscall(4095) == -1 && errno == ENOSYS);
    CHECK("bad address", write(1, (void *)8, 1) == -1 && errno == EFAULT);
    CHECK("six arguments", mmap(nullptr, 65536, PROT_READ, MAP_PRIVATE, 99, 65536) == MAP_FAILED && errno == EBADF);
    unlink("loop");
}

/* --- processes ----------------------------------------------------------------------------------------------------------------------------------- */

static int run(const char *what)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(program, program, what, "with a word", (char *)nullptr);
        _exit(99);
    }
    return status_of(pid);
}

static int spawn(const char *what)
{
    char *const arguments[] = {(char *)program, (char *)what, "with a word", nullptr};
    pid_t pid;
    return posix_spawn(&pid, program, nullptr, nullptr, arguments, environ) ? -1 : status_of(pid);
}

static int run_vfork(const char *what)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execl(program, program, what, "with a word", (char *)nullptr);
        _exit(99);
    }
    return status_of(pid);
}

static void processes(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        _exit(getppid() == parent && getpid() != parent ? 7 : 8);
    int status = status_of(pid);
    CHECK("fork", pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK("fork and exec", WEXITSTATUS(run("exit")) == 42);
    CHECK("vfork and exec", WEXITSTATUS(run_vfork("exit")) == 42);
    CHECK("posix_spawn", WEXITSTATUS(spawn("exit")) == 42);
    CHECK("exec of nothing", execl("/missing", "missing", (char *)nullptr) == -1 && errno == ENOENT);
    pid = fork();
    if (pid == 0) {
        pause();
        _exit(1);
    }
    kill(pid, SIGTERM);
    status = status_of(pid);
    CHECK("killed", WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK("no child", waitpid(-1, &status, 0) == -1 && errno == ECHILD);
}

/* --- signals ------------------------------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t caught, on_stack;
static sigjmp_buf back;
static char alternate[65536];

static void catch(int signal)
{
    char here;
    caught++;
    on_stack = &here >= alternate && &here < alternate + sizeof alternate;
    (void)signal;
}

static void jump_back(int)
{
    siglongjmp(back, 1);
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, nullptr);
}

/* A child that does something to its parent later, and ends. */
static pid_t later(long ms, int signal, int write_to)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        sleep_ms(ms);
        if (signal)
            kill(parent, signal);
        if (write_to >= 0) {
            sleep_ms(50);
            _exit(write(write_to, "x", 1) != 1);
        }
        _exit(0);
    }
    return pid;
}

static void signals(void)
{
    int ends[2];
    char byte = 0;
    CHECK("pipe", pipe(ends) == 0 && ends[0] != ends[1]);
    handle(SIGUSR1, catch, 0);
    caught = 0;
    CHECK("to itself", kill(getpid(), SIGUSR1) == 0 && caught == 1);
    CHECK("raise", raise(SIGUSR1) == 0 && caught == 2);

    pid_t pid = later(50, SIGUSR1, -1);
    CHECK("read is interrupted", read(ends[0], &byte, 1) == -1 && errno == EINTR && caught == 3);
    status_of(pid);

    handle(SIGUSR1, catch, SA_RESTART);
    pid = later(50, SIGUSR1, ends[1]);
    CHECK("read goes on", read(ends[0], &byte, 1) == 1 && byte == 'x' && caught == 4);
    status_of(pid);

    struct timespec time = {10, 0}, rest = {};
    pid = later(50, SIGUSR1, -1);
    CHECK("nanosleep is interrupted", nanosleep(&time, &rest) == -1 && errno == EINTR && caught == 5 && rest.tv_sec >= 5);
    status_of(pid);

    handle(SIGUSR1, jump_back, 0);
    pid = later(50, SIGUSR1, -1);
    bool jumped = sigsetjmp(back, 1) != 0;
    if (!jumped)
        (void)!read(ends[0], &byte, 1);
    CHECK("a jump out of read", jumped);
    status_of(pid);
    CHECK("read after that", write(ends[1], "y", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'y');

    sigset_t one, old, none;
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    handle(SIGUSR2, catch, 0);
    caught = 0;
    sigprocmask(SIG_BLOCK, &one, &old);
    kill(getpid(), SIGUSR2);
    CHECK("blocked", caught == 0);
    CHECK("sigsuspend", sigsuspend(&none) == -1 && errno == EINTR && caught == 1);
    kill(getpid(), SIGUSR2);
    int number = 0;
    CHECK("sigwait", sigwait(&one, &number) == 0 && number == SIGUSR2 && caught == 1);
    kill(getpid(), SIGUSR2);
    CHECK("unblocked", sigprocmask(SIG_SETMASK, &old, nullptr) == 0 && caught == 2);

    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    handle(SIGUSR2, catch, SA_ONSTACK);
    CHECK("another stack", sigaltstack(&stack, nullptr) == 0 && raise(SIGUSR2) == 0 && on_stack);
    handle(SIGUSR2, SIG_DFL, 0);
    close(ends[0]);
    close(ends[1]);
}

/* Calls of all kinds under a rain of signals, with values in every register that a function keeps. */
static void rain(void)
{
    struct itimerval often = {{0, 700}, {0, 700}}, off = {};
    volatile uint64_t seed = (uint64_t)getpid() << 1 | 1;
    uint64_t a = seed, b = a * 3, c = a * 5, d = a * 7, e = a * 9, f = a * 11, g = a * 13, h = a * 15, bad = 0;
    pid_t self = getpid();
    int ends[2];
    char byte = 0;
    if (pipe(ends) < 0)
        return;
    handle(SIGALRM, catch, SA_RESTART);
    caught = 0;
    setitimer(ITIMER_REAL, &often, nullptr);
    for (long i = 0; i < 20000 && (i < 3000 || caught < 30); i++) {
        bad += getpid() != self;
        bad += lseek(ends[0], 0, SEEK_CUR) != -1 || errno != ESPIPE;
        if (i % 4 == 0)
            bad += write(ends[1], "z", 1) != 1 || read(ends[0], &byte, 1) != 1;
        if (i % 64 == 0)
            sched_yield();
        a += seed, b += 3 * seed, c += 5 * seed, d += 7 * seed, e += 9 * seed, f += 11 * seed, g += 13 * seed, h += 15 * seed;
        bad += b != 3 * a || c != 5 * a || d != 7 * a || e != 9 * a || f != 11 * a || g != 13 * a || h != 15 * a;
    }
    setitimer(ITIMER_REAL, &off, nullptr);
    CHECK("calls under signals", bad == 0 && caught > 0);
    handle(SIGALRM, SIG_DFL, 0);
    close(ends[0]);
    close(ends[1]);
}

/* A signal while a child that handles it executes a program: the handler runs, or the program ends of it. Returns: was it lost? */
static int told = -1;

static void tell(int)
{
    (void)!write(told, "h", 1);
}

static bool lost_at_exec(long us)
{
    int ends[2];
    char byte = 0;
    struct timespec time = {0, us * 1000};
    if (pipe(ends))
        return true;
    pid_t pid = fork();
    if (pid == 0) {
        told = ends[1];
        handle(SIGUSR1, tell, 0);
        (void)!write(told, "s", 1);
        execl(program, program, "pause", nullptr);
        _exit(8);
    }
    close(ends[1]);
    (void)!read(ends[0], &byte, 1);
    nanosleep(&time, nullptr);
    kill(pid, SIGUSR1);
    bool handled = read(ends[0], &byte, 1) == 1;
    if (handled)
        kill(pid, SIGKILL);
    close(ends[0]);
    int status = status_of(pid);
    return !(handled || (WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1));
}

static void signals_at_exec(void)
{
    int lost = 0;
    for (long us = 0; us < 3000; us += 50)
        lost += lost_at_exec(us);
    CHECK("no signal is lost in exec", lost == 0);
}

/* --- threads --------------------------------------------------------------------------------------------------------------------------------- */

#define THREADS 40
#define CROWD 300

static _Thread_local long own;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long total;
static sem_t semaphore;
static pthread_barrier_t barrier;

static void *count(void *argument)
{
    own = (long)argument;
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&lock);
        total++;
        pthread_mutex_unlock(&lock);
        if (i % 16 == 0)
            sched_yield();
    }
    return (void *)(own * 2);
}

static void *post(void *)
{
    sem_post(&semaphore);
    return nullptr;
}

/* All of them are there at the same time and call by turns. */
static void *one_of_many(void *argument)
{
    pid_t self = gettid();
    own = (long)argument;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 8; i++) {
        if (syscall(SYS_gettid) != self || umask(022) != 022)
            return (void *)-1l;
        sched_yield();
    }
    return (void *)own;
}

static void *fork_once(void *)
{
    own = 5;
    pid_t pid = fork();
    if (pid == 0)
        _exit(own == 5 && gettid() == getpid() ? 3 : 4);
    return (void *)(long)WEXITSTATUS(status_of(pid));
}

static void threads(void)
{
    pthread_t thread[THREADS];
    void *result;
    bool good = true;
    for (long i = 0; i < THREADS; i++)
        good &= pthread_create(&thread[i], nullptr, count, (void *)i) == 0;
    for (long i = 0; i < THREADS; i++)
        good &= pthread_join(thread[i], &result) == 0 && result == (void *)(i * 2);
    CHECK("threads", good && total == THREADS * 50 && own == 0);

    pthread_t many[CROWD];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 32768);
    good = pthread_barrier_init(&barrier, nullptr, CROWD) == 0;
    for (long i = 0; i < CROWD; i++)
        good &= pthread_create(&many[i], &small, one_of_many, (void *)i) == 0;
    for (long i = 0; i < CROWD; i++)
        good &= pthread_join(many[i], &result) == 0 && result == (void *)i;
    CHECK("many threads", good);

    good = sem_init(&semaphore, 0, 0) == 0;
    for (int i = 0; i < THREADS; i++)
        good &= pthread_create(&thread[0], nullptr, post, nullptr) == 0 && pthread_detach(thread[0]) == 0;
    for (int i = 0; i < THREADS; i++)
        good &= sem_wait(&semaphore) == 0;
    CHECK("detached threads", good);
    CHECK("fork in a thread", pthread_create(&thread[0], nullptr, fork_once, nullptr) == 0 && pthread_join(thread[0], &result) == 0 && result == (void *)3);
}

/* --- cancellation ------------------------------------------------------------------------------------------------------------------------------ */

static int quiet[2]; /* a pipe into which nothing is written */
static _Atomic int cleaned, ready;

static void clean(void *)
{
    cleaned++;
}

static void *blocks(void *way)
{
    char byte;
    struct timespec long_time = {1000, 0};
    pthread_cleanup_push(clean, nullptr);
    ready = 1;
    switch (*(char *)way) {
    case 'r': (void)!read(quiet[0], &byte, 1); break;
    case 'n': nanosleep(&long_time, nullptr); break;
    case 's': sem_wait(&semaphore); break;
    case 'w': waitpid(getpid(), nullptr, 0), pause(); break;
    case 'c':
        pthread_mutex_lock(&lock);
        pthread_cond_wait(&condition, &lock);
        break;
    case 'a':
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
        for (;;)
            continue;
    case 'd':
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
        sleep_ms(30);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
        pthread_testcancel();
        break;
    default: break;
    }
    pthread_cleanup_pop(0);
    return nullptr;
}

/* ms: how long the thread has before it is cancelled. */
static bool cancelled(const char *way, long ms)
{
    pthread_t thread;
    void *result = nullptr;
    int before = cleaned;
    ready = 0;
    if (pthread_create(&thread, nullptr, blocks, (void *)way) != 0)
        return false;
    while (!ready)
        sched_yield();
    if (ms)
        sleep_ms(ms);
    pthread_cancel(thread);
    bool joined = pthread_join(thread, &result) == 0;
    if (*way == 'c')
        pthread_mutex_unlock(&lock); /* the cancelled waiter's, were it not for its cleanup */
    return joined && result == PTHREAD_CANCELED && cleaned == before + 1;
}

static void cancellation(void)
{
    bool good = true;
    if (pipe(quiet) < 0)
        return;
    CHECK("cancelled in read", cancelled("r", 30));
    CHECK("cancelled in nanosleep", cancelled("n", 30));
    CHECK("cancelled in sem_wait", cancelled("s", 30));
    CHECK("cancelled in pause", cancelled("w", 30));
    CHECK("cancelled asynchronously", cancelled("a", 30));
    CHECK("cancelled when enabled", cancelled("d", 5));
    for (int i = 0; i < 60; i++)
        good &= cancelled("r", 0) && cancelled("n", 0);
    CHECK("cancelled at once", good);
    CHECK("cancelled in a wait for a condition", cancelled("c", 30));

    /* Signals with handlers do not end a call that is a cancellation point. */
    pthread_t thread;
    void *result = nullptr;
    handle(SIGUSR1, catch, SA_RESTART);
    caught = 0;
    ready = 0;
    good = pthread_create(&thread, nullptr, blocks, "r") == 0;
    while (!ready)
        sched_yield();
    for (int i = 0; i < 5; i++) {
        sleep_ms(10);
        good &= pthread_kill(thread, SIGUSR1) == 0;
    }
    sleep_ms(10);
    good &= caught == 5 && pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED;
    CHECK("signals, then cancelled", good);
}

int main(int count_of_arguments, char **arguments)
{
    program = arguments[0];
    if (count_of_arguments > 2 && !strcmp(arguments[1], "exit"))
        return !strcmp(arguments[2], "with a word") ? 42 : 43;
    if (count_of_arguments > 1 && !strcmp(arguments[1], "pause")) {
        sleep_ms(3000);
        return 9;
    }
    numbers();
    processes();
    signals();
    signals_at_exec();
    rain();
    threads();
    cancellation();
    puts("end");
    return 0;
}
