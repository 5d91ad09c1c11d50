/* fdt.h: reading a flattened device tree (Devicetree Specification 0.4, chapter 5): what booting and the servers of
 * buses need, both by boot/fdt.c. Not here: changing trees. Every offset and length in the tree is checked: a malformed tree reads as a shorter one. */
#ifndef ABI_FDT_H
#define ABI_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt {
    const uint8_t *blob;
    uint32_t size;                         /* of the blob */
    uint32_t structure, structure_end;     /* offsets of the structure block */
    uint32_t strings, strings_end;         /* and of the strings block */
    uint32_t reservations;                 /* and of the memory reservations */
};

#define FDT_DEPTH 16u /* nodes nested deeper are not seen */

/* A place in a walk through all nodes, in the tree's order. */
struct fdt_node {
    const struct fdt *fdt;
    const char *name;     /* with unit address, "" for the root */
    unsigned depth;       /* 0: the root */
    uint32_t next;        /* offset where the walk goes on */
    unsigned open;        /* nodes entered and not left, at `next` */
    struct {
        uint32_t properties; /* offset of the first property */
        uint32_t address_cells, size_cells; /* of its children */
    } path[FDT_DEPTH];    /* from the root to this node */
};

/* blob: 4-byte aligned, `limit` bytes may be read. False: not a device tree, or one cut short. */
bool fdt_open(struct fdt *fdt, const void *blob, size_t limit);
/* The size a tree claims, from its first eight bytes; 0: not a tree. */
uint32_t fdt_total_size(const void *blob);
/* Memory reservation `index`; false: there are no more. */
bool fdt_reservation(const struct fdt *fdt, unsigned index, uint64_t *address, uint64_t *size);

/* A walk: for (fdt_start(&fdt, &node); fdt_next(&node);) ... */
void fdt_start(const struct fdt *fdt, struct fdt_node *node);
bool fdt_next(struct fdt_node *node);
/* The next node inside `parent`, at any depth; start with *node = *parent. */
bool fdt_next_inside(const struct fdt_node *parent, struct fdt_node *node);

/* Finding nodes from the root. A path's components may leave out the unit address. False: there is none. */
bool fdt_find_path(const struct fdt *fdt, const char *path, size_t length, struct fdt_node *node);
bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node);
bool fdt_find_compatible(const struct fdt *fdt, const char *compatible, struct fdt_node *node); /* enabled ones only */

/* Properties of a node. Returns: the value and its length, or NULL. */
const void *fdt_property(const struct fdt_node *node, const char *name, uint32_t *length);
/* A property's text, NUL terminated inside the property; NULL: none such. */
const char *fdt_text(const struct fdt_node *node, const char *name);
/* 32-bit cell `index` of a property; false: not there. */
bool fdt_cell(const struct fdt_node *node, const char *name, unsigned index, uint32_t *value);
/* A property of one or two cells. */
bool fdt_number(const struct fdt_node *node, const char *name, uint64_t *value);
/* Is `text` among the strings of a property? */
bool fdt_has_text(const struct fdt_node *node, const char *name, const char *text);
static inline bool fdt_compatible(const struct fdt_node *node, const char *text) { return fdt_has_text(node, "compatible", text); }
/* status is absent or okay */
bool fdt_enabled(const struct fdt_node *node);
/* Range `index` of reg, as the CPU sees it (translated by the ranges of the buses above). */
bool fdt_reg(const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size);
/* Cells of interrupt `index` of the node, as its interrupt controller counts: up to `room` go to `cells`. Returns: their number, 0: none. */
unsigned fdt_interrupt(const struct fdt_node *node, unsigned index, uint32_t *cells, unsigned room);
/* The line of interrupt `index`, as irq_create numbers it: the first cell, or for an ARM GIC its interrupt number. 0: none. */
unsigned fdt_irq(const struct fdt_node *node, unsigned index);

#endif
