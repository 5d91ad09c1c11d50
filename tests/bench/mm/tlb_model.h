/* tlb_model.h: TLBs of named processors, as arrays of entries that a stream of addresses goes through. */
#ifndef TLB_MODEL_H
#define TLB_MODEL_H

#include <stdint.h>

/* Some entries of one level. An address is looked for in every array of the level that takes its page size. */
struct tlb_array {
    unsigned level;             /* 1, 2; 0: no more arrays */
    unsigned entries, ways;     /* ways == entries: fully associative */
    unsigned least, most;       /* page sizes it takes, as shifts: smaller ones not at all, larger ones in parts of the most */
    unsigned pairs_below;       /* an entry maps two pages of sizes below 1 << this; 0: none does */
    int random;                 /* replacement: random, else least recently used */
};

enum { TLB_ARRAYS = 6 };
struct tlb_model {
    const char *name;
    struct tlb_array arrays[TLB_ARRAYS];
};

/* The processor of the machine this is compiled for. cluster_shift: the page size of the STLB on loongarch64. */
const struct tlb_model *tlb_model_here(unsigned cluster_shift);

struct tlb;
struct tlb *tlb_create(const struct tlb_model *model);
void tlb_destroy(struct tlb *tlb);
/* An access to the address, mapped by a page of 1 << shift bytes. Returns: the level that had it, 0: none, a walk or refill. */
unsigned tlb_access(struct tlb *tlb, uint64_t address, unsigned shift);

#endif
