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

/* Where the byte `offset` from the start of a table's range is, and how many of `length`, which do not reach beyond it, follow in one piece. */
[[gnu::always_inline]] static inline size_t find_in_small_table(const pte_t *table, size_t offset, size_t length, unsigned access, paddr_t *pa)
{
    const pte_t *slot = &table[offset >> MP_SHIFT];
    pte_t pte = read_pte(slot);
    struct pte_rule rule = pte_rule(access);
    if (!pte_allows(pte, rule)) [[clang::unlikely]]
        return 0;
    size_t inside = offset & (MP_SIZE - 1), end = inside + length, at = MP_SIZE; /* from the page's start on */
    paddr_t page = pte_translate(pte, 0, offset);
    *pa = page | inside;
    for (; at < end; at += MP_SIZE) {
        pte_t next = read_pte(++slot);
        bool alike = next == pte + pte_to_table(MP_SIZE) - pte_to_table(0);
        pte = next;
        if (!alike && (!pte_allows(next, rule) || pte_translate(next, 0, offset - inside + at) != page + at)) [[clang::unlikely]]
            return at - inside;
    }
    return length;
}

/* The same for entries of 2^shift bytes. They may be tables: then nothing is said. */
[[gnu::always_inline]] static inline size_t find_in_table(const pte_t *table, unsigned shift, size_t offset, size_t length, unsigned access, paddr_t *pa)
{
    pte_t pte = read_pte(&table[offset >> shift]);
    if (!pte_allows(pte, pte_rule(access)) || !pte_is_leaf(pte, 1))
        return 0;
    size_t size = (size_t)1 << shift, inside = offset & (size - 1), room = size - inside;
    *pa = (pte_translate(pte, 0, 0) & ~(size - 1)) | inside;
    return length < room ? length : room;
}

[[gnu::noinline]] static size_t find_by_walk(struct arch_space *space, uaddr_t va, size_t length, unsigned access, paddr_t *pa)
{
    unsigned level;
    pte_t *slot = walk(space, va, 0, &level), pte = read_pte(slot);
    if (level <= 1) {
        size_t size = MP_SIZE * SPAN(level + 1);
        space->radix.near = slot - slot_index(va, level);
        space->radix.near_start = va & ~(size - 1);
        space->radix.near_bytes = size;
        space->radix.near_shift = MP_SHIFT + RADIX_SHIFT(level);
    }
    if (!pte_allows(pte, pte_rule(access)))
        return 0;
    size_t size = MP_SIZE * SPAN(level), room = size - (va & (size - 1));
    *pa = pte_translate(pte, level, va) | (va & (MP_SIZE - 1));
    return length < room ? length : room;
}

size_t arch_find(struct arch_space *space, uaddr_t va, size_t length, unsigned access, paddr_t *pa)
{
    const struct radix *radix = &space->radix;
    size_t offset = va - radix->near_start, found = 0;
    if (offset < radix->near_bytes && length <= radix->near_bytes - offset) [[clang::likely]] {
        if (radix->near_shift == MP_SHIFT)
            return find_in_small_table(radix->near, offset, length, access, pa);
        found = find_in_table(radix->near, radix->near_shift, offset, length, access, pa);
    }
    return found ? found : find_by_walk(space, va, length, access, pa);
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
