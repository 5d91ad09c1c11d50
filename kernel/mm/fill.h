/* fill.h: making memory present: allocation policy, zeroing, copying on write. */
#ifndef KERNEL_FILL_H
#define KERNEL_FILL_H

#include <mm/clusters.h>
#include <mm/extent.h>
#include <mm/mem_object.h>

/* Where a fault is: offsets of the map, multiples of the MP. */
struct place {
    struct extent_map *map;
    uint64_t low, high;           /* around the fault, inside one cluster: what can be seen, and so may be filled */
    uint64_t span_low, span_high; /* where superpages may be prepared: the whole region or object, and as far as it may grow; or empty */
    uint64_t span_end;            /* where it ends now */
    struct mem_object *backing;   /* what absent memory shows, at offset + backing_delta; NULL: zeros */
    uint64_t backing_delta;
};

/* The cluster of an object around the offset. */
static inline struct place mem_place(struct mem_object *mem, uint64_t offset)
{
    uint64_t cluster = offset & ~(cluster_size() - 1), cluster_end = cluster + cluster_size();
    return (struct place){
        .map = &mem->map,
        .low = cluster,
        .high = cluster_end < mem->size ? cluster_end : mem->size,
        .span_high = mem->size,
        .span_end = mem->size,
    };
}

/* No translation of the map's [start, end) is left anywhere. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status map_forget(struct extent_map *map, uint64_t start, uint64_t end);

/* Nothing is present at the offset: make it so. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status fill_absent(const struct place *place, uint64_t offset);
/* What is present at the offset is shared: give the map a copy of its own. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status fill_copy(const struct place *place, uint64_t offset);

/* Where frames get their content from. Returns: false, it is not there now. */
struct supplier {
    bool (*write)(struct supplier *supplier, void *to, uint64_t size);
};
/* Nothing is present at the offset: what the supplier has, up to *size, which becomes how much it was. Returns NO_MEMORY, LEDGER_SPENT,
 * WOULD_BLOCK (the supplier). */
[[nodiscard]] enum status fill_supplied(const struct place *place, uint64_t offset, uint64_t *size, struct supplier *supplier);

/* Give the cluster of the place new memory, the reserved one if there is such, and move what is present into it, whoever has it mapped; what is
 * absent becomes zeros. *copied goes up. Requires: more than half of the cluster can be seen, nothing present is shared, no backing. */
[[nodiscard]] enum status fill_gather(const struct place *place, uint64_t *copied);

/* A superpage: the smallest leaf above the cluster. Fixed by mm_init. */
extern uint64_t super_size;
#define SUPER_SIZE super_size

#endif
