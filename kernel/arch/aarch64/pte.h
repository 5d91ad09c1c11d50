/* pte.h (aarch64): descriptors of stage 1, 4 KiB granule (Arm Architecture Reference Manual, D8.3). See arch/radix/radix.h for what each
 * function does. Writable is DBM; writable and clean is read-only besides, which the hardware or a fault lifts. */
#ifndef AARCH64_PTE_H
#define AARCH64_PTE_H

#include <map.h>
#include <arch/arch.h>

typedef uint64_t pte_t;

#define PTE_VALID      (1ull << 0)
#define PTE_TABLE      (1ull << 1) /* a table, or at level 0 a page; else a block */
#define PTE_DEVICE     (1ull << 2) /* index into MAIR */
#define PTE_UNCACHED   (2ull << 2)
#define PTE_USER       (1ull << 6)
#define PTE_READ_ONLY  (1ull << 7)
#define PTE_SHARED     (3ull << 8) /* inner shareable */
#define PTE_ACCESSED   (1ull << 10)
#define PTE_NOT_GLOBAL (1ull << 11)
#define PTE_WRITABLE   (1ull << 51) /* DBM */
#define PTE_CONTIGUOUS (1ull << 52)
#define PTE_NO_EXEC_KERNEL (1ull << 53)
#define PTE_NO_EXEC_USER   (1ull << 54)
#define PTE_WAS_DIRTY  (1ull << 55) /* software: dirty, though not writable now */
#define PTE_ADDRESS    0x0000fffffffff000ull

#define RADIX_TOP 2u
#define RADIX_USER_SLOTS 512u
#define RADIX_BREAKS 1
static constexpr bool radix_has_groups = true;

static inline bool pte_present(pte_t pte) { return pte & PTE_VALID; }
static inline bool pte_is_leaf(pte_t pte, unsigned level) { return level == 0 || (pte & PTE_TABLE) == 0; }
static inline pte_t pte_to_table(paddr_t pa) { return pa | PTE_VALID | PTE_TABLE; }
static inline paddr_t pte_table(pte_t pte) { return pte & PTE_ADDRESS; }
static inline pte_t pte_leaf(paddr_t pa, pte_t attributes, unsigned level) { return pa | attributes | (level == 0 ? PTE_TABLE : 0); }
static inline pte_t pte_group_leaf(paddr_t pa, pte_t attributes) { return pa | attributes | PTE_TABLE | PTE_CONTIGUOUS; }
static inline bool pte_grouped(pte_t pte) { return pte & PTE_CONTIGUOUS; }
static inline pte_t pte_ungrouped(pte_t pte, unsigned) { return pte & ~PTE_CONTIGUOUS; }
static inline paddr_t pte_translate(pte_t pte, unsigned level, uint64_t va)
{
    uint64_t inside = ((MP_SIZE << 9 * level) - 1) & ~(MP_SIZE - 1);
    return (pte & PTE_ADDRESS & ~inside) | (va & inside);
}
static inline pte_t pte_attributes(pte_t pte) { return pte & ~(PTE_ADDRESS | PTE_CONTIGUOUS | PTE_TABLE); }
static inline unsigned pte_prot(pte_t pte)
{
    return PROT_BIT_READ | (pte & PTE_WRITABLE ? PROT_BIT_WRITE : 0) | (pte & PTE_NO_EXEC_USER ? 0 : PROT_BIT_EXEC);
}
/* An entry allows an access if (pte & mask) == value. */
struct pte_rule { pte_t mask, value; };
static inline struct pte_rule pte_rule(unsigned access)
{
    pte_t set = PTE_VALID | (access & PROT_BIT_WRITE ? PTE_WRITABLE : 0);
    return (struct pte_rule){set | (access & PROT_BIT_EXEC ? PTE_NO_EXEC_USER : 0), set};
}
static inline bool pte_allows(pte_t pte, struct pte_rule rule) { return (pte & rule.mask) == rule.value; }
static inline bool pte_accessed(pte_t pte) { return pte & PTE_ACCESSED; }
static inline bool pte_dirty(pte_t pte) { return (pte & (PTE_WRITABLE | PTE_READ_ONLY)) == PTE_WRITABLE || (pte & PTE_WAS_DIRTY); }
static inline pte_t pte_bits_of(unsigned prot)
{
    return (prot & PROT_BIT_WRITE ? PTE_WRITABLE : 0) | (prot & PROT_BIT_EXEC ? 0 : PTE_NO_EXEC_USER) | PTE_READ_ONLY;
}
static inline pte_t pte_with_prot(pte_t pte, unsigned prot)
{
    pte_t dirty = pte_dirty(pte) ? PTE_WAS_DIRTY : 0;
    pte_t new = (pte & ~(PTE_WRITABLE | PTE_NO_EXEC_USER)) | pte_bits_of(prot) | dirty;
    return dirty && prot & PROT_BIT_WRITE ? new & ~PTE_READ_ONLY : new;
}
static inline pte_t pte_touched(pte_t pte, bool write)
{
    bool lift = write && pte & PTE_WRITABLE; /* a page that was dirty may be shared, and not writable, now */
    return (lift ? pte & ~PTE_READ_ONLY : pte) | PTE_ACCESSED | (write ? PTE_WAS_DIRTY : 0);
}
/* All but permissions and software's bits. */
static inline bool pte_needs_break(pte_t old, pte_t new)
{
    const pte_t may_change = PTE_READ_ONLY | PTE_ACCESSED | PTE_WRITABLE | PTE_NO_EXEC_KERNEL | PTE_NO_EXEC_USER | PTE_WAS_DIRTY;
    return (old ^ new) & ~may_change;
}

static inline void radix_written(void) { __asm__ volatile("dsb ishst" ::: "memory"); }

static inline pte_t pte_of_user(unsigned prot, unsigned cache)
{
    pte_t memory_type = cache == CACHE_NORMAL ? 0 : cache == CACHE_DEVICE ? PTE_DEVICE : PTE_UNCACHED;
    return PTE_VALID | PTE_USER | PTE_SHARED | PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_NO_EXEC_KERNEL | memory_type | pte_bits_of(prot);
}
static inline pte_t pte_of_kernel(unsigned prot, bool device)
{
    return PTE_VALID | PTE_SHARED | PTE_ACCESSED | PTE_NO_EXEC_USER | (device ? PTE_DEVICE : 0) |
           (prot & PROT_BIT_WRITE ? 0 : PTE_READ_ONLY) | (prot & PROT_BIT_EXEC ? 0 : PTE_NO_EXEC_KERNEL);
}

#endif
