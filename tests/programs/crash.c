/* crash.c: a program that does one thing wrong, by its argument. Each must end this program alone, with the signal that Linux gives. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define PRIVILEGED "cli"
#elif defined(__aarch64__)
#define PRIVILEGED "msr vbar_el1, x0"
#elif defined(__riscv)
#define PRIVILEGED "csrw sstatus, zero"
#elif defined(__loongarch__)
#define PRIVILEGED "csrwr $r0, 0"
#else
#define PRIVILEGED "mtc0 $0, $12"
#endif

static int recurse(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    return recurse(here) + here[1];
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";
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
        *(volatile int *)(uintptr_t)main = 1;
    else if (!strcmp(what, "trap"))
        __builtin_trap();
    else
        printf("usage: crash jump | kernel | null | stack | privileged | text | trap\n");
    return 0;
}
