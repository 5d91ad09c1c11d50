/* captree.c: the derivation tree. Not here: where slots are (captable.c), what capabilities allow (sys/, generated dispatch).
 * A tree is a ring of brackets: each capability has an entry `open` and an entry `close`, and those of all that was derived from it lie
 * between the two, properly nested. Taking out a capability's two entries leaves its children to its parent, so every operation but a
 * revoke is a few links, however large the tree is; nobody needs to know a parent.
 * Invariants: a used slot holds one reference and one capability count of its object; brackets nest; roots of one ring have no
 * common ancestor left. Under the kernel lock. */
#include <object/captable.h>
#include <sched/thread.h>

#define HELP_STEPS 4u /* capabilities taken away for one that is derived */
#define HELP_LOOKS 16u

void cap_fill(struct cap *cap, struct object *object, uint32_t rights, struct cap *parent)
{
    object_get(object);
    object->capabilities++;
    cap->object = object;
    cap->rights = rights;
    list_init(&cap->open);
    if (parent != nullptr)
        list_insert_before(&parent->close, &cap->open);
    list_push_front(&cap->open, &cap->close);
}

/* `to` gets the place of `from` in its ring. */
static void entry_replace(struct list *from, struct list *to)
{
    list_insert_before(from, to);
    list_remove(from);
}

void cap_replace(struct cap *from, struct cap *to)
{
    to->object = from->object;
    to->rights = from->rights;
    entry_replace(&from->open, &to->open);
    entry_replace(&from->close, &to->close);
    cap_slot_release(from);
}

void cap_remove(struct cap *cap)
{
    struct object *object = cap->object;
    list_remove(&cap->open);
    list_remove(&cap->close);
    cap_slot_release(cap);
    if (--object->capabilities == 0)
        object_unreachable(object);
    object_put(object);
}

enum status cap_insert_at(struct task *task, uint32_t index, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle)
{
    struct cap *cap;
    enum status status = cap_slot_take(task, index, &cap);
    if (status != STATUS_OK)
        return status;
    cap_fill(cap, object, rights, parent);
    *handle = cap_handle(cap);
    return STATUS_OK;
}

enum status cap_insert(struct task *task, struct object *object, uint32_t rights, struct cap *parent, cap_t *handle)
{
    return cap_insert_at(task, 0, object, rights, parent, handle);
}

enum status cap_move(struct cap *from, struct task *to, cap_t *handle)
{
    struct cap *slot;
    enum status status = cap_slot_take(to, 0, &slot);
    if (status != STATUS_OK)
        return status;
    cap_replace(from, slot);
    *handle = cap_handle(slot);
    return STATUS_OK;
}

/* What follows an `open` is that capability's `close` or the `open` of one derived from it. */
bool cap_revoke_some(struct cap *cap, unsigned steps)
{
    for (; cap->open.next != &cap->close; steps--) {
        if (steps == 0)
            return false;
        cap_remove(container_of(cap->open.next, struct cap, open));
    }
    return true;
}

/* --- revokes that take long ------------------------------------------------------------------------------------------------------------ */

static struct list revokes = {&revokes, &revokes};

void revoke_begin(struct revoke *revoke, struct task *task, cap_t handle)
{
    struct object *object = cap_slot(task, handle)->object;
    revoke->done = false;
    if (object->revokes == UINT16_MAX)
        return; /* there are enough who go on with theirs */
    object_get(object);
    object->revokes++;
    *revoke = (struct revoke){.object = object, .task = task, .handle = handle};
    list_push_back(&revokes, &revoke->link);
}

void revoke_end(struct revoke *revoke, bool done)
{
    struct object *object = revoke->object;
    if (object == nullptr)
        return;
    list_remove(&revoke->link);
    revoke->object = nullptr;
    revoke->done = done;
    object->revokes--;
    object_put(object);
}

/* Go on with one of the revokes of capabilities to this object. Those that are looked at take turns. */
static void help(const struct object *object)
{
    for (unsigned i = 0; i < HELP_LOOKS && !list_empty(&revokes); i++) {
        struct revoke *revoke = container_of(list_pop_front(&revokes), struct revoke, link);
        list_push_back(&revokes, &revoke->link);
        if (revoke->object != object)
            continue;
        struct cap *cap = cap_slot(revoke->task, revoke->handle);
        if (cap == nullptr || cap->object != object || (cap->rights & RIGHT_REVOKE) == 0)
            revoke_end(revoke, false);
        else if (cap_revoke_some(cap, HELP_STEPS))
            revoke_end(revoke, true);
        return;
    }
}

struct cap *cap_source(struct task *task, cap_t handle)
{
    struct cap *cap = cap_slot(task, handle);
    if (cap == nullptr)
        return nullptr;
    const struct object *object = cap->object, *port = object->type == OBJECT_FACET ? facet_port(cap->object) : nullptr;
    if (object->revokes == 0 && (port == nullptr || port->revokes == 0)) [[clang::likely]]
        return cap;
    help(object->revokes > 0 ? object : port);
    return cap_slot(task, handle);
}

enum status cap_publish(struct thread *thread, struct object *object, uint32_t rights, cap_t *handle)
{
    enum status status = cap_insert(thread->task, object, rights, nullptr, handle);
    object_put(object);
    return status;
}
