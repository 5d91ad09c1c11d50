/* walk.h: what a walk of page tables is made of, for radix.c and look.c. */
#ifndef KERNEL_RADIX_WALK_H
#define KERNEL_RADIX_WALK_H

#include <arch/radix/radix.h>

#define SPAN(level) ((size_t)1 << RADIX_SHIFT(level)) /* MPs that an entry translates */
#define GROUP_BYTES (RADIX_GROUP * MP_SIZE)

/* Of a table whose entries are of this level. */
static inline unsigned slots(unsigned level) { return 1u << (RADIX_SHIFT(level + 1) - RADIX_SHIFT(level)); }
static inline size_t table_bytes(unsigned level) { return slots(level) * sizeof(pte_t); }

static inline unsigned slot_index(uint64_t va, unsigned level)
{
    return va >> (MP_SHIFT + RADIX_SHIFT(level)) & (slots(level) - 1);
}

static inline bool aligned(uint64_t address, unsigned level)
{
    return (address & (MP_SIZE * SPAN(level) - 1)) == 0;
}

static inline pte_t read_pte(const pte_t *slot)
{
    return __atomic_load_n(slot, __ATOMIC_RELAXED);
}

static inline void write_pte(pte_t *slot, pte_t pte)
{
    __atomic_store_n(slot, pte, __ATOMIC_RELAXED);
}

/* The hardware may set bits of a live entry meanwhile. */
static inline bool replace_pte(pte_t *slot, pte_t *old, pte_t pte)
{
    return __atomic_compare_exchange_n(slot, old, pte, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline pte_t *table_of(pte_t pte)
{
    return phys_to_virt(pte_table(pte));
}

static inline pte_t *root_of(const struct arch_space *space)
{
    return phys_to_virt(space->radix.root);
}

/* MPs from va to the end of what the entry translates, at most count. */
static inline size_t pages_in_slot(uint64_t va, unsigned level, size_t count)
{
    size_t pages = SPAN(level) - ((va >> MP_SHIFT) & (SPAN(level) - 1));
    return pages < count ? pages : count;
}

/* The slot of va in *table if the walk ends there; NULL: it goes on in another *table. */
static inline pte_t *end_of_walk(pte_t **table, uint64_t va, unsigned level)
{
    pte_t *slot = &(*table)[slot_index(va, level)];
    if (!pte_present(*slot) || pte_is_leaf(*slot, level))
        return slot;
    *table = table_of(*slot);
    return nullptr;
}

/* The entry of the lowest level, or of one above it where the walk ends with a leaf or nothing. Every level is a constant here. */
[[gnu::always_inline]] static inline pte_t *walk(const struct arch_space *space, uint64_t va, unsigned lowest, unsigned *level)
{
    pte_t *table = root_of(space), *slot = nullptr;
    if (RADIX_TOP >= 4 && lowest < 4 && (slot = end_of_walk(&table, va, *level = 4)))
        return slot;
    if (RADIX_TOP >= 3 && lowest < 3 && (slot = end_of_walk(&table, va, *level = 3)))
        return slot;
    if (RADIX_TOP >= 2 && lowest < 2 && (slot = end_of_walk(&table, va, *level = 2)))
        return slot;
    if (lowest < 1 && (slot = end_of_walk(&table, va, *level = 1)))
        return slot;
    *level = lowest;
    return &table[slot_index(va, lowest)];
}

/* The first slot of [i, end) that is not 0, else end. Most are: eight at a time. */
static inline unsigned next_used(const pte_t *table, unsigned i, unsigned end)
{
    for (; i < end && i % 8; i++)
        if (table[i])
            return i;
    for (const pte_t *t = table + i; i + 8 <= end; i += 8, t += 8)
        if (t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7])
            break;
    while (i < end && !table[i])
        i++;
    return i;
}

/* MPs of the range in slots that are 0, from the one of va on, which is. */
static inline size_t absent_pages(const pte_t *table, unsigned level, uint64_t va, size_t count)
{
    unsigned index = slot_index(va, level);
    size_t before = (va >> MP_SHIFT) & (SPAN(level) - 1), here = (before + count + SPAN(level) - 1) >> RADIX_SHIFT(level);
    unsigned end = here < slots(level) - index ? index + (unsigned)here : slots(level);
    size_t pages = (next_used(table, index + 1, end) - index) * SPAN(level) - before;
    return pages < count ? pages : count;
}

#endif
