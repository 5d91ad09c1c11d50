/* paging.c: user address spaces, over arch/radix, and the TLB. Not here: the kernel's own mappings (kernel_tables.c).
 * Process-context identifiers: arch/pcid. Where there are none, or none is left, loading a root forgets all of the space before. */
#include <lib/list.h>
#include <mm/space.h>
#include <pcid/pcid.h>
#include <radix/radix.h>
#include <x86.h>

#define INVALIDATE_MAX 32 /* MPs one by one; beyond that a reload of the root costs less */

void radix_flush_now(struct arch_space *space, uint64_t va, size_t count)
{
    space_flush(container_of(space, struct space, arch), va, count);
}

bool arch_space_init(struct arch_space *space, struct ledger *ledger)
{
    if (!radix_init(space, ledger))
        return false;
    x86_kernel_root_copy(phys_to_virt(space->radix.root));
    unsigned number = pcid_take(&container_of(space, struct space, arch)->stale);
    space->cr3 = space->radix.root | number | (number != 0 ? CR3_KEEP : 0);
    return true;
}

void radix_ended(struct arch_space *space)
{
    const struct space *whole = container_of(space, struct space, arch);
    pcid_give(space->cr3 & CR3_NUMBER, whole->cpus | whole->stale);
}

void x86_space_load_clean(const struct arch_space *space)
{
    write_cr3(space->cr3 & ~CR3_KEEP);
}

unsigned arch_leaf_shift(unsigned n)
{
    return n < (x86_features.pages_1g ? 2 : 1) ? MP_SHIFT + RADIX_SHIFT(n + 1) : 0;
}

bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache)
{
    static const pte_t of_cache[] = {[CACHE_NORMAL] = 0, [CACHE_DEVICE] = PTE_UNCACHED, [CACHE_WRITE_COMBINING] = PTE_WRITE_COMBINING};
    pte_t attributes = PTE_PRESENT | PTE_USER | of_cache[cache] | pte_protection(prot);
    return radix_map(space, va, pa, count, attributes, x86_features.pages_1g ? 2 : 1);
}

void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    struct space *whole = container_of(space, struct space, arch);
    if (this_cpu()->space != whole) { /* what is here of it goes when it is loaded */
        if ((space->cr3 & CR3_KEEP) != 0)
            whole->stale |= this_cpu()->bit;
        return;
    }
    if (count > INVALIDATE_MAX) {
        x86_space_load_clean(space);
        return;
    }
    for (; count != 0; count--, va += MP_SIZE)
        invlpg(va);
}

void arch_space_leave(void)
{
    x86_kernel_root_load();
}
