/* work.c: the list behind work.h. Not here: what is done.
 * Invariant: work on the list has a reference to its holder. Under the kernel lock. */
#include <arch/arch.h>
#include <object/object.h>
#include <object/work.h>

static struct list all = {&all, &all};
bool work_wanted;

void work_init(struct work *work, bool (*step)(struct work *), struct object *holder)
{
    list_init(&work->link);
    work->step = step;
    work->holder = holder;
}

void work_add(struct work *work)
{
    if (!list_empty(&work->link))
        return;
    if (work->holder != nullptr)
        object_get(work->holder);
    list_push_back(&all, &work->link);
    work_wanted = true;
}

static void one_step(struct work *work)
{
    struct object *holder = work->holder;
    bool more = work->step(work);
    if (more && list_empty(&work->link))
        list_push_back(&all, &work->link); /* with the reference that it had */
    else if (holder != nullptr)
        object_put(holder);
}

bool work_some(unsigned steps)
{
    for (; steps > 0 && !list_empty(&all); steps--) {
        one_step(container_of(list_pop_front(&all), struct work, link));
        if (arch_interrupt_pending())
            break;
    }
    work_wanted = !list_empty(&all);
    return work_wanted;
}
