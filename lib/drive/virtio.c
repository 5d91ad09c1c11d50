/* virtio.c: see virtio.h. Setting a device up goes by 3.1.1. */
#include <virtio.h>

#include <protocols/bus.h>

#define RESET_NS 1000000000ull

enum status virtio_open(struct virtio *virtio, struct drive_device *device)
{
    *virtio = (struct virtio){.device = device};
    uint64_t value, by_message = 0;
    bool is_pci = bus_read(device->bus, 0, 2, &value) == STATUS_OK;
    enum status status = is_pci ? virtio_pci_open(virtio) : virtio_mmio_open(virtio);
    if (status == STATUS_OK && !virtio_reset(virtio))
        status = STATUS_IO_ERROR;
    if (status == STATUS_OK)
        status = bus_interrupt(device->bus, 0, &virtio->irq, &by_message);
    virtio->by_message = by_message;
    return status;
}

bool virtio_reset(struct virtio *virtio)
{
    uint64_t end = os_now() + RESET_NS;
    device_barrier();
    virtio->transport->set_status(virtio, 0);
    while (virtio->transport->status(virtio) != 0)
        if (os_now() > end)
            return false;
    device_barrier();
    return true;
}

enum status virtio_begin(struct virtio *virtio, uint64_t wanted)
{
    const struct virtio_transport *transport = virtio->transport;
    uint8_t state = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
    transport->set_status(virtio, VIRTIO_ACKNOWLEDGE);
    transport->set_status(virtio, state);
    virtio->features = transport->features(virtio) & (wanted | VIRTIO_VERSION_1);
    if ((virtio->features & VIRTIO_VERSION_1) == 0)
        return STATUS_NOT_SUPPORTED;
    transport->set_features(virtio, virtio->features);
    state |= VIRTIO_FEATURES_OK;
    transport->set_status(virtio, state);
    return transport->status(virtio) & VIRTIO_FEATURES_OK ? STATUS_OK : STATUS_NOT_SUPPORTED;
}

enum status virtio_queue(struct virtio *virtio, unsigned index, struct virtqueue *queue, unsigned most, void *memory, uint64_t address)
{
    unsigned size = 1, largest = virtio->transport->queue_size(virtio, index);
    if (!largest)
        return STATUS_NOT_SUPPORTED;
    while (size * 2 <= largest && size * 2 <= most && size * 2 <= VIRTQUEUE_MOST)
        size *= 2;
    virtqueue_init(queue, size, memory, address);
    virtio->transport->set_queue(virtio, index, queue);
    return STATUS_OK;
}

void virtio_go(struct virtio *virtio)
{
    device_barrier();
    virtio->transport->set_status(virtio, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
}

void virtio_push(struct virtio *virtio, unsigned index, struct virtqueue *queue)
{
    if (!virtqueue_publish(queue))
        return;
    device_barrier();
    virtio->transport->notify(virtio, index);
}

unsigned virtio_interrupt(struct virtio *virtio)
{
    return virtio->transport->interrupt(virtio);
}

static uint64_t config_bytes(const struct virtio *virtio, unsigned offset, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i += width >= 4 ? 4 : width) {
        const volatile uint8_t *at = virtio->config + offset + i;
        uint64_t part = width >= 4 ? *(const volatile uint32_t *)at : width == 2 ? *(const volatile uint16_t *)at : *at;
        value |= part << i * 8;
    }
    return value;
}

/* What is wider than the device's registers may change in between. */
uint64_t virtio_config(struct virtio *virtio, unsigned offset, unsigned width)
{
    if (offset + width > virtio->config_size)
        return 0;
    for (unsigned tries = 0;; tries++) {
        uint32_t before = virtio->transport->generation(virtio);
        uint64_t value = config_bytes(virtio, offset, width);
        if (virtio->transport->generation(virtio) == before || tries == 100)
            return value;
    }
}
