/* virtio_mmio.c: virtio devices with registers of their own (Virtual I/O Device 1.2, 4.2.2). */
#include <virtio.h>

#include <protocols/bus.h>

enum mmio_register : unsigned {
    MAGIC = 0x00, VERSION = 0x04, DEVICE_FEATURES = 0x10, DEVICE_FEATURES_SELECT = 0x14, DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SELECT = 0x24,
    QUEUE_SELECT = 0x30, QUEUE_MOST = 0x34, QUEUE_SIZE = 0x38, QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50, INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACKNOWLEDGE = 0x64, STATUS = 0x70, QUEUE_ADDRESSES = 0x80 /* three pairs of registers */, QUEUE_ADDRESS_STEP = 0x10, GENERATION = 0xfc,
    CONFIG = 0x100,
};
#define MAGIC_VALUE 0x74726976u /* "virt" */

static uint32_t get(const struct virtio *virtio, unsigned offset)
{
    return *(volatile uint32_t *)(virtio->common + offset);
}

static void set(const struct virtio *virtio, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(virtio->common + offset) = value;
}

enum status virtio_mmio_open(struct virtio *virtio)
{
    uint64_t size = 0;
    enum status status = drive_device_registers(virtio->device, 0, &virtio->common, &size);
    if (status != STATUS_OK)
        return status;
    if (size < CONFIG || get(virtio, MAGIC) != MAGIC_VALUE || get(virtio, VERSION) != 2)
        return STATUS_NOT_SUPPORTED;
    virtio->transport = &virtio_mmio;
    virtio->config = virtio->common + CONFIG;
    virtio->config_size = size - CONFIG;
    return STATUS_OK;
}

static uint8_t status(struct virtio *virtio)
{
    return (uint8_t)get(virtio, STATUS);
}

static void set_status(struct virtio *virtio, uint8_t value)
{
    set(virtio, STATUS, value);
}

static uint64_t features(struct virtio *virtio)
{
    uint64_t value = 0;
    for (uint32_t half = 0; half < 2; half++) {
        set(virtio, DEVICE_FEATURES_SELECT, half);
        device_barrier();
        value |= (uint64_t)get(virtio, DEVICE_FEATURES) << half * 32;
    }
    return value;
}

static void set_features(struct virtio *virtio, uint64_t value)
{
    for (uint32_t half = 0; half < 2; half++) {
        set(virtio, DRIVER_FEATURES_SELECT, half);
        set(virtio, DRIVER_FEATURES, (uint32_t)(value >> half * 32));
    }
}

static unsigned queue_size(struct virtio *virtio, unsigned index)
{
    set(virtio, QUEUE_SELECT, index);
    device_barrier();
    return get(virtio, QUEUE_READY) ? 0 : get(virtio, QUEUE_MOST);
}

static void set_queue(struct virtio *virtio, unsigned index, const struct virtqueue *queue)
{
    set(virtio, QUEUE_SELECT, index);
    set(virtio, QUEUE_SIZE, queue->size);
    for (unsigned i = 0; i < 3; i++) {
        set(virtio, QUEUE_ADDRESSES + i * QUEUE_ADDRESS_STEP, (uint32_t)queue->address[i]);
        set(virtio, QUEUE_ADDRESSES + i * QUEUE_ADDRESS_STEP + 4, (uint32_t)(queue->address[i] >> 32));
    }
    device_barrier();
    set(virtio, QUEUE_READY, 1);
}

static void notify(struct virtio *virtio, unsigned index)
{
    set(virtio, QUEUE_NOTIFY, index);
}

static unsigned interrupt(struct virtio *virtio)
{
    unsigned why = get(virtio, INTERRUPT_STATUS);
    set(virtio, INTERRUPT_ACKNOWLEDGE, why);
    device_barrier(); /* before the look at the queue */
    return why;
}

static uint32_t generation(struct virtio *virtio)
{
    return get(virtio, GENERATION);
}

const struct virtio_transport virtio_mmio = {
    .status = status, .set_status = set_status, .features = features, .set_features = set_features, .queue_size = queue_size,
    .set_queue = set_queue, .notify = notify, .interrupt = interrupt, .generation = generation,
};
