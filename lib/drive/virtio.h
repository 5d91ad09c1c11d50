/* virtio.h: virtio devices (Virtual I/O Device 1.2), version 1 alone, in registers of their own (4.2) or on PCI (4.1). Not here: what kinds of
 * devices do; rings (virtqueue.h). A device that says nonsense or nothing costs its driver its device, no more. */
#ifndef DRIVE_VIRTIO_H
#define DRIVE_VIRTIO_H

#include <drive.h>
#include <virtqueue.h>

#define VIRTIO_VERSION_1 (1ull << 32)
#define VIRTIO_USED 1u    /* interrupts: a queue has news, */
#define VIRTIO_CHANGED 2u /* the configuration changed */

enum virtio_status : uint8_t { VIRTIO_ACKNOWLEDGE = 1, VIRTIO_DRIVER = 2, VIRTIO_DRIVER_OK = 4, VIRTIO_FEATURES_OK = 8, VIRTIO_NEEDS_RESET = 0x40 };

struct virtio {
    struct drive_device *device;
    const struct virtio_transport *transport;
    uint64_t features;                       /* agreed on */
    cap_t    irq;
    bool     by_message;                     /* the interrupt has no line */
    volatile uint8_t *common, *config;       /* registers: all of them, or PCI's common ones; the device's own */
    volatile uint8_t *notify, *interrupt;    /* PCI's */
    uint64_t config_size;
    uint32_t notify_step;
};

struct virtio_transport {
    uint8_t  (*status)(struct virtio *virtio);
    void     (*set_status)(struct virtio *virtio, uint8_t status);
    uint64_t (*features)(struct virtio *virtio);
    void     (*set_features)(struct virtio *virtio, uint64_t features);
    /* How many entries it can have at most, 0: there is no such queue. */
    unsigned (*queue_size)(struct virtio *virtio, unsigned index);
    void     (*set_queue)(struct virtio *virtio, unsigned index, const struct virtqueue *queue);
    void     (*notify)(struct virtio *virtio, unsigned index);
    unsigned (*interrupt)(struct virtio *virtio);
    uint32_t (*generation)(struct virtio *virtio);
};

/* A new device, stopped. Returns: NOT_SUPPORTED for one of before version 1, IO_ERROR for one that cannot be stopped. */
[[nodiscard]] enum status virtio_open(struct virtio *virtio, struct drive_device *device);
/* Stop it: it uses no memory of ours any more. Returns: false when it does not say that it has stopped. */
bool virtio_reset(struct virtio *virtio);
/* Begin after a stop: which of the wanted features there are is in virtio->features. */
[[nodiscard]] enum status virtio_begin(struct virtio *virtio, uint64_t wanted);
/* Make queue number `index`, with at most `most` entries, in this memory, which has room for as many. */
[[nodiscard]] enum status virtio_queue(struct virtio *virtio, unsigned index, struct virtqueue *queue, unsigned most, void *memory, uint64_t address);
/* It may work. */
void virtio_go(struct virtio *virtio);
/* Show the device what was added to the queue. */
void virtio_push(struct virtio *virtio, unsigned index, struct virtqueue *queue);
/* Returns: why it interrupted (VIRTIO_USED, VIRTIO_CHANGED), and quietens it. */
unsigned virtio_interrupt(struct virtio *virtio);
/* The device's own registers: bytes at an offset, least first. */
uint64_t virtio_config(struct virtio *virtio, unsigned offset, unsigned width);

extern const struct virtio_transport virtio_mmio, virtio_pci;
/* Find the registers. */
[[nodiscard]] enum status virtio_mmio_open(struct virtio *virtio);
[[nodiscard]] enum status virtio_pci_open(struct virtio *virtio);

#endif
