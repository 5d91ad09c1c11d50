/* memory_calls.c: what the calls on memory answer, and what is to be seen afterwards, line by line: the same on any Linux, whatever its page size
 * and however it keeps memory. */
#define _GNU_SOURCE
#include "memory_calls.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

size_t page;
char *window;

/* The calls themselves: the C library checks arguments of its own. */
static long map(void *address, size_t length, int prot, int flags, int file, long offset)
{
    return syscall(SYS_mmap, address, length, prot, flags, file, offset);
}
static long unmap(void *address, size_t length) { return syscall(SYS_munmap, address, length); }
static long protect(void *address, size_t length, long prot) { return syscall(SYS_mprotect, address, length, prot); }
static long remap(void *address, size_t length, size_t new_length, long flags, void *new_address)
{
    return syscall(SYS_mremap, address, length, new_length, flags, new_address);
}
static long advise(void *address, size_t length, long advice) { return syscall(SYS_madvise, address, length, advice); }
static long sync_range(void *address, size_t length, long flags) { return syscall(SYS_msync, address, length, flags); }
static long lock(void *address, size_t length) { return syscall(SYS_mlock, address, length); }
static long unlock(void *address, size_t length) { return syscall(SYS_munlock, address, length); }

char *at(unsigned number) { return window + number * page; }

void tell(const char *what, long result)
{
    static const struct { int error; const char *name; } errors[] = {
        {EINVAL, "EINVAL"}, {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"}, {EEXIST, "EEXIST"}, {EFAULT, "EFAULT"}, {EBADF, "EBADF"}, {EPERM, "EPERM"},
        {ENODEV, "ENODEV"}, {EAGAIN, "EAGAIN"}, {EBUSY, "EBUSY"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {EOVERFLOW, "EOVERFLOW"}, {ENOSYS, "ENOSYS"},
    };
    if (result == -1) {
        int error = errno;
        for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++)
            if (errors[i].error == error) {
                printf("%s: %s\n", what, errors[i].name);
                return;
            }
        printf("%s: errno %d\n", what, error);
    } else if ((uintptr_t)result >= (uintptr_t)window && (uintptr_t)result < (uintptr_t)at(WINDOW)) {
        printf("%s: page %zu\n", what, ((uintptr_t)result - (uintptr_t)window) / page);
    } else {
        printf("%s: %s\n", what, result == 0 ? "0" : "somewhere");
    }
}

/* --- what is to be seen ------------------------------------------------------------------------------------------------------------------ */

static sigjmp_buf away;
static volatile int seen_signal, seen_code;

static void on_fault(int number, siginfo_t *info, void *)
{
    seen_signal = number;
    seen_code = info->si_code;
    siglongjmp(away, 1);
}

/* One page: 'w', 'r', '-', '.', '!'. */
static char probe(volatile char *address, unsigned char *byte)
{
    *byte = 0;
    if (sigsetjmp(away, 1) != 0)
        return seen_signal == SIGBUS ? '!' : seen_code == SEGV_ACCERR ? '-' : '.';
    *byte = (unsigned char)*address;
    if (sigsetjmp(away, 1) != 0)
        return 'r';
    *address = (char)*byte;
    return 'w';
}

static void look(unsigned number, char text[4])
{
    unsigned char byte;
    char kind = probe(at(number), &byte);
    if (kind == 'w' || kind == 'r')
        snprintf(text, 4, "%c%02x", kind, byte);
    else
        snprintf(text, 4, "%c%c", kind, kind);
}

void show(const char *what, unsigned first, unsigned count)
{
    printf("%s:", what);
    for (unsigned i = first; i < first + count; i++) {
        char text[4];
        look(i, text);
        printf(" %s", text);
    }
    printf("\n");
}

unsigned long digest(void)
{
    unsigned long sum = 5381;
    for (unsigned i = 0; i < WINDOW; i++) {
        char text[4] = "";
        look(i, text);
        for (unsigned k = 0; k < 3; k++)
            sum = (sum * 33 ^ (unsigned char)text[k]) & 0xffffffff;
    }
    return sum;
}

void clear(void)
{
    if (unmap(window, WINDOW * page) != 0)
        tell("clear", -1);
}

void fill(unsigned first, unsigned count)
{
    if (map(at(first), count * page, RW, ANON | MAP_FIXED, -1, 0) == -1)
        tell("fill", -1);
    for (unsigned i = first; i < first + count; i++)
        *at(i) = (char)(i + 1);
}

int make_file(size_t size, int flags)
{
    static unsigned number;
    char path[64];
    snprintf(path, sizeof path, "/tmp/memory-%u", number++);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (size_t i = 0; i * page < size; i++) {
        char byte = (char)('A' + i);
        if (pwrite(file, &byte, 1, (off_t)(i * page)) != 1)
            tell("pwrite", -1);
    }
    if (ftruncate(file, (off_t)size) != 0)
        tell("ftruncate", -1);
    if (flags != O_RDWR) {
        close(file);
        file = open(path, flags);
    }
    unlink(path);
    return file;
}

/* --- the calls --------------------------------------------------------------------------------------------------------------------------- */

static void mmap_arguments(void)
{
    int ends[2], file = make_file(2 * page, O_RDWR), reader = make_file(2 * page, O_RDONLY), folder = open("/tmp", O_RDONLY);
    int writer = make_file(2 * page, O_WRONLY);
    tell("mmap of nothing", map(window, 0, RW, ANON | MAP_FIXED, -1, 0));
    tell("mmap of too much", map(NULL, ~(size_t)0 - 2 * page, RW, ANON, -1, 0));
    tell("mmap of all", map(NULL, ~(size_t)0, RW, ANON, -1, 0));
    tell("mmap without a kind", map(window, page, RW, MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    tell("mmap of kind 4", map(window, page, RW, 4 | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    tell("mmap at an odd address", map(window + 1, page, RW, ANON | MAP_FIXED, -1, 0));
    tell("mmap of an odd offset", map(window, page, RW, MAP_PRIVATE | MAP_FIXED, file, 1));
    tell("mmap of an odd length", map(window, page + 1, RW, ANON | MAP_FIXED, -1, 0));
    show("two pages", 0, 3);
    tell("mmap of no file", map(window, page, RW, MAP_PRIVATE | MAP_FIXED, 999, 0));
    tell("mmap of -1", map(window, page, RW, MAP_SHARED | MAP_FIXED, -1, 0));
    tell("anonymous, with a file", map(at(4), page, RW, ANON | MAP_FIXED, 999, 0));
    tell("mmap of a folder", map(window, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, folder, 0));
    tell("pipe", pipe(ends));
    tell("mmap of a pipe", map(window, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, ends[0], 0));
    tell("shared, writable, opened to read", map(window, page, RW, MAP_SHARED | MAP_FIXED, reader, 0));
    tell("shared, readable, opened to read", map(window, page, PROT_READ, MAP_SHARED | MAP_FIXED, reader, 0));
    tell("made writable", protect(window, page, RW));
    tell("private, writable, opened to read", map(window, page, RW, MAP_PRIVATE | MAP_FIXED, reader, 0));
    tell("private, opened to write", map(window, page, RW, MAP_PRIVATE | MAP_FIXED, writer, 0));
    tell("validated, unknown flag", map(window, page, RW, MAP_SHARED_VALIDATE | MAP_FIXED | 0x200000, file, 0));
    tell("validated", map(window, page, RW, MAP_SHARED_VALIDATE | MAP_FIXED, file, 0));
    tell("at the end of all offsets", map(window, 2 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, (long)(~(uint64_t)0 - page + 1)));
    clear();
    fill(3, 2);
    tell("not over 3", map(at(3), page, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    tell("not over 2 to 3", map(at(2), 2 * page, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    tell("at 5", map(at(5), page, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    tell("over 4", map(at(4), page, RW, ANON | MAP_FIXED, -1, 0));
    tell("hint at 8", map(at(8), page, RW, ANON, -1, 0));
    tell("hint in page 9", map(at(9) + 5, page, RW, ANON, -1, 0));
    long other = map(at(3), page, RW, ANON, -1, 0);
    printf("hint at 3: %s\n", other != (long)at(3) && other != -1 ? "elsewhere" : "there");
    unmap((void *)other, page);
    tell("no swap kept for it", map(at(12), page, RW, ANON | MAP_FIXED | MAP_NORESERVE, -1, 0));
    tell("a stack", map(at(13), page, RW, ANON | MAP_FIXED | MAP_STACK, -1, 0));
    tell("locked", map(at(14), page, RW, ANON | MAP_FIXED | MAP_LOCKED, -1, 0));
    show("what is there", 0, 16);
    clear();
    close(file), close(reader), close(writer), close(folder), close(ends[0]), close(ends[1]);
}

static void ends_of_files(void)
{
    int file = make_file(2 * page + 100, O_RDWR);
    tell("six pages of three", map(at(0), 6 * page, RW, MAP_SHARED | MAP_FIXED, file, 0));
    show("shared", 0, 7);
    printf("behind the end: %d\n", at(2)[100]);
    tell("private", map(at(8), 6 * page, RW, MAP_PRIVATE | MAP_FIXED, file, 0));
    show("private", 8, 7);
    at(0)[0] = 'x';
    at(9)[0] = 'y';
    show("after writing to one of each", 0, 12);
    tell("from the second page on", map(at(16), 2 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, (long)page));
    show("second", 16, 3);
    tell("grow", ftruncate(file, (off_t)(5 * page)));
    show("grown", 0, 6);
    show("grown, private", 8, 6);
    tell("shrink", ftruncate(file, (off_t)page));
    show("shrunk", 0, 4);
    show("shrunk, private", 8, 4);
    tell("grow again", ftruncate(file, (off_t)(3 * page)));
    show("grown again", 0, 4);
    close(file);
    show("closed", 0, 3);
    clear();
}

static void munmap_and_mprotect(void)
{
    fill(0, 8);
    tell("munmap of nothing", unmap(at(0), 0));
    tell("munmap at an odd address", unmap(at(0) + 1, page));
    tell("munmap of an odd length", unmap(at(1), 1));
    tell("munmap of what is not there", unmap(at(1), page));
    tell("munmap around", unmap(at(6), 4 * page));
    tell("munmap beyond all", unmap(at(0), ~(size_t)0 - page + 1));
    show("left", 0, 9);
    fill(0, 8);
    tell("mprotect of nothing", protect(at(0), 0, PROT_NONE));
    tell("mprotect at an odd address", protect(at(0) + 1, page, PROT_NONE));
    tell("mprotect beyond all", protect(at(0), ~(size_t)0 - page + 1, PROT_NONE));
    tell("mprotect to what is unknown", protect(at(0), page, 0x100));
    tell("grows both ways", protect(at(0), page, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
    tell("grows down, but does not", protect(at(0), page, PROT_READ | PROT_GROWSDOWN));
    tell("odd length", protect(at(1), 1, PROT_READ));
    show("one is read-only", 0, 4);
    tell("write only", protect(at(3), page, PROT_WRITE));
    tell("nothing", protect(at(4), page, PROT_NONE));
    show("so", 0, 8);
    unmap(at(5), page);
    tell("over a hole", protect(at(2), 5 * page, PROT_READ));
    show("as far as the hole", 0, 8);
    tell("from a hole", protect(at(5), 3 * page, PROT_NONE));
    show("unchanged", 0, 8);
    tell("all but the hole", protect(at(0), 5 * page, RW));
    show("writable again", 0, 8);
    clear();
}

/* Every range of a few pages. */
static void every_range(const char *what, long (*change)(unsigned first, unsigned count))
{
    for (unsigned first = 0; first < 6; first++)
        for (unsigned count = 1; first + count <= 6; count++) {
            char name[64];
            fill(0, 6);
            long result = change(first, count);
            snprintf(name, sizeof name, "%s %u+%u %ld", what, first, count, result);
            show(name, 0, 6);
        }
    clear();
}

static long unmap_pages(unsigned first, unsigned count) { return unmap(at(first), count * page); }
static long protect_pages(unsigned first, unsigned count) { return protect(at(first), count * page, PROT_READ); }
static long drop_pages(unsigned first, unsigned count) { return advise(at(first), count * page, MADV_DONTNEED); }
static long map_pages(unsigned first, unsigned count) { return map(at(first), count * page, PROT_READ, ANON | MAP_FIXED, -1, 0) == (long)at(first) ? 0 : -1; }
static long move_pages(unsigned first, unsigned count) { return remap(at(first), count * page, count * page, MREMAP_MAYMOVE | MREMAP_FIXED, at(10)) == (long)at(10) ? 0 : -1; }

static void mremap_calls(void)
{
    fill(0, 4);
    tell("mremap to nothing", remap(at(0), page, 0, 0, NULL));
    tell("odd address", remap(at(0) + 1, page, page, 0, NULL));
    tell("unknown flag", remap(at(0), page, page, 8, NULL));
    tell("fixed, but may not move", remap(at(0), page, page, MREMAP_FIXED, at(10)));
    tell("to an odd address", remap(at(0), page, page, MREMAP_FIXED | MREMAP_MAYMOVE, at(10) + 1));
    tell("over itself", remap(at(0), 4 * page, 4 * page, MREMAP_FIXED | MREMAP_MAYMOVE, at(1)));
    tell("what is not there", remap(at(20), page, page, MREMAP_MAYMOVE, NULL));
    tell("what is not there, larger", remap(at(20), page, 2 * page, MREMAP_MAYMOVE, NULL));
    tell("private, from nothing", remap(at(0), 0, page, MREMAP_MAYMOVE, NULL));
    tell("the same", remap(at(0), 4 * page, 4 * page, 0, NULL));
    tell("smaller", remap(at(0), 4 * page, 3 * page, 0, NULL));
    show("three", 0, 5);
    tell("larger where it is", remap(at(0), 3 * page, 6 * page, 0, NULL));
    show("six", 0, 7);
    fill(6, 1);
    protect(at(6), page, PROT_READ);
    tell("larger, no room", remap(at(0), 6 * page, 8 * page, 0, NULL));
    char *moved = (char *)remap(at(0), 6 * page, 8 * page, MREMAP_MAYMOVE, NULL);
    printf("larger elsewhere: %s %d %d\n", moved != at(0) && (long)moved != -1 ? "yes" : "no", moved[page], moved[7 * page]);
    show("left behind", 0, 8);
    tell("back", remap(moved, 8 * page, 8 * page, MREMAP_FIXED | MREMAP_MAYMOVE, at(2)));
    show("over what was there", 0, 11);
    tell("smaller elsewhere", remap(at(2), 8 * page, 2 * page, MREMAP_FIXED | MREMAP_MAYMOVE, at(20)));
    show("two of it", 18, 6);
    show("and where it was", 0, 11);
    clear();
    fill(0, 2), fill(2, 2);
    protect(at(2), 2 * page, PROT_READ);
    tell("two kinds, larger", remap(at(0), 4 * page, 6 * page, MREMAP_MAYMOVE, NULL));
    show("nothing happened", 0, 5);
    tell("leave the old", remap(at(0), 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(10)));
    show("empty", 0, 3);
    show("moved", 10, 3);
    tell("leave the old, larger", remap(at(0), page, 2 * page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
    tell("leave the old, may not move", remap(at(0), page, page, MREMAP_DONTUNMAP, NULL));
    clear();
    tell("shared", map(at(0), 2 * page, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    *at(0) = 1, *at(1) = 2;
    tell("a second view", remap(at(0), 0, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, at(4)));
    show("both", 0, 7);
    *at(5) = 9;
    show("one memory", 0, 7);
    clear();
    int file = make_file(3 * page, O_RDWR);
    tell("a page of a file", map(at(0), page, RW, MAP_SHARED | MAP_FIXED, file, (long)page));
    tell("larger", remap(at(0), page, 3 * page, 0, NULL));
    show("to its end", 0, 4);
    close(file);
    clear();
}

static void madvise_calls(void)
{
    static const int accepted[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_DONTFORK, MADV_DOFORK,
                                   MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK, 20 /* COLD */, 21 /* PAGEOUT */, 22, 23};
    fill(0, 4);
    for (unsigned i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "advice %d", accepted[i]);
        tell(name, advise(at(3), page, accepted[i]));
        snprintf(name, sizeof name, "advice %d, of a hole", accepted[i]);
        tell(name, advise(at(3), 2 * page, accepted[i]));
    }
    tell("unknown", advise(at(0), page, 99));
    tell("unknown, of nothing", advise(at(0), 0, 99));
    tell("nothing", advise(at(0), 0, MADV_DONTNEED));
    tell("odd address", advise(at(0) + 1, page, MADV_DONTNEED));
    tell("beyond all", advise(at(0), ~(size_t)0 - 5, MADV_DONTNEED));
    clear();
    fill(0, 6), unmap(at(2), page);
    tell("not needed, over a hole", advise(at(1), 4 * page, MADV_DONTNEED));
    show("on both sides", 0, 6);
    clear();
    fill(0, 3);
    tell("odd length", advise(at(1), 1, MADV_DONTNEED));
    show("one page", 0, 3);
    lock(at(0), page);
    tell("not needed, locked", advise(at(0), 2 * page, MADV_DONTNEED));
    show("it stays", 0, 3);
    tell("not needed, though locked", advise(at(0), page, 24 /* DONTNEED_LOCKED */));
    tell("free, locked", advise(at(0), page, MADV_FREE));
    unlock(at(0), page);
    tell("not needed, unlocked", advise(at(0), page, MADV_DONTNEED));
    show("it is gone", 0, 3);
    protect(at(2), page, PROT_NONE);
    tell("populate what cannot be read", advise(at(2), page, 22));
    protect(at(2), page, PROT_READ);
    tell("populate to write what can be read", advise(at(2), page, 23));
    tell("populate to read", advise(at(2), page, 22));
    clear();
    int file = make_file(3 * page, O_RDWR);
    map(at(0), 3 * page, RW, MAP_PRIVATE | MAP_FIXED, file, 0);
    *at(0) = 'x', *at(1) = 'y';
    tell("not needed, private", advise(at(0), page, MADV_DONTNEED));
    show("as in the file", 0, 3);
    tell("free, private", advise(at(0), page, MADV_FREE));
    tell("remove, private", advise(at(0), page, MADV_REMOVE));
    tell("empty in children, of a file", advise(at(0), page, MADV_WIPEONFORK));
    map(at(4), 4 * page, RW, MAP_SHARED | MAP_FIXED, file, 0);
    *at(4) = 'z';
    tell("not needed, shared", advise(at(4), page, MADV_DONTNEED));
    show("it is in the file", 4, 4);
    tell("free, shared", advise(at(4), page, MADV_FREE));
    tell("populate beyond the end", advise(at(4), 4 * page, 22));
    close(file);
    map(at(10), 3 * page, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(at(10), 7, 3 * page);
    tell("remove, shared", advise(at(11), page, MADV_REMOVE));
    show("a hole of zeros", 10, 3);
    fill(20, 1);
    tell("remove, anonymous", advise(at(20), page, MADV_REMOVE));
    clear();
}

static void in_a_child(const char *what)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        show(what, 0, 6);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void forks(void)
{
    fill(0, 6);
    tell("not in children", advise(at(1), 2 * page, MADV_DONTFORK));
    tell("empty in children", advise(at(4), page, MADV_WIPEONFORK));
    in_a_child("child");
    show("parent", 0, 6);
    tell("in children", advise(at(1), page, MADV_DOFORK));
    tell("kept in children", advise(at(4), page, MADV_KEEPONFORK));
    in_a_child("child");
    lock(at(0), page);
    fflush(stdout);
    if (fork() == 0) {
        tell("a child's memory is not locked", advise(at(0), page, MADV_DONTNEED));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    show("parent", 0, 6);
    clear();
}

static void locks(void)
{
    fill(0, 4), unmap(at(2), page);
    tell("mlock", lock(at(0), page));
    tell("mlock of a part", lock(at(0) + 5, 10));
    tell("mlock of nothing", lock(at(0), 0));
    tell("mlock of a hole", lock(at(0), 4 * page));
    tell("as far as it", advise(at(1), page, MADV_DONTNEED));
    tell("and no further", advise(at(3), page, MADV_DONTNEED));
    tell("mlock beyond all", lock(at(0), ~(size_t)0 - page));
    tell("munlock of a hole", unlock(at(0), 4 * page));
    tell("unlocked as far as it", advise(at(1), page, MADV_DONTNEED));
    tell("munlock of nothing", unlock(at(0), 0));
    tell("munlock what is not locked", unlock(at(3), page));
    fill(5, 1);
    protect(at(5), page, PROT_NONE);
    tell("mlock what cannot be read", lock(at(5), page));
    tell("mlock2, unknown flag", syscall(SYS_mlock2, at(0), page, 2));
    tell("mlock2", syscall(SYS_mlock2, at(0), page, 0));
    tell("mlock2, on fault", syscall(SYS_mlock2, at(0), page, 1));
    tell("that is locked", advise(at(0), page, MADV_DONTNEED));
    tell("mlockall of nothing", syscall(SYS_mlockall, 0));
    tell("mlockall, unknown", syscall(SYS_mlockall, 8));
    tell("mlockall, on fault alone", syscall(SYS_mlockall, 4));
    tell("mlockall, now", syscall(SYS_mlockall, MCL_CURRENT));
    tell("all is locked", advise(at(3), page, MADV_DONTNEED));
    tell("munlockall", syscall(SYS_munlockall));
    tell("nothing is", advise(at(3), page, MADV_DONTNEED));
    tell("mlockall, later", syscall(SYS_mlockall, MCL_FUTURE));
    fill(10, 1);
    tell("what came later is", advise(at(10), page, MADV_DONTNEED));
    tell("what was there is not", advise(at(3), page, MADV_DONTNEED));
    tell("munlockall", syscall(SYS_munlockall));
    fill(11, 1);
    tell("nothing is", advise(at(10), page, MADV_DONTNEED));
    tell("nor what came later", advise(at(11), page, MADV_DONTNEED));
    clear();
}

static void msync_and_mincore(void)
{
    unsigned char present[8];
    int file = make_file(2 * page, O_RDWR);
    map(at(0), 2 * page, RW, MAP_SHARED | MAP_FIXED, file, 0);
    tell("msync", sync_range(at(0), 2 * page, MS_SYNC));
    tell("msync without a flag", sync_range(at(0), page, 0));
    tell("msync, asynchronous", sync_range(at(0), page, MS_ASYNC));
    tell("msync, both", sync_range(at(0), page, MS_SYNC | MS_ASYNC));
    tell("msync, unknown", sync_range(at(0), page, 8));
    tell("msync, invalidate", sync_range(at(0), page, MS_INVALIDATE));
    tell("msync of nothing", sync_range(at(0), 0, MS_SYNC));
    tell("msync, odd", sync_range(at(0) + 1, page, MS_SYNC));
    tell("msync of a hole", sync_range(at(1), 3 * page, MS_SYNC));
    tell("msync of holes alone", sync_range(at(5), page, MS_ASYNC));
    tell("msync beyond all", sync_range(at(0), ~(size_t)0 - page, MS_SYNC));
    lock(at(0), page);
    tell("msync, invalidate, locked", sync_range(at(0), page, MS_INVALIDATE));
    unlock(at(0), page);
    *at(0) = 'm';
    char byte = 0;
    tell("pread", pread(file, &byte, 1, 0) == 1 ? 0 : -1);
    printf("what was written: %c\n", byte);
    byte = 'p';
    tell("pwrite", pwrite(file, &byte, 1, (off_t)page) == 1 ? 0 : -1);
    printf("is seen: %c\n", *at(1));
    close(file);
    clear();
    map(at(0), 3 * page, RW, ANON | MAP_FIXED, -1, 0);
    advise(at(0), 3 * page, 15 /* NOHUGEPAGE, where there is such */);
    tell("mincore", syscall(SYS_mincore, at(0), 3 * page, present));
    printf("untouched: %d %d %d\n", present[0] & 1, present[1] & 1, present[2] & 1);
    memset(at(0), 1, 3 * page);
    tell("mincore", syscall(SYS_mincore, at(0), 3 * page, present));
    printf("touched: %d %d %d\n", present[0] & 1, present[1] & 1, present[2] & 1);
    advise(at(1), page, MADV_DONTNEED);
    tell("mincore of an odd length", syscall(SYS_mincore, at(0), 2 * page + 1, present));
    printf("one dropped: %d %d %d\n", present[0] & 1, present[1] & 1, present[2] & 1);
    tell("mincore, odd", syscall(SYS_mincore, at(0) + 1, page, present));
    tell("mincore of nothing", syscall(SYS_mincore, at(0), 0, present));
    tell("mincore of a hole", syscall(SYS_mincore, at(2), 2 * page, present));
    tell("mincore to nowhere", syscall(SYS_mincore, at(0), page, (void *)16));
    tell("mincore beyond all", syscall(SYS_mincore, at(0), ~(size_t)0 - page, present));
    map(at(4), 3 * page, RW, ANON | MAP_FIXED | MAP_POPULATE, -1, 0);
    tell("mincore", syscall(SYS_mincore, at(4), 3 * page, present));
    printf("populated: %d %d %d\n", present[0] & 1, present[1] & 1, present[2] & 1);
    clear();
}

static void growing_down(void)
{
    tell("grows down", map(at(20), 2 * page, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0));
    *at(20) = 1;
    *at(19) = 2; /* the page below */
    *at(18) = 3;
    show("grown", 18, 4);
    tell("down to its lowest page", protect(at(21), page, PROT_READ | PROT_GROWSDOWN));
    show("read-only", 18, 4);
    clear();
}

static void limits(void)
{
    fill(0, 2);
    protect(at(1), page, PROT_NONE);
    tell("a read into what cannot be written", syscall(SYS_getcwd, at(1), page) < 0 ? -1 : 0);
    int ends[2];
    tell("pipe", pipe(ends));
    tell("a write of what cannot be read", write(ends[1], at(1), 4));
    printf("up to the edge: %zd\n", write(ends[1], at(1) - 4, 4));
    close(ends[0]), close(ends[1]);
    clear();
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (WINDOW + 600) * page;
    window = (char *)mmap(NULL, room, PROT_NONE, ANON, -1, 0) + 400 * page; /* nothing grows into it from below */
    clear();
    mmap_arguments();
    ends_of_files();
    munmap_and_mprotect();
    every_range("munmap", unmap_pages);
    every_range("mprotect", protect_pages);
    every_range("drop", drop_pages);
    every_range("mmap", map_pages);
    every_range("mremap", move_pages);
    mremap_calls();
    madvise_calls();
    forks();
    locks();
    msync_and_mincore();
    growing_down();
    limits();
    trace_random(1, 600);
    trace_random(2, 600);
    puts("end");
    return 0;
}
