/* random_calls.c: children make system calls of random numbers with random arguments, good ones and bad ones. Whatever becomes of the children,
 * the system has to go on, and what they held has to come back. Usage: random_calls CHILDREN CALLS SEED */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__mips__)
#define FIRST_CALL 5000
#else
#define FIRST_CALL 0
#endif
#define CALL_COUNT 470
#define FOLDER "/tmp/random-calls"

/* Not made: what would end the child at once or reach others than the child, as it may. */
static const long left_out[] = {
    SYS_exit, SYS_exit_group, SYS_reboot, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_clock_settime, SYS_settimeofday,
};

static uint64_t state;

static uint64_t random_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t limit)
{
    return random_number() % limit;
}

static char *memory;      /* readable and writable, with a hole behind it */
static char *read_only;
#define MEMORY_SIZE 0x20000

static const char *const paths[] = {
    FOLDER, FOLDER "/a", FOLDER "/b", FOLDER "/folder", FOLDER "/folder/c", FOLDER "/link", FOLDER "/none/x", "a", "b", "folder", ".", "..", "",
    "/proc/self/status", "/proc/self/maps", "/proc/meminfo", "/dev/null", "/dev/zero", "/dev/tty", "/dev/full", "/bin/busybox", "/host",
};

static uint64_t random_address(void)
{
    switch (below(9)) {
    case 0: return 0;
    case 1: return (uint64_t)memory + below(MEMORY_SIZE);
    case 2: return (uint64_t)memory + MEMORY_SIZE - below(64);
    case 3: return (uint64_t)read_only + below(4096);
    case 4: return (uint64_t)random_address;                     /* the program's text */
    case 5: return 0x3000000000ull + below(0x800000000ull);     /* the runtime */
    case 6: return 0xffff800000000000ull + below(1ull << 40);   /* the kernel */
    case 7: return below(2) ? 0x7fffffffffffull - below(4096) : ~0ull - below(4096);
    default: return (uint64_t)memory + below(MEMORY_SIZE / 64) * 64;
    }
}

static uint64_t random_argument(void)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 7, 8, 63, 64, 4095, 4096, 65536, 1ull << 20, 1ull << 31, 1ull << 32, 1ull << 47, 1ull << 62, 1ull << 63, ~0ull, ~0ull - 99};
    switch (below(8)) {
    case 0: return numbers[below(sizeof numbers / sizeof numbers[0])];
    case 1: return below(12);                                    /* descriptors, among others */
    case 2: return 1ull << below(64);
    case 3: return random_number() >> below(64);
    case 4: return (uint64_t)paths[below(sizeof paths / sizeof paths[0])];
    default: return random_address();
    }
}

static void fill_memory(void)
{
    for (int i = 0; i < 64; i++)
        ((uint64_t *)memory)[below(MEMORY_SIZE / 8)] = random_argument();
}

static int is_left_out(long number)
{
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (left_out[i] == number)
            return 1;
    return 0;
}

static void child(uint64_t seed, int calls)
{
    struct itimerval limit = {{0, 0}, {0, 300000}};
    int ends[2];
    state = seed * 0x9e3779b97f4a7c15ull | 1;
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    if (pipe(ends) || open(FOLDER "/a", O_RDWR | O_CREAT, 0666) < 0 || open(FOLDER "/folder", O_RDONLY | O_DIRECTORY) < 0 || chdir(FOLDER) ||
        setgid(65534) || setuid(65534))
        _exit(99);
    memory = mmap(NULL, 2 * MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(memory + MEMORY_SIZE, MEMORY_SIZE);
    read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t self = getpid();
    for (int i = 0; i < calls; i++) {
        long number = FIRST_CALL + (long)below(CALL_COUNT);
        if (is_left_out(number))
            continue;
        setitimer(ITIMER_REAL, &limit, NULL); /* a call that waits ends the child */
        if (i % 16 == 0)
            fill_memory();
        syscall(number, random_argument(), random_argument(), random_argument(), random_argument(), random_argument(), random_argument());
        if (syscall(SYS_getpid) != self) /* a child of the child */
            _exit(0);
    }
    _exit(0);
}

int main(int count, char **words)
{
    int children = count > 1 ? atoi(words[1]) : 100, calls = count > 2 ? atoi(words[2]) : 200;
    uint64_t seed = count > 3 ? strtoull(words[3], NULL, 0) : 1;
    int ended = 0, killed = 0, failed = 0, other = 0;
    mkdir(FOLDER, 0777);
    chmod(FOLDER, 0777);
    for (int i = 0; i < children; i++) {
        int status;
        mkdir(FOLDER "/folder", 0755);
        pid_t pid = fork();
        if (pid == 0)
            child(seed + (uint64_t)i, calls);
        if (pid < 0) {
            printf("no child: %s\n", strerror(errno));
            return 1;
        }
        if (waitpid(pid, &status, WUNTRACED) != pid) {
            printf("no news of the child: %s\n", strerror(errno));
            return 1;
        }
        if (WIFSTOPPED(status)) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
        }
        if (WIFSIGNALED(status))
            killed++;
        else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            ended++;
        else if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
            failed++;
        else
            other++;
    }
    printf("%d children: %d ended, %d killed, %d could not begin, %d otherwise\n", children, ended, killed, failed, other);
    return 0;
}
