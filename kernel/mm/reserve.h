/* reserve.h: reservations: a naturally aligned block of memory that is kept for a part of an extent map as large, from the first touch on, so
 * that it becomes a superpage when all of it has been touched.
 * Locks: kernel lock. */
#ifndef KERNEL_RESERVE_H
#define KERNEL_RESERVE_H

#include <mm/extent.h>

/* A cluster for this offset (a multiple of the cluster) out of a reservation of the map; 0: there is none. *zeroed: it is full of zeros. */
[[nodiscard]] paddr_t reservation_take(struct extent_map *map, uint64_t offset, bool *zeroed);
/* Make a reservation, of the largest leaf around the offset that lies in [low, high), has nothing present, and can be had, and take the
 * offset's cluster. *zeroed: before, whether zeros are wanted; then, whether it is full of them. 0: there is none. */
[[nodiscard]] paddr_t reservation_make(struct extent_map *map, uint64_t offset, uint64_t low, uint64_t high, bool *zeroed);
/* Reserve for [start, start + 1 << shift), a leaf, though something is present there. False: there is no such block, or no record. */
[[nodiscard]] bool reservation_make_for(struct extent_map *map, uint64_t start, unsigned shift);
/* Where in memory a reservation of the map has the offset's place, whether it is in use or not; 0: there is none. */
paddr_t reservation_place(const struct extent_map *map, uint64_t offset, bool *free);
/* What lies in [start, end) is not reserved any more, nor is what is around it in the same reservations. */
void reservations_break(struct extent_map *map, uint64_t start, uint64_t end);
/* What lies in [start, end) has moved by delta, reservations follow if they can. Requires: the ranges are apart. */
void reservations_move(struct extent_map *map, uint64_t start, uint64_t end, uint64_t delta);
/* Give the records of reservations that ended back to the heap. */
void reservations_reap(void);

size_t reservation_record_size(void);
void reservations_init(void);
void reservations_check(const struct extent_map *map);

#endif
