/* symbols.h: the name of a function from a program's ELF file. Trusts nothing in the file. */
#ifndef POSIX_SYMBOLS_H
#define POSIX_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
    const char *name;    /* in the image; at most name_length bytes, not terminated */
    size_t   name_length;
    uint64_t offset;     /* of the address from the function's start */
};

/* image: the whole file. address: as linked (without load bias). Returns: false when no function there is named. */
bool symbol_find(const void *image, size_t size, uint64_t address, struct symbol *symbol);

#endif
