/* space.c: address spaces: the kernel's own tables, TLB and instruction cache. Not here: tables (arch/radix), ASIDs (arch/asid). */
#include <arch/asid/asid.h>
#include <arch/radix/radix.h>
#include <boot_info.h>
#include <csr.h>
#include <lib/string.h>
#include <machine.h>
#include <mm/carve.h>
#include <platform/mmio.h>
#include <platform/sbi.h>
#include <sched/cpu.h>
#include <trap.h>

extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[], boot_stack_guard[]; /* kernel.ld */

uint64_t kernel_satp;
static struct arch_space kernel_space;

/* --- loading ------------------------------------------------------------------------------------------------------------------------- */
/* The hardware keeps as many ASID bits as it has. */
static void probe_asids(void)
{
    csr_write(satp, kernel_satp | 0xffffull << SATP_ASID_SHIFT);
    asid_init((csr_read(satp) >> SATP_ASID_SHIFT & 0xffff) + 1);
    csr_write(satp, kernel_satp);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void asid_flush_before_load(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpus[i].arch.generation = NO_GENERATION;
}

void space_make_ready(struct cpu *cpu, struct arch_space *space)
{
    if (!asid_is_present(&space->asid)) {
        asid_assign(&space->asid);
        space->satp = SATP_SV39 | space->asid.number << SATP_ASID_SHIFT | space->radix.root >> MP_SHIFT;
    }
    if (space->asid.number == 0 || cpu->arch.generation != asid_generation) {
        csr_write(satp, kernel_satp); /* nothing of the space that is left comes back */
        __asm__ volatile("sfence.vma" ::: "memory");
        if (space->asid.number != 0)
            cpu->arch.generation = asid_generation;
    }
    if (space->stale_icache >> cpu->number & 1) {
        space->stale_icache &= ~(1ull << cpu->number);
        __asm__ volatile("fence.i" ::: "memory");
    }
}

void arch_space_leave(void)
{
    csr_write(satp, kernel_satp);
}

/* --- TLB -------------------------------------------------------------------------------------------------------------------------------- */
#define FLUSH_ONE_BY_ONE 32u

void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count)
{
    if (!asid_is_present(&space->asid))
        return;
    uint64_t asid = space->asid.number;
    if (count > FLUSH_ONE_BY_ONE || space->radix.retired) { /* by address, tables would stay cached */
        __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
    } else if (machine.has_svinval) {
        __asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x0" ::: "memory"); /* sfence.w.inval */
        for (; count; count--, va += MP_SIZE)
            __asm__ volatile(".insn r 0x73, 0, 0x0b, x0, %0, %1" ::"r"(va), "r"(asid) : "memory"); /* sinval.vma */
        __asm__ volatile(".insn r 0x73, 0, 0x0c, x0, x0, x1" ::: "memory"); /* sfence.inval.ir */
    } else {
        for (; count; count--, va += MP_SIZE)
            __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid) : "memory");
    }
}

void radix_ended(struct arch_space *) {}

void radix_flush_now(struct arch_space *, uint64_t, size_t)
{
    __asm__ volatile("sfence.vma" ::: "memory");
    if (cpu_count > 1)
        sbi_flush_tlb_everywhere();
}

/* --- user spaces -------------------------------------------------------------------------------------------------------------------------- */
bool arch_space_init(struct arch_space *space, struct ledger *ledger)
{
    *space = (struct arch_space){0};
    if (!radix_init(space, ledger))
        return false;
    pte_t *root = phys_to_virt(space->radix.root), *kernel_root = phys_to_virt(kernel_space.radix.root);
    memcpy(root + RADIX_USER_SLOTS, kernel_root + RADIX_USER_SLOTS, (512 - RADIX_USER_SLOTS) * sizeof *root);
    return true;
}

/* What was just written to pages is to be executed: on this CPU now, on the others when they next load the space, or at once where
 * they run it. */
static void icache_changed(struct arch_space *space)
{
    __asm__ volatile("fence.i" ::: "memory");
    if (cpu_count == 1)
        return;
    const struct cpu *here = this_cpu();
    space->stale_icache = ((1ull << cpu_count) - 1) & ~(1ull << here->number);
    for (unsigned i = 0; i < cpu_count; i++)
        if (&cpus[i] != here && cpus[i].space && &cpus[i].space->arch == space) {
            sbi_fence_i_everywhere();
            space->stale_icache = 0;
            return;
        }
}

unsigned arch_leaf_shift(unsigned n)
{
    return n < 2 ? MP_SHIFT + RADIX_SHIFT(n + 1) : 0;
}

bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache)
{
    if (prot == 0)
        return arch_unmap(space, va, count);
    if (!radix_map(space, va, pa, count, pte_of_user(prot, cache), 2))
        return false;
    if (prot & PROT_BIT_EXEC)
        icache_changed(space);
    return true;
}

/* --- the kernel's own ------------------------------------------------------------------------------------------------------------------- */
static void map_kernel(uint64_t va, paddr_t pa, uint64_t size, unsigned prot, bool device)
{
    if (!radix_map(&kernel_space, va, pa, size >> MP_SHIFT, pte_of_kernel(prot, device), RADIX_TOP))
        panic("no memory for the kernel's page tables");
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
    if (end > DIRECT_MAP_LIMIT)
        panic("device at %llx is out of the kernel's reach", (unsigned long long)pa);
    map_kernel(DIRECT_MAP + start, start, end - start, PROT_BIT_READ | PROT_BIT_WRITE, true);
    __asm__ volatile("sfence.vma" ::: "memory");
    return DIRECT_MAP + pa;
}

/* Every second stack's room in the window stays empty. */
uintptr_t kernel_stack_create(unsigned cpu)
{
    paddr_t stack = mp_alloc(__builtin_ctz(KERNEL_STACK_SIZE >> MP_SHIFT), false);
    uintptr_t bottom = STACK_WINDOW + 2 * KERNEL_STACK_SIZE * cpu + KERNEL_STACK_SIZE;
    if (!stack || !radix_map(&kernel_space, bottom, stack, KERNEL_STACK_SIZE >> MP_SHIFT, pte_of_kernel(PROT_BIT_READ | PROT_BIT_WRITE, false), 0))
        return 0;
    __asm__ volatile("sfence.vma" ::: "memory");
    return bottom + KERNEL_STACK_SIZE;
}

void kernel_space_create(void)
{
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
    kernel_satp = SATP_SV39 | kernel_space.radix.root >> MP_SHIFT;
    csr_write(satp, kernel_satp);
    __asm__ volatile("sfence.vma" ::: "memory");
    probe_asids();
}
