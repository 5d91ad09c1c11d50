/* pte.h (host): page table entries, made up, and two forms of tables, which a test chooses: as hardware walks them, with page groups, and as
 * the ports with a software-filled TLB of pairs have them. What each function does: arch/radix/radix.h. */
#ifndef HOST_PTE_H
#define HOST_PTE_H

#include <map.h>
#include <mm/clusters.h>

typedef uint64_t pte_t;

#define PTE_VALID    (1ull << 0)
#define PTE_PROT     (7ull << 1)
#define PTE_LEAF     (1ull << 4)
#define PTE_GROUP    (1ull << 5)
#define PTE_ACCESSED (1ull << 6)
#define PTE_DIRTY    (1ull << 7)
#define PTE_CACHE_SHIFT 8
#define PTE_ADDRESS  (~(MP_SIZE - 1) & ~(0xffffull << 48))

extern bool host_pairs; /* fixed while there are spaces */

#define TABLE_BITS (MP_SHIFT - 3u)
#define RADIX_TOP (host_pairs ? 4u : 3u)
#define RADIX_USER_SLOTS (1u << TABLE_BITS)
#define RADIX_BREAKS (!host_pairs)
#define RADIX_PAIRS host_pairs
#define radix_has_groups (!host_pairs)
static inline unsigned host_radix_shift(unsigned level)
{
    static const unsigned shifts[] = {0, TABLE_BITS, TABLE_BITS + 3, 2 * TABLE_BITS, 3 * TABLE_BITS}; /* leaves of 4 KiB, 2 MiB, 16 MiB */
    return !host_pairs ? shifts[level] : level == 1 ? cluster_shift - MP_SHIFT : shifts[level ? level - 1 : 0];
}
#define RADIX_SHIFT(level) host_radix_shift(level)

static inline bool pte_present(pte_t pte) { return pte & PTE_VALID; }
static inline bool pte_is_leaf(pte_t pte, unsigned) { return pte & PTE_LEAF; }
static inline pte_t pte_to_table(paddr_t pa) { return pa | PTE_VALID; }
static inline paddr_t pte_table(pte_t pte) { return pte & ~(pte_t)31; } /* tables have no other bits */
static inline pte_t pte_leaf(paddr_t pa, pte_t attributes, unsigned) { return pa | attributes; }
static inline pte_t pte_group_leaf(paddr_t pa, pte_t attributes) { return pa | PTE_GROUP | attributes; }
static inline bool pte_grouped(pte_t pte) { return pte & PTE_GROUP; }
static inline pte_t pte_ungrouped(pte_t pte, unsigned) { return pte & ~PTE_GROUP; }
static inline paddr_t pte_translate(pte_t pte, unsigned level, uint64_t va)
{
    uint64_t inside = ((MP_SIZE << RADIX_SHIFT(level)) - 1) & ~(MP_SIZE - 1);
    return (pte & PTE_ADDRESS & ~inside) | ((level ? va : pte & PTE_ADDRESS) & inside);
}
static inline pte_t pte_attributes(pte_t pte) { return pte & ~(PTE_ADDRESS | PTE_GROUP); }
static inline unsigned pte_prot(pte_t pte) { return pte >> 1 & 7; }
struct pte_rule { pte_t bits; };
static inline struct pte_rule pte_rule(unsigned access) { return (struct pte_rule){PTE_VALID | (pte_t)access << 1}; }
static inline bool pte_allows(pte_t pte, struct pte_rule rule) { return (~pte & rule.bits) == 0; }
static inline pte_t pte_with_prot(pte_t pte, unsigned prot) { return (pte & ~PTE_PROT) | (pte_t)prot << 1; }
static inline bool pte_accessed(pte_t pte) { return pte & PTE_ACCESSED; }
static inline bool pte_dirty(pte_t pte) { return pte & PTE_DIRTY; }
static inline pte_t pte_touched(pte_t pte, bool write) { return pte | PTE_ACCESSED | (write ? PTE_DIRTY : 0); }
/* As strict as aarch64: another address or size of a live entry. */
static inline bool pte_needs_break(pte_t old, pte_t new) { return (old ^ new) & (PTE_ADDRESS | PTE_GROUP); }
static inline void radix_written(void) {}

static inline pte_t pte_of_user(unsigned prot, unsigned cache)
{
    return PTE_VALID | PTE_LEAF | (pte_t)prot << 1 | (pte_t)cache << PTE_CACHE_SHIFT;
}

#endif
