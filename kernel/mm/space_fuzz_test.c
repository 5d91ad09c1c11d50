/* space_fuzz_test.c: random operations on spaces and memory objects against a model that is a flat array of MPs: what each shows, with
 * which protection, and one number for its content. Failures of allocations and of ledgers are injected: an operation that reports one must
 * have changed nothing. */
#include <string.h>
#include <mm/counters.h>
#include <mm/repair.h>
#include <mm/space_model.h>
#include <mm/zero_pool.h>

/* --- spaces -------------------------------------------------------------------------------------------------------------------------------------- */

static unsigned some_space(void)
{
    unsigned s = below(SPACES);
    while (!alive[s])
        s = (s + 1) % SPACES;
    return s;
}

static void space_forget(unsigned s)
{
    while (!space_destroy_some(&spaces[s], 1 + below(5)))
        ;
    alive[s] = false;
    memset(model[s], 0, sizeof model[s]);
}

/* The child's clones of objects become objects of the model. Returns: which one stands for each of the parent's. */
static void model_clones(unsigned from, unsigned to)
{
    uint8_t clone_of[OBJECTS];
    memset(clone_of, 0xff, sizeof clone_of);
    for (unsigned i = 0; i < pages_used; i++) {
        struct page *page = &model[to][i];
        if (page->kind != OBJECT || page->shares)
            continue;
        unsigned old = model[from][i].object;
        if (clone_of[old] == 0xff) {
            struct model_object *object = free_object();
            REQUIRE(object != NULL);
            *object = objects[old];
            object->held = false;
            object->mem = region_at(&spaces[to], va_of(i))->mem;
            clone_of[old] = (uint8_t)(object - objects);
            page->object = clone_of[old]; /* seen by object_shown */
        }
        page->object = clone_of[old];
        REQUIRE(region_at(&spaces[to], va_of(i))->mem == objects[page->object].mem);
    }
}

static void model_told_clone(struct page *page)
{
    if (page->told & TOLD_NO_CLONE)
        *page = (struct page){};
    if (page->told & TOLD_EMPTY)
        page->value = 0;
    page->told &= (uint8_t)~TOLD_LOCKED;
}

static unsigned objects_unused(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < OBJECTS; i++)
        count += !objects[i].mem || (!objects[i].held && !object_shown(i));
    return count;
}

static void clone_or_end(void)
{
    unsigned from = some_space(), to = below(SPACES);
    if (alive[to]) {
        if (to != from)
            space_forget(to);
        return;
    }
    if (objects_unused() < OBJECTS / 2)
        return;
    enum status status = space_init(&spaces[to], &ledger);
    if (status == STATUS_OK) {
        status = space_clone(&spaces[from], &spaces[to]);
        if (status != STATUS_OK) {
            host_fail_after(0, false);
            space_forget(to);
        }
    }
    if (!operation_ends(status))
        return;
    memcpy(model[to], model[from], sizeof model[to]);
    for (unsigned i = 0; i < pages_used; i++)
        model_told_clone(&model[to][i]);
    alive[to] = true;
    model_clones(from, to);
}

static void range(unsigned *first, unsigned *count)
{
    unsigned most = below(4) ? 12 : pages_used * 2 / 5;
    *first = below(pages_used);
    *count = 1 + below(most);
    if (*count > pages_used - *first)
        *count = pages_used - *first;
}

static bool free_range(unsigned s, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        if (model[s][i].kind)
            return false;
    return true;
}

static void map_something(enum kind kind)
{
    unsigned s = some_space(), first, count;
    range(&first, &count);
    struct model_object *object = kind == ANONYMOUS ? NULL : held_object();
    if (kind != ANONYMOUS && !object)
        return;
    unsigned prot = below(5) ? PROT_BIT_READ | PROT_BIT_WRITE : below(8), offset;
    if (count > object_pages)
        count = object_pages;
    offset = below(object_pages - count + 1);
    bool replace = below(3), shares = kind == OBJECT && below(2);
    uint64_t flags = prot | MAP_FIXED_ADDRESS | (replace ? MAP_REPLACE : 0) | (shares ? MAP_SHARED_CLONE : 0);
    flags |= kind == ANONYMOUS ? MAP_ANONYMOUS : kind == COPY ? MAP_PRIVATE_COPY : 0;
    uaddr_t where = va_of(first);
    enum status status = space_map(&spaces[s], object ? object->mem : NULL, RIGHTS_ALL, offset * MP_SIZE, count * MP_SIZE, flags, &where);
    if (!replace && !free_range(s, first, count)) {
        operation_is_refused(status, STATUS_OVERLAP);
        return;
    }
    if (!operation_ends(status))
        return;
    REQUIRE_EQUAL(where, va_of(first));
    for (unsigned i = 0; i < count; i++)
        model[s][first + i] = (struct page){
            .kind = kind, .prot = (uint8_t)readable(prot), .max_prot = 7, .shares = shares,
            .object = object ? (uint8_t)(object - objects) : 0, .offset = (uint16_t)(offset + i),
        };
}

static void unmap_something(void)
{
    unsigned s = some_space(), first, count;
    range(&first, &count);
    if (operation_ends(space_unmap(&spaces[s], va_of(first), count * MP_SIZE)))
        memset(&model[s][first], 0, count * sizeof model[s][0]);
}

static bool mapped_throughout(unsigned s, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        if (!model[s][i].kind)
            return false;
    return true;
}

static void protect_something(void)
{
    unsigned s = some_space(), first, count, prot = below(8);
    range(&first, &count);
    enum status status = space_protect(&spaces[s], va_of(first), count * MP_SIZE, prot);
    if (!mapped_throughout(s, first, count)) {
        operation_is_refused(status, STATUS_BAD_ADDRESS);
        return;
    }
    if (operation_ends(status))
        for (unsigned i = first; i < first + count; i++)
            model[s][i].prot = (uint8_t)readable(prot);
}

static void drop_something(void)
{
    unsigned s = some_space(), first, count;
    if (little_memory)
        return; /* dropping is done region by region */
    host_fail_after(0, false);
    ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
    range(&first, &count);
    bool locked_too = below(2);
    enum status status = space_advise(&spaces[s], va_of(first), count * MP_SIZE, locked_too ? ADVICE_DROP_LOCKED : ADVICE_DROP), wanted;
    wanted = mapped_throughout(s, first, count) ? STATUS_OK : STATUS_BAD_ADDRESS;
    for (unsigned i = first; i < first + count && !locked_too; i++)
        if (model[s][i].told & TOLD_LOCKED) { /* as far as that one */
            count = i - first;
            wanted = STATUS_INVALID_ARGUMENT;
        }
    REQUIRE_EQUAL(status, wanted);
    for (unsigned i = first; i < first + count; i++) {
        model[s][i].value = 0;
        model[s][i].own = false;
    }
}

static void tell_something(void)
{
    static const struct { unsigned advice; uint8_t clear, set; } advices[] = {
        {ADVICE_LOCK, 0, TOLD_LOCKED}, {ADVICE_UNLOCK, TOLD_LOCKED, 0}, {ADVICE_NO_CLONE, 0, TOLD_NO_CLONE}, {ADVICE_CLONE, TOLD_NO_CLONE, 0},
        {ADVICE_CLONE_EMPTY, 0, TOLD_EMPTY}, {ADVICE_CLONE_FULL, TOLD_EMPTY, 0},
    };
    unsigned s = some_space(), first, count, what = below(sizeof advices / sizeof advices[0]);
    range(&first, &count);
    if (below(2)) { /* nothing is told for long */
        first = 0;
        count = pages_used;
        what |= 1;
    }
    bool anonymous = true;
    for (unsigned i = first; i < first + count; i++)
        anonymous &= model[s][i].kind == ANONYMOUS;
    enum status status = space_advise(&spaces[s], va_of(first), count * MP_SIZE, advices[what].advice);
    if (!mapped_throughout(s, first, count))
        return operation_is_refused(status, STATUS_BAD_ADDRESS);
    if (advices[what].set & TOLD_EMPTY && !anonymous)
        return operation_is_refused(status, STATUS_INVALID_ARGUMENT);
    if (operation_ends(status))
        for (unsigned i = first; i < first + count; i++)
            model[s][i].told = (uint8_t)((model[s][i].told & ~advices[what].clear) | advices[what].set);
}

/* Page tables are a cache: without them nothing that is to be seen is different. */
static void forget_tables(void)
{
    unsigned s = some_space(), first, count;
    range(&first, &count);
    (void)arch_unmap(&spaces[s].arch, va_of(first), count); /* a leaf that cannot be split stays */
    space_flush(&spaces[s], va_of(first), count);
}

static void populate_something(void)
{
    unsigned s = some_space(), first, count;
    range(&first, &count);
    (void)!space_advise(&spaces[s], va_of(first), count * MP_SIZE, ADVICE_POPULATE);
    host_fail_after(0, false);
    ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
    adopt(s);
}

/* A whole superpage of anonymous memory, present throughout. */
static void map_superpage(void)
{
    unsigned s = some_space(), pages = SUPER_SIZE / MP_SIZE;
    uaddr_t where = (BASE + SUPER_SIZE - 1 + below(2) * SUPER_SIZE) & ~(SUPER_SIZE - 1);
    unsigned first = (unsigned)((where - BASE) / MP_SIZE);
    uint64_t flags = PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS | MAP_REPLACE | MAP_ANONYMOUS | MAP_POPULATED;
    if (first + pages > pages_used || !operation_ends(space_map(&spaces[s], NULL, 0, 0, SUPER_SIZE, flags, &where)))
        return;
    for (unsigned i = first; i < first + pages; i++)
        model[s][i] = (struct page){.kind = ANONYMOUS, .prot = 3, .max_prot = 7};
    struct arch_mapping mapping;
    superpages += arch_query(&spaces[s].arch, where, &mapping) && mapping.size == SUPER_SIZE;
}

/* Do these pages go on from one another, so that they are one region? */
static bool alike(const struct page *a, const struct page *b)
{
    return a->kind && a->kind == b->kind && a->told == b->told && a->prot == b->prot && a->max_prot == b->max_prot && a->shares == b->shares &&
           (a->kind == ANONYMOUS || (a->object == b->object && a->offset + 1 == b->offset));
}

static void move_something(void)
{
    unsigned s = some_space(), first, count, to = below(pages_used), new_count;
    range(&first, &count);
    new_count = below(2) ? count : 1 + below(30);
    if (to + new_count > pages_used || first + new_count > pages_used)
        return;
    bool fixed = below(2), one_region = model[s][first].kind;
    for (unsigned i = first + 1; i < first + count; i++)
        one_region &= alike(&model[s][i - 1], &model[s][i]);
    if (one_region && model[s][first].kind != ANONYMOUS && model[s][first].offset + new_count > object_pages)
        return; /* the model has no more of the object */
    bool apart = to + new_count <= first || first + count <= to;
    uaddr_t where = 0;
    if (new_count < count && little_memory)
        return;
    if (new_count < count && !(fixed && !apart)) { /* shrinking is an unmap first, and may stay when the rest fails */
        host_fail_after(0, false);
        ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
    }
    enum status status = space_move(&spaces[s], va_of(first), count * MP_SIZE, new_count * MP_SIZE, va_of(to), fixed ? MOVE_FIXED : 0, &where);
    if (fixed && !apart)
        return operation_is_refused(status, STATUS_INVALID_ARGUMENT);
    if (!one_region)
        return operation_is_refused(status, STATUS_BAD_ADDRESS);
    if (!fixed && new_count > count && !free_range(s, first + count, new_count - count))
        return operation_is_refused(status, STATUS_NO_MEMORY);
    if (!operation_ends(status))
        return;
    static struct page moved[PAGES_MOST];
    for (unsigned i = 0; i < new_count; i++) {
        moved[i] = i < count ? model[s][first + i] : model[s][first];
        if (i < count)
            continue;
        moved[i].value = 0;
        moved[i].own = false;
        moved[i].offset = (uint16_t)(model[s][first].offset + i);
    }
    memset(&model[s][first], 0, count * sizeof moved[0]);
    memcpy(&model[s][fixed ? to : first], moved, new_count * sizeof moved[0]);
    REQUIRE_EQUAL(where, va_of(fixed ? to : first));
}

/* --- accesses -------------------------------------------------------------------------------------------------------------------------------------- */

static enum status expected_status(unsigned s, unsigned i, unsigned access)
{
    const struct page *page = &model[s][i];
    if (!page->kind || access & ~page->prot)
        return STATUS_BAD_ADDRESS;
    return page->kind != ANONYMOUS && page->offset >= objects[page->object].pages ? STATUS_OUT_OF_RANGE : STATUS_OK;
}

static void note_write(unsigned s, unsigned i, uint64_t value)
{
    struct page *page = &model[s][i];
    if (page->kind == OBJECT) {
        objects[page->object].value[page->offset] = value;
        return;
    }
    page->value = value;
    page->own = page->kind == COPY;
}

/* As a program: through the TLB, with faults. */
static void access_something(unsigned access)
{
    unsigned s = some_space(), i = below(pages_used);
    paddr_t pa = 0;
    enum status status = STATUS_OK;
    for (unsigned tries = 0; status == STATUS_OK && host_access(&spaces[s].arch, va_of(i), access, &pa); tries++) {
        REQUIRE(tries < 3 || (swapping && tries < 100));
        status = space_fault(&spaces[s], va_of(i) + below(MP_SIZE), access);
        SWAPPED(status, space_fault(&spaces[s], va_of(i), access));
    }
    adopt(s);
    enum status expected = expected_status(s, i, access);
    if (expected != STATUS_OK) {
        operation_is_refused(status, expected);
        return;
    }
    if (!operation_ends(status))
        return;
    REQUIRE_EQUAL(read_value(phys_to_virt(pa)), model_value(&model[s][i]));
    if (access & PROT_BIT_WRITE) {
        write_value(phys_to_virt(pa), ++next_value);
        note_write(s, i, next_value);
    }
}

/* Between two pages, by the kernel. */
static void copy_something(void)
{
    unsigned s = some_space(), t = some_space(), i = below(pages_used), j = below(pages_used);
    uint64_t done = 0;
    enum status from = expected_status(s, i, PROT_BIT_READ), to = expected_status(t, j, PROT_BIT_WRITE);
    enum status status = copy_user_to_user(&spaces[t], va_of(j), &spaces[s], va_of(i), MP_SIZE, &done);
    SWAPPED(status, copy_user_to_user(&spaces[t], va_of(j), &spaces[s], va_of(i), MP_SIZE, &done));
    uint64_t value = from == STATUS_OK ? model_value(&model[s][i]) : 0;
    adopt(s);
    adopt(t);
    if (from != STATUS_OK || to != STATUS_OK)
        return operation_is_refused(status, from != STATUS_OK ? from : to);
    if (operation_ends(status))
        note_write(t, j, value);
}

static void kernel_access(void)
{
    unsigned s = some_space(), i = below(pages_used);
    uint64_t word;
    enum status status = copy_from_user(&spaces[s], &word, va_of(i) + last_word / 2 * 8, sizeof word);
    SWAPPED(status, copy_from_user(&spaces[s], &word, va_of(i) + last_word / 2 * 8, sizeof word));
    enum status expected = expected_status(s, i, PROT_BIT_READ);
    if (expected != STATUS_OK)
        return operation_is_refused(status, expected);
    if (operation_ends(status))
        REQUIRE_EQUAL(word, model_value(&model[s][i]));
}

/* Page tables are a cache: dropping them changes nothing. */
static void discard_tables(void)
{
    unsigned s = some_space();
    if (arch_unmap(&spaces[s].arch, BASE, pages_used))
        space_flush(&spaces[s], BASE, pages_used);
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------------------------------ */

static void compare_all(void)
{
    for (unsigned s = 0; s < SPACES; s++) {
        if (!alive[s])
            continue;
        space_check(&spaces[s]);
        host_tlb_check(&spaces[s].arch);
        for (unsigned i = 0; i < pages_used; i++) {
            struct region *region = region_at(&spaces[s], va_of(i));
            REQUIRE_EQUAL(region != NULL, model[s][i].kind != NOTHING);
            if (!region)
                continue;
            REQUIRE_EQUAL(region->prot, model[s][i].prot);
            const struct page *page = &model[s][i];
            if (page->kind == ANONYMOUS || page->offset < objects[page->object].pages)
                REQUIRE_EQUAL(peek(&spaces[s], va_of(i)), model_value(page));
        }
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].mem && (objects[i].held || object_shown(i)))
            mem_check(objects[i].mem);
    mm_check();
}

static void swap_something(void)
{
    struct model_object *object = below(3) ? NULL : held_object();
    unsigned s = some_space();
    swap_at_random(object ? &object->mem->map : &spaces[s].memory, object ? 0 : BASE, object ? object_pages : pages_used);
}

static void step(void)
{
    operation_begins();
    unsigned what = below(100);
    if (swapping && below(4) == 0)
        swap_something();
    else if (below(50) == 0)
        map_superpage();
    else if (below(200) == 0)
        discard_tables();
    else if (what < 34)
        access_something(PROT_BIT_WRITE);
    else if (what < 46)
        access_something(below(4) ? PROT_BIT_READ : PROT_BIT_EXEC);
    else if (what < 50)
        copy_something();
    else if (what < 53)
        kernel_access();
    else if (what < 61)
        map_something(ANONYMOUS);
    else if (what < 64)
        map_something(OBJECT);
    else if (what < 67)
        map_something(COPY);
    else if (what < 73)
        unmap_something();
    else if (what < 79)
        protect_something();
    else if (what < 82)
        drop_something();
    else if (what < 86)
        move_something();
    else if (what < 88)
        populate_something();
    else if (what < 91)
        clone_or_end();
    else if (what < 94)
        object_touch();
    else if (what < 96)
        object_resize();
    else if (what < 97)
        object_clone();
    else if (what < 98)
        object_new();
    else if (what < 99)
        below(2) ? tell_something() : forget_tables();
    else
        object_drop();
    host_fail_after(0, false);
    host_work();
    ledger.limit[0] = ledger.limit[1] = UINT64_MAX;
}

struct setting {
    unsigned shift, pages, steps, check_every;
    uint64_t ram;
    bool pairs, swaps;
};

static void start(const struct setting *setting)
{
    if (setting->pairs)
        host_choose_pairs();
    host_boot_simple(setting->shift, setting->ram);
    pages_used = setting->pages;
    object_pages = setting->pages / 2;
    little_memory = setting->ram < 24 << 20;
    memset(alive, 0, sizeof alive);
    memset(model, 0, sizeof model);
    memset(objects, 0, sizeof objects);
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    next_value = 0;
    superpages = 0;
    REQUIRE_EQUAL(space_init(&spaces[0], &ledger), STATUS_OK);
    alive[0] = true;
    swapping = setting->swaps;
    if (swapping)
        swap_begin();
}

static void end(void)
{
    for (unsigned s = 0; s < SPACES; s++)
        if (alive[s])
            space_forget(s);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].held)
            object_put(&objects[i].mem->object);
    host_work();
    if (swapping)
        swap_end();
    mm_check();
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], 0);
    EXPECT_EQUAL(ledger.object.references, 1);
    EXPECT_EQUAL(carve_user_bytes(), 0);
    EXPECT(carve_kernel_bytes() < 64 * MP_SIZE);
}

/* The CPU is idle for a while: clusters are zeroed, superpages are made by copying. */
static void idle(unsigned step)
{
    struct zeroing zeroing = {};
    host_time_ns += 1000000;
    unsigned s = some_space();
    if (step % 256 == 0) {
        spaces[s].run_ticks = UINT64_MAX;
        repair_wish(&spaces[s]);
    }
    if (step % 512 < 40 || step % 64 == 0)
        while (mm_idle_work(&zeroing))
            while (zeroing_step(&zeroing)) {
            }
}

static void fuzz(struct setting setting)
{
    start(&setting);
    for (unsigned i = 0; i < setting.steps; i++) {
        step();
        if (i % setting.check_every == 0 || i + 1 == setting.steps)
            compare_all();
        idle(i);
    }
    end();
    host_time_ns = 0;
    EXPECT_EQUAL(superpages > 0, setting.pages > 1000);
}

TEST(operations_match_the_model_with_clusters_of_an_mp) { fuzz((struct setting){MP_SHIFT, 200, 150000, 1024, 32 << 20, false, false}); }
TEST(operations_match_the_model_with_clusters_of_64k) { fuzz((struct setting){16, 200, 150000, 1024, 32 << 20, false, false}); }
TEST(operations_match_the_model_with_clusters_of_256k) { fuzz((struct setting){18, 200, 150000, 1024, 32 << 20, false, false}); }
TEST(operations_match_the_model_with_superpages) { fuzz((struct setting){16, 1400, 150000, 1024, 64 << 20, false, false}); }
TEST(operations_match_the_model_when_memory_runs_out) { fuzz((struct setting){16, 200, 150000, 1024, 3 << 20, false, false}); }
TEST(operations_match_the_model_when_memory_runs_out_with_clusters_of_an_mp) { fuzz((struct setting){MP_SHIFT, 200, 150000, 1024, 3 << 20, false, false}); }
TEST(operations_match_the_model_with_pairs_of_an_mp) { fuzz((struct setting){MP_SHIFT, 200, 60000, 1024, 32 << 20, true, false}); }
TEST(operations_match_the_model_with_pairs_of_64k) { fuzz((struct setting){16, 200, 150000, 1024, 32 << 20, true, false}); }
TEST(operations_match_the_model_with_pairs_of_256k) { fuzz((struct setting){18, 200, 150000, 1024, 32 << 20, true, false}); }
TEST(operations_match_the_model_with_pairs_and_superpages) { fuzz((struct setting){16, 1400, 60000, 1024, 64 << 20, true, false}); }
TEST(operations_match_the_model_with_pairs_when_memory_runs_out) { fuzz((struct setting){16, 200, 150000, 1024, 3 << 20, true, false}); }
TEST(operations_match_the_model_with_reservations_under_pressure) { fuzz((struct setting){16, 1400, 60000, 512, 12 << 20, false, false}); }
TEST(operations_match_the_model_with_reservations_of_mps_under_pressure) { fuzz((struct setting){MP_SHIFT, 1400, 60000, 512, 12 << 20, false, false}); }
TEST(operations_match_the_model_with_pairs_and_reservations_under_pressure) { fuzz((struct setting){18, 1400, 60000, 512, 12 << 20, true, false}); }
TEST(operations_match_the_model_with_swap) { fuzz((struct setting){16, 200, 150000, 256, 32 << 20, false, true}); }
TEST(operations_match_the_model_with_swap_and_clusters_of_an_mp) { fuzz((struct setting){MP_SHIFT, 200, 100000, 256, 32 << 20, false, true}); }
TEST(operations_match_the_model_with_swap_and_clusters_of_256k) { fuzz((struct setting){18, 200, 100000, 256, 32 << 20, true, true}); }
TEST(operations_match_the_model_with_swap_and_superpages) { fuzz((struct setting){16, 1400, 60000, 512, 64 << 20, false, true}); }
