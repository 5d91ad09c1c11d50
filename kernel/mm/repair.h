/* repair.h: superpages made by copying, in idle time.
 * Locks: kernel lock. */
#ifndef KERNEL_REPAIR_H
#define KERNEL_REPAIR_H

#include <mm/space.h>

void repair_init(void);
/* A space begins, and ends (any number of times). */
void repair_enter(struct space *space);
void repair_leave(struct space *space);
/* Some of its memory lies where it does not become a superpage by itself. */
void repair_wish(struct space *space);
/* A bounded step, at most a cluster copied; an idle CPU's. False: nothing to do, or not yet: a timer is set. */
bool repair_some(void);

#endif
