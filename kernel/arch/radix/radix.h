/* radix.h: page tables with entries of 64 bits, which the hardware or a TLB refill handler walks. Shared by the ports that have such; they
 * give, in their pte.h, the form of an entry:
 *   typedef uint64_t pte_t;
 *   RADIX_TOP                        level of the root, 2 to 4
 *   RADIX_SHIFT(level)               log2 of the MPs that an entry of the level translates, up to RADIX_TOP + 1, if not 9 a level; tables
 *                                    smaller than an MP are aligned to 32 bytes
 *   RADIX_PAIRS                      1: what a TLB takes for a leaf of level 1 depends on the one beside it: "pairs" in radix.c
 *   RADIX_USER_SLOTS                 entries of the root that are the program's, from 0
 *   RADIX_BREAKS                     1: pte_needs_break may be true
 *   pte_present(pte)  pte_is_leaf(pte, level)     absent entries are 0 in bit 0
 *   pte_to_table(pa)  pte_table(pte)              entry of a table; the table it names
 *   pte_leaf(pa, attributes, level)               entry of a leaf
 *   pte_group_leaf(pa, attributes)                entry of level 0 that is one of RADIX_GROUP with the hint
 *   pte_grouped(pte)  pte_ungrouped(pte, index)   has it the hint? the entry at `index` of its group without it
 *   pte_translate(pte, level, va)                 the MP of va
 *   pte_attributes(pte)                           to make leaves of other sizes from (accessed and dirty stay)
 *   pte_prot(pte)  pte_with_prot(pte, prot)       PROT_BIT_*; prot not 0
 *   struct pte_rule  pte_rule(access)  pte_allows(pte, rule)    is it present with a protection that has the PROT_BIT_* of access?
 *   pte_accessed(pte)  pte_dirty(pte)  pte_touched(pte, write)
 *   pte_needs_break(old, new)                     both present: must the old one go from all TLBs before the new one is written?
 *   radix_has_groups                              (variable) the hint may be used
 *   radix_written()                               absent entries became present: what walkers need to see that
 * struct arch_space has `struct radix radix`.
 *
 * Invariant: a table taken out of the tree is freed at the next change of the space, when the flush that mm makes after each change is
 * done, so no walker sees a page that was reused. */
#ifndef KERNEL_RADIX_H
#define KERNEL_RADIX_H

#include <arch/arch.h>
#include <pte.h>

#ifndef RADIX_SHIFT
#define RADIX_SHIFT(level) (9u * (level))
#endif
#ifndef RADIX_PAIRS
#define RADIX_PAIRS 0
#endif
#define RADIX_GROUP_SHIFT 4u
#define RADIX_GROUP (1u << RADIX_GROUP_SHIFT)

/* The root exists and is zero, the port fills the kernel's slots. ledger: pays for all tables; NULL: nobody. */
bool radix_init(struct arch_space *space, struct ledger *ledger);
/* Entries with these attributes, leaves up to max_level. As arch_map. */
bool radix_map(struct arch_space *space, uint64_t va, paddr_t pa, size_t count, pte_t attributes, unsigned max_level);
/* A fault hit va: is it mapped with that access? Then note accessed (and dirty) in the entry. */
bool radix_touch(struct arch_space *space, uaddr_t va, unsigned access);

/* The port's: the space, which no CPU has loaded, has no tables any more. */
void radix_ended(struct arch_space *space);
/* The port's: forget translations, walks included, on all CPUs, before returning. Rare, but where RADIX_BREAKS. */
void radix_flush_now(struct arch_space *space, uint64_t va, size_t count);

#endif
