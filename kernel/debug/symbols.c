/* symbols.c: which function an address is in. The table itself is generated. */
#include <debug/symbols.h>

const char *symbol_find(const struct symbol_table *table, uintptr_t address, uintptr_t *offset)
{
    if (table->count == 0 || address < table->base || address >= table->limit)
        return NULL;
    size_t low = 0, high = table->count; /* the symbol is in [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table->base + table->symbols[middle].offset <= address)
            low = middle;
        else
            high = middle;
    }
    *offset = address - table->base - table->symbols[low].offset;
    return table->names + table->symbols[low].name;
}
