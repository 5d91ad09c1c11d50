/* symbols.c: searches the symbol table of an ELF64 little-endian file for the function around an address. */
#include "symbols.h"
#include <string.h>

struct section_header {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t align, entry_size;
};

struct elf_symbol {
    uint32_t name;
    uint8_t  info, other;
    uint16_t section;
    uint64_t value, size;
};

#define SECTION_SYMBOLS 2u
#define SECTION_DYNAMIC_SYMBOLS 11u
#define SYMBOL_FUNCTION 2u
#define SIZELESS_MOST 4096u /* how far a function of unknown size is believed to go */

static bool span_inside(size_t size, uint64_t offset, uint64_t length)
{
    return offset <= size && length <= size - offset;
}

static bool read_section(const uint8_t *image, size_t size, uint64_t table, uint32_t index, struct section_header *section)
{
    uint64_t offset = table + (uint64_t)index * sizeof *section;
    if (!span_inside(size, offset, sizeof *section))
        return false;
    memcpy(section, image + offset, sizeof *section);
    return section->type == 8 /* no content in the file */ || span_inside(size, section->offset, section->size);
}

/* The function with the highest start that is not above the address. */
static bool best_symbol(const uint8_t *image, const struct section_header *symbols, uint64_t address, struct elf_symbol *best)
{
    bool found = false;
    for (uint64_t i = 0; i < symbols->size / sizeof *best; i++) {
        struct elf_symbol symbol;
        memcpy(&symbol, image + symbols->offset + i * sizeof symbol, sizeof symbol);
        if ((symbol.info & 15) != SYMBOL_FUNCTION || !symbol.section || symbol.value > address)
            continue;
        if (address - symbol.value >= (symbol.size ? symbol.size : SIZELESS_MOST))
            continue;
        if (found && symbol.value < best->value)
            continue;
        *best = symbol;
        found = true;
    }
    return found;
}

static bool search(const uint8_t *image, size_t size, uint64_t table, const struct section_header *symbols, uint64_t address, struct symbol *symbol)
{
    struct section_header strings;
    struct elf_symbol best;
    if (!read_section(image, size, table, symbols->link, &strings) || strings.type == 8 || !best_symbol(image, symbols, address, &best))
        return false;
    if (best.name >= strings.size)
        return false;
    symbol->name = (const char *)image + strings.offset + best.name;
    symbol->name_length = 0;
    while (symbol->name_length < strings.size - best.name && symbol->name[symbol->name_length])
        symbol->name_length++;
    symbol->offset = address - best.value;
    return symbol->name_length > 0;
}

bool symbol_find(const void *image, size_t size, uint64_t address, struct symbol *symbol)
{
    const uint8_t *bytes = image;
    uint64_t table;
    uint16_t count, entry_size;
    if (size < 64 || memcmp(bytes, "\177ELF\2\1", 6) != 0)
        return false;
    memcpy(&table, bytes + 40, sizeof table);
    memcpy(&entry_size, bytes + 58, sizeof entry_size);
    memcpy(&count, bytes + 60, sizeof count);
    if (entry_size != sizeof(struct section_header) || !span_inside(size, table, (uint64_t)count * entry_size))
        return false;
    for (uint32_t wanted = SECTION_SYMBOLS;; wanted = SECTION_DYNAMIC_SYMBOLS) {
        for (uint32_t i = 0; i < count; i++) {
            struct section_header section;
            if (read_section(bytes, size, table, i, &section) && section.type == wanted && search(bytes, size, table, &section, address, symbol))
                return true;
        }
        if (wanted == SECTION_DYNAMIC_SYMBOLS)
            return false;
    }
}
