/* disk.c: the device. Its memory is what init keeps for it (manifest: dma): it is the same for all instances of this driver and never given
 * back, and each begins by stopping the device. So the device writes only where a driver of it expects that. */
#include "disk.h"

enum feature : uint64_t {
    FEATURE_SIZE_MOST = 1ull << 1, FEATURE_READ_ONLY = 1ull << 5, FEATURE_BLOCK_SIZE = 1ull << 6, FEATURE_FLUSH = 1ull << 9, FEATURE_DISCARD = 1ull << 13,
};
enum config_offset : unsigned { CONFIG_CAPACITY = 0, CONFIG_SIZE_MOST = 8, CONFIG_BLOCK_SIZE = 20, CONFIG_DISCARD_MOST = 36 };
#define WANTED (FEATURE_SIZE_MOST | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH | FEATURE_DISCARD)
#define HEAD_READ offsetof(struct head, discard) /* bytes that the device reads of each head */
#define STATUS_UNKNOWN 0xffu
enum device_status : uint8_t { DEVICE_OK = 0, DEVICE_ERROR = 1, DEVICE_UNSUPPORTED = 2 };

struct disk disk;

static bool has(enum feature feature)
{
    return (disk.virtio.features & feature) != 0;
}

static uint32_t sector_size(void)
{
    uint64_t size = has(FEATURE_BLOCK_SIZE) ? virtio_config(&disk.virtio, CONFIG_BLOCK_SIZE, 4) : SECTOR;
    bool makes_sense = size >= SECTOR && size <= SLOT_BYTES && (size & (size - 1)) == 0;
    return makes_sense ? (uint32_t)size : SECTOR;
}

static uint32_t most_bytes(void)
{
    uint64_t most = has(FEATURE_SIZE_MOST) ? virtio_config(&disk.virtio, CONFIG_SIZE_MOST, 4) : SLOT_BYTES;
    if (most < disk.sector)
        most = disk.sector;
    return (uint32_t)(most < SLOT_BYTES ? most - most % disk.sector : SLOT_BYTES);
}

static void read_config(void)
{
    uint64_t sectors = virtio_config(&disk.virtio, CONFIG_CAPACITY, 8);
    disk.sector = sector_size();
    disk.size = sectors < UINT64_MAX / SECTOR ? sectors * SECTOR : UINT64_MAX;
    disk.size -= disk.size % disk.sector;
    disk.most = most_bytes();
    disk.read_only = has(FEATURE_READ_ONLY);
    disk.flushes = has(FEATURE_FLUSH);
    disk.discard_most = has(FEATURE_DISCARD) ? virtio_config(&disk.virtio, CONFIG_DISCARD_MOST, 4) * SECTOR : 0;
    disk.discard_most -= disk.discard_most % disk.sector;
    disk.discards = disk.discard_most != 0 && !disk.read_only;
}

static enum status begin(void)
{
    enum status status = virtio_begin(&disk.virtio, WANTED);
    if (status == STATUS_OK)
        status = virtio_queue(&disk.virtio, 0, &disk.queue, VIRTQUEUE_MOST, disk.device.dma, disk.device.dma_address);
    if (status != STATUS_OK)
        return status;
    read_config();
    virtio_go(&disk.virtio);
    disk.runs = true;
    return STATUS_OK;
}

bool disk_restart(void)
{
    disk.runs = false;
    disk.lost |= !virtio_reset(&disk.virtio);
    return !disk.lost && begin() == STATUS_OK;
}

static void place_slots(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t head = HEADS_OFFSET + i * sizeof(struct head), data = (uint64_t)(i + 1) * SLOT_BYTES;
        disk.slot[i] = (struct slot){
            .head = (volatile struct head *)(disk.device.dma + head), .head_address = disk.device.dma_address + head,
            .data = disk.device.dma + data, .data_address = disk.device.dma_address + data,
        };
    }
}

void disk_open(uint64_t argument)
{
    enum status status = drive_device_open(&disk.device, 1, argument);
    if (status == STATUS_OK && disk.device.dma_size < DMA_SIZE)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = virtio_open(&disk.virtio, &disk.device);
    if (status == STATUS_OK)
        status = begin();
    if (status != STATUS_OK)
        os_fatal("no disk: %s", os_status_text(status));
    place_slots();
}

bool disk_submit(struct slot *slot)
{
    struct virtqueue_piece pieces[3] = {{slot->head_address, (uint32_t)HEAD_READ, false}};
    unsigned count = 1;
    slot->head->kind = slot->kind;
    slot->head->reserved = 0;
    slot->head->sector = slot->kind == JOB_READ || slot->kind == JOB_WRITE ? slot->sector : 0;
    slot->head->status = STATUS_UNKNOWN;
    if (slot->kind == JOB_DISCARD) {
        slot->head->discard.sector = slot->sector;
        slot->head->discard.count = slot->length / SECTOR;
        slot->head->discard.flags = 0;
        pieces[count++] = (struct virtqueue_piece){slot->head_address + offsetof(struct head, discard), sizeof slot->head->discard, false};
    } else if (slot->kind != JOB_FLUSH) {
        pieces[count++] = (struct virtqueue_piece){slot->data_address, slot->length, slot->kind == JOB_READ};
    }
    pieces[count++] = (struct virtqueue_piece){slot->head_address + offsetof(struct head, status), 1, true};
    return virtqueue_add(&disk.queue, pieces, count, slot);
}

void disk_push(void)
{
    virtio_push(&disk.virtio, 0, &disk.queue);
}

enum virtqueue_result disk_take(struct slot **slot, enum status *status)
{
    void *owner = nullptr;
    uint32_t written;
    enum virtqueue_result result = virtqueue_take(&disk.queue, &owner, &written);
    *slot = owner;
    if (result != VIRTQUEUE_TAKEN)
        return result;
    switch ((*slot)->head->status) {
    case DEVICE_OK: *status = STATUS_OK; break;
    case DEVICE_UNSUPPORTED: *status = STATUS_NOT_SUPPORTED; break;
    default: *status = STATUS_IO_ERROR; break;
    }
    return result;
}
