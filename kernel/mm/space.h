/* space.h: address spaces and memory objects as the rest of the kernel sees them.
 * Physical address is a function of (object, offset) only; page tables are a cache of (regions, objects). */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <arch/arch.h>
#include <lib/list.h>
#include <map.h>
#include <mm/extent.h>
#include <object/object.h>

struct mem_object;
struct region;
struct boot_info;

struct space {
    struct region *faulted; /* where the last fault was; NULL: unknown */
    struct tree regions;          /* by address (mm/region.c) */
    struct extent_map memory;     /* what private regions hold, at offset = virtual address (mm/extent.c) */
    struct arch_space arch;
    uint64_t cpus;                /* bit per CPU that may hold translations */
    uint64_t stale;               /* bit per CPU that must flush the whole space before it uses it again */
    uint64_t mapped_bytes;
    struct ledger *charge;        /* of the task; what private copies are charged to */
    struct list link;             /* of all spaces (mm/repair.c), until it is destroyed */
    struct list wish;             /* of those that want repair; empty: not on it */
    uaddr_t repair_at;            /* how far repair has come */
    uint64_t repair_ns;           /* what repair has cost so far */
    uint64_t run_ticks;           /* of CPU time that its threads got, of which some may be missing yet */
};

/* --- boot ---------------------------------------------------------------------------------------------------------------------- */
/* Take over RAM. cluster_shift: log2 of the cluster, MP_SHIFT..18 (rounded up to MP_SHIFT on machines with larger MPs). */
void mm_init(const struct boot_info *info, unsigned cluster_shift);
extern unsigned cluster_shift; /* log2 bytes */
/* Give RAM that boot_info reserved to the allocator too: the boot image when nothing shows it any more. */
void mm_release_range(paddr_t start, paddr_t end);
/* Walk the allocator's structures and panic if an invariant does not hold. */
void mm_check(void);
/* The same for a space and its private memory: regions, extents, shares, translations. */
void space_check(struct space *space);
void mem_check(struct mem_object *mem);
uint64_t mm_total_bytes(void);
uint64_t mm_free_bytes(void);  /* free clusters, free carved pieces */
/* What an idle CPU does for memory, in a bounded step, with the kernel lock. True: there is more, a cluster to zero ahead of need,
 * without the lock (zero_pool.h), or another step. */
struct zeroing;
bool mm_idle_work(struct zeroing *zeroing);

/* What a body or fault may return besides a status: a pager was asked for what is absent; the thread is to wait for it and try again
 * (thread_page_wait). Does not reach programs. */
#define PAGE_AWAITED ((enum status)3)

/* --- memory objects (struct mem_object starts with struct object; type OBJECT_MEM) ------------------------------------------------ */
[[nodiscard]] enum status mem_create(struct ledger *ledger, uint64_t size, struct mem_object **mem);
[[nodiscard]] enum status mem_create_physical(struct ledger *ledger, paddr_t pa, uint64_t size, unsigned cache, struct mem_object **mem);
[[nodiscard]] enum status mem_create_dma(struct ledger *ledger, uint64_t size, struct mem_object **mem, paddr_t *pa);
[[nodiscard]] enum status mem_clone(struct mem_object *from, struct ledger *ledger, uint64_t offset, uint64_t size, struct mem_object **mem);
/* An object that shows a part of another one, and has nothing itself. Returns INVALID_ARGUMENT, OUT_OF_RANGE, LEDGER_SPENT, NO_MEMORY. */
[[nodiscard]] enum status mem_part(struct mem_object *from, struct ledger *ledger, uint64_t offset, uint64_t size, struct mem_object **part);
[[nodiscard]] enum status mem_resize(struct mem_object *mem, uint64_t size);
uint64_t mem_size(const struct mem_object *mem);
uint64_t mem_resident_bytes(const struct mem_object *mem);
/* The memory behind an offset, present and ready for the access (allocated, copied if shared and `write`): kernel pointer and how many
 * bytes from there are contiguous (at least to the end of the MP). OUT_OF_RANGE, NO_MEMORY, LEDGER_SPENT, PAGE_AWAITED and what pager_ask returns. The pointer holds until the
 * kernel lock is given up. */
[[nodiscard]] enum status mem_touch(struct mem_object *mem, uint64_t offset, bool write, void **pointer, uint64_t *length);
void mem_free(struct object *object); /* object_operations.free */

/* --- address spaces ---------------------------------------------------------------------------------------------------------------- */
[[nodiscard]] enum status space_init(struct space *space, struct ledger *charge);
/* Unmap up to `steps` regions; true when all is gone and the tables are freed. Not loaded on any CPU. */
bool space_destroy_some(struct space *space, unsigned steps);
/* mem NULL with MAP_ANONYMOUS: new object of that length. rights: of the capability used (RIGHT_MEM_*). *where: in = hint or fixed
 * address (0: anywhere), out = result. Adjacent anonymous mappings with like flags are merged into one object's region where possible. */
[[nodiscard]] enum status space_map(struct space *space, struct mem_object *mem, uint32_t rights, uint64_t offset, uint64_t length, uint64_t flags, uaddr_t *where);
[[nodiscard]] enum status space_unmap(struct space *space, uaddr_t va, uint64_t length);
[[nodiscard]] enum status space_protect(struct space *space, uaddr_t va, uint64_t length, unsigned prot);
[[nodiscard]] enum status space_advise(struct space *space, uaddr_t va, uint64_t length, unsigned advice);
[[nodiscard]] enum status space_move(struct space *space, uaddr_t va, uint64_t length, uint64_t new_length, uaddr_t new_address, uint64_t flags, uaddr_t *where);
struct region_info { uaddr_t start, end; uint64_t flags, offset, resident; };
[[nodiscard]] enum status space_query(struct space *space, uaddr_t va, struct region_info *info);
/* Copy-on-write copy of a whole space: private objects cloned, shared ones shared, MAP_NO_CLONE regions left out. `to` is fresh. */
[[nodiscard]] enum status space_clone(struct space *from, struct space *to);
uint64_t space_resident_bytes(struct space *space);
/* mincore: a byte a page of [va, va + pages) into the buffer of another space, bit 0 = present. NO_MEMORY if a page is not mapped. *done
 * counts up; OK with *done < pages: an interrupt waits. */
[[nodiscard]] enum status space_resident_map(struct space *space, uaddr_t va, uint64_t pages, struct space *buffer_space, uaddr_t buffer, uint64_t *done);

/* A page fault of a thread of this space. OK: try again. BAD_ADDRESS: no region or no such access (-> EXCEPTION_PAGE_FAULT).
 * OUT_OF_RANGE: past the object's end (-> EXCEPTION_BUS_ERROR). NO_MEMORY, LEDGER_SPENT: the same, nothing left. PAGE_AWAITED: wait. Others: the
 * pager did not supply it (-> EXCEPTION_BUS_ERROR). */
[[nodiscard]] enum status space_fault(struct space *space, uaddr_t va, unsigned access);

/* The kernel maps one pinned MP (a thread page): `frame` stays with the caller, the region goes with the space or space_unmap. */
[[nodiscard]] enum status space_map_pinned(struct space *space, uaddr_t va, paddr_t pa, unsigned prot);

/* Undo space_map_pinned if that page is still shown at va. */
void space_unmap_pinned(struct space *space, uaddr_t va, paddr_t pa);

/* --- usercopy (mm/usercopy.c): the only way to user memory ------------------------------------------------------------------------------ */
#define USER_BITS 38u /* of addresses below USER_END */
static_assert(USER_END <= 1ull << USER_BITS);
static inline bool user_range_valid(uaddr_t va, uint64_t length) { return va >= USER_BASE && va <= USER_END && length <= USER_END - va; }
/* A user span's first piece: kernel pointer and contiguous length (<= length), made present as a fault of the owner would. */
[[nodiscard]] enum status space_touch(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer, uint64_t *piece);
/* The same for what is present already: false, it is not. *piece may be 0: it is no RAM. */
[[nodiscard]] bool space_find(struct space *space, uaddr_t va, uint64_t length, unsigned access, void **pointer, uint64_t *piece);
#define COPY_AT_ONCE 0x4000u /* bytes, at most, before a look for interrupts */
/* Whole or nothing reported: BAD_ADDRESS may leave a part copied. */
[[nodiscard]] enum status copy_from_user(struct space *space, void *to, uaddr_t from, uint64_t length);
[[nodiscard]] enum status copy_to_user(struct space *space, uaddr_t to, const void *from, uint64_t length);
/* Between two spaces (may be the same; spans may overlap only if equal). *done counts up; returns early with OK and *done < length when
 * an interrupt is pending, so that callers restart. */
[[nodiscard]] enum status copy_user_to_user(struct space *to_space, uaddr_t to, struct space *from_space, uaddr_t from, uint64_t length, uint64_t *done);
/* What is behind a user address, for shared futexes: the object's serial number and an offset in it, or, of memory that is the space's alone, its
 * address and the user address. BAD_ADDRESS. */
[[nodiscard]] enum status space_locate(struct space *space, uaddr_t va, uint64_t *owner, uint64_t *offset);

/* --- shootdown (sched/smp.c): called by mm after arch_unmap/arch_protect ----------------------------------------------------------------- */
/* Flush on every CPU that may hold translations of the space; returns when all have. Then frames may be freed. */
void space_flush(struct space *space, uaddr_t va, size_t count);

#endif
