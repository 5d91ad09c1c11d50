/* memory_random.c: a row of calls on memory without a pattern, the same every time: what each answers, and what is there then. Only such as have
 * one right answer: which neighbours a system joins does not show. */
#define _GNU_SOURCE
#include "memory_calls.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;
static int shown, copied; /* two: whether a private page shows what is written to its file later is left open by POSIX */
enum { FILE_PAGES = 12 };

static unsigned below(unsigned limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % limit;
}

static int some_prot(void)
{
    static const int prots[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};
    return prots[below(5)];
}

static long map_some(unsigned first, unsigned count)
{
    unsigned kind = below(4);
    int prot = some_prot();
    if (kind == 0)
        return (long)mmap(at(first), count * page, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (kind == 1)
        return (long)mmap(at(first), count * page, prot, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    off_t offset = (off_t)(below(FILE_PAGES) * page);
    return (long)mmap(at(first), count * page, prot, (kind == 2 ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, kind == 2 ? copied : shown, offset);
}

/* Writes where that is possible; show and digest keep what they find. */
static long write_some(unsigned first, unsigned count)
{
    unsigned written = 0;
    int zero = open("/dev/zero", O_RDONLY);
    for (unsigned i = first; i < first + count; i++) /* a read call finds out without a signal */
        if (read(zero, at(i), 1) == 1) {
            *at(i) = (char)(1 + below(250));
            written++;
        }
    close(zero);
    return written;
}

/* A child writes to all it can and ends: what is shared shows it, what is private does not. */
static long fork_some(unsigned first, unsigned count)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit((int)write_some(first, count) & 0x7f);
    int status = 0;
    waitpid(child, &status, 0);
    for (unsigned i = 0; i < count; i++) /* as often here */
        (void)below(2);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static long step(unsigned what, unsigned first, unsigned count)
{
    static const int advices[] = {MADV_DONTNEED, MADV_DONTNEED, MADV_WILLNEED, MADV_DONTNEED};
    unsigned to = below(WINDOW - 4), more = 1 + below(4);
    switch (what) {
    case 0:
    case 1:
    case 2: return map_some(first, count) == (long)at(first) ? 0 : -1;
    case 3: return munmap(at(first), count * page);
    case 4:
    case 5: return mprotect(at(first), count * page, some_prot());
    case 6: return madvise(at(first), count * page, advices[below(4)]);
    case 7: return to <= first && first < to + more ? 0 : mremap(at(first), page, more * page, MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) == at(to) ? 0 : -1;
    case 8: return msync(at(first), count * page, MS_SYNC);
    case 9: return fork_some(first, count);
    default: return write_some(first, count);
    }
}

void trace_random(unsigned seed, unsigned steps)
{
    state = seed;
    shown = make_file(FILE_PAGES * page + page / 2, O_RDWR);
    copied = make_file(FILE_PAGES * page + page / 2, O_RDWR);
    for (unsigned i = 0; i < steps; i++) {
        unsigned what = below(14), first = below(WINDOW - 8), count = 1 + below(8);
        char name[64];
        snprintf(name, sizeof name, "%u: %u at %u+%u", i, what, first, count);
        long result = step(what, first, count);
        if (result > 0)
            printf("%s: %ld", name, result);
        else
            tell(name, result);
        if (result > 0)
            printf("\n");
        if (i % 4 == 3)
            printf("all: %08lx\n", digest());
        if (i % 40 == 39)
            show("now", 0, WINDOW);
    }
    close(shown);
    close(copied);
    clear();
}
