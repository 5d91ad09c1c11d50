/* victims.h: which anonymous memory goes to swap.
 * Locks: kernel lock. */
#ifndef KERNEL_VICTIMS_H
#define KERNEL_VICTIMS_H

#include <mm/extent.h>

void victims_init(void);
/* The map's memory may go. */
void victims_enter(struct extent_map *map);
void victims_leave(struct extent_map *map);
/* Let memory go until `wanted` bytes went, an interrupt waits or nothing more is to be had. Returns: how many went. *more: an interrupt waits. */
uint64_t victims_out(uint64_t wanted, bool *more);
/* May this part of the map go: is it of an object or of regions that are not locked, and paid by one whose memory may? */
bool victims_may_go(const struct extent_map *map, uint64_t start, uint64_t end);

#endif
