/* virtio_pci.c: virtio devices on PCI (Virtual I/O Device 1.2, 4.1.4): capabilities of the configuration space say where registers are. */
#include <virtio.h>

#include <protocols/bus.h>

enum pci_offset : unsigned { PCI_CAPABILITIES = 0x34 };
enum capability : unsigned { VENDOR = 9 };
enum capability_kind : unsigned { KIND_COMMON = 1, KIND_NOTIFY = 2, KIND_INTERRUPT = 3, KIND_CONFIG = 4, KINDS = 5 };
enum capability_field : unsigned { FIELD_NEXT = 1, FIELD_KIND = 3, FIELD_RANGE = 4, FIELD_OFFSET = 8, FIELD_LENGTH = 12, FIELD_STEP = 16 };
enum common_register : unsigned {
    DEVICE_FEATURES_SELECT = 0x00, DEVICE_FEATURES = 0x04, DRIVER_FEATURES_SELECT = 0x08, DRIVER_FEATURES = 0x0c, CONFIG_VECTOR = 0x10, STATUS = 0x14,
    GENERATION = 0x15, QUEUE_SELECT = 0x16, QUEUE_SIZE = 0x18, QUEUE_VECTOR = 0x1a, QUEUE_ENABLE = 0x1c, QUEUE_NOTIFY = 0x1e,
    QUEUE_ADDRESSES = 0x20, COMMON_SIZE = 0x38,
};
#define CAPABILITIES_MOST 48u /* so many fit */
#define NO_VECTOR 0xffffu

static uint32_t get32(const struct virtio *virtio, unsigned offset) { return *(volatile uint32_t *)(virtio->common + offset); }
static void set32(const struct virtio *virtio, unsigned offset, uint32_t value) { *(volatile uint32_t *)(virtio->common + offset) = value; }
static uint16_t get16(const struct virtio *virtio, unsigned offset) { return *(volatile uint16_t *)(virtio->common + offset); }
static void set16(const struct virtio *virtio, unsigned offset, unsigned value) { *(volatile uint16_t *)(virtio->common + offset) = (uint16_t)value; }

/* --- where the registers are ---------------------------------------------------------------------------------------------------------------- */
struct place { bool there; unsigned range, step; uint64_t offset, length; };

static unsigned config(const struct virtio *virtio, unsigned offset, unsigned width)
{
    uint64_t value = 0;
    return bus_read(virtio->device->bus, offset, width, &value) == STATUS_OK ? (unsigned)value : 0;
}

static void find_places(const struct virtio *virtio, struct place places[KINDS])
{
    unsigned at = config(virtio, PCI_CAPABILITIES, 1) & ~3u;
    for (unsigned i = 0; at && i < CAPABILITIES_MOST; i++, at = config(virtio, at + FIELD_NEXT, 1) & ~3u) {
        unsigned kind = config(virtio, at, 1) == VENDOR ? config(virtio, at + FIELD_KIND, 1) : 0;
        if (kind == 0 || kind >= KINDS || places[kind].there)
            continue;
        places[kind] = (struct place){
            .there = true,
            .range = config(virtio, at + FIELD_RANGE, 1),
            .offset = config(virtio, at + FIELD_OFFSET, 4),
            .length = config(virtio, at + FIELD_LENGTH, 4),
            .step = kind == KIND_NOTIFY ? config(virtio, at + FIELD_STEP, 4) : 0,
        };
    }
}

static enum status map_place(const struct virtio *virtio, const struct place *place, uint64_t least, volatile uint8_t **registers)
{
    uint64_t size = 0;
    if (!place->there || place->length < least)
        return STATUS_NOT_SUPPORTED;
    enum status status = drive_device_registers(virtio->device, place->range, registers, &size);
    if (status != STATUS_OK)
        return status;
    if (place->offset > size || place->length > size - place->offset)
        return STATUS_BAD_FORMAT;
    *registers += place->offset;
    return STATUS_OK;
}

enum status virtio_pci_open(struct virtio *virtio)
{
    struct place places[KINDS] = {};
    find_places(virtio, places);
    enum status status = map_place(virtio, &places[KIND_COMMON], COMMON_SIZE, &virtio->common);
    if (status == STATUS_OK)
        status = map_place(virtio, &places[KIND_NOTIFY], 2, &virtio->notify);
    if (status == STATUS_OK)
        status = map_place(virtio, &places[KIND_INTERRUPT], 1, &virtio->interrupt);
    if (status == STATUS_OK && places[KIND_CONFIG].there)
        status = map_place(virtio, &places[KIND_CONFIG], 0, &virtio->config);
    virtio->config_size = places[KIND_CONFIG].length;
    virtio->notify_step = places[KIND_NOTIFY].step;
    virtio->transport = &virtio_pci;
    return status == STATUS_OK ? bus_enable(virtio->device->bus, 1) : status;
}

/* --- the transport ---------------------------------------------------------------------------------------------------------------------------- */
static uint8_t status(struct virtio *virtio)
{
    return virtio->common[STATUS];
}

static void set_status(struct virtio *virtio, uint8_t value)
{
    virtio->common[STATUS] = value;
}

static uint64_t features(struct virtio *virtio)
{
    uint64_t value = 0;
    for (uint32_t half = 0; half < 2; half++) {
        set32(virtio, DEVICE_FEATURES_SELECT, half);
        device_barrier();
        value |= (uint64_t)get32(virtio, DEVICE_FEATURES) << half * 32;
    }
    return value;
}

static void set_features(struct virtio *virtio, uint64_t value)
{
    for (uint32_t half = 0; half < 2; half++) {
        set32(virtio, DRIVER_FEATURES_SELECT, half);
        set32(virtio, DRIVER_FEATURES, (uint32_t)(value >> half * 32));
    }
}

static unsigned queue_size(struct virtio *virtio, unsigned index)
{
    set16(virtio, QUEUE_SELECT, index);
    device_barrier();
    return get16(virtio, QUEUE_SIZE);
}

/* All interrupts are the device's first one. */
static void set_queue(struct virtio *virtio, unsigned index, const struct virtqueue *queue)
{
    unsigned vector = virtio->by_message ? 0 : NO_VECTOR;
    set16(virtio, CONFIG_VECTOR, vector);
    set16(virtio, QUEUE_SELECT, index);
    set16(virtio, QUEUE_SIZE, queue->size);
    set16(virtio, QUEUE_VECTOR, vector);
    for (unsigned i = 0; i < 3; i++) {
        set32(virtio, QUEUE_ADDRESSES + i * 8, (uint32_t)queue->address[i]);
        set32(virtio, QUEUE_ADDRESSES + i * 8 + 4, (uint32_t)(queue->address[i] >> 32));
    }
    device_barrier();
    set16(virtio, QUEUE_ENABLE, 1);
}

static void notify(struct virtio *virtio, unsigned index)
{
    set16(virtio, QUEUE_SELECT, index);
    device_barrier();
    *(volatile uint16_t *)(virtio->notify + (uint64_t)get16(virtio, QUEUE_NOTIFY) * virtio->notify_step) = (uint16_t)index;
}

/* Reading it quietens the line; by messages there is nothing to read. */
static unsigned interrupt(struct virtio *virtio)
{
    unsigned why = virtio->by_message ? VIRTIO_USED | VIRTIO_CHANGED : *virtio->interrupt;
    device_barrier();
    return why;
}

static uint32_t generation(struct virtio *virtio)
{
    return virtio->common[GENERATION];
}

const struct virtio_transport virtio_pci = {
    .status = status, .set_status = set_status, .features = features, .set_features = set_features, .queue_size = queue_size,
    .set_queue = set_queue, .notify = notify, .interrupt = interrupt, .generation = generation,
};
