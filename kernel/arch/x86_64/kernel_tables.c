/* kernel_tables.c: the kernel's own mappings. All are made during boot, so user roots can copy the upper half once and for good.
 * Invariant: nothing is both writable and executable. */
#include <kernel_tables.h>
#include <lib/string.h>
#include <pcid/pcid.h>
#include <platform/mmio.h>
#include <pte.h>
#include <smp.h>
#include <trap.h>
#include <x86.h>

#define SLOTS 512u
#define UPPER_HALF 256u
#define STACK_SPACING 0x10000ull /* of stacks in the window: 16 KiB used, the rest guards */
static_assert(STACK_SPACING > KERNEL_STACK_SIZE && ARCH_MAX_CPUS * STACK_SPACING <= MP_SIZE * SLOTS);

extern char kernel_start[], text_end[], rodata_end[], boot_stack_guard[], kernel_end[]; /* kernel.ld */

alignas(MP_SIZE) static pte_t kernel_root[SLOTS];
static unsigned upper_end = UPPER_HALF; /* slots from here on are empty, but the last */
paddr_t x86_kernel_root;
pte_t pte_no_execute;

/* Pages for tables, until the allocator works. */
static paddr_t next_page, pages_end;
static bool direct_map_works;

void kernel_tables_init(paddr_t pages, paddr_t end)
{
    next_page = (pages + MP_SIZE - 1) & ~(MP_SIZE - 1);
    pages_end = end;
    pte_no_execute = x86_features.nx ? PTE_NO_EXECUTE : 0;
    x86_kernel_root = virt_to_phys(kernel_root);
    pcid_init(x86_features.pcid ? PCID_COUNT : 0);
}

paddr_t kernel_tables_end(void) { return next_page; }

static pte_t *table_at(paddr_t pa)
{
    return (pte_t *)((direct_map_works ? DIRECT_MAP : KERNEL_BASE) + pa);
}

static paddr_t new_table(void)
{
    if (pages_end - next_page < MP_SIZE)
        panic("no memory for the kernel's page tables");
    paddr_t pa = next_page;
    next_page += MP_SIZE;
    memset(table_at(pa), 0, MP_SIZE);
    return pa;
}

static unsigned index_of(uint64_t va, unsigned level) { return va >> (12 + 9 * level) & (SLOTS - 1); }

/* The slot for va at this level; tables above it are made. */
static pte_t *slot_at(uint64_t va, unsigned level)
{
    pte_t *slot = &kernel_root[index_of(va, RADIX_TOP)];
    for (unsigned l = RADIX_TOP; l > level; l--) {
        if (!pte_present(*slot))
            *slot = new_table() | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
        slot = &table_at(pte_table(*slot))[index_of(va, l - 1)];
    }
    return slot;
}

static unsigned largest_level(uint64_t va, paddr_t pa, uint64_t size)
{
    for (unsigned level = x86_features.pages_1g ? 2 : 1; level > 0; level--) {
        uint64_t span = MP_SIZE << 9 * level;
        if (((va | pa) & (span - 1)) == 0 && size >= span)
            return level;
    }
    return 0;
}

/* What is mapped already stays as it is. Whole MPs. */
static void map(uint64_t va, paddr_t pa, uint64_t size, pte_t attributes)
{
    attributes |= PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | ((attributes & PTE_WRITE) != 0 ? PTE_DIRTY : 0);
    while (size != 0) {
        unsigned level = largest_level(va, pa, size);
        uint64_t span = MP_SIZE << 9 * level;
        pte_t *slot = slot_at(va, level);
        if (!pte_present(*slot))
            *slot = pte_leaf(pa, attributes, level);
        va += span;
        pa += span;
        size -= span;
    }
    while (upper_end < SLOTS - 1 && pte_present(kernel_root[upper_end]))
        upper_end++;
}

static bool is_mapped(uint64_t va)
{
    const pte_t *slot = &kernel_root[index_of(va, RADIX_TOP)];
    for (unsigned level = RADIX_TOP; pte_present(*slot); level--) {
        if (pte_is_leaf(*slot, level))
            return true;
        slot = &table_at(pte_table(*slot))[index_of(va, level - 1)];
    }
    return false;
}

static void map_pages(paddr_t pa, uint64_t size, pte_t attributes)
{
    paddr_t end = (pa + size + MP_SIZE - 1) & ~(MP_SIZE - 1);
    for (pa &= ~(MP_SIZE - 1); pa < end; pa += MP_SIZE)
        if (!is_mapped(DIRECT_MAP + pa))
            map(DIRECT_MAP + pa, pa, MP_SIZE, attributes);
}

void kernel_tables_map_ram(paddr_t start, paddr_t end)
{
    start = (start + MP_SIZE - 1) & ~(MP_SIZE - 1);
    end &= ~(MP_SIZE - 1);
    if (start < end)
        map(DIRECT_MAP + start, start, end - start, PTE_WRITE | pte_no_execute);
}

static void map_image(const char *start, const char *end, pte_t attributes)
{
    for (const char *at = start; at < end; at += MP_SIZE) /* one by one: 4 KiB leaves, whose protection differs */
        map((uint64_t)at, virt_to_phys(at), MP_SIZE, attributes);
}

/* The kernel image, and the window of stacks, whose last table is made here. */
void kernel_tables_finish(void)
{
    map_image(kernel_start, text_end, 0);
    map_image(text_end, rodata_end, pte_no_execute);
    map_image(rodata_end, boot_stack_guard, PTE_WRITE | pte_no_execute);
    map_image(boot_stack_guard + MP_SIZE, kernel_end, PTE_WRITE | pte_no_execute);
    slot_at(STACK_WINDOW, 0);
    memcpy(boot_root + UPPER_HALF, kernel_root + UPPER_HALF, MP_SIZE / 2);
    x86_kernel_root_load();
    direct_map_works = true;
}

uintptr_t device_map(paddr_t pa, uint64_t size)
{
    map_pages(pa, size, PTE_WRITE | PTE_UNCACHED | pte_no_execute);
    return DIRECT_MAP + pa;
}

const void *firmware_map(paddr_t pa, size_t size)
{
    if (pa + size < pa || pa + size > 1ull << 46)
        return nullptr;
    map_pages(pa, size, pte_no_execute);
    return (const void *)(DIRECT_MAP + pa);
}

void x86_kernel_root_copy(uint64_t *root)
{
    memcpy(root + UPPER_HALF, kernel_root + UPPER_HALF, (upper_end - UPPER_HALF) * sizeof *root);
    root[SLOTS - 1] = kernel_root[SLOTS - 1];
}

uintptr_t x86_stack_map(unsigned cpu, paddr_t stack)
{
    uint64_t va = STACK_WINDOW + cpu * STACK_SPACING + STACK_SPACING / 2;
    for (unsigned i = 0; i < KERNEL_STACK_SIZE / MP_SIZE; i++)
        *slot_at(va + i * MP_SIZE, 0) = pte_leaf(stack + i * MP_SIZE, PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY | pte_no_execute, 0);
    return va + KERNEL_STACK_SIZE;
}
