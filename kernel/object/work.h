/* work.h: what takes many steps. An object that many threads wait for, or that holds much, has a struct work: put on the list when it ends
 * (or when there is much to wake), it is done a few steps at a time by whoever leaves the kernel next and by idle CPUs.
 * While some is left a CPU in user mode comes back for it at a timer tick, so all of it is done some time. */
#ifndef KERNEL_WORK_H
#define KERNEL_WORK_H

#include <lib/list.h>

struct object;

struct work {
    struct list link;                  /* on the list of all work, or on none */
    /* One step, some hundred instructions. False: nothing is left, or it waits for something that calls work_add again; without a holder
     * it may be freed then. */
    bool (*step)(struct work *work);
    struct object *holder;             /* kept while the work is on the list; NULL: it ends with the work */
};

void work_init(struct work *work, bool (*step)(struct work *), struct object *holder);
void work_add(struct work *work); /* nothing if it is on the list already */
/* Do up to `steps` steps, in turns, but only one when an interrupt waits. Returns: there is more. */
bool work_some(unsigned steps);
extern bool work_wanted; /* there is some */

#endif
