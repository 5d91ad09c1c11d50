/* wrong.h: things that a program must not do, by name. */
#ifndef TESTS_WRONG_H
#define TESTS_WRONG_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PRIVILEGED "cli"
#elif defined(__aarch64__)
#define PRIVILEGED "msr vbar_el1, x0"
#elif defined(__riscv)
#define PRIVILEGED "csrw sstatus, zero"
#elif defined(__loongarch__)
#define PRIVILEGED "csrwr $r0, 0"
#else /* mips */
#define PRIVILEGED "mtc0 $0, $12"
#endif

#if defined(__x86_64__)
#define TRAP "int3"
#elif defined(__aarch64__)
#define TRAP "brk #0"
#elif defined(__riscv)
#define TRAP "ebreak"
#else
#define TRAP "break 0"
#endif

#define WRONG_WAYS "jump", "kernel", "null", "stack", "privileged", "text", "trap", "divide", "past"

/* clang knows that it never ends. */
#pragma clang diagnostic ignored "-Winfinite-recursion"
static int recurse(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    return recurse(here) + here[1];
}

/* A page of a mapping that lies past the end of its file. */
static void past_the_end(void)
{
    int file = open("/tmp/short", O_RDWR | O_CREAT | O_TRUNC, 0600);
    volatile char *view = mmap(0, 0x20000, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (ftruncate(file, 1) == 0 && view != MAP_FAILED)
        view[0x10000] = 1;
}

/* Does it. Returns: a number where the machine has a result for that, -1 for an unknown name. */
static int wrong(const char *what)
{
    static volatile int zero;
    char first = 1;
    void (*volatile nowhere)(void) = 0;
    if (!strcmp(what, "jump"))
        nowhere();
    else if (!strcmp(what, "kernel"))
        *(volatile int *)0xffffffff80100000ull = 1;
    else if (!strcmp(what, "null"))
        *(volatile int *)0 = 1;
    else if (!strcmp(what, "stack"))
        return recurse(&first);
    else if (!strcmp(what, "privileged"))
        __asm__ volatile(PRIVILEGED);
    else if (!strcmp(what, "text"))
        *(volatile int *)(uintptr_t)wrong = 1;
    else if (!strcmp(what, "trap"))
        __asm__ volatile(TRAP);
    else if (!strcmp(what, "divide"))
        return 7 / zero & 0xff;
    else if (!strcmp(what, "past"))
        past_the_end();
    else
        return -1;
    return 0;
}

#endif
