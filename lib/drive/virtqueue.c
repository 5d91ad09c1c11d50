/* virtqueue.c: see virtqueue.h. */
#include <virtqueue.h>

#include <barrier.h>

enum descriptor_flag : uint16_t { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };
#define USED_NO_NOTIFY 1u

static size_t aligned(size_t size, size_t alignment)
{
    return (size + alignment - 1) & ~(alignment - 1);
}

static size_t available_offset(unsigned size)
{
    return size * sizeof(struct virtqueue_descriptor);
}

static size_t used_offset(unsigned size)
{
    return aligned(available_offset(size) + sizeof(struct virtqueue_available) + (size + 1) * sizeof(uint16_t), alignof(uint32_t));
}

size_t virtqueue_bytes(unsigned size)
{
    return aligned(used_offset(size) + sizeof(struct virtqueue_used) + size * sizeof(struct virtqueue_used_entry) + sizeof(uint16_t), 16);
}

void virtqueue_init(struct virtqueue *queue, unsigned size, void *memory, uint64_t address)
{
    uint8_t *bytes = memory;
    *queue = (struct virtqueue){
        .size = size,
        .descriptors = (volatile struct virtqueue_descriptor *)bytes,
        .available = (volatile struct virtqueue_available *)(bytes + available_offset(size)),
        .used = (volatile struct virtqueue_used *)(bytes + used_offset(size)),
        .address = {address, address + available_offset(size), address + used_offset(size)},
        .free_count = size,
    };
    for (size_t i = 0; i < virtqueue_bytes(size); i++)
        ((volatile uint8_t *)bytes)[i] = 0;
    for (unsigned i = 0; i < size; i++)
        queue->entry[i].next = (uint16_t)(i + 1);
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces, unsigned count, void *owner)
{
    if (count == 0 || count > queue->free_count)
        return false;
    unsigned head = queue->first_free, at = head;
    uint32_t room = 0;
    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[at];
        descriptor->address = pieces[i].address;
        descriptor->length = pieces[i].length;
        descriptor->flags = (uint16_t)((last ? 0 : DESCRIPTOR_NEXT) | (pieces[i].device_writes ? DESCRIPTOR_WRITE : 0));
        descriptor->next = last ? 0 : queue->entry[at].next;
        room += pieces[i].device_writes ? pieces[i].length : 0;
        at = queue->entry[at].next;
    }
    queue->first_free = at;
    queue->free_count -= count;
    queue->entry[head].heads = true;
    queue->entry[head].count = (uint16_t)count;
    queue->entry[head].room = room;
    queue->entry[head].owner = owner;
    queue->available->ring[queue->next_available++ & (queue->size - 1)] = (uint16_t)head;
    return true;
}

bool virtqueue_publish(struct virtqueue *queue)
{
    if (queue->available->index == queue->next_available)
        return false;
    device_barrier(); /* the descriptors before the index ... */
    queue->available->index = queue->next_available;
    device_barrier(); /* ... and that before the look at whether the device still looks by itself */
    return (queue->used->flags & USED_NO_NOTIFY) == 0;
}

static void give_back(struct virtqueue *queue, unsigned head)
{
    unsigned last = head;
    for (unsigned i = 1; i < queue->entry[head].count; i++)
        last = queue->entry[last].next;
    queue->entry[last].next = (uint16_t)queue->first_free;
    queue->first_free = head;
    queue->free_count += queue->entry[head].count;
    queue->entry[head].heads = false;
}

enum virtqueue_result virtqueue_take(struct virtqueue *queue, void **owner, uint32_t *written)
{
    uint16_t news = (uint16_t)(queue->used->index - queue->next_used);
    if (news == 0)
        return VIRTQUEUE_NONE;
    if (news > queue->size)
        return VIRTQUEUE_BROKEN;
    device_barrier(); /* the index before what it tells of, and before the memory that the device wrote */
    volatile const struct virtqueue_used_entry *used = &queue->used->ring[queue->next_used & (queue->size - 1)];
    uint32_t id = used->id, length = used->length;
    if (id >= queue->size || !queue->entry[id].heads || length > queue->entry[id].room)
        return VIRTQUEUE_BROKEN;
    queue->next_used++;
    *owner = queue->entry[id].owner;
    *written = length;
    give_back(queue, id);
    return VIRTQUEUE_TAKEN;
}
