/* native_bench.c: what calls of the runtime cost a program. Built with musl-heddle, whose calls are function calls; the same program as a Linux
 * program traps. Lines as of tests/bench/linux/bench.c. */
#define _GNU_SOURCE
#include "../linux/arch.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCHES 9
#define OPS 2000

static int file;

static int compare(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return x < y ? -1 : x > y;
}

static void run(const char *name, const char *what, u64 (*row)(long n))
{
    u64 value[BATCHES];
    row(OPS / 4);
    for (int i = 0; i < BATCHES; i++)
        value[i] = row(OPS) * (1000000000000ull / tick_hz()) / OPS;
    qsort(value, BATCHES, sizeof *value, compare);
    const u64 shown[] = {value[BATCHES / 2], value[0], value[BATCHES - 1]};
    printf("RESULT %s median %lu.%03u min %lu.%03u max %lu.%03u batches %d ops %d unit instructions %s\n", name, shown[0] / 1000, (unsigned)(shown[0] % 1000),
           shown[1] / 1000, (unsigned)(shown[1] % 1000), shown[2] / 1000, (unsigned)(shown[2] % 1000), BATCHES, OPS, what);
}

#define ROW(name, call)                     \
    static u64 name(long n)                 \
    {                                       \
        u64 start = ticks();                \
        for (long i = 0; i < n; i++)        \
            (void)!(call);                  \
        return ticks() - start;             \
    }

static sigset_t none;
static char byte;
ROW(row_getppid, getppid())
ROW(row_umask, umask(022))
ROW(row_mask, sigprocmask(SIG_BLOCK, &none, NULL))
ROW(row_read_nothing, read(99, &byte, 1))
ROW(row_pread, pread(file, &byte, 1, 0))

int main(void)
{
    sigemptyset(&none);
    file = open("/tmp/bench", O_RDWR | O_CREAT, 0600);
    if (write(file, "x", 1) != 1)
        return 1;
    run("null_runtime_call", "getppid: a number on the process page", row_getppid);
    run("runtime_call_umask", "umask: the least of the others", row_umask);
    run("runtime_call_sigprocmask", "sigprocmask of nothing", row_mask);
    run("runtime_call_bad_read", "read of no descriptor, a cancellation point, with errno", row_read_nothing);
    run("runtime_call_pread_1", "pread of a byte: a call of the file system", row_pread);
    puts("END");
    return 0;
}
