/* fdt.c: reading a flattened device tree. Invariant: nothing outside the blob is read; a token that makes no sense ends the walk. */
#include <fdt.h>
#include <lib/string.h>

enum : uint32_t { MAGIC = 0xd00dfeed, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };
enum : uint32_t { HEADER_SIZE = 40, OLDEST_VERSION = 16 };

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t big_endian_cells(const uint8_t *p, unsigned cells)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < cells; i++)
        value = value << 32 | big_endian(p + 4 * i);
    return value;
}

uint32_t fdt_total_size(const void *blob)
{
    const uint8_t *header = blob;
    return big_endian(header) == MAGIC ? big_endian(header + 4) : 0;
}

bool fdt_open(struct fdt *fdt, const void *blob, size_t limit)
{
    const uint8_t *header = blob;
    if (limit < HEADER_SIZE || big_endian(header) != MAGIC)
        return false;
    uint32_t size = big_endian(header + 4), version = big_endian(header + 20), compatible_version = big_endian(header + 24);
    if (size < HEADER_SIZE || size > limit || version < OLDEST_VERSION + 1 || compatible_version > OLDEST_VERSION + 1)
        return false;
    uint32_t structure = big_endian(header + 8), strings = big_endian(header + 12), reservations = big_endian(header + 16);
    uint32_t strings_size = big_endian(header + 32), structure_size = big_endian(header + 36);
    if (structure > size || structure_size > size - structure || structure % 4 || strings > size || strings_size > size - strings ||
        reservations > size)
        return false;
    *fdt = (struct fdt){header, size, structure, structure + structure_size / 4 * 4, strings, strings + strings_size, reservations};
    return true;
}

bool fdt_reservation(const struct fdt *fdt, unsigned index, uint64_t *address, uint64_t *size)
{
    uint64_t at = fdt->reservations + 16ull * index;
    if (at + 16 > fdt->size)
        return false;
    *address = big_endian_cells(fdt->blob + at, 2);
    *size = big_endian_cells(fdt->blob + at + 8, 2);
    return *address || *size;
}

/* The token at an offset; 0 past the end. */
static uint32_t token_at(const struct fdt *fdt, uint32_t offset)
{
    return offset + 4 <= fdt->structure_end ? big_endian(fdt->blob + offset) : 0;
}

struct property {
    const char *name;
    const uint8_t *value;
    uint32_t length;
};

/* Read the property whose token is at *offset, after NOPs; moves *offset behind it. False: no property is there. */
static bool next_property(const struct fdt *fdt, uint32_t *offset, struct property *property)
{
    while (token_at(fdt, *offset) == NOP)
        *offset += 4;
    if (token_at(fdt, *offset) != PROPERTY || *offset + 12 > fdt->structure_end)
        return false;
    uint32_t length = big_endian(fdt->blob + *offset + 4), name = big_endian(fdt->blob + *offset + 8);
    uint32_t value = *offset + 12;
    if (length > fdt->structure_end - value || name >= fdt->strings_end - fdt->strings)
        return false;
    property->name = (const char *)fdt->blob + fdt->strings + name;
    property->value = fdt->blob + value;
    property->length = length;
    *offset = value + (length + 3) / 4 * 4;
    return true;
}

static const uint8_t *find_property(const struct fdt *fdt, uint32_t offset, const char *name, uint32_t *length)
{
    size_t size = strlen(name) + 1;
    struct property property;
    while (next_property(fdt, &offset, &property)) {
        size_t room = (size_t)(fdt->blob + fdt->strings_end - (const uint8_t *)property.name);
        if (room < size || memcmp(property.name, name, size) != 0)
            continue;
        *length = property.length;
        return property.value;
    }
    return nullptr;
}

static uint32_t cell_or(const struct fdt *fdt, uint32_t properties, const char *name, uint32_t otherwise)
{
    uint32_t length;
    const uint8_t *value = find_property(fdt, properties, name, &length);
    return value && length >= 4 ? big_endian(value) : otherwise;
}

void fdt_start(const struct fdt *fdt, struct fdt_node *node)
{
    *node = (struct fdt_node){.fdt = fdt, .name = "", .next = fdt->structure};
}

/* Enter the node whose BEGIN_NODE token is at node->next. */
static bool enter(struct fdt_node *node)
{
    const struct fdt *fdt = node->fdt;
    if (node->open == FDT_DEPTH)
        return false;
    uint32_t name = node->next + 4, end = name;
    while (end < fdt->structure_end && fdt->blob[end])
        end++;
    if (end == fdt->structure_end)
        return false;
    node->name = (const char *)fdt->blob + name;
    node->next = (end + 4) / 4 * 4;
    node->depth = node->open++;
    typeof(&node->path[0]) level = &node->path[node->depth];
    level->properties = node->next;
    level->address_cells = cell_or(fdt, node->next, "#address-cells", 2);
    level->size_cells = cell_or(fdt, node->next, "#size-cells", 1);
    return true;
}

bool fdt_next(struct fdt_node *node)
{
    struct property ignored;
    for (;;) {
        while (next_property(node->fdt, &node->next, &ignored))
            ;
        switch (token_at(node->fdt, node->next)) {
        case BEGIN_NODE:
            return enter(node);
        case END_NODE:
            if (node->open == 0)
                return false;
            node->open--;
            node->next += 4;
            break;
        default:
            return false;
        }
    }
}

bool fdt_next_inside(const struct fdt_node *parent, struct fdt_node *node)
{
    return fdt_next(node) && node->depth > parent->depth;
}

/* Is `name`, with or without its unit address, the component text[0..length)? */
static bool name_is(const char *name, const char *text, size_t length)
{
    return strncmp(name, text, length) == 0 && (name[length] == 0 || name[length] == '@');
}

bool fdt_find_path(const struct fdt *fdt, const char *path, size_t length, struct fdt_node *node)
{
    fdt_start(fdt, node);
    if (!fdt_next(node))
        return false;
    const char *end = path + length;
    for (;;) {
        while (path < end && *path == '/')
            path++;
        if (path == end)
            return true;
        const char *stop = path;
        while (stop < end && *stop != '/')
            stop++;
        struct fdt_node parent = *node;
        do {
            if (!fdt_next_inside(&parent, node))
                return false;
        } while (node->depth != parent.depth + 1 || !name_is(node->name, path, (size_t)(stop - path)));
        path = stop;
    }
}

bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    uint32_t value;
    for (fdt_start(fdt, node); fdt_next(node);)
        if (fdt_cell(node, "phandle", 0, &value) && value == phandle)
            return true;
    return false;
}

bool fdt_find_compatible(const struct fdt *fdt, const char *compatible, struct fdt_node *node)
{
    for (fdt_start(fdt, node); fdt_next(node);)
        if (fdt_compatible(node, compatible) && fdt_enabled(node))
            return true;
    return false;
}

const void *fdt_property(const struct fdt_node *node, const char *name, uint32_t *length)
{
    return find_property(node->fdt, node->path[node->depth].properties, name, length);
}

const char *fdt_text(const struct fdt_node *node, const char *name)
{
    uint32_t length;
    const char *text = fdt_property(node, name, &length);
    return text && length && text[length - 1] == 0 ? text : nullptr;
}

bool fdt_cell(const struct fdt_node *node, const char *name, unsigned index, uint32_t *value)
{
    uint32_t length;
    const uint8_t *cells = fdt_property(node, name, &length);
    if (!cells || index >= length / 4)
        return false;
    *value = big_endian(cells + 4 * index);
    return true;
}

bool fdt_number(const struct fdt_node *node, const char *name, uint64_t *value)
{
    uint32_t length;
    const uint8_t *cells = fdt_property(node, name, &length);
    if (!cells || (length != 4 && length != 8))
        return false;
    *value = big_endian_cells(cells, length / 4);
    return true;
}

bool fdt_has_text(const struct fdt_node *node, const char *name, const char *text)
{
    uint32_t length;
    const char *list = fdt_property(node, name, &length);
    if (!list)
        return false;
    for (uint32_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && list[end]; end++)
            ;
        if (end < length && strcmp(list + start, text) == 0)
            return true;
    }
    return false;
}

bool fdt_enabled(const struct fdt_node *node)
{
    uint32_t length;
    return !fdt_property(node, "status", &length) || fdt_has_text(node, "status", "okay") || fdt_has_text(node, "status", "ok");
}

/* Translate an address of the bus that node path[level] is, by its ranges[0..length), to the bus above. False: not reachable. */
static bool translate(const struct fdt_node *node, unsigned level, const uint8_t *ranges, uint32_t length, uint64_t *address)
{
    uint32_t child = node->path[level].address_cells, size_cells = node->path[level].size_cells;
    uint32_t parent = node->path[level - 1].address_cells;
    if (length == 0)
        return true; /* the same addresses */
    if (child > 3 || parent > 3 || size_cells > 2)
        return false;
    uint32_t row = 4 * (child + parent + size_cells);
    for (uint32_t at = 0; row && length - at >= row; at += row) {
        uint64_t from = big_endian_cells(ranges + at, child), to = big_endian_cells(ranges + at + 4 * child, parent);
        uint64_t size = big_endian_cells(ranges + at + 4 * (child + parent), size_cells);
        if (*address - from < size) {
            *address += to - from;
            return true;
        }
    }
    return false;
}

bool fdt_reg(const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size)
{
    if (node->depth == 0)
        return false;
    uint32_t length, address_cells = node->path[node->depth - 1].address_cells, size_cells = node->path[node->depth - 1].size_cells;
    const uint8_t *reg = fdt_property(node, "reg", &length);
    if (!reg || address_cells > 3 || size_cells > 2 || address_cells + size_cells == 0)
        return false;
    uint32_t row = 4 * (address_cells + size_cells);
    if (index >= length / row)
        return false;
    *address = big_endian_cells(reg + row * index, address_cells);
    *size = big_endian_cells(reg + row * index + 4 * address_cells, size_cells);
    for (unsigned level = node->depth - 1; level > 0; level--) {
        const uint8_t *ranges = find_property(node->fdt, node->path[level].properties, "ranges", &length);
        if (!ranges)
            break; /* not a bus that shows in memory: the number itself */
        if (!translate(node, level, ranges, length, address))
            return false;
    }
    return true;
}

unsigned fdt_interrupt(const struct fdt_node *node, unsigned index, uint32_t *cells, unsigned room)
{
    uint32_t parent = 0;
    for (int level = (int)node->depth; level >= 0 && parent == 0; level--)
        parent = cell_or(node->fdt, node->path[level].properties, "interrupt-parent", 0);
    struct fdt_node controller;
    uint32_t count;
    if (!fdt_find_phandle(node->fdt, parent, &controller) || !fdt_cell(&controller, "#interrupt-cells", 0, &count) || count == 0 ||
        count > room || index > UINT32_MAX / count - 1)
        return 0;
    for (unsigned i = 0; i < count; i++)
        if (!fdt_cell(node, "interrupts", index * count + i, &cells[i]))
            return 0;
    return count;
}

unsigned fdt_irq(const struct fdt_node *node, unsigned index)
{
    enum : uint32_t { GIC_SHARED = 0, GIC_FIRST_SHARED = 32, GIC_FIRST_PRIVATE = 16 };
    uint32_t cells[4];
    unsigned count = fdt_interrupt(node, index, cells, 4);
    if (count == 3)
        return cells[1] + (cells[0] == GIC_SHARED ? GIC_FIRST_SHARED : GIC_FIRST_PRIVATE);
    return count ? cells[0] : 0;
}
