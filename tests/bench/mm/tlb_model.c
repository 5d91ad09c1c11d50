/* tlb_model.c: the model. Not modelled: instruction fetches, walks ahead of need, caches of upper levels of page tables.
 * The arrays: Intel, Optimization Reference Manual, Skylake's TLB parameters; Arm, Cortex-A76 Core Technical Reference Manual, A5.2; SiFive, U74
 * Core Complex Manual, its memory management unit (it has no Svnapot: such a leaf is taken as one entry, as it would be where it is there);
 * Loongson, 3A5000 user manual and LoongArch Reference Manual, 5.4.2; the Loongson 3A4000 as QEMU has it. */
#include "tlb_model.h"
#include <stdlib.h>

#define ANY 63u

static struct tlb_model models[] = {
#if defined(__x86_64__)
    {"Skylake", {{1, 64, 4, 12, 12, 0, 0}, {1, 32, 4, 21, 21, 0, 0}, {1, 4, 4, 30, 30, 0, 0}, {2, 1536, 12, 12, 21, 0, 0}, {2, 16, 4, 30, 30, 0, 0}}},
#elif defined(__aarch64__)
    {"Cortex-A76", {{1, 48, 48, 12, 29, 0, 0}, {2, 1280, 5, 12, 30, 0, 0}}},
#elif defined(__riscv)
    {"U74", {{1, 40, 40, 12, 30, 0, 0}, {2, 512, 1, 12, 30, 0, 0}}},
#elif defined(__loongarch64)
    {"LA464", {{1, 2048, 8, 0, 0, ANY, 1}, {1, 64, 64, 12, ANY, 22, 1}}}, /* STLB: of the cluster's size */
#else
    {"3A4000", {{1, 64, 64, 12, ANY, 21, 1}}},
#endif
};

const struct tlb_model *tlb_model_here(unsigned cluster_shift)
{
    struct tlb_array *first = &models[0].arrays[0];
    if (first->most == 0)
        first->least = first->most = cluster_shift;
    return &models[0];
}

struct entry { uint64_t tag, used; };

struct tlb {
    const struct tlb_model *model;
    struct entry *entries[TLB_ARRAYS];
    uint64_t now, random;
};

struct tlb *tlb_create(const struct tlb_model *model)
{
    struct tlb *tlb = calloc(1, sizeof *tlb);
    if (!tlb)
        abort();
    tlb->model = model;
    tlb->random = 88172645463325252ull;
    for (unsigned i = 0; i < TLB_ARRAYS && model->arrays[i].level; i++)
        if (!(tlb->entries[i] = calloc(model->arrays[i].entries, sizeof *tlb->entries[i])))
            abort();
    return tlb;
}

void tlb_destroy(struct tlb *tlb)
{
    for (unsigned i = 0; i < TLB_ARRAYS; i++)
        free(tlb->entries[i]);
    free(tlb);
}

static uint64_t next_random(struct tlb *tlb)
{
    tlb->random ^= tlb->random << 13;
    tlb->random ^= tlb->random >> 7;
    return tlb->random ^= tlb->random << 17;
}

/* An STLB takes one size alone: what is larger is for the other array. */
static int takes(const struct tlb_array *array, unsigned shift)
{
    return shift >= array->least && (shift <= array->most || array->most > array->least);
}

/* Where the address is or would be. Returns: the first entry of its set. */
static struct entry *find_set(struct tlb *tlb, unsigned number, uint64_t address, unsigned shift, uint64_t *tag)
{
    const struct tlb_array *array = &tlb->model->arrays[number];
    unsigned of_entry = shift < array->most ? shift : array->most;
    of_entry += of_entry < array->pairs_below;
    *tag = (address >> of_entry) << 6 | of_entry;
    return tlb->entries[number] + (address >> of_entry) % (array->entries / array->ways) * array->ways;
}

static int find(struct tlb *tlb, unsigned number, uint64_t address, unsigned shift)
{
    uint64_t tag;
    struct entry *set = find_set(tlb, number, address, shift, &tag);
    for (unsigned i = 0; i < tlb->model->arrays[number].ways; i++)
        if (set[i].tag == tag) {
            set[i].used = ++tlb->now;
            return 1;
        }
    return 0;
}

static void insert(struct tlb *tlb, unsigned number, uint64_t address, unsigned shift)
{
    uint64_t tag;
    struct entry *set = find_set(tlb, number, address, shift, &tag), *victim = set;
    const struct tlb_array *array = &tlb->model->arrays[number];
    for (unsigned i = 1; i < array->ways && victim->tag != 0; i++)
        if (set[i].used < victim->used)
            victim = &set[i];
    if (victim->tag != 0 && array->random)
        victim = &set[next_random(tlb) % array->ways];
    *victim = (struct entry){tag, ++tlb->now};
}

/* The first array that takes the size, of a level. Returns: its number, -1: none does. */
static int array_for(const struct tlb *tlb, unsigned level, unsigned shift)
{
    for (unsigned i = 0; i < TLB_ARRAYS && tlb->model->arrays[i].level; i++)
        if (tlb->model->arrays[i].level == level && takes(&tlb->model->arrays[i], shift))
            return (int)i;
    return -1;
}

unsigned tlb_access(struct tlb *tlb, uint64_t address, unsigned shift)
{
    int arrays[2];
    unsigned level, found = 0;
    for (level = 1; level <= 2 && !found; level++) {
        arrays[level - 1] = array_for(tlb, level, shift);
        if (arrays[level - 1] >= 0 && find(tlb, (unsigned)arrays[level - 1], address, shift))
            found = level;
    }
    for (level = found ? found - 1 : 2; level >= 1; level--)
        if (arrays[level - 1] >= 0)
            insert(tlb, (unsigned)arrays[level - 1], address, shift);
    return found;
}
