/* objects.c: what badges name. A badge, from the top: 1, a tag of 8 bits that the server chose, a generation of 23 bits, the index of a slot
 * in 32. Generations begin at a number that differs from instance to instance of a server, so that badges of one that died name no slot of the
 * next; objects that the next makes for them again (adopt) are in a table of their own. */
#include <loop.h>

#define NO_SLOT UINT32_MAX
#define NAME_MARK 0x80000000u
#define TAG_SHIFT 23u
#define GENERATION_MASK 0x7fffffu

struct adopted {
    struct table_node node;
    uint64_t          badge;
    struct serve_slot slot;
};

static struct objects {
    cap_t    port;
    uint32_t first_generation;
    uint32_t free; /* chain of free slots */
    size_t   count, capacity;
    struct serve_slot *slots;
    struct table adopted;
} objects = {.free = NO_SLOT};

void objects_start(cap_t port)
{
    objects.port = port;
    objects.first_generation = (uint32_t)(hash_number(os_now()) >> 33);
}

static bool has_badge(const struct table_node *node, const void *badge)
{
    return container_of(node, struct adopted, node)->badge == *(const uint64_t *)badge;
}

struct serve_slot *slot_of(uint64_t badge)
{
    uint32_t index = (uint32_t)badge;
    if (index < objects.count) {
        struct serve_slot *slot = &objects.slots[index];
        if (slot->type && slot->name == badge >> 32) [[clang::likely]]
            return slot;
    }
    struct table_node *node = objects.adopted.count ? table_find(&objects.adopted, hash_number(badge), has_badge, &badge) : nullptr;
    return node ? &container_of(node, struct adopted, node)->slot : nullptr;
}

struct serve_slot *slot_adopt(const struct server *server, uint64_t badge)
{
    const struct serve_type *type = nullptr;
    struct adopted *adopted = NEW(struct adopted);
    if (!adopted)
        return nullptr;
    adopted->badge = badge;
    void *object = server->adopt((uint8_t)(badge >> 32 >> TAG_SHIFT), &type);
    if (object && table_insert(&objects.adopted, &adopted->node, hash_number(badge))) {
        adopted->slot = (struct serve_slot){.type = type, .object = object, .name = (uint32_t)(badge >> 32)};
        return &adopted->slot;
    }
    if (object && type->close)
        type->close(object);
    os_free(adopted);
    return nullptr;
}

static struct serve_slot *slot_take(void)
{
    if (objects.free != NO_SLOT) {
        struct serve_slot *slot = &objects.slots[objects.free];
        objects.free = slot->next_free;
        return slot;
    }
    if (!GROW(objects.slots, objects.count, objects.capacity))
        return nullptr;
    struct serve_slot *slot = &objects.slots[objects.count++];
    *slot = (struct serve_slot){.name = objects.first_generation & GENERATION_MASK};
    return slot;
}

void slot_release(struct serve_slot *slot)
{
    if (slot < objects.slots || slot >= objects.slots + objects.count) {
        struct adopted *adopted = container_of(slot, struct adopted, slot);
        table_remove(&objects.adopted, &adopted->node);
        return os_free(adopted);
    }
    slot->type = nullptr;
    slot->object = nullptr;
    slot->name = (slot->name + 1) & GENERATION_MASK;
    slot->next_free = objects.free;
    objects.free = (uint32_t)(slot - objects.slots);
}

enum status serve_open(const struct serve_type *type, void *object, cap_t *facet, uint64_t *badge)
{
    return serve_open_tagged(type, object, 0, facet, badge);
}

enum status serve_open_tagged(const struct serve_type *type, void *object, uint8_t tag, cap_t *facet, uint64_t *badge)
{
    struct serve_slot *slot = slot_take();
    if (!slot)
        return STATUS_NO_MEMORY;
    slot->name |= NAME_MARK | (uint32_t)tag << TAG_SHIFT;
    uint64_t name = (uint64_t)slot->name << 32 | (uint32_t)(slot - objects.slots);
    enum status status = os_port_badge(objects.port, name, RIGHT_PORT_SEND | RIGHT_COMMON, facet);
    if (status != STATUS_OK) {
        slot_release(slot);
        return status;
    }
    slot->type = type;
    slot->object = object;
    if (badge)
        *badge = name;
    return STATUS_OK;
}

void serve_forget(uint64_t badge)
{
    struct serve_slot *slot = slot_of(badge);
    if (slot)
        slot_release(slot);
}

void *serve_object(uint64_t badge, const struct serve_type *type)
{
    struct serve_slot *slot = slot_of(badge);
    return slot && slot->type == type ? slot->object : nullptr;
}
