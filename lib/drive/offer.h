/* offer.h: what the servers of buses share. */
#ifndef DRIVE_OFFER_H
#define DRIVE_OFFER_H

#include <drive.h>

/* Offer a device to init: by this name, "virtio block" if it is a virtio device of that kind (0: it is none) besides. facet: moved there. */
void bus_offer(uint64_t place, const char *name, uint32_t virtio_kind, cap_t facet);

#endif
