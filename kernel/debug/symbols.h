/* symbols.h: the names of the kernel's functions, for stack traces. tools/symbols.py makes the table from a first link. */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint32_t offset; /* of the function's start, from `base` */
    uint32_t name;   /* offset into `names` */
};

/* Symbols ascend; each ends where the next starts, the last one at `limit`. */
struct symbol_table {
    uintptr_t            base, limit; /* addresses */
    size_t               count;
    const struct symbol *symbols;
    const char          *names;
};
extern const struct symbol_table kernel_symbols;

/* Returns: the name of the function around an address and how far into it that is, or NULL (offset untouched) outside all functions. */
const char *symbol_find(const struct symbol_table *table, uintptr_t address, uintptr_t *offset);

#endif
