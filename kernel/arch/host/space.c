/* space.c (host): page tables as the kernel makes them, and a TLB that believes them until told otherwise. Not here: the TLB of pairs
 * (pairs.c), which is asked instead when it is chosen.
 * Invariant: a TLB entry is what the tables said some time since the last flush of its page. */
#include <arch/asid/asid.h>
#include <arch/radix/radix.h>
#include <host.h>
#include <lib/assert.h>
#include <pairs.h>

#define TLB_ENTRIES 8192u

static struct tlb_entry { /* direct mapped */
    const struct arch_space *space; /* NULL: free */
    uaddr_t page;
    paddr_t pa;
    unsigned prot;
} tlb[TLB_ENTRIES];

static struct tlb_entry *entry_of(const struct arch_space *space, uaddr_t va)
{
    return &tlb[((va >> MP_SHIFT) + ((uintptr_t)space >> 6) * 61) % TLB_ENTRIES];
}

static bool holds(const struct tlb_entry *entry, const struct arch_space *space, uaddr_t va)
{
    return entry->space == space && entry->page == (va & ~(MP_SIZE - 1));
}

static void flush_all(const struct arch_space *space)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        if (tlb[i].space == space)
            tlb[i].space = nullptr;
}

bool arch_space_init(struct arch_space *space, struct ledger *ledger)
{
    *space = (struct arch_space){};
    flush_all(space);
    pairs_flush(space, 0, SIZE_MAX);
    return radix_init(space, ledger);
}

unsigned arch_leaf_shift(unsigned n)
{
    return n < 2 ? MP_SHIFT + RADIX_SHIFT(n + (host_pairs ? 2 : 1)) : 0;
}

bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache)
{
    ASSERT(!((va | pa) & (MP_SIZE - 1)) && count && prot & PROT_BIT_READ, "mappings are of whole MPs and can be read");
    return radix_map(space, va, pa, count, pte_of_user(prot, cache), host_pairs ? 3 : 2);
}

void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    if (host_pairs) {
        pairs_disturb(space, va, count);
        pairs_flush(space, va, count);
        return;
    }
    if (count >= TLB_ENTRIES || space->radix.retired) {
        flush_all(space);
        return;
    }
    for (; count; count--, va += MP_SIZE)
        if (holds(entry_of(space, va), space, va))
            entry_of(space, va)->space = nullptr;
}

void radix_ended(struct arch_space *) {}

void radix_flush_now(struct arch_space *space, uint64_t va, size_t count) { arch_tlb_flush(space, va, count); }
void arch_space_leave(void) {}
void asid_flush_before_load(void) {}

/* What the tables say of the page. */
static bool walk(struct arch_space *space, uaddr_t page, struct tlb_entry *entry)
{
    struct arch_mapping mapping;
    if (!arch_query(space, page, &mapping))
        return false;
    paddr_t pa = (mapping.pa & ~(mapping.size - 1)) + (page & (mapping.size - 1));
    *entry = (struct tlb_entry){space, page, pa, mapping.prot};
    return true;
}

unsigned host_access(struct arch_space *space, uaddr_t va, unsigned access, paddr_t *pa)
{
    if (host_pairs)
        return pairs_access(space, va, access, pa);
    uaddr_t page = va & ~(MP_SIZE - 1);
    struct tlb_entry *entry = entry_of(space, va);
    if ((!holds(entry, space, va) || access & ~entry->prot) && !walk(space, page, entry)) {
        entry->space = nullptr;
        return access;
    }
    *pa = entry->pa + (va - page);
    return access & ~entry->prot;
}

void host_tlb_check(struct arch_space *space)
{
    if (host_pairs)
        pairs_check(space);
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        struct tlb_entry now;
        if (tlb[i].space != space)
            continue;
        ASSERT(walk(space, tlb[i].page, &now), "a translation that was taken away was flushed");
        ASSERT(now.pa == tlb[i].pa && !(tlb[i].prot & ~now.prot), "a translation that was weakened was flushed");
    }
}
