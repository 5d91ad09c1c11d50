/* radix.c: page tables: making, changing and ending them. Not here: looking at them (look.c), the form of entries, TLBs. */
#include <arch/radix/walk.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/carve.h>
#include <mm/clusters.h>
#include <mm/counters.h>
#include <object/object.h>

/* --- tables ------------------------------------------------------------------------------------------------------------------------ */
/* Of entries of this level. */
static pte_t *table_create(struct arch_space *space, unsigned level, paddr_t *pa)
{
    struct radix *radix = &space->radix;
    size_t bytes = table_bytes(level);
    if (radix->ledger && ledger_charge(radix->ledger, LEDGER_KERNEL, bytes) != STATUS_OK) {
        radix->refusal = STATUS_LEDGER_SPENT;
        return nullptr;
    }
    pte_t *table = nullptr;
    if (bytes < MP_SIZE) {
        table = kernel_alloc(bytes);
        *pa = table ? virt_to_phys(table) : 0;
    } else {
        *pa = mp_alloc(0, true);
        table = *pa ? phys_to_virt(*pa) : nullptr;
    }
    if (table) {
        metadata.table_bytes += bytes;
        radix->bytes += bytes;
        radix->small += level == 0;
        return table;
    }
    radix->refusal = STATUS_NO_MEMORY;
    if (radix->ledger)
        ledger_credit(radix->ledger, LEDGER_KERNEL, bytes);
    return nullptr;
}

static void table_free(struct arch_space *space, paddr_t pa, unsigned level)
{
    size_t bytes = table_bytes(level);
    space->radix.near_bytes = 0;
    if (bytes < MP_SIZE)
        kernel_free(phys_to_virt(pa), bytes);
    else
        mp_free(pa, 0);
    metadata.table_bytes -= bytes;
    space->radix.bytes -= bytes;
    if (space->radix.ledger)
        ledger_credit(space->radix.ledger, LEDGER_KERNEL, bytes);
}

bool radix_init(struct arch_space *space, struct ledger *ledger)
{
    space->radix = (struct radix){.ledger = ledger};
    return table_create(space, RADIX_TOP, &space->radix.root) != nullptr;
}

enum status arch_refusal(const struct arch_space *space)
{
    return (enum status)space->radix.refusal;
}

/* A table that is out of the tree waits on a list, which goes through the tables' first entries: a walker that still comes by sees an entry
 * that is absent (bit 0), no table (bit 63), and not valid in any form that a TLB takes (the low eleven bits). */
#define LINK_SHIFT 6u
#define LINK_LEVEL_SHIFT 58u
static pte_t link_of(paddr_t table, unsigned level) { return (uint64_t)level << LINK_LEVEL_SHIFT | table << LINK_SHIFT; }
static paddr_t link_table(pte_t link) { return link << (64 - LINK_LEVEL_SHIFT) >> (64 - LINK_LEVEL_SHIFT + LINK_SHIFT); }

/* The table that an entry of this level names, and those below. */
static void retire(struct arch_space *space, pte_t pte, unsigned level)
{
    pte_t *table = table_of(pte);
    unsigned below = level - 1;
    space->radix.near_bytes = 0;
    for (unsigned i = below ? 0 : slots(below); (i = next_used(table, i, slots(below))) < slots(below); i++)
        if (pte_present(table[i]) && !pte_is_leaf(table[i], below))
            retire(space, table[i], below);
    write_pte(table, space->radix.retired);
    space->radix.retired = link_of(pte_table(pte), below);
    space->radix.small -= below == 0;
}

static void free_retired(struct arch_space *space)
{
    for (pte_t link = space->radix.retired, next; link; link = next) {
        next = *(pte_t *)phys_to_virt(link_table(link));
        table_free(space, link_table(link), (unsigned)(link >> LINK_LEVEL_SHIFT));
    }
    space->radix.retired = 0;
}

/* Free the first table that has no table below it, on the way down at the lowest addresses. False: only the root is left.
 * Below radix.gone there is nothing any more. */
static bool destroy_one(struct arch_space *space)
{
    pte_t *table = root_of(space), *named_by = nullptr;
    unsigned level = RADIX_TOP;
    uint64_t gone = space->radix.gone, va = 0;
    for (unsigned i = slot_index(gone, level), end = RADIX_USER_SLOTS; level > 0 && (i = next_used(table, i, end)) < end;) {
        if (!pte_present(table[i]) || pte_is_leaf(table[i], level)) {
            write_pte(&table[i++], 0);
            continue;
        }
        named_by = &table[i];
        va += i * (MP_SIZE * SPAN(level));
        table = table_of(*named_by);
        level--;
        i = va < gone ? slot_index(gone, level) : 0;
        end = slots(level);
    }
    if (!named_by)
        return false;
    paddr_t pa = pte_table(*named_by);
    write_pte(named_by, 0);
    space->radix.gone = va;
    space->radix.small -= level == 0;
    table_free(space, pa, level);
    return true;
}

bool arch_space_destroy_some(struct arch_space *space, unsigned steps)
{
    free_retired(space);
    for (; steps > 0; steps--) {
        if (destroy_one(space))
            continue;
        table_free(space, space->radix.root, RADIX_TOP);
        space->radix = (struct radix){0};
        radix_ended(space);
        return true;
    }
    return false;
}

size_t arch_space_table_bytes(const struct arch_space *space)
{
    return space->radix.bytes;
}

/* --- splitting ----------------------------------------------------------------------------------------------------------------------- */
/* Put a table below a slot that has none, made from the leaf that is there if there is one. NULL: no memory. */
[[gnu::noinline]] static pte_t *insert_table(struct arch_space *space, pte_t *slot, unsigned level, uint64_t va)
{
    pte_t old = *slot;
    paddr_t pa;
    pte_t *table = table_create(space, level - 1, &pa);
    if (!table)
        return nullptr;
    if (pte_present(old)) {
        uint64_t start = va & ~(MP_SIZE * SPAN(level) - 1);
        counters.demotions += va < USER_END && MP_SIZE * SPAN(level) > cluster_size();
        if (RADIX_BREAKS) {
            old = __atomic_exchange_n(slot, 0, __ATOMIC_RELAXED);
            radix_flush_now(space, start, SPAN(level));
        }
        paddr_t to = pte_translate(old, level, start);
        pte_t attributes = pte_attributes(old);
        for (unsigned i = 0; i < slots(level - 1); i++, to += MP_SIZE * SPAN(level - 1))
            table[i] = level == 1 && radix_has_groups ? pte_group_leaf(to, attributes) : pte_leaf(to, attributes, level - 1);
    }
    __atomic_store_n(slot, pte_to_table(pa), __ATOMIC_RELEASE);
    return table;
}

/* The table below a slot, inserted if there is none. NULL: no memory. */
static inline pte_t *descend(struct arch_space *space, pte_t *slot, unsigned level, uint64_t va)
{
    pte_t pte = *slot;
    if (pte_present(pte) && !pte_is_leaf(pte, level)) [[clang::likely]]
        return table_of(pte);
    return insert_table(space, slot, level, va);
}

/* Take the hint from the group around table[index]; what it maps stays. */
static void ungroup(struct arch_space *space, pte_t *table, unsigned index, uint64_t va)
{
    pte_t *group = table + index / RADIX_GROUP * RADIX_GROUP;
    pte_t entries[RADIX_GROUP];
    bool accessed = false, dirty = false;
    for (unsigned i = 0; i < RADIX_GROUP; i++) {
        entries[i] = RADIX_BREAKS ? __atomic_exchange_n(&group[i], 0, __ATOMIC_RELAXED) : read_pte(&group[i]);
        accessed |= pte_accessed(entries[i]);
        dirty |= pte_dirty(entries[i]);
    }
    if (RADIX_BREAKS)
        radix_flush_now(space, va & ~(GROUP_BYTES - 1), RADIX_GROUP);
    for (unsigned i = 0; i < RADIX_GROUP; i++) {
        pte_t pte = pte_ungrouped(entries[i], i);
        write_pte(&group[i], accessed ? pte_touched(pte, dirty) : pte);
    }
}

/* Make va an edge: no leaf or group reaches across it. False: no memory. */
static bool split_at(struct arch_space *space, uint64_t va)
{
    pte_t *table = root_of(space);
    for (unsigned level = RADIX_TOP; level > 0; level--) {
        pte_t *slot = &table[slot_index(va, level)];
        if (!pte_present(*slot) || aligned(va, level))
            return true;
        table = descend(space, slot, level, va);
        if (!table)
            return false;
    }
    unsigned index = slot_index(va, 0);
    if (index % RADIX_GROUP && pte_present(table[index]) && pte_grouped(table[index]))
        ungroup(space, table, index, va);
    return true;
}

/* --- pairs --------------------------------------------------------------------------------------------------------------------------- */
/* Where a TLB entry is a pair of leaves of level 1 (RADIX_PAIRS), it is loaded for the window of both unless one of them is a table; then
 * smaller entries are loaded for what is in the window. So that no TLB ever holds a pair and a smaller entry inside it, a table of level 0
 * goes only when its window is in no TLB: it is emptied, the window flushed, and then it goes. The other way round needs no flush: who has
 * the pair loads nothing there. */
#define WINDOW_BYTES (2 * MP_SIZE * SPAN(1))

static bool is_empty(const pte_t *table, unsigned level) { return next_used(table, 0, slots(level)) == slots(level); }

/* Empty the part of the range that tables of level 0 translate. Returns: is one of them empty now? */
static bool empty_small(pte_t *table, unsigned level, uint64_t va, size_t count)
{
    bool emptied = false;
    while (count) {
        size_t here = pages_in_slot(va, level, count);
        pte_t pte = table[slot_index(va, level)];
        bool is_table = pte_present(pte) && !pte_is_leaf(pte, level);
        if (!pte) {
            here = absent_pages(table, level, va, count);
        } else if (is_table && level > 1) {
            emptied |= empty_small(table_of(pte), level - 1, va, here);
        } else if (is_table) {
            memset(table_of(pte) + slot_index(va, 0), 0, here * sizeof(pte_t));
            emptied |= is_empty(table_of(pte), 0);
        }
        count -= here;
        va += here * MP_SIZE;
    }
    return emptied;
}

/* Tables of level 0 inside the range are about to go. */
static void quiet_small(struct arch_space *space, uint64_t va, size_t count)
{
    if (!RADIX_PAIRS || !space->radix.small || !empty_small(root_of(space), RADIX_TOP, va, count))
        return;
    uint64_t start = va & ~(WINDOW_BYTES - 1), end = (va + count * MP_SIZE + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
    radix_flush_now(space, start, (end - start) >> MP_SHIFT);
}

/* --- mapping ------------------------------------------------------------------------------------------------------------------------- */
/* Entries of one MP each; breaks what must be broken first. */
static void write_singles(struct arch_space *space, pte_t *table, uint64_t va, paddr_t pa, size_t count, pte_t attributes)
{
    for (; count; count--, va += MP_SIZE, pa += MP_SIZE) {
        unsigned index = slot_index(va, 0);
        pte_t *slot = &table[index], new = pte_leaf(pa, attributes, 0);
        if (pte_present(*slot)) {
            if (pte_grouped(*slot))
                ungroup(space, table, index, va);
            if (RADIX_BREAKS && pte_needs_break(*slot, new)) {
                write_pte(slot, 0);
                radix_flush_now(space, va, 1);
            }
        }
        write_pte(slot, new);
    }
}

static void break_group(struct arch_space *space, pte_t *group, uint64_t va, paddr_t pa, pte_t attributes)
{
    bool needed = false;
    for (unsigned i = 0; i < RADIX_GROUP; i++)
        needed |= pte_present(group[i]) && pte_needs_break(group[i], pte_group_leaf(pa + i * MP_SIZE, attributes));
    if (!needed)
        return;
    for (unsigned i = 0; i < RADIX_GROUP; i++)
        write_pte(&group[i], 0);
    radix_flush_now(space, va, RADIX_GROUP);
}

/* Entries of one table of level 0, hinted groups where they fit. */
static void write_pages(struct arch_space *space, pte_t *table, uint64_t va, paddr_t pa, size_t count, pte_t attributes)
{
    bool groups = radix_has_groups && ((va ^ pa) & (GROUP_BYTES - 1)) == 0;
    while (count) {
        size_t to_edge = RADIX_GROUP - slot_index(va, 0) % RADIX_GROUP;
        size_t here = to_edge < count ? to_edge : count;
        if (groups && here == RADIX_GROUP) {
            pte_t *group = &table[slot_index(va, 0)];
            if (RADIX_BREAKS)
                break_group(space, group, va, pa, attributes);
            for (unsigned i = 0; i < RADIX_GROUP; i++)
                write_pte(&group[i], pte_group_leaf(pa + i * MP_SIZE, attributes));
        } else {
            write_singles(space, table, va, pa, here, attributes);
        }
        count -= here;
        va += here * MP_SIZE;
        pa += here * MP_SIZE;
    }
}

static void write_big_leaf(struct arch_space *space, pte_t *slot, unsigned level, uint64_t va, pte_t new)
{
    pte_t old = *slot;
    bool was_table = pte_present(old) && !pte_is_leaf(old, level);
    if (was_table || (RADIX_BREAKS && pte_present(old) && pte_needs_break(old, new))) {
        if (was_table)
            quiet_small(space, va, SPAN(level));
        write_pte(slot, 0);
        radix_flush_now(space, va, SPAN(level));
        if (was_table) {
            retire(space, old, level);
            free_retired(space);
        }
    }
    write_pte(slot, new);
}

struct mapping {
    struct arch_space *space;
    pte_t attributes;
    unsigned max_level;
    bool commit; /* false: only make the tables */
};

static bool map_range(const struct mapping *m, pte_t *table, unsigned level, uint64_t va, paddr_t pa, size_t count)
{
    while (count) {
        size_t here = pages_in_slot(va, level, count);
        pte_t *slot = &table[slot_index(va, level)];
        if (here == SPAN(level) && level <= m->max_level && aligned(pa, level)) {
            if (m->commit)
                write_big_leaf(m->space, slot, level, va, pte_leaf(pa, m->attributes, level));
        } else {
            pte_t *next = descend(m->space, slot, level, va);
            if (!next)
                return false;
            if (level > 1) {
                if (!map_range(m, next, level - 1, va, pa, here))
                    return false;
            } else if (m->commit) {
                write_pages(m->space, next, va, pa, here, m->attributes);
            }
        }
        count -= here;
        va += here * MP_SIZE;
        pa += here * MP_SIZE;
    }
    return true;
}

static inline pte_t *step_down(struct arch_space *space, pte_t *table, uint64_t va, unsigned level)
{
    return table ? descend(space, &table[slot_index(va, level)], level, va) : nullptr;
}

/* The table whose entries are of this level, at va; made if it is missing. NULL: no memory. */
[[gnu::always_inline]] static inline pte_t *table_at(struct arch_space *space, uint64_t va, unsigned level)
{
    pte_t *table = root_of(space);
    table = RADIX_TOP >= 4 && level < 4 ? step_down(space, table, va, 4) : table;
    table = RADIX_TOP >= 3 && level < 3 ? step_down(space, table, va, 3) : table;
    table = RADIX_TOP >= 2 && level < 2 ? step_down(space, table, va, 2) : table;
    return level < 1 ? step_down(space, table, va, 1) : table;
}

static bool map_pages(struct arch_space *space, uint64_t va, paddr_t pa, size_t count, pte_t attributes)
{
    pte_t *table = table_at(space, va, 0);
    if (table)
        write_pages(space, table, va, pa, count, attributes);
    return table;
}

static bool map_leaf(struct arch_space *space, uint64_t va, paddr_t pa, pte_t attributes)
{
    pte_t *table = table_at(space, va, 1);
    if (table)
        write_big_leaf(space, &table[slot_index(va, 1)], 1, va, pte_leaf(pa, attributes, 1));
    return table;
}

static bool map_any(struct arch_space *space, uint64_t va, paddr_t pa, size_t count, pte_t attributes, unsigned max_level)
{
    struct mapping mapping = {space, attributes, max_level, false};
    if (!map_range(&mapping, root_of(space), RADIX_TOP, va, pa, count))
        return false;
    mapping.commit = true;
    return map_range(&mapping, root_of(space), RADIX_TOP, va, pa, count); /* needs no memory now */
}

bool radix_map(struct arch_space *space, uint64_t va, paddr_t pa, size_t count, pte_t attributes, unsigned max_level)
{
    if (space->radix.retired)
        free_retired(space);
    bool done;
    if (count < SPAN(1) && count <= pages_in_slot(va, 1, count)) /* one table of level 0 */
        done = map_pages(space, va, pa, count, attributes);
    else if (count == SPAN(1) && max_level >= 1 && aligned(va | pa, 1))
        done = map_leaf(space, va, pa, attributes);
    else
        done = map_any(space, va, pa, count, attributes, max_level);
    if (done)
        radix_written();
    return done;
}

/* --- unmapping, protecting ------------------------------------------------------------------------------------------------------------ */
static inline void change_leaf(pte_t *slot, unsigned prot)
{
    pte_t old = read_pte(slot), new;
    do {
        if (!pte_present(old))
            return;
        new = prot ? pte_with_prot(old, prot) : 0;
    } while (new != old && !replace_pte(slot, &old, new));
}

/* Leaves of one table of level 0. */
static void change_pages(pte_t *slot, size_t count, unsigned prot)
{
    for (const pte_t *end = slot + count; slot < end; slot++)
        if (*slot)
            change_leaf(slot, prot);
}

/* All leaves of the range get `prot`; 0 removes them. Edges were split: leaves and groups lie inside the range. level: not 0. */
static void change_range(struct arch_space *space, pte_t *table, unsigned level, uint64_t va, size_t count, unsigned prot)
{
    while (count) {
        size_t here = pages_in_slot(va, level, count);
        pte_t *slot = &table[slot_index(va, level)], pte = *slot;
        if (!pte) {
            here = absent_pages(table, level, va, count);
        } else if (!pte_present(pte)) {
            ;
        } else if (pte_is_leaf(pte, level)) {
            change_leaf(slot, prot);
        } else if (prot == 0 && (here == SPAN(level) || (RADIX_PAIRS && level == 1 && is_empty(table_of(pte), 0)))) {
            write_pte(slot, 0);
            retire(space, pte, level);
        } else if (level == 1) {
            change_pages(table_of(pte) + slot_index(va, 0), here, prot);
        } else {
            change_range(space, table_of(pte), level - 1, va, here, prot);
        }
        count -= here;
        va += here * MP_SIZE;
    }
}

/* Does a group reach across the edge between table[index - 1] and table[index]? */
static inline bool is_in_group(const pte_t *table, unsigned index)
{
    return radix_has_groups && index % RADIX_GROUP && pte_present(table[index - 1]) && pte_grouped(table[index - 1]);
}

/* The range lies in what an entry of level 1 translates, and no leaf or group crosses its edges: then it is changed here, unless a table goes
 * with it. False: it takes more. */
static bool change_small(struct arch_space *space, uaddr_t va, size_t count, unsigned prot)
{
    if (count > pages_in_slot(va, 1, count))
        return false;
    unsigned level, index = slot_index(va, 0);
    pte_t *slot = walk(space, va, 1, &level), pte = *slot;
    bool all = level == 1 && count == SPAN(1);
    if (!pte_present(pte))
        return true;
    if (pte_is_leaf(pte, level)) {
        if (all)
            change_leaf(slot, prot);
        return all;
    }
    pte_t *table = table_of(pte);
    if ((prot == 0 && all) || is_in_group(table, index) || is_in_group(table, index + (unsigned)count))
        return false;
    change_pages(table + index, count, prot);
    return !RADIX_PAIRS || prot || !is_empty(table, 0);
}

static bool change(struct arch_space *space, uaddr_t va, size_t count, unsigned prot)
{
    if (space->radix.retired)
        free_retired(space);
    if (change_small(space, va, count, prot))
        return true;
    if (!split_at(space, va) || !split_at(space, va + count * MP_SIZE))
        return false;
    if (prot == 0)
        quiet_small(space, va, count);
    change_range(space, root_of(space), RADIX_TOP, va, count, prot);
    return true;
}

bool arch_unmap(struct arch_space *space, uaddr_t va, size_t count)
{
    return change(space, va, count, 0);
}

bool arch_protect(struct arch_space *space, uaddr_t va, size_t count, unsigned prot)
{
    return change(space, va, count, prot);
}
