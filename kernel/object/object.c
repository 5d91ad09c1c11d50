/* object.c: life of kernel objects. Not here: capabilities (captable.c), what each type is.
 * Invariant: references >= capabilities; memory is freed when references reach 0. Under the kernel lock. */
#include <ipc/ipc.h>
#include <lib/assert.h>
#include <mm/carve.h>
#include <object/device.h>
#include <object/object.h>
#include <sched/processors.h>
#include <sched/thread.h>

static void ledger_end(struct object *object)
{
    struct ledger *ledger = container_of(object, struct ledger, object);
    if (ledger->parent != nullptr)
        object_put(&ledger->parent->object);
}

/* While it is taken apart an object may be referred to again, for a time; that does not end it twice. */
#define REFERENCES_AT_END (1u << 30)

void task_unreachable(struct object *object);
void task_free(struct object *object);
void thread_free(struct object *object);

/* offset_of_object: struct object is not the first member of struct thread. */
static const struct {
    size_t size, offset;
    void (*orphaned)(struct object *); /* the last capability went */
    void (*free)(struct object *);
} types[OBJECT_TYPES] = {
    [OBJECT_TASK] = {sizeof(struct task), offsetof(struct task, object), task_unreachable, task_free},
    [OBJECT_THREAD] = {sizeof(struct thread), offsetof(struct thread, object), nullptr, thread_free},
    [OBJECT_PORT] = {sizeof(struct port), offsetof(struct port, object), port_unreachable, port_free},
    [OBJECT_SET] = {sizeof(struct port_set), offsetof(struct port_set, object), set_unreachable, nullptr},
    [OBJECT_REPLY] = {sizeof(struct reply), offsetof(struct reply, object), reply_unreachable, reply_free},
    [OBJECT_NOTIFICATION] = {sizeof(struct notification), offsetof(struct notification, object), notification_unreachable, notification_free},
    [OBJECT_IRQ] = {sizeof(struct irq_object), offsetof(struct irq_object, object), nullptr, irq_free},
    [OBJECT_IOPORT] = {sizeof(struct ioport_object), offsetof(struct ioport_object, object), nullptr, nullptr},
    [OBJECT_LEDGER] = {sizeof(struct ledger), offsetof(struct ledger, object), nullptr, ledger_end},
    [OBJECT_CONTROL] = {sizeof(struct control), offsetof(struct control, object), nullptr, nullptr},
    [OBJECT_PROCESSORS] = {sizeof(struct processors), offsetof(struct processors, object), processors_unreachable, processors_free},
    [OBJECT_FACET] = {sizeof(struct facet), offsetof(struct facet, object), facet_unreachable, facet_free},
};

enum status object_create(enum object_type type, struct ledger *ledger, struct object **object)
{
    size_t size = types[type].size;
    ASSERT(size != 0, "objects of this type are made here");
    void *memory;
    enum status status = ledger_alloc(ledger, size, &memory);
    if (status != STATUS_OK)
        return status;
    *object = (struct object *)((char *)memory + types[type].offset);
    (*object)->references = 1;
    (*object)->type = type;
    (*object)->ledger = ledger;
    if (ledger != nullptr)
        object_get(&ledger->object);
    return STATUS_OK;
}

void object_end(struct object *object)
{
    object->references = REFERENCES_AT_END;
    struct ledger *ledger = object->ledger;
    if (object->type == OBJECT_MEM) {
        mem_free(object); /* frees its own memory and settles with its ledger */
        return;
    }
    size_t size = types[object->type].size;
    if (types[object->type].free != nullptr)
        types[object->type].free(object);
    ledger_free(ledger, (char *)object - types[object->type].offset, size);
    if (ledger != nullptr)
        object_put(&ledger->object);
}

void object_unreachable(struct object *object)
{
    if (object->type != OBJECT_MEM && types[object->type].orphaned != nullptr)
        types[object->type].orphaned(object);
}
