/* pte.h (mips64el): page table entries, which only software reads. A leaf is EntryLo rotated left by six bits, so that RI, XI and four bits
 * of ours are below G, and the page frame is the physical address itself. A table is its address in CACHED, which alone is negative.
 * Tables of level 1 have an entry for each LEAF_SIZE, those of level 0 are for what is not mapped in such leaves. See arch/radix/radix.h for
 * what each function does. */
#ifndef MIPS64EL_PTE_H
#define MIPS64EL_PTE_H

#include <map.h>
#include <mm/clusters.h>
#include <offsets.h>

typedef uint64_t pte_t;

#define PTE_LEAF     (1ull << 0)  /* ours: present */
#define PTE_WRITE    (1ull << 1)  /* ours */
#define PTE_WRITTEN  (1ull << 2)  /* ours: dirty, whatever is allowed now */
#define PTE_NO_EXEC  (1ull << 4)
#define PTE_NO_READ  (1ull << 5)
#define PTE_VALID    (1ull << 7)  /* accessed */
#define PTE_DIRTY    (1ull << 8)  /* writable and written */
#define PTE_CACHE(c) ((pte_t)(c) << 9)
#define PTE_ADDRESS  0x0000fffffffff000ull

/* The largest size a TLB entry can have, up to the cluster: powers of four. */
#define LEAF_SHIFT (cluster_shift & ~1u)
static_assert(MP_SHIFT % 2 == 0);

#define RADIX_TOP 3u
#define RADIX_SHIFT(level) \
    ((level) == 0 ? 0u : (level) == 1 ? LEAF_SHIFT - MP_SHIFT : (level) <= RADIX_TOP ? PTE_INDEX_BITS * ((level) - 1u) : PTE_VA_BITS - MP_SHIFT)
#define RADIX_USER_SLOTS (1u << (PTE_VA_BITS - PTE_TOP_SHIFT))
#define RADIX_BREAKS 0
#define RADIX_PAIRS 1
#define radix_has_groups false
static_assert(PTE_SMALL_SHIFT == MP_SHIFT && USER_END <= 1ull << PTE_VA_BITS && PTE_VA_BITS <= PTE_TOP_SHIFT + PTE_INDEX_BITS);

static inline bool pte_present(pte_t pte) { return (pte & PTE_LEAF) || (int64_t)pte < 0; }
static inline bool pte_is_leaf(pte_t pte, unsigned) { return pte & PTE_LEAF; }
static inline pte_t pte_to_table(paddr_t pa) { return CACHED + pa; }
static inline paddr_t pte_table(pte_t pte) { return pte & PHYSICAL_MASK; }
static inline pte_t pte_leaf(paddr_t pa, pte_t attributes, unsigned) { return pa | attributes; }
static inline pte_t pte_group_leaf(paddr_t pa, pte_t attributes) { return pa | attributes; }
static inline bool pte_grouped(pte_t) { return false; }
static inline pte_t pte_ungrouped(pte_t pte, unsigned) { return pte; }
static inline paddr_t pte_translate(pte_t pte, unsigned level, uint64_t va)
{
    uint64_t inside = ((MP_SIZE << RADIX_SHIFT(level)) - 1) & ~(MP_SIZE - 1);
    return (pte & PTE_ADDRESS & ~inside) | (va & inside);
}
static inline pte_t pte_attributes(pte_t pte) { return pte & ~PTE_ADDRESS; }
static inline unsigned pte_prot(pte_t pte)
{
    return (pte & PTE_NO_READ ? 0 : PROT_BIT_READ) | (pte & PTE_WRITE ? PROT_BIT_WRITE : 0) | (pte & PTE_NO_EXEC ? 0 : PROT_BIT_EXEC);
}
/* A leaf allows an access if (pte & mask) == value. */
struct pte_rule { pte_t mask, value; };
static inline struct pte_rule pte_rule(unsigned access)
{
    pte_t set = PTE_LEAF | (access & PROT_BIT_WRITE ? PTE_WRITE : 0);
    return (struct pte_rule){set | (access & PROT_BIT_READ ? PTE_NO_READ : 0) | (access & PROT_BIT_EXEC ? PTE_NO_EXEC : 0), set};
}
static inline bool pte_allows(pte_t pte, struct pte_rule rule) { return (pte & rule.mask) == rule.value; }

/* What is writable is readable. */
static inline pte_t pte_with_prot(pte_t pte, unsigned prot)
{
    pte &= ~(PTE_NO_READ | PTE_WRITE | PTE_NO_EXEC | PTE_DIRTY);
    pte |= prot & (PROT_BIT_READ | PROT_BIT_WRITE) ? 0 : PTE_NO_READ;
    pte |= prot & PROT_BIT_EXEC ? 0 : PTE_NO_EXEC;
    if (prot & PROT_BIT_WRITE)
        pte |= PTE_WRITE | (pte & PTE_WRITTEN ? PTE_DIRTY : 0);
    return pte;
}
static inline bool pte_accessed(pte_t pte) { return pte & PTE_VALID; }
static inline bool pte_dirty(pte_t pte) { return pte & PTE_WRITTEN; }
/* An absent entry, as it may have become meanwhile, stays as it is. */
static inline pte_t pte_touched(pte_t pte, bool write)
{
    if (!pte_present(pte))
        return pte;
    if (write)
        pte |= PTE_WRITTEN | (pte & PTE_WRITE ? PTE_DIRTY : 0);
    return pte | PTE_VALID;
}
static inline bool pte_needs_break(pte_t, pte_t) { return false; }

/* A TLB may hold an invalid entry: a fault there is answered by radix_touch, after the entry was dropped. */
static inline void radix_written(void) {}

static inline pte_t pte_of_user(unsigned prot, unsigned cache)
{
    static const pte_t of_cache[] = {[CACHE_NORMAL] = PTE_CACHE(3), [CACHE_DEVICE] = PTE_CACHE(2), [CACHE_WRITE_COMBINING] = PTE_CACHE(7)};
    return pte_with_prot(PTE_VALID | PTE_LEAF | of_cache[cache], prot);
}

#endif
