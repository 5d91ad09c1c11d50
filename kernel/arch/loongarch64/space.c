/* space.c: address spaces in the TLB. Not here: tables (arch/radix), ASIDs (arch/asid), refill (entry.S). */
#include <asid/asid.h>
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <platform/mmio.h>
#include <radix/radix.h>
#include <sched/schedule.h>

#define ASID_BITS_SHIFT 16
#define FLUSH_ONE_BY_ONE 16u

pte_t pte_no_exec;

static void flush_everything(void)
{
    __asm__ volatile("invtlb 0, $zero, $zero" ::: "memory");
}

/* The handler for this size of clusters. */
static void install_refill(void)
{
    const char *handler = cluster_shift == 14 ? refill_14 : cluster_shift == 16 ? refill_16 : cluster_shift == 17 ? refill_17 : refill_18;
    memcpy(tlb_refill, handler, REFILL_BYTES);
    __asm__ volatile("ibar 0" ::: "memory");
}

void tlb_init(void)
{
    if (this_cpu()->number == 0)
        install_refill();
    csr_write(CSR_TLBRENTRY, virt_to_phys(tlb_refill));
    csr_write(CSR_STLBPS, cluster_shift);
    csr_write(CSR_TLBREHI, cluster_shift);
    csr_write(CSR_TLBIDX, (uint64_t)cluster_shift << 24);
    csr_write(CSR_PGDL, 0);
    flush_everything();
    if (this_cpu()->number != 0)
        return;
    pte_no_exec = csr_read(CSR_PRCFG2) ? PTE_NO_EXEC : 0;
    asid_init(1ull << (csr_read(CSR_ASID) >> ASID_BITS_SHIFT & 0xff));
}

void asid_flush_before_load(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpus[i].arch.generation = NO_GENERATION;
}

void space_make_ready(struct cpu *cpu, struct arch_space *space)
{
    if (!asid_is_present(&space->asid))
        asid_assign(&space->asid);
    if (space->asid.number != 0 && cpu->arch.generation == asid_generation)
        return;
    arch_space_leave(); /* nothing of the space that is left comes back */
    flush_everything();
    if (space->asid.number != 0)
        cpu->arch.generation = asid_generation;
}

/* The empty table at 0 and the ASID that no space has. */
void arch_space_leave(void)
{
    csr_write(CSR_PGDL, 0);
    csr_write(CSR_ASID, 0);
}

void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    if (!asid_is_present(&space->asid))
        return;
    uint64_t asid = space->asid.number;
    if (count > FLUSH_ONE_BY_ONE) {
        __asm__ volatile("invtlb 4, %0, $zero" ::"r"(asid) : "memory");
        return;
    }
    uaddr_t end = va + count * MP_SIZE;
    for (va &= ~(2 * MP_SIZE - 1); va < end; va += 2 * MP_SIZE)
        __asm__ volatile("invtlb 5, %0, %1" ::"r"(asid), "r"(va) : "memory");
}

void radix_ended(struct arch_space *) {}

void radix_flush_now(struct arch_space *space, uint64_t va, size_t count)
{
    space_flush(container_of(space, struct space, arch), va, count);
}

bool arch_space_init(struct arch_space *space, struct ledger *ledger)
{
    *space = (struct arch_space){};
    return radix_init(space, ledger);
}

unsigned arch_leaf_shift(unsigned n)
{
    return n < 2 ? MP_SHIFT + RADIX_SHIFT(n + 2) : 0;
}

/* What a write fault maps is written at once: that spares the fault for dirty. */
bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache)
{
    if (prot == 0)
        return arch_unmap(space, va, count);
    pte_t attributes = pte_of_user(prot, cache);
    struct arch_cpu *here = &this_cpu()->arch;
    if ((prot & PROT_BIT_WRITE) && here->writing - va < count * MP_SIZE) {
        attributes = pte_touched(attributes, true);
        here->writing = UINT64_MAX;
    }
    if (!radix_map(space, va, pa, count, attributes, 3))
        return false;
    if (prot & PROT_BIT_EXEC)
        __asm__ volatile("ibar 0" ::: "memory");
    return true;
}

uintptr_t device_map(paddr_t pa, uint64_t)
{
    return UNCACHED + pa;
}
