/* crash.c: a program that does one thing wrong, by its argument. Each must end this program alone, with the signal that Linux gives. */
#include "wrong.h"

int main(int count, char **arguments)
{
    int result = count > 1 ? wrong(arguments[1]) : -1;
    if (result >= 0)
        return result != 0;
    static const char *const ways[] = {WRONG_WAYS};
    printf("usage: crash WAY; ways:");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        printf(" %s", ways[i]);
    puts("");
    return 2;
}
