/* virtqueue.h: split virtqueues (Virtual I/O Device 1.2, 2.7): the ring through which a driver and a device hand each other memory. Not here:
 * how a device is told of it (virtio.h). Nothing that the device writes is trusted: what it says was used must be under way, and no longer
 * than what it was given; what the driver has to know it keeps for itself. */
#ifndef DRIVE_VIRTQUEUE_H
#define DRIVE_VIRTQUEUE_H

#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_MOST 64u /* entries that a queue of ours has at most; a power of two */

struct virtqueue_descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
struct virtqueue_available { uint16_t flags, index, ring[]; };
struct virtqueue_used_entry { uint32_t id, length; };
struct virtqueue_used { uint16_t flags, index; struct virtqueue_used_entry ring[]; };

struct virtqueue {
    unsigned size;                               /* entries; a power of two */
    volatile struct virtqueue_descriptor *descriptors;
    volatile struct virtqueue_available  *available;
    volatile struct virtqueue_used       *used;
    uint64_t address[3];                         /* of those three, as the device sees them */
    uint16_t next_available, next_used;
    unsigned free_count, first_free;
    struct {
        uint16_t next;                           /* free: the next free one; used: the next of the chain */
        bool     heads;                          /* it is the first of a chain that is under way, ... */
        uint16_t count;                          /* ... of so many entries, ... */
        uint32_t room;                           /* ... of which the device may write so many bytes */
        void    *owner;
    } entry[VIRTQUEUE_MOST];
};

/* A piece of memory for the device. */
struct virtqueue_piece {
    uint64_t address;
    uint32_t length;
    bool     device_writes; /* pieces that it reads come first */
};

/* Bytes of memory that a queue of this size takes; it must be aligned to 16. */
size_t virtqueue_bytes(unsigned size);
/* An empty queue in this memory; size: a power of two, at most VIRTQUEUE_MOST. The device does not use the memory now. */
void virtqueue_init(struct virtqueue *queue, unsigned size, void *memory, uint64_t address);
/* Offer pieces to the device, which sees them with the next virtqueue_publish. Returns: false when there is no room. owner: not NULL; comes
 * back from virtqueue_take. */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces, unsigned count, void *owner);
/* Returns: whether the device wants to be told that there is something new. */
bool virtqueue_publish(struct virtqueue *queue);

enum virtqueue_result : int { VIRTQUEUE_NONE, VIRTQUEUE_TAKEN, VIRTQUEUE_BROKEN /* what the device says makes no sense: reset it */ };
/* What the device is done with: *owner, and how many bytes it says it wrote. */
enum virtqueue_result virtqueue_take(struct virtqueue *queue, void **owner, uint32_t *written);

#endif
