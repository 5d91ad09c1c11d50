/* look.c: what page tables say. Not here: changing them (radix.c). */
#include <arch/radix/walk.h>
#include <lib/assert.h>

/* The entry that translates va, or the absent one where the walk ends. */
static pte_t *find_entry(const struct arch_space *space, uint64_t va, unsigned *level)
{
    return walk(space, va, 0, level);
}

bool arch_query(struct arch_space *space, uaddr_t va, struct arch_mapping *mapping)
{
    unsigned level;
    const pte_t *slot = find_entry(space, va, &level);
    pte_t pte = read_pte(slot);
    if (!pte_present(pte))
        return false;
    *mapping = (struct arch_mapping){pte_translate(pte, level, va), MP_SIZE * SPAN(level), pte_prot(pte), pte_accessed(pte), pte_dirty(pte)};
    if (level == 0 && pte_grouped(pte)) {
        slot -= slot_index(va, 0) % RADIX_GROUP;
        mapping->size = GROUP_BYTES;
        for (unsigned i = 0; i < RADIX_GROUP; i++) {
            mapping->accessed |= pte_accessed(slot[i]);
            mapping->dirty |= pte_dirty(slot[i]);
        }
    }
    return true;
}

/* The table of level 0 at va. NULL: the walk ends before. */
[[gnu::always_inline]] static inline const pte_t *find_small_table(const struct arch_space *space, uint64_t va)
{
    const pte_t *table = root_of(space);
    for (unsigned level = RADIX_TOP; level > 0; level--) {
        pte_t pte = read_pte(&table[slot_index(va, level)]);
        if (!pte_present(pte) || pte_is_leaf(pte, level)) [[clang::unlikely]]
            return nullptr;
        table = table_of(pte);
    }
    return table;
}

[[gnu::noinline]] static size_t find_in_big_leaf(const struct arch_space *space, uaddr_t va, size_t length, unsigned access, paddr_t *pa)
{
    unsigned level;
    pte_t pte = read_pte(find_entry(space, va, &level));
    if (!pte_present(pte) || (pte_prot(pte) & access) != access)
        return 0;
    size_t size = MP_SIZE * SPAN(level), room = size - (va & (size - 1));
    *pa = pte_translate(pte, level, va) | (va & (MP_SIZE - 1));
    return length < room ? length : room;
}

size_t arch_find(const struct arch_space *space, uaddr_t va, size_t length, unsigned access, paddr_t *pa)
{
    const pte_t *table = find_small_table(space, va);
    if (table == nullptr) [[clang::unlikely]]
        return find_in_big_leaf(space, va, length, access, pa);
    unsigned index = slot_index(va, 0);
    pte_t pte = read_pte(&table[index]);
    if (!pte_present(pte) || (pte_prot(pte) & access) != access)
        return 0;
    paddr_t page = pte_translate(pte, 0, va);
    uint64_t inside = va & (MP_SIZE - 1), end = inside + length, at = MP_SIZE; /* from the page's start on */
    *pa = page | inside;
    for (; at < end && ++index < slots(0); at += MP_SIZE) {
        pte = read_pte(&table[index]);
        if (!pte_present(pte) || (pte_prot(pte) & access) != access || pte_translate(pte, 0, index * MP_SIZE) != page + at)
            break;
    }
    return at >= end ? length : at - inside;
}

uaddr_t arch_count_mappings(const struct arch_space *space, uaddr_t va, uaddr_t end, unsigned steps, unsigned long long *bytes)
{
    for (; va < end && steps; steps--) {
        unsigned level;
        const pte_t *slot = find_entry(space, va, &level);
        size_t most = (end - va) >> MP_SHIFT, count = pages_in_slot(va, level, most);
        if (!pte_present(*slot)) {
            count = absent_pages(slot - slot_index(va, level), level, va, most);
        } else {
            unsigned size_shift = MP_SHIFT + RADIX_SHIFT(level);
            if (level == 0 && pte_grouped(*slot)) {
                size_shift = MP_SHIFT + RADIX_GROUP_SHIFT;
                count = RADIX_GROUP - slot_index(va, 0) % RADIX_GROUP;
                count = count < most ? count : most;
            }
            bytes[size_shift - 12] += count * MP_SIZE;
        }
        va += count * MP_SIZE;
    }
    return va;
}

bool radix_touch(struct arch_space *space, uaddr_t va, unsigned access)
{
    unsigned level;
    pte_t *slot = find_entry(space, va, &level), pte = read_pte(slot);
    if (!pte_present(pte) || (pte_prot(pte) & access) != access)
        return false;
    unsigned count = 1;
    if (level == 0 && pte_grouped(pte)) {
        slot -= slot_index(va, 0) % RADIX_GROUP;
        count = RADIX_GROUP;
    }
    for (; count; count--, slot++)
        for (pte = read_pte(slot); !replace_pte(slot, &pte, pte_touched(pte, access & PROT_BIT_WRITE));)
            ;
    radix_written();
    return true;
}

/* --- debug ------------------------------------------------------------------------------------------------------------------------------ */
static void check_table(const pte_t *table, unsigned level, unsigned end)
{
    for (unsigned i = 0; i < end; i++) {
        if (!pte_present(table[i]))
            continue;
        if (level > 0) {
            if (!pte_is_leaf(table[i], level))
                check_table(table_of(table[i]), level - 1, slots(level - 1));
        } else if (pte_grouped(table[i])) {
            const pte_t *first = &table[i / RADIX_GROUP * RADIX_GROUP];
            ASSERT(pte_grouped(*first), "a page group is hinted throughout");
            ASSERT(pte_translate(*first, 0, 0) % GROUP_BYTES == 0, "a page group is aligned");
            ASSERT(pte_translate(table[i], 0, i * MP_SIZE) == pte_translate(*first, 0, 0) + i % RADIX_GROUP * MP_SIZE, "a page group is contiguous");
            ASSERT(pte_prot(table[i]) == pte_prot(*first), "a page group has one protection");
        }
    }
}

void arch_space_check(struct arch_space *space)
{
    check_table(root_of(space), RADIX_TOP, RADIX_USER_SLOTS);
}
