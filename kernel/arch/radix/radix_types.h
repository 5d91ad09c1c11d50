/* radix_types.h: the part of struct arch_space that radix.c owns. */
#ifndef KERNEL_RADIX_TYPES_H
#define KERNEL_RADIX_TYPES_H

struct ledger;

/* Owner: the space's lock. */
struct radix {
    paddr_t root;
    struct ledger *ledger; /* pays for the tables; NULL: nobody */
    int refusal;           /* the status of the last table that was not to be had */
    uint64_t retired; /* tables out of the tree, to be freed at the next change; linked by their first entry */
    uint64_t gone;    /* of a space that is taken apart: what lies below is gone */
    size_t bytes;     /* of tables, root and retired ones included */
    size_t small;     /* tables of level 0 */
    /* The table of level 0 or 1 that was looked at last, so that the next look there need not walk. */
    uint64_t *near;
    uint64_t near_start, near_bytes; /* the range of addresses that it translates; 0 bytes: there is none */
    unsigned near_shift;             /* log2 of what an entry of it translates */
};

#endif
