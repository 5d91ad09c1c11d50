/* space.c: address spaces: the kernel's own tables, TLB and instruction cache. Not here: tables (arch/radix), ASIDs (arch/asid). */
#include <arch/asid/asid.h>
#include <arch/radix/radix.h>
#include <boot_info.h>
#include <machine.h>
#include <mm/carve.h>
#include <platform/mmio.h>
#include <sched/cpu.h>
#include <sysreg.h>
#include <trap.h>

extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[], boot_stack_guard[]; /* kernel.ld */
extern char empty_root[];                                                                            /* start.S */

uint64_t kernel_ttbr;
static struct arch_space kernel_space;

#define ASID_SHIFT 48
#define ASIDS 0x10000u

/* --- loading -------------------------------------------------------------------------------------------------------------------------- */
void asid_flush_before_load(void)
{
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish" ::: "memory");
}

void space_make_ready(struct cpu *, struct arch_space *space)
{
    asid_assign(&space->asid);
    space->ttbr = space->asid.number << ASID_SHIFT | space->radix.root;
}

void arch_space_leave(void)
{
    sysreg_write(ttbr0_el1, virt_to_phys(empty_root));
    isb();
}

/* --- TLB ------------------------------------------------------------------------------------------------------------------------------- */
#define FLUSH_ONE_BY_ONE 64u

/* With the walks that lead there. */
void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    if (!asid_is_present(&space->asid))
        return;
    uint64_t asid = space->asid.number << ASID_SHIFT;
    __asm__ volatile("dsb ishst" ::: "memory");
    if (count > FLUSH_ONE_BY_ONE)
        __asm__ volatile("tlbi aside1is, %0" ::"r"(asid) : "memory");
    else
        for (uint64_t page = va >> MP_SHIFT; count; count--, page++)
            __asm__ volatile("tlbi vae1is, %0" ::"r"(asid | page) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
}

void radix_ended(struct arch_space *) {}

void radix_flush_now(struct arch_space *space, uint64_t va, size_t count)
{
    if (space != &kernel_space)
        arch_tlb_flush(space, va, count);
    else
        __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

/* --- user spaces ------------------------------------------------------------------------------------------------------------------------- */
bool arch_space_init(struct arch_space *space, struct ledger *ledger)
{
    *space = (struct arch_space){0};
    return radix_init(space, ledger);
}

/* What was just written to pages is to be executed, on any CPU. */
static void icache_changed(paddr_t pa, size_t size)
{
    size_t line = 4ull << (sysreg_read(ctr_el0) >> 16 & 15);
    uintptr_t start = (uintptr_t)phys_to_virt(pa);
    for (uintptr_t at = start; at < start + size; at += line)
        __asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish" ::: "memory");
}

unsigned arch_leaf_shift(unsigned n)
{
    return n < 2 ? MP_SHIFT + RADIX_SHIFT(n + 1) : 0;
}

bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache)
{
    if (prot == 0)
        return arch_unmap(space, va, count);
    if (prot & PROT_BIT_EXEC && cache == CACHE_NORMAL)
        icache_changed(pa, count * MP_SIZE);
    return radix_map(space, va, pa, count, pte_of_user(prot, cache), 2);
}

/* --- the kernel's own --------------------------------------------------------------------------------------------------------------------- */
static void map_kernel(uint64_t va, paddr_t pa, uint64_t size, unsigned prot, bool device)
{
    if (!radix_map(&kernel_space, va, pa, size >> MP_SHIFT, pte_of_kernel(prot, device), RADIX_TOP))
        panic("no memory for the kernel's page tables");
    isb();
}

static void map_image(const char *start, const char *end, unsigned prot)
{
    paddr_t pa = virt_to_phys(start);
    map_kernel((uint64_t)start, pa, (uint64_t)(end - start), prot, false);
    if ((prot & PROT_BIT_WRITE) == 0 && !arch_protect(&kernel_space, DIRECT_MAP + pa, (uint64_t)(end - start) >> MP_SHIFT, PROT_BIT_READ))
        panic("no memory for the kernel's page tables");
}

uintptr_t device_map(paddr_t pa, uint64_t size)
{
    paddr_t start = pa & ~(MP_SIZE - 1), end = (pa + size + MP_SIZE - 1) & ~(MP_SIZE - 1);
    if (end > DEVICE_LIMIT)
        panic("device at %llx is out of the kernel's reach", (unsigned long long)pa);
    map_kernel(DEVICE_WINDOW + start, start, end - start, PROT_BIT_READ | PROT_BIT_WRITE, true);
    return DEVICE_WINDOW + pa;
}

/* Every second stack's room in the window stays empty. */
uintptr_t kernel_stack_create(unsigned cpu)
{
    paddr_t stack = mp_alloc(__builtin_ctz(KERNEL_STACK_SIZE >> MP_SHIFT), false);
    uintptr_t bottom = STACK_WINDOW + 2 * KERNEL_STACK_SIZE * cpu + KERNEL_STACK_SIZE;
    if (!stack || !radix_map(&kernel_space, bottom, stack, KERNEL_STACK_SIZE >> MP_SHIFT, pte_of_kernel(PROT_BIT_READ | PROT_BIT_WRITE, false), 0))
        return 0;
    isb();
    return bottom + KERNEL_STACK_SIZE;
}

/* Not loaded yet. */
void kernel_space_create(void)
{
    asid_init(ASIDS);
    if (!radix_init(&kernel_space, nullptr))
        panic("no memory for the kernel's page tables");
    for (unsigned i = 0; i < machine.boot->ram_count; i++) {
        struct boot_range ram = machine.boot->ram[i];
        paddr_t start = ram.start & ~(MP_SIZE - 1), end = (ram.end + MP_SIZE - 1) & ~(MP_SIZE - 1);
        map_kernel(DIRECT_MAP + start, start, end - start, PROT_BIT_READ | PROT_BIT_WRITE, false);
    }
    map_image(kernel_start, kernel_text_end, PROT_BIT_READ | PROT_BIT_EXEC);
    map_image(kernel_text_end, kernel_rodata_end, PROT_BIT_READ);
    map_image(kernel_rodata_end, kernel_end, PROT_BIT_READ | PROT_BIT_WRITE);
    if (!arch_unmap(&kernel_space, (uint64_t)boot_stack_guard, 1))
        panic("no memory for the kernel's page tables");
    kernel_ttbr = kernel_space.radix.root;
}
