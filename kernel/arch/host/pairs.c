/* pairs.c (host): a TLB of pairs. The refill is the one of the ports' entry.S, in C: what is absent is not loaded; a pair of leaves of level 1
 * is one entry unless one of them is a table.
 * Invariant: no two entries of a space overlap, whatever is loaded when: hardware does not forgive that. */
#include <arch/radix/radix.h>
#include <lib/assert.h>
#include <pairs.h>

#define ENTRIES 48u

static struct pair {
    const struct arch_space *space; /* NULL: free */
    uaddr_t start;
    uint64_t half; /* bytes */
    struct {
        bool valid;
        unsigned prot;
        paddr_t pa;
    } page[2];
} tlb[ENTRIES];
static unsigned next_victim;
bool host_pairs;

static bool overlaps(const struct pair *pair, uaddr_t start, uint64_t end)
{
    return pair->start < end && pair->start + 2 * pair->half > start;
}

static struct pair *find(const struct arch_space *space, uaddr_t va)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if (tlb[i].space == space && overlaps(&tlb[i], va, va + 1))
            return &tlb[i];
    return nullptr;
}

void pairs_flush(const struct arch_space *space, uaddr_t va, size_t count)
{
    uint64_t end = count > (UINT64_MAX - va) >> MP_SHIFT ? UINT64_MAX : va + count * MP_SIZE;
    for (unsigned i = 0; i < ENTRIES; i++)
        if (tlb[i].space == space && overlaps(&tlb[i], va, end))
            tlb[i].space = nullptr;
}

/* --- refill ------------------------------------------------------------------------------------------------------------------------------ */

static unsigned index_at(uaddr_t va, unsigned level)
{
    return va >> (MP_SHIFT + RADIX_SHIFT(level)) & ((1u << (RADIX_SHIFT(level + 1) - RADIX_SHIFT(level))) - 1);
}

static bool is_table(pte_t pte, unsigned level) { return pte_present(pte) && !pte_is_leaf(pte, level); }

static void set_page(struct pair *pair, unsigned which, pte_t pte, paddr_t inside)
{
    pair->page[which].valid = pte_present(pte);
    pair->page[which].prot = pte_prot(pte);
    pair->page[which].pa = (pte & PTE_ADDRESS) + inside;
}

/* Both halves of a leaf. */
static void set_halves(struct pair *pair, pte_t pte, unsigned level, uaddr_t va)
{
    pair->half = MP_SIZE << RADIX_SHIFT(level) >> 1;
    pair->start = va & ~(2 * pair->half - 1);
    set_page(pair, 0, pte, 0);
    set_page(pair, 1, pte, pair->half);
}

static void set_both(struct pair *pair, const pte_t *table, unsigned level, uaddr_t va)
{
    unsigned even = index_at(va, level) & ~1u;
    pair->half = MP_SIZE << RADIX_SHIFT(level);
    pair->start = va & ~(2 * pair->half - 1);
    set_page(pair, 0, table[even], 0);
    set_page(pair, 1, table[even + 1], 0);
}

static bool refill(struct arch_space *space, uaddr_t va, struct pair *pair)
{
    const pte_t *table = phys_to_virt(space->radix.root);
    *pair = (struct pair){.space = space};
    for (unsigned level = RADIX_TOP; level > 1; level--) {
        pte_t pte = table[index_at(va, level)];
        if (!pte_present(pte))
            return false;
        if (pte_is_leaf(pte, level)) {
            set_halves(pair, pte, level, va);
            return true;
        }
        table = phys_to_virt(pte_table(pte));
    }
    unsigned own = index_at(va, 1);
    if (!is_table(table[own & ~1u], 1) && !is_table(table[own | 1u], 1))
        set_both(pair, table, 1, va);
    else if (is_table(table[own], 1))
        set_both(pair, phys_to_virt(pte_table(table[own])), 0, va);
    else
        set_halves(pair, table[own], 1, va);
    return pair->page[(va - pair->start) / pair->half].valid;
}

static struct pair *load(struct arch_space *space, uaddr_t va)
{
    struct pair pair;
    if (!refill(space, va, &pair))
        return nullptr;
    for (unsigned i = 0; i < ENTRIES; i++)
        ASSERT(tlb[i].space != space || !overlaps(&tlb[i], pair.start, pair.start + 2 * pair.half), "no two entries of a TLB overlap");
    next_victim = (next_victim + 1) % ENTRIES;
    tlb[next_victim] = pair;
    return &tlb[next_victim];
}

/* --- accesses ---------------------------------------------------------------------------------------------------------------------------- */

/* An entry that does not do makes a fault, and goes; the refill brings what the tables say now. */
unsigned pairs_access(struct arch_space *space, uaddr_t va, unsigned access, paddr_t *pa)
{
    struct pair *pair = find(space, va);
    if (pair) {
        unsigned which = (va - pair->start) / pair->half;
        if (!pair->page[which].valid || access & ~pair->page[which].prot) {
            pair->space = nullptr;
            pair = nullptr;
        }
    }
    if (!pair)
        pair = load(space, va);
    if (!pair)
        return access;
    unsigned which = (va - pair->start) / pair->half;
    if (access & ~pair->page[which].prot) {
        pair->space = nullptr;
        return access;
    }
    *pa = pair->page[which].pa + (va - pair->start) % pair->half;
    return 0;
}

void pairs_disturb(struct arch_space *space, uaddr_t va, size_t count)
{
    static uint64_t random = 1;
    uint64_t around = 4 * cluster_size(), size = count < 4096 ? count * MP_SIZE : 4096 * MP_SIZE;
    for (unsigned i = 0; i < 6; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uaddr_t at = (va > around ? va - around : 0) + (random >> 20) % (size + 2 * around);
        if (at < USER_END && !find(space, at))
            (void)load(space, at);
    }
}

static void check_page(struct arch_space *space, const struct pair *pair, unsigned which, uint64_t offset)
{
    struct arch_mapping mapping;
    ASSERT(arch_query(space, pair->start + which * pair->half + offset, &mapping), "a translation that was taken away was flushed");
    uaddr_t va = pair->start + which * pair->half + offset;
    paddr_t pa = (mapping.pa & ~(mapping.size - 1)) + (va & (mapping.size - 1));
    ASSERT(pa == pair->page[which].pa + offset, "a translation that was changed was flushed");
    ASSERT(!(pair->page[which].prot & ~mapping.prot), "a translation that was weakened was flushed");
}

void pairs_check(struct arch_space *space)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        for (unsigned which = 0; which < 2 && tlb[i].space == space; which++)
            for (uint64_t offset = 0; tlb[i].page[which].valid && offset < tlb[i].half; offset += MP_SIZE)
                check_page(space, &tlb[i], which, offset);
}
