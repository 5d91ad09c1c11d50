/* donate.c: priorities lent along calls and locks. Not here: who is called (ipc/message.c), who owns a lock (ipc/lock.c), who runs (schedule.c).
 * A thread that waits for the answer of a less urgent one lends it its priority until then: the one that received its call, or, while the
 * call is queued, the thread that came last to receive there; the most urgent of those who wait for a lock lends to its owner. Those pass it
 * on when they wait themselves.
 * Invariants: a thread's priority is the highest of its base priority and its donors'; a thread lends to at most one, and only while it is
 * CALLING, AWAITING_REPLY or the first who waits for a lock; donors are in a tree by priority. Kernel lock. */
#include <ipc/ipc.h>
#include <ipc/lock.h>
#include <sched/schedule.h>

#define LONGEST_CHAIN 64u

static struct list *servers_of(struct object *source)
{
    return source->type == OBJECT_SET ? &container_of(source, struct port_set, object)->servers : &container_of(source, struct port, object)->servers;
}

void thread_serve(struct thread *thread, struct object *source)
{
    if (thread->serving == source)
        return;
    list_remove(&thread->serving_link);
    thread->serving = source;
    if (source != nullptr)
        list_push_front(servers_of(source), &thread->serving_link);
}

bool servers_dismiss_one(struct list *servers)
{
    if (list_empty(servers))
        return false;
    thread_serve(container_of(servers->next, struct thread, serving_link), nullptr);
    return true;
}

/* Whose work the thread waits for; NULL: nobody's that is known. */
static struct thread *awaited(const struct thread *thread)
{
    struct thread *server = nullptr;
    if (thread->state == THREAD_AWAITING_REPLY && thread->wait.reply != nullptr) {
        server = thread->wait.reply->server;
    } else if (thread->state == THREAD_CALLING) {
        struct port *port = container_of(thread->wait.object, struct port, object);
        const struct list *servers = port->member.set != nullptr ? &port->member.set->servers : &port->servers;
        if (!list_empty(servers))
            server = container_of(servers->next, struct thread, serving_link);
    } else if (thread->state == THREAD_FUTEX) {
        server = lock_awaited(thread);
    }
    return server != nullptr && server != thread && server->state != THREAD_DEAD ? server : nullptr;
}

static void set_priority(struct thread *thread, uint8_t priority)
{
    bool queued = thread->state == THREAD_READY && !list_empty(&thread->queue);
    if (queued)
        thread_unready(thread);
    thread_charge(thread);
    thread->priority = priority;
    if (queued)
        thread_ready(thread);
    if (thread->state == THREAD_RUNNING) {
        cpus[thread->cpu].need_schedule = true;
        if (thread->cpu != this_cpu()->number)
            smp_kick(thread->cpu);
    }
}

static struct thread *donor_of(struct tree_node *node) { return container_of(node, struct thread, donor_node); }

static void stop_lending(struct thread *thread)
{
    tree_remove(&thread->donee->donors, &thread->donor_node, nullptr);
    thread->donee = nullptr;
    thread->donates = false;
}

static void lend(struct thread *thread, struct thread *donee)
{
    struct tree_node *parent = nullptr, **link = &donee->donors.root;
    while (*link != nullptr) {
        parent = *link;
        link = thread->priority < donor_of(parent)->priority ? &parent->left : &parent->right;
    }
    tree_insert(&donee->donors, &thread->donor_node, parent, link, nullptr);
    thread->donee = donee;
    thread->donates = true;
}

/* What the thread lends, after a change of its priority or of what it waits for. Returns: whose priority may be another now. */
static struct thread *lend_again(struct thread *thread)
{
    struct thread *last = thread->donee, *donee = awaited(thread);
    if (last != nullptr)
        stop_lending(thread);
    if (donee != nullptr && thread->priority > donee->base_priority)
        lend(thread, donee);
    return last != nullptr ? last : thread->donee;
}

void thread_reprioritize(struct thread *thread)
{
    for (unsigned links = 0; thread != nullptr && links < LONGEST_CHAIN; links++) {
        uint8_t priority = thread->base_priority;
        if (thread->donors.root != nullptr) {
            uint8_t lent = donor_of(tree_last(&thread->donors))->priority;
            priority = lent > priority ? lent : priority;
        }
        if (priority == thread->priority)
            return;
        set_priority(thread, priority);
        struct thread *other = thread->state == THREAD_FUTEX ? lock_reorder(thread) : nullptr;
        struct thread *donee = lend_again(thread);
        if (other != nullptr)
            (void)lend_again(other); /* to the same */
        thread = donee;
    }
}

void thread_lend(struct thread *thread)
{
    thread_reprioritize(lend_again(thread));
}

void thread_end_loan(struct thread *thread)
{
    struct thread *donee = thread->donee;
    if (donee == nullptr)
        return;
    stop_lending(thread);
    thread_reprioritize(donee);
}

bool thread_leave_donor(struct thread *thread)
{
    if (thread->donors.root == nullptr)
        return false;
    stop_lending(donor_of(thread->donors.root));
    return true;
}
