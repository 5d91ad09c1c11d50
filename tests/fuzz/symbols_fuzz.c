/* fuzz: lib/posix/symbols.c */
/* Any bytes as a program's file: the name of a function lies inside it. */
#include "../../lib/posix/symbols.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct symbol symbol;
    for (uint64_t address = 0; address < 0x4000; address += 0x777) {
        if (!symbol_find(bytes, length, address, &symbol))
            continue;
        const uint8_t *name = (const uint8_t *)symbol.name;
        if (name < bytes || symbol.name_length > length || name + symbol.name_length > bytes + length || symbol.name_length == 0)
            abort();
    }
    return 0;
}
