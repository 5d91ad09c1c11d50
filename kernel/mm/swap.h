/* swap.h: where anonymous memory goes when there is no other: an object with a pager, of which the kernel gives out places. What is there is an
 * extent at EXTENT_OUT + its place, in every map that shows it (extent.h), so that clones, moves and ends of swapped memory are those of extents.
 * Locks: kernel lock. */
#ifndef KERNEL_SWAP_H
#define KERNEL_SWAP_H

#include <mm/pager.h>

void swap_init(void);
/* Anonymous memory may go to an object of this size, paid by the ledger, whose pager receives from the port. The same port may ask again, with the
 * same size or a smaller one, and gets the same object; another one takes its place if nothing is in it. Returns ALREADY_BOUND, TOO_BIG, INVALID_ARGUMENT, NO_MEMORY, LEDGER_SPENT. */
[[nodiscard]] enum status swap_on(struct ledger *ledger, struct port *port, uint64_t size, uint64_t key, struct mem_object **mem);
/* There is none any more. Returns BUSY: memory is in it. */
[[nodiscard]] enum status swap_off(void);
static inline struct mem_object *swap_object(void)
{
    extern struct mem_object *swap_mem;
    return swap_mem;
}
uint64_t swap_total_bytes(void); /* 0: there is no swap */
uint64_t swap_used_bytes(void);

/* What the map shows at the offset is in swap: bring it and what lies around it into memory. Returns PAGE_AWAITED and what pager_ask returns, NO_MEMORY,
 * LEDGER_SPENT. */
[[nodiscard]] enum status swap_in(struct extent_map *map, uint64_t offset);
/* What is in memory in [start, end) goes to swap, as much of it as can in one go, of one cluster at most: no translation of it is left, and its frames are the
 * swap object's. Returns: how many bytes from `start` on went; 0: none could. */
uint64_t swap_out(struct extent_map *map, uint64_t start, uint64_t end);
/* Nobody shows these places any more. Needs no memory. */
void swap_free(uint64_t place, uint64_t size);
/* What was written to swap leaves memory. */
void swap_written(uint64_t place, uint64_t size);
/* Write what went to swap, or forget what was read ahead and not used. *bytes: how much memory came free. Returns: what to wait for; NULL: nothing. */
struct page_request *swap_clean(bool all, uint64_t *bytes);
/* So much waits to be written. */
uint64_t swap_dirty_bytes(void);
/* Is memory so short that what is left is for those who make more of it? */
bool memory_is_short(void);

void swap_check(void);

#endif
