/* zeroed.h: the pool of clusters zeroed ahead, for clusters.c; what others call is in clusters.h.
 * Locks: kernel lock. */
#ifndef KERNEL_ZEROED_H
#define KERNEL_ZEROED_H

#include <stdint.h>

void zeroed_init(void);
/* In the pool, and on the way there. */
uint64_t zeroed_bytes(void);

#endif
