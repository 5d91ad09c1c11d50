/* shootdown.c: flushes of the TLB and CPUs interrupted for them, by an operation: of a task with one thread, and of one whose other threads run
 * on the other CPUs. An ordinary Linux program; rows end with the number of CPUs. */
#include "figures.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 64, PAGES = 8 };

static size_t page;
static long cpus;
static char *lasting; /* what the other threads look at */
static atomic_int running, enough;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static char *map(void)
{
    char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

static void touch(char *memory, char value)
{
    for (size_t i = 0; i < PAGES; i++)
        ((volatile char *)memory)[i * page] = value;
}

static void map_and_unmap(void)
{
    char *memory = map();
    touch(memory, 1);
    if (munmap(memory, PAGES * page) != 0)
        fail("munmap");
}

/* As a garbage collector's write barrier does. */
static void protect_and_write(void)
{
    if (mprotect(lasting, PAGES * page, PROT_READ) != 0 || mprotect(lasting, PAGES * page, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect");
    touch(lasting, 2);
}

/* Each page is copied for the parent, while the child lives. */
static void copy_on_write(void)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        fail("pipe");
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    touch(lasting, 3);
    close(ends[0]);
    close(ends[1]);
    waitpid(child, NULL, 0);
}

static const struct { const char *name; void (*run)(void); unsigned rounds; } operations[] = {
    {"unmap", map_and_unmap, ROUNDS}, {"protect", protect_and_write, ROUNDS}, {"cow", copy_on_write, ROUNDS / 8},
};

static void storms(const char *who)
{
    char row[64];
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        figure flushes = vmstat("tlb_flushes"), interrupted = vmstat("tlb_flush_ipis");
        for (unsigned k = 0; k < operations[i].rounds; k++)
            operations[i].run();
        flushes = vmstat("tlb_flushes") - flushes;
        interrupted = vmstat("tlb_flush_ipis") - interrupted;
        snprintf(row, sizeof row, "flushes_%s_%s_%ld", operations[i].name, who, cpus);
        result(row, flushes * 1000 / operations[i].rounds, "by_operation");
        snprintf(row, sizeof row, "ipis_%s_%s_%ld", operations[i].name, who, cpus);
        result(row, interrupted * 1000 / operations[i].rounds, "by_operation");
    }
}

static void *look(void *unused)
{
    atomic_fetch_add(&running, 1);
    while (!atomic_load(&enough))
        for (size_t i = 0; i < PAGES; i++)
            (void)((volatile char *)lasting)[i * page];
    return unused;
}

int main(void)
{
    pthread_t threads[64];
    page = (size_t)sysconf(_SC_PAGESIZE);
    cpus = sysconf(_SC_NPROCESSORS_ONLN);
    lasting = map();
    touch(lasting, 1);
    storms("one_thread");
    long count = cpus < 64 ? cpus - 1 : 63;
    for (long i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, look, NULL) != 0)
            fail("pthread_create");
    while (atomic_load(&running) < count)
        usleep(1000);
    if (count > 0)
        storms("all_cpus");
    atomic_store(&enough, 1);
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    puts("END");
    return 0;
}
