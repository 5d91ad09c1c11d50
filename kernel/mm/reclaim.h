/* reclaim.h: memory that has a pager, taken back when there is no other.
 * Locks: kernel lock. */
#ifndef KERNEL_RECLAIM_H
#define KERNEL_RECLAIM_H

#include <mm/pager.h>

enum reclaim_result {
    RECLAIM_NOTHING, /* there is none to be had */
    RECLAIM_STARTED, /* some will be clean when the request is over */
    RECLAIM_FREED,   /* some was given back, or an interrupt waits: try again */
};

void reclaim_init(void);
void reclaim_enter(struct pager *pager);
void reclaim_leave(struct pager *pager);
/* Take memory back, of objects that this ledger or one below it pays for; NULL: of any. Needs no memory. */
enum reclaim_result reclaim(const struct ledger *ledger, struct page_request **started);
/* For who pays with the ledger and was refused with the status. */
enum reclaim_result reclaim_for(const struct ledger *ledger, enum status status, struct page_request **started);

#endif
