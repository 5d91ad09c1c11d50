/* repair.c: memory that lies in pieces after copies on write becomes superpages again in idle time, while other threads write to it: what is
 * there stays what it was. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE (16u << 20)
#define ALIGNMENT (32u << 20)
#define WRITERS 2u
#define TURNS 400u /* of 10 ms at most */

static char *memory;
static size_t page;
static atomic_bool done;
static atomic_uint wrong;

static unsigned long long figure(const char *name)
{
    char line[128];
    unsigned long long value = 0;
    FILE *file = fopen("/proc/vmstat", "r");
    size_t length = strlen(name);
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            value = strtoull(line + length, NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static unsigned long long repairs(void) { return figure("repairs"); }

static void sleep_ms(long ms)
{
    struct timespec time = {.tv_nsec = ms * 1000000};
    nanosleep(&time, NULL);
}

/* The words of a page: its number, and one for each writer. */
static volatile uint64_t *words_of(size_t at) { return (volatile uint64_t *)(memory + at); }

/* Counts a word of every page up, all alike: a page that shows an older count was lost. */
static void *write_all(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    for (uint64_t turn = 0; !atomic_load(&done); turn++) {
        for (size_t at = 0; at < SIZE; at += page) {
            wrong += words_of(at)[self] != turn || words_of(at)[0] != at + 1;
            words_of(at)[self] = turn + 1;
        }
        sleep_ms(5);
    }
    return NULL;
}

/* A child that shares all of it is there while a page of every third cluster is written. */
static void tear(void)
{
    int ends[2];
    char byte;
    size_t cluster = figure("cluster_bytes");
    if (pipe(ends) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    for (size_t at = 0; at < SIZE; at += 3 * cluster)
        words_of(at)[0] = at + 1;
    close(ends[1]);
    waitpid(child, NULL, 0);
    close(ends[0]);
}

int main(int argc, char **)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    char *around = mmap(NULL, SIZE + ALIGNMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (around == MAP_FAILED)
        return 1;
    memory = around + ALIGNMENT - (uintptr_t)around % ALIGNMENT;
    for (size_t at = 0; at < SIZE; at += page)
        words_of(at)[0] = at + 1;
    unsigned long long before = repairs();
    tear();
    pthread_t writers[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_create(&writers[i], NULL, write_all, (void *)(uintptr_t)(i + 1));
    for (unsigned i = 0; i < TURNS && repairs() - before < 3; i++)
        sleep_ms(10);
    atomic_store(&done, true);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    if (argc > 1)
        printf("%llu repairs, %llu bytes copied\n", repairs() - before, figure("copied_repair_bytes"));
    printf("repaired: %s\n", repairs() - before >= 3 ? "yes" : "no");
    printf("all as it was: %s\n", wrong == 0 ? "yes" : "no");
    return 0;
}
