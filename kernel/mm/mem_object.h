/* mem_object.h: memory objects, inside mm. */
#ifndef KERNEL_MEM_OBJECT_H
#define KERNEL_MEM_OBJECT_H

#include <mm/extent.h>
#include <mm/space.h>
#include <object/work.h>

enum mem_kind : uint8_t {
    MEM_ANONYMOUS, /* allocated when touched */
    MEM_PHYSICAL,  /* somebody else's memory or device registers: one extent, never freed */
    MEM_PAGED,     /* what is absent comes from its pager (mm/pager.h) */
    MEM_DMA,       /* one run, present from the start, never moves, never shared by cloning */
    MEM_PART,      /* of another object, which has all that this one shows; what is mapped shows that object */
};

struct mem_object {
    struct object object;
    enum mem_kind kind;      /* fixed after create */
    uint8_t cache;           /* enum cache_mode; fixed after create */
    uint64_t serial;         /* no other object has or had it; less than any address in the kernel; fixed after create */
    uint64_t size;           /* bytes, a multiple of the MP */
    struct extent_map map;
    struct tree regions;     /* all regions of all spaces that show it, by offset: the reverse map (region.c) */
    struct pager *pager;     /* MEM_PAGED; else NULL */
    struct mem_object *whole; /* MEM_PART: no part itself; holds a reference. Else NULL */
    uint64_t whole_offset;    /* where the part begins */
    struct work work;        /* nobody's any more: its memory goes in steps */
};

/* An object record, charged. Returns INVALID_ARGUMENT, NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status mem_object_make(struct ledger *ledger, enum mem_kind kind, uint64_t size, struct mem_object **mem);
/* The object that has what is at the offset, and at which offset. Requires: it is within the object. */
static inline struct mem_object *mem_whole(struct mem_object *mem, uint64_t *offset)
{
    if (mem->kind != MEM_PART) [[clang::likely]]
        return mem;
    *offset += mem->whole_offset;
    return mem->whole;
}
static inline bool mem_within(const struct mem_object *mem, uint64_t offset, uint64_t length)
{
    return offset <= mem->size && length <= mem->size - offset;
}
/* The memory behind an offset is present; with `write` it is the object's own, and known to be written. Returns OUT_OF_RANGE, NO_MEMORY,
 * LEDGER_SPENT, what pager_ask returns. */
[[nodiscard]] enum status mem_fill(struct mem_object *mem, uint64_t offset, bool write);
/* Take [start, end) of the object out of all page tables and TLBs. Returns NO_MEMORY (a leaf could not be split). */
[[nodiscard]] enum status mem_unmap_all(struct mem_object *mem, uint64_t start, uint64_t end);
/* What is in [start, end) becomes zeros, and its memory free. Returns INVALID_ARGUMENT (not anonymous), NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status mem_drop(struct mem_object *mem, uint64_t start, uint64_t end);
/* [start, end) is not present any more; its content is elsewhere. Returns NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status mem_evict(struct mem_object *mem, uint64_t start, uint64_t end);
/* Take write access to [start, end) away from all page tables and TLBs. Returns NO_MEMORY. */
[[nodiscard]] enum status mem_write_protect(struct mem_object *mem, uint64_t start, uint64_t end);

#endif
