/* space.c: address spaces in the TLB. Not here: tables (arch/radix), ASIDs (arch/asid), refill (entry.S). */
#include <asid/asid.h>
#include <board.h>
#include <cp0.h>
#include <lib/string.h>
#include <offsets.h>
#include <platform/mmio.h>
#include <radix/radix.h>
#include <sched/schedule.h>
#include <trap.h>

#define FLUSH_ONE_BY_ONE 16u
#define PAIR (2 * MP_SIZE)
#define PAGEMASK_OF_LEAF ((2u << LEAF_SHIFT) - (uint32_t)PAIR)
#define ENTRYLO_VALID 2u
#define INDEX_NONE 0x80000000u
#define TLBINV ".word 0x42000003" /* the assembler wants more than release 2 for them */
#define TLBINVF ".word 0x42000004"

alignas(8) static pte_t empty_root[RADIX_USER_SLOTS];

static void flush_everything(void)
{
    cp0_write32(CP0_INDEX, 0);
    cp0_hazard();
    __asm__ volatile(TLBINVF ::: "memory");
    cp0_hazard();
}

/* The handler for leaves of this size. */
static void install_refill(void)
{
    const char *handler = LEAF_SHIFT == 12 ? refill_12 : LEAF_SHIFT == 14 ? refill_14 : LEAF_SHIFT == 16 ? refill_16 : refill_18;
    char *vector = exception_vectors + REFILL_OFFSET;
    memcpy(vector, handler, REFILL_BYTES);
    for (unsigned at = 0; at < REFILL_BYTES; at += 16)
        __asm__ volatile("synci 0(%0)" ::"r"(vector + at) : "memory");
    __asm__ volatile("sync" ::: "memory");
    cp0_hazard();
}

void tlb_init(void)
{
    if (this_cpu()->number == 0)
        install_refill();
    if ((cp0_read32(CP0_CONFIG3) & CONFIG3_NEEDED) != CONFIG3_NEEDED || CONFIG4_INVALIDATE(cp0_read32(CP0_CONFIG4)) < 2 ||
        (cp0_read32(CP0_CONFIG4) & CONFIG4_SCRATCH_NEEDED) != CONFIG4_SCRATCH_NEEDED)
        panic("this CPU lacks execute inhibit, UserLocal, scratch registers or TLBINV: use a Loongson-3A4000");
    cp0_write32(CP0_PAGEGRAIN, PAGEGRAIN_INHIBIT);
    cp0_write32(CP0_PAGEMASK, PAGEMASK_OF_LEAF);
    cp0_write32(CP0_WIRED, 0);
    cp0_write(CP0_ENTRYLO0, 0);
    cp0_write(CP0_ENTRYLO1, 0);
    arch_space_leave();
    flush_everything();
    if (this_cpu()->number == 0)
        asid_init(cp0_read32(CP0_CONFIG4) & CONFIG4_ASID_10 ? 1024 : 256);
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

/* The ASID that no space has. */
void arch_space_leave(void)
{
    cp0_write(CP0_ENTRYHI, 0);
    cp0_write(CP0_KSCRATCH_ROOT, empty_root);
}

/* Is there an entry for this address and ASID? CP0_INDEX names it. Leaves EntryHi changed. */
static bool find(uaddr_t va, uint64_t asid)
{
    cp0_write(CP0_ENTRYHI, (va & ~(PAIR - 1)) | asid);
    cp0_hazard();
    __asm__ volatile("tlbp" ::: "memory");
    cp0_hazard();
    return !(cp0_read32(CP0_INDEX) & INDEX_NONE);
}

/* The entry for this address and ASID, if there is one. Leaves EntryHi changed. */
static void drop(uaddr_t va, uint64_t asid)
{
    if (!find(va, asid))
        return;
    cp0_write(CP0_ENTRYHI, ENTRYHI_INVALID | asid);
    cp0_hazard();
    __asm__ volatile("tlbwi" ::: "memory");
}

void tlb_drop(uaddr_t va)
{
    uint64_t asid = cp0_read(CP0_ENTRYHI) & ENTRYHI_ASID;
    drop(va, asid);
    cp0_write(CP0_ENTRYHI, asid);
}

void tlb_drop_invalid(uaddr_t va)
{
    uint64_t asid = cp0_read(CP0_ENTRYHI) & ENTRYHI_ASID;
    if (va < USER_END && find(va, asid)) {
        __asm__ volatile("tlbr" ::: "memory");
        cp0_hazard();
        bool valid = (cp0_read(CP0_ENTRYLO0) | cp0_read(CP0_ENTRYLO1)) & ENTRYLO_VALID;
        cp0_write32(CP0_PAGEMASK, PAGEMASK_OF_LEAF);
        if (!valid)
            drop(va, asid);
    }
    cp0_write(CP0_ENTRYHI, asid);
}

void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    if (!asid_is_present(&space->asid))
        return;
    uint64_t asid = space->asid.number, loaded = cp0_read(CP0_ENTRYHI) & ENTRYHI_ASID;
    if (count > FLUSH_ONE_BY_ONE) {
        cp0_write(CP0_ENTRYHI, asid);
        cp0_write32(CP0_INDEX, 0);
        cp0_hazard();
        __asm__ volatile(TLBINV ::: "memory");
    } else {
        uaddr_t end = va + count * MP_SIZE;
        for (va &= ~(PAIR - 1); va < end; va += PAIR)
            drop(va, asid);
    }
    cp0_write(CP0_ENTRYHI, loaded);
    cp0_hazard();
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
    return n < 1 ? MP_SHIFT + RADIX_SHIFT(n + 2) : 0;
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
    return radix_map(space, va, pa, count, attributes, 2);
}

uintptr_t device_map(paddr_t pa, uint64_t)
{
    return UNCACHED + pa;
}
