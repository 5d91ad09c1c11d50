/* pte.h (x86-64): entries of 4-level page tables, for radix.c and the kernel's own tables. Intel SDM volume 3, "4-level paging". */
#ifndef X86_64_PTE_H
#define X86_64_PTE_H

#include <stdint.h>

typedef uint64_t pte_t;

#define RADIX_TOP 3
#define RADIX_USER_SLOTS 256
#define RADIX_BREAKS 0
static constexpr bool radix_has_groups = false;

#define PTE_PRESENT (1ull << 0)
#define PTE_WRITE (1ull << 1)
#define PTE_USER (1ull << 2)
#define PTE_WRITE_COMBINING (1ull << 3) /* PWT: entry 1 of the PAT as cpu.c sets it */
#define PTE_UNCACHED (3ull << 3)        /* PCD and PWT: entry 3 */
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY (1ull << 6)
#define PTE_LARGE (1ull << 7)           /* in entries of levels 1 and 2: a leaf */
#define PTE_GLOBAL (1ull << 8)
#define PTE_NO_EXECUTE (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

extern pte_t pte_no_execute; /* PTE_NO_EXECUTE where the machine has it, else 0 */

static inline bool pte_present(pte_t pte) { return (pte & PTE_PRESENT) != 0; }
static inline bool pte_is_leaf(pte_t pte, unsigned level) { return level == 0 || (pte & PTE_LARGE) != 0; }
static inline pte_t pte_to_table(paddr_t pa) { return pa | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED; }
static inline paddr_t pte_table(pte_t pte) { return pte & PTE_ADDRESS; }
static inline pte_t pte_leaf(paddr_t pa, pte_t attributes, unsigned level)
{
    return pa | attributes | (level != 0 ? PTE_LARGE : 0);
}
static inline pte_t pte_attributes(pte_t pte) { return pte & ~(PTE_ADDRESS | PTE_LARGE); }
static inline paddr_t pte_translate(pte_t pte, unsigned level, uint64_t va)
{
    uint64_t inside = (MP_SIZE << 9 * level) - 1;
    return ((pte & PTE_ADDRESS & ~inside) | (va & inside)) & ~(MP_SIZE - 1);
}
/* What an entry of user memory with this protection has set, besides the address. */
static inline pte_t pte_protection(unsigned prot)
{
    return ((prot & PROT_BIT_WRITE) != 0 ? PTE_WRITE : 0) | ((prot & PROT_BIT_EXEC) != 0 ? 0 : pte_no_execute);
}
static inline unsigned pte_prot(pte_t pte)
{
    return PROT_BIT_READ | ((pte & PTE_WRITE) != 0 ? PROT_BIT_WRITE : 0) | ((pte & pte_no_execute) == 0 ? PROT_BIT_EXEC : 0);
}
/* A present entry allows an access if (pte & mask) == value. */
struct pte_rule { pte_t mask, value; };
static inline struct pte_rule pte_rule(unsigned access)
{
    pte_t set = PTE_PRESENT | ((access & PROT_BIT_WRITE) != 0 ? PTE_WRITE : 0);
    return (struct pte_rule){set | ((access & PROT_BIT_EXEC) != 0 ? pte_no_execute : 0), set};
}
static inline bool pte_allows(pte_t pte, struct pte_rule rule) { return (pte & rule.mask) == rule.value; }
static inline pte_t pte_with_prot(pte_t pte, unsigned prot)
{
    return (pte & ~(PTE_WRITE | PTE_NO_EXECUTE)) | pte_protection(prot);
}
static inline bool pte_accessed(pte_t pte) { return (pte & PTE_ACCESSED) != 0; }
static inline bool pte_dirty(pte_t pte) { return (pte & PTE_DIRTY) != 0; }
static inline pte_t pte_touched(pte_t pte, bool write) { return pte | PTE_ACCESSED | (write ? PTE_DIRTY : 0); }
static inline bool pte_needs_break(pte_t, pte_t) { return false; }

/* There is no hint for groups of entries. */
static inline pte_t pte_group_leaf(paddr_t pa, pte_t attributes) { return pte_leaf(pa, attributes, 0); }
static inline bool pte_grouped(pte_t) { return false; }
static inline pte_t pte_ungrouped(pte_t pte, unsigned) { return pte; }

static inline void radix_written(void) {} /* absent entries are not cached */

#endif
