/* share.h: which frames several extent maps show, within one copy-on-write group (a family of clones).
 * A share is a span of physical addresses with the number of member extents that cover it, 2 or more; what is in no share belongs to one
 * member alone. Exact for any graph of clones. */
#ifndef KERNEL_SHARE_H
#define KERNEL_SHARE_H

#include <lib/list.h>
#include <mm/span.h>

struct cow_group {
    struct tree shares;
    struct list members; /* extent maps */
    uint32_t member_count;
};

/* Is the memory at pa shared? *run: how many bytes from there, at most size, are of the same kind. group may be NULL. */
bool share_query(const struct cow_group *group, uint64_t pa, uint64_t size, uint64_t *run);
/* How many spares share_add of this range needs. */
unsigned share_add_needs(const struct cow_group *group, uint64_t start, uint64_t end);
/* One more member shows the range, which lies in one extent of a member. */
void share_add(struct cow_group *group, uint64_t start, uint64_t end, struct spares *spares);
/* Make `at` an edge; takes a spare if it is inside a share. Every edge of a member's extent must be one. */
void share_cut(struct cow_group *group, uint64_t at, struct spares *spares);
/* One member less shows the range, which is all shared, and whose ends are edges. */
void share_remove(struct cow_group *group, uint64_t start, uint64_t end);

#endif
