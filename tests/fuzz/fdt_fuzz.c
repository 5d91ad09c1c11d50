/* fuzz: boot/fdt.c */
/* Any bytes as a device tree: walks end, properties lie inside the tree. */
#include <fdt.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static unsigned read_node(const struct fdt_node *node)
{
    uint64_t address = 0, size = 0;
    uint32_t cells[4], sum = 0, length = 0;
    for (unsigned i = 0; i < 4 && fdt_reg(node, i, &address, &size); i++)
        sum += (uint32_t)(address + size);
    for (unsigned i = 0; i < 4; i++)
        sum += fdt_interrupt(node, i, cells, 4);
    const uint8_t *value = fdt_property(node, "compatible", &length);
    for (uint32_t i = 0; value && i < length; i++)
        sum += value[i];
    const char *text = fdt_text(node, "status");
    return sum + (text ? (unsigned)strlen(text) : 0) + fdt_enabled(node) + fdt_compatible(node, "ns16550a") + (unsigned)strlen(node->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fdt fdt;
    struct fdt_node node, inner;
    uint64_t address, size;
    uint8_t *blob = malloc(length + 1); /* aligned, unlike what the fuzzer gives */
    if (!blob)
        return 0;
    memcpy(blob, bytes, length);
    unsigned sum = 0;
    if (fdt_open(&fdt, blob, length)) {
        for (unsigned i = 0; fdt_reservation(&fdt, i, &address, &size); i++)
            sum += (unsigned)(address + size);
        size_t nodes = 0;
        for (fdt_start(&fdt, &node); fdt_next(&node);) {
            if (++nodes > length)
                abort();
            if (nodes < 64)
                sum += read_node(&node);
        }
        sum += fdt_find_path(&fdt, "/chosen", 7, &node) + fdt_find_phandle(&fdt, 1, &node) + fdt_find_compatible(&fdt, "arm,gic-v3", &node);
        if (fdt_find_path(&fdt, "/cpus", 5, &node))
            for (inner = node; fdt_next_inside(&node, &inner);)
                sum += inner.depth;
    }
    free(blob);
    return sum == 1;
}
