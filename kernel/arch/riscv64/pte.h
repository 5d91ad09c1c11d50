/* pte.h (riscv64): page table entries (Privileged Architecture, Sv39, Svnapot, Svpbmt). see arch/radix/radix.h for what each function does. */
#ifndef RISCV64_PTE_H
#define RISCV64_PTE_H

#include <map.h>
#include <machine.h>

typedef uint64_t pte_t;

#define PTE_VALID    (1ull << 0)
#define PTE_READ     (1ull << 1)
#define PTE_WRITE    (1ull << 2)
#define PTE_EXEC     (1ull << 3)
#define PTE_USER     (1ull << 4)
#define PTE_GLOBAL   (1ull << 5)
#define PTE_ACCESSED (1ull << 6)
#define PTE_DIRTY    (1ull << 7)
#define PTE_NC       (1ull << 61) /* Svpbmt: not cached, weakly ordered */
#define PTE_IO       (2ull << 61)
#define PTE_NAPOT    (1ull << 63)
#define PTE_ADDRESS  0x003ffffffffffc00ull
#define PTE_PROT     (PTE_READ | PTE_WRITE | PTE_EXEC)
#define PTE_NAPOT_64K (8ull << 10) /* address bits that say: 16 pages */
#define PTE_NAPOT_MASK (15ull << 10)

#define RADIX_TOP 2u
#define RADIX_USER_SLOTS 256u
#define RADIX_BREAKS 0
#define radix_has_groups (machine.has_svnapot)

static inline bool pte_present(pte_t pte) { return pte & PTE_VALID; }
static inline bool pte_is_leaf(pte_t pte, unsigned) { return pte & PTE_PROT; }
static inline pte_t pte_to_table(paddr_t pa) { return pa >> 2 | PTE_VALID; }
static inline paddr_t pte_table(pte_t pte) { return (pte & PTE_ADDRESS) << 2; }
static inline pte_t pte_leaf(paddr_t pa, pte_t attributes, unsigned) { return pa >> 2 | attributes; }
static inline pte_t pte_group_leaf(paddr_t pa, pte_t attributes)
{
    return ((pa >> 2) & ~PTE_NAPOT_MASK) | PTE_NAPOT_64K | PTE_NAPOT | attributes;
}
static inline bool pte_grouped(pte_t pte) { return pte & PTE_NAPOT; }
static inline pte_t pte_ungrouped(pte_t pte, unsigned index) { return (pte & ~(PTE_NAPOT | PTE_NAPOT_MASK)) | (pte_t)index << 10; }
static inline paddr_t pte_translate(pte_t pte, unsigned level, uint64_t va)
{
    uint64_t inside = ((MP_SIZE << (pte_grouped(pte) ? 4 : 9 * level)) - 1) & ~(MP_SIZE - 1);
    return (((pte & PTE_ADDRESS) << 2) & ~inside) | (va & inside);
}
static inline pte_t pte_attributes(pte_t pte) { return pte & ~(PTE_ADDRESS | PTE_NAPOT); }
static inline unsigned pte_prot(pte_t pte) { return pte >> 1 & 7; } /* the same order of bits */
static_assert(PTE_READ == PROT_BIT_READ << 1 && PTE_WRITE == PROT_BIT_WRITE << 1 && PTE_EXEC == PROT_BIT_EXEC << 1);
/* An entry allows an access if it has these bits. */
struct pte_rule { pte_t bits; };
static inline struct pte_rule pte_rule(unsigned access) { return (struct pte_rule){PTE_VALID | (pte_t)access << 1}; }
static inline bool pte_allows(pte_t pte, struct pte_rule rule) { return (~pte & rule.bits) == 0; }

/* Writable alone is reserved. */
static inline pte_t pte_bits_of(unsigned prot) { return (pte_t)(prot & PROT_BIT_WRITE ? prot | PROT_BIT_READ : prot) << 1; }
static inline pte_t pte_with_prot(pte_t pte, unsigned prot) { return (pte & ~PTE_PROT) | pte_bits_of(prot); }
static inline bool pte_accessed(pte_t pte) { return pte & PTE_ACCESSED; }
static inline bool pte_dirty(pte_t pte) { return pte & PTE_DIRTY; }
static inline pte_t pte_touched(pte_t pte, bool write) { return pte | PTE_ACCESSED | (write ? PTE_DIRTY : 0); }
static inline bool pte_needs_break(pte_t, pte_t) { return false; }

/* Absent entries may be cached: a fault there is answered by radix_touch, whose caller flushes. */
static inline void radix_written(void) {}

static inline pte_t pte_of_user(unsigned prot, unsigned cache)
{
    pte_t memory_type = !machine.has_svpbmt || cache == CACHE_NORMAL ? 0 : cache == CACHE_DEVICE ? PTE_IO : PTE_NC;
    return PTE_VALID | PTE_USER | PTE_ACCESSED | memory_type | pte_bits_of(prot);
}
static inline pte_t pte_of_kernel(unsigned prot, bool device)
{
    return PTE_VALID | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY | (device && machine.has_svpbmt ? PTE_IO : 0) | pte_bits_of(prot);
}

#endif
