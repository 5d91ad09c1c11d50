/* heap.c: kernel objects by size class, in slabs of one MP whose header is at their start; larger ones are pieces of MPs.
 * A size that is a multiple of 64 gives an address that is one too. Not here: what objects mean, charging.
 * Invariants: a slab on a class's list has a free slot and one in use, but for at most one empty slab a class.
 * Locks: kernel lock. */
#include <mm/carve.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/frames.h>

#define HEADER 64u
#define ROOM ((unsigned)MP_SIZE - HEADER)
#define SMALL_STEP 16u
#define SMALL_MOST 1024u
#define CLASSES_MOST 40u
#define SLAB_LARGEST (ROOM / 2 & ~63u)

struct slab {
    struct list link;      /* of the class, while it has free slots */
    void *free;            /* slots, linked through their first word */
    uint16_t used, slots;
    uint16_t class;
    uint16_t magic;
};
static_assert(sizeof(struct slab) <= HEADER);
#define SLAB_MAGIC 0x51ab
#define FREED 0xa5 /* every byte of a freed object but its link, in debug kernels */

struct class {
    struct list partial;
    struct slab *empty;    /* one kept against the next allocation */
    unsigned size;
};

#ifdef HEDDLE_DEBUG
static const bool marks_freed = true;
#else
static const bool marks_freed = false;
#endif
static struct class classes[CLASSES_MOST];
static uint64_t slab_count, used_bytes;
static unsigned class_count;
static uint8_t class_of_small[SMALL_MOST / SMALL_STEP + 1];

static void class_add(unsigned size)
{
    struct class *class = &classes[class_count++];
    list_init(&class->partial);
    class->empty = nullptr;
    class->size = size;
}

void heap_init(void)
{
    class_count = 0;
    slab_count = used_bytes = 0;
    class_add(16);
    class_add(32);
    class_add(48);
    class_add(64);
    class_add(96);
    for (unsigned size = 128; size <= SMALL_MOST; size += size < 512 ? 64 : 128)
        class_add(size);
    for (unsigned slots = ROOM / (SMALL_MOST + 64); slots >= 2; slots--) /* what fits a slab 2, 3, 4 ... times */
        if ((ROOM / slots & ~63u) > SMALL_MOST && class_count < CLASSES_MOST)
            class_add(ROOM / slots & ~63u);
    for (unsigned step = 0, class = 0; step <= SMALL_MOST / SMALL_STEP; step++) {
        if (step * SMALL_STEP > classes[class].size)
            class++;
        class_of_small[step] = (uint8_t)class;
    }
}

static unsigned class_of(size_t size)
{
    if (size <= SMALL_MOST)
        return class_of_small[(size + SMALL_STEP - 1) / SMALL_STEP];
    unsigned class = class_count - 1;
    while (classes[class - 1].size >= size)
        class--;
    return class;
}

static unsigned piece_order(size_t size)
{
    unsigned order = 0;
    while ((MP_SIZE << order) < size)
        order++;
    return order;
}

/* What is read after it was freed looks wrong, and what is written then is found when the slot is used again. */
static void mark_freed(void *slot, size_t size)
{
    if (marks_freed)
        memset((char *)slot + sizeof(void *), FREED, size - sizeof(void *));
}

static void check_freed(const void *slot, size_t size)
{
    for (size_t i = sizeof(void *); marks_freed && i < size; i++)
        ASSERT(((const uint8_t *)slot)[i] == FREED, "nobody writes to an object that is freed");
}

static struct slab *slab_make(unsigned class)
{
    paddr_t pa = mp_alloc(0, false);
    if (!pa)
        return nullptr;
    struct slab *slab = phys_to_virt(pa);
    slab_count++;
    unsigned size = classes[class].size;
    slab->used = 0;
    slab->slots = (uint16_t)(ROOM / size);
    slab->class = (uint16_t)class;
    slab->magic = SLAB_MAGIC;
    slab->free = nullptr;
    list_init(&slab->link);
    for (unsigned i = slab->slots; i-- > 0;) {
        void **slot = (void **)((char *)slab + HEADER + i * size);
        *slot = slab->free;
        slab->free = slot;
        mark_freed(slot, size);
    }
    return slab;
}

static struct slab *slab_with_room(unsigned class)
{
    struct class *of = &classes[class];
    if (!list_empty(&of->partial))
        return container_of(of->partial.next, struct slab, link);
    struct slab *slab = of->empty ? of->empty : slab_make(class);
    of->empty = nullptr;
    if (slab)
        list_push_front(&of->partial, &slab->link);
    return slab;
}

void *kernel_alloc(size_t size)
{
    if (size > SLAB_LARGEST) {
        paddr_t pa = size < SIZE_MAX / 2 ? mp_alloc(piece_order(size), true) : 0;
        return pa ? phys_to_virt(pa) : nullptr;
    }
    unsigned class = class_of(size);
    struct slab *slab = slab_with_room(class);
    if (!slab)
        return nullptr;
    void **slot = slab->free;
    ASSERT(slot, "a listed slab has a free slot");
    slab->free = *slot;
    slab->used++;
    used_bytes += classes[class].size;
    if (!slab->free)
        list_remove(&slab->link);
    check_freed(slot, classes[class].size);
    memset(slot, 0, classes[class].size);
    return slot;
}

static void slab_is_empty(struct slab *slab)
{
    struct class *of = &classes[slab->class];
    list_remove(&slab->link);
    if (!of->empty) {
        of->empty = slab;
        return;
    }
    slab->magic = 0;
    slab_count--;
    mp_free(virt_to_phys(slab), 0);
}

void kernel_free(void *memory, size_t size)
{
    if (!memory)
        return;
    if (size > SLAB_LARGEST) {
        mp_free(virt_to_phys(memory), piece_order(size));
        return;
    }
    struct slab *slab = (struct slab *)((uintptr_t)memory & ~(uintptr_t)(MP_SIZE - 1));
    ASSERT(slab->magic == SLAB_MAGIC && slab->class == class_of(size), "an object is freed with the size it was made with");
    if (!slab->free)
        list_push_front(&classes[slab->class].partial, &slab->link);
    used_bytes -= classes[slab->class].size;
    *(void **)memory = slab->free;
    slab->free = memory;
    mark_freed(memory, classes[slab->class].size);
    if (--slab->used == 0)
        slab_is_empty(slab);
}

uint64_t heap_slab_bytes(void) { return slab_count * MP_SIZE; }
uint64_t heap_used_bytes(void) { return used_bytes; }

void heap_check(void)
{
    for (unsigned i = 0; i < class_count; i++) {
        for (struct list *link = classes[i].partial.next; link != &classes[i].partial; link = link->next) {
            struct slab *slab = container_of(link, struct slab, link);
            ASSERT(slab->magic == SLAB_MAGIC && slab->class == i && slab->used && slab->used < slab->slots, "a listed slab is partly used");
            unsigned free = 0;
            for (void **slot = slab->free; slot; slot = *slot)
                free++;
            ASSERT(free + slab->used == slab->slots, "slots are free or used");
        }
        ASSERT(!classes[i].empty || !classes[i].empty->used, "the kept slab is empty");
    }
}
